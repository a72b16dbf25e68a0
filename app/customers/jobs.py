"""Background work about customers' accounts."""

from datetime import timedelta

from sqlalchemy import delete

from app.core.attempts import forget_windows
from app.core.clock import utc_now
from app.core.db import unit_of_work
from app.core.jobs import job
from app.core.sessions import AuthSession
from app.customers.register_account import forget_registrations
from app.customers.reset_password import forget_resets, queue_reset

KEPT = timedelta(days=1)
REGISTRATIONS_KEPT = timedelta(days=7)


@job("customers.mail_reset")
def mail_reset(reset_id: str) -> None:
    """Write the mail of a forgotten password."""
    with unit_of_work() as session:
        queue_reset(session, reset_id)


@job("customers.forget_expired")
def forget_expired() -> None:
    """Drop sessions, reset requests, counts of attempts that are over, and sign-ups that nobody finished."""
    now = utc_now()
    with unit_of_work() as session:
        session.execute(delete(AuthSession).where(AuthSession.expires_at < now))
        forget_resets(session, now - KEPT)
        forget_registrations(session, now - REGISTRATIONS_KEPT)
    forget_windows()
