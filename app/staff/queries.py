"""Reads of staff accounts."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.staff.models import StaffUser


def find_by_email(session: Session, email: str) -> StaffUser | None:
    """The account of an address, whatever its case."""
    return session.scalar(select(StaffUser).where(StaffUser.email == email.strip().lower()))


def find_by_id(session: Session, user_id: str) -> StaffUser | None:
    """The account behind a token."""
    return session.get(StaffUser, user_id)


def find_invited(session: Session, token_hash: str, now: datetime) -> StaffUser | None:
    """The account whose open invitation this is, locked: two clicks at once set one password."""
    query = select(StaffUser).where(StaffUser.invite_token_hash == token_hash, StaffUser.invite_expires_at > now)
    return session.scalar(query.with_for_update())
