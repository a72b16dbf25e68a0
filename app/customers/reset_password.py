"""A forgotten password: a link by mail that works once, within fifteen minutes.

Asking costs the same for an address that nobody has; the token is made by the job that writes the mail.
"""

from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.core.auth import hash_token, new_token
from app.core.clock import utc_now
from app.core.ids import new_id
from app.core.jobs import enqueue
from app.core.settings import get_settings
from app.customers import queries
from app.customers.errors import ResetTokenInvalid
from app.customers.models import AuthIdentity, PasswordReset
from app.customers.rules import RESET_LIFETIME
from app.customers.verify_login import set_password
from app.notifications.service import describe_shop, queue_mail

TEMPLATE = "password_reset"


def request_reset(session: Session, email: str, locale: str | None) -> None:
    """Somebody asks for a new password: one read, one row, one job, whether or not the address opens anything."""
    identity = queries.find_identity_by_email(session, email)
    reset = PasswordReset(id=new_id("pwreset"), identity_id=identity.id if identity else None, locale=locale)
    session.add(reset)
    enqueue(session, "customers.mail_reset", reset_id=reset.id)


def queue_reset(session: Session, reset_id: str) -> None:
    """Write the mail with the link; of an address that nobody has, forget the row. Twice is once."""
    reset = queries.lock_reset(session, reset_id)
    identity = session.get(AuthIdentity, reset.identity_id) if reset and reset.identity_id else None
    if reset is None or identity is None:
        session.execute(delete(PasswordReset).where(PasswordReset.id == reset_id))
        return
    if reset.token_hash is not None:
        return
    token = new_token()
    reset.token_hash = hash_token(token)
    reset.expires_at = utc_now() + RESET_LIFETIME
    _queue_mail(session, reset, identity, token)


def find_resetting(session: Session, token: str) -> str | None:
    """Whose password this token may change, by the identity's address; None when it may change nobody's."""
    reset = queries.find_open_reset(session, hash_token(token), utc_now())
    identity = session.get(AuthIdentity, reset.identity_id) if reset else None
    return identity.email if identity else None


def reset_password(session: Session, token: str, password_hash: str) -> None:
    """Use the link: the new password, and an end to every other link, token and session. Raises `ResetTokenInvalid`."""
    reset = queries.find_open_reset(session, hash_token(token), utc_now())
    identity = queries.lock_identity(session, reset.identity_id) if reset and reset.identity_id else None
    # Read again under the lock: of two clicks at once, the second finds no link any more.
    if identity is None or queries.find_open_reset(session, hash_token(token), utc_now()) is None:
        raise ResetTokenInvalid
    session.execute(delete(PasswordReset).where(PasswordReset.identity_id == identity.id))
    set_password(session, identity, password_hash)


def forget_resets(session: Session, before: datetime) -> None:
    """Drop the requests of another day."""
    session.execute(delete(PasswordReset).where(PasswordReset.created_at < before))


def _queue_mail(session: Session, reset: PasswordReset, identity: AuthIdentity, token: str) -> None:
    queue_mail(
        session,
        TEMPLATE,
        reset.id,
        identity.email,
        reset.locale,
        {**describe_shop(session), "minutes": int(RESET_LIFETIME.total_seconds() // 60)},
        secret={"link": f"{get_settings().storefront_base}/reset-password?token={token}"},
        expires_at=reset.expires_at,
    )
