"""Secret keys: a program calls the Admin API with one, in the name that the key has, until it is revoked."""

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.audit_log import record_audit
from app.core.auth import hash_token, new_token
from app.core.clock import utc_now
from app.core.context import current_actor
from app.core.ids import new_id
from app.staff.models import SecretKey
from app.staff.queries import role_of
from app.staff.rules import Role

KeyRole = Literal["staff", "readonly"]


@dataclass(frozen=True)
class Caller:
    """Who calls the Admin API: the actor that the audit names (`staff:user_...`, `key:apk_...`), and what it may do."""

    actor: str
    role: Role


@dataclass(frozen=True)
class NewKey:
    """A key just made; `token` is said once and kept nowhere."""

    key: SecretKey
    token: str


def create_secret_key(session: Session, title: str, role: KeyRole = "staff") -> NewKey:
    """Make a key for a program, which then reads, or reads and writes; never what is the owner's."""
    token = new_token("sk_")
    key = SecretKey(
        id=new_id("apk"),
        title=title,
        role=role,
        token_hash=hash_token(token),
        redacted=f"{token[:6]}***{token[-3:]}",
        created_by=current_actor.get(),
    )
    session.add(key)
    session.flush()  # its instants are the database's
    record_audit(session, "secret_key.create", key.id, {"role": role})
    return NewKey(key, token)


def mark_secret_key_revoked(session: Session, key: SecretKey) -> None:
    """Refuse the key from now on; a revoked key stays revoked since its first time."""
    if key.revoked_at is None:
        key.revoked_at, key.revoked_by, key.updated_at = utc_now(), current_actor.get(), utc_now()
        record_audit(session, "secret_key.revoke", key.id)


def find_key_caller(session: Session, token: str) -> Caller | None:
    """The program whose key this is; None when nobody has it, or it was revoked. The day of its last use is noted."""
    found = session.scalar(
        select(SecretKey).where(SecretKey.token_hash == hash_token(token), SecretKey.revoked_at.is_(None))
    )
    if found is None:
        return None
    today = utc_now().date()
    if found.last_used_on != today:
        found.last_used_on = today
    return Caller(f"key:{found.id}", role_of(found))
