"""Reads of staff accounts."""

from datetime import datetime
from typing import cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.auth import Principal
from app.staff.models import SecretKey, StaffUser
from app.staff.rules import Role

ACTOR = "user"


def role_of(holder: StaffUser | SecretKey) -> Role:
    """What an account or a key may do."""
    return cast("Role", holder.role)  # the columns' CHECKs know the same words


def find_by_email(session: Session, email: str) -> StaffUser | None:
    """The account of an address, whatever its case."""
    return session.scalar(select(StaffUser).where(StaffUser.email == email.strip().lower()))


def find_staff_of(session: Session, caller: Principal) -> StaffUser | None:
    """The account that a token or a session names, if it is there and has this password still."""
    if caller.actor_type != ACTOR:
        return None
    return session.scalar(
        select(StaffUser).where(StaffUser.id == caller.actor_id, StaffUser.token_version == caller.token_version)
    )


def find_invited(session: Session, token_hash: str, now: datetime) -> StaffUser | None:
    """The account whose open invitation this is, locked: two clicks at once set one password."""
    query = select(StaffUser).where(StaffUser.invite_token_hash == token_hash, StaffUser.invite_expires_at > now)
    return session.scalar(query.with_for_update())


def lock_owners(session: Session) -> list[StaffUser]:
    """The owners, locked: two removals at once leave one."""
    query = select(StaffUser).where(StaffUser.role == "owner").order_by(StaffUser.id).with_for_update()
    return list(session.scalars(query))


def list_staff(session: Session) -> list[StaffUser]:
    """Everybody with an account or an open invitation."""
    return list(session.scalars(select(StaffUser).order_by(StaffUser.email)))
