"""Reads of staff accounts."""

from datetime import datetime
from typing import cast

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from app.core.auth import Principal
from app.staff.errors import InviteNotFound, StaffUnknown
from app.staff.models import SecretKey, StaffUser
from app.staff.rules import Role

ACTOR = "user"
MOST_KEYS = 1_000
INVITED = (StaffUser.password_hash.is_(None), StaffUser.invite_token_hash.is_not(None))


def role_of(holder: StaffUser | SecretKey) -> Role:
    """What an account or a key may do."""
    return cast("Role", holder.role)  # the columns' CHECKs know the same words


def find_by_email(session: Session, email: str) -> StaffUser | None:
    """The account of an address, whatever its case."""
    return session.scalar(select(StaffUser).where(StaffUser.email == email.strip().lower()))


def get_by_email(session: Session, email: str) -> StaffUser:
    """The same; raises `StaffUnknown`."""
    user = find_by_email(session, email)
    if user is None:
        raise StaffUnknown("Personne n'a cette adresse : comptoir staff list. / Nobody has this address.")
    return user


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


def find_secret_key(session: Session, key_id: str) -> SecretKey | None:
    """The secret key of this id, locked: it is about to be shown or changed."""
    return session.scalar(select(SecretKey).where(SecretKey.id == key_id).with_for_update())


def list_secret_keys(session: Session) -> list[SecretKey]:
    """The secret keys, revoked ones too; a shop has a handful."""
    return list(session.scalars(select(SecretKey).order_by(SecretKey.created_at.desc()).limit(MOST_KEYS)))


def get_user(session: Session, user_id: str) -> StaffUser:
    """The account of this id, locked; raises `StaffUnknown`."""
    user = session.scalar(select(StaffUser).where(StaffUser.id == user_id).with_for_update())
    if user is None:
        raise StaffUnknown(f"User with id: {user_id} was not found")
    return user


def list_users(session: Session, words: str | None, order: str, *, limit: int, offset: int) -> list[StaffUser]:
    """Accounts with a password; `order` is `email` or `-email`."""
    column = StaffUser.email.desc() if order.startswith("-") else StaffUser.email
    query = select(StaffUser).where(StaffUser.password_hash.is_not(None), *_matching(words))
    return list(session.scalars(query.order_by(column).limit(limit).offset(offset)))


def count_users(session: Session, words: str | None) -> int:
    """How many there are."""
    query = select(func.count()).select_from(StaffUser)
    return session.scalar(query.where(StaffUser.password_hash.is_not(None), *_matching(words))) or 0


def list_invited(session: Session, words: str | None, *, limit: int, offset: int) -> list[StaffUser]:
    """Accounts without a password yet."""
    query = select(StaffUser).where(*INVITED, *_matching(words))
    return list(session.scalars(query.order_by(StaffUser.email).limit(limit).offset(offset)))


def count_invited(session: Session, words: str | None) -> int:
    """How many there are."""
    query = select(func.count()).select_from(StaffUser)
    return session.scalar(query.where(*INVITED, *_matching(words))) or 0


def get_invited_user(session: Session, user_id: str) -> StaffUser:
    """An account that has no password yet, locked; raises `InviteNotFound`."""
    query = select(StaffUser).where(StaffUser.id == user_id, *INVITED)
    user = session.scalar(query.with_for_update())
    if user is None:
        raise InviteNotFound(f"Invite with id: {user_id} was not found")
    return user


def _matching(words: str | None) -> list[ColumnElement[bool]]:
    return [StaffUser.email.icontains(words, autoescape=True)] if words else []
