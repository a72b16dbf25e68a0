"""Browser sessions: hashed opaque tokens in PostgreSQL with Redis as cache (design §4.12), ended at once.

The cookie is the token and its signature: what we never gave out costs no question to anybody, and the end of a
`COOKIE_SECRET` ends every session that it signed. A password change raises the identity's version, which no kept answer
survives.
"""

import hmac
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import delete, func
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.core.auth import Principal, hash_token, new_token
from app.core.clock import utc_now
from app.core.db import Base
from app.core.session_cache import find_kept, forget, keep
from app.core.settings import Settings, get_settings

COOKIE_NAME = "connect.sid"
SESSION_LIFETIME = timedelta(hours=10)


class AuthSession(Base):
    """A session of a customer or of a member of staff; the row's end is the session's."""

    __tablename__ = "auth_session"

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    actor_type: Mapped[str]
    actor_id: Mapped[str]
    identity_id: Mapped[str] = mapped_column(index=True)
    token_version: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime] = mapped_column(index=True)


def create_session(session: Session, principal: Principal) -> str:
    """Open a session of ten hours; gives the value of its cookie, which is said once."""
    token = new_token()
    session.add(
        AuthSession(
            token_hash=hash_token(token),
            actor_type=principal.actor_type,
            actor_id=principal.actor_id,
            identity_id=principal.identity_id,
            token_version=principal.token_version,
            expires_at=utc_now() + SESSION_LIFETIME,
        )
    )
    return f"{token}.{_sign(get_settings().cookie_secrets(utc_now())[0], token)}"


def find_session_principal(session: Session, cookie: str) -> Principal | None:
    """Who opened the session of this cookie; whether that person is still there is for the caller to see."""
    token_hash = _find_token_hash(get_settings(), cookie)
    if token_hash is None:
        return None
    kept = find_kept(token_hash)
    return kept or _read(session, token_hash)


def end_session(session: Session, cookie: str) -> bool:
    """End it; False when an answer kept in Redis could outlive it: then the identity's version must be raised."""
    token_hash = _find_token_hash(get_settings(), cookie)
    if token_hash is None:
        return True
    session.execute(delete(AuthSession).where(AuthSession.token_hash == token_hash))
    return forget(token_hash)


def end_sessions(session: Session, identity_id: str) -> None:
    """End all of an identity's; its version, raised in the same transaction, ends what Redis kept."""
    session.execute(delete(AuthSession).where(AuthSession.identity_id == identity_id))


def _read(session: Session, token_hash: str) -> Principal | None:
    row = session.get(AuthSession, token_hash)
    now = utc_now()
    if row is None or row.expires_at <= now:
        return None
    principal = Principal(row.actor_type, row.actor_id, row.identity_id, row.token_version)
    keep(token_hash, principal, int((row.expires_at - now).total_seconds()))
    return principal


def _find_token_hash(settings: Settings, cookie: str) -> str | None:
    token, _, signature = cookie.partition(".")
    for secret in settings.cookie_secrets(utc_now()):
        if token and hmac.compare_digest(_sign(secret, token).encode(), signature.encode()):
            return hash_token(token)
    return None


def _sign(secret: str, token: str) -> str:
    return hmac.new(secret.encode(), token.encode(), sha256).hexdigest()
