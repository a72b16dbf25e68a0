"""Decisions about mails: in which language, and when to try again."""

from dataclasses import dataclass
from datetime import datetime, timedelta

LOCALES = ("fr", "en")
WAIT_MINUTES = (1, 2, 5, 15, 30, 60)
GIVE_UP_AFTER = timedelta(hours=24)


@dataclass(frozen=True)
class NextAttempt:
    """When to try again; None: never, the message is dead and a person must look."""

    at: datetime | None


def decide_next_attempt(
    attempts: int,
    created_at: datetime,
    now: datetime,
    retry_after_seconds: int | None = None,
    expires_at: datetime | None = None,
) -> NextAttempt:
    """After 1, 2, 5, 15, 30, 60 minutes, then hourly up to 24 hours; never sooner than the vendor asked, and never
    once the mail is of no use.

    Source: payments §4, Brevo down.
    """
    if now - created_at >= GIVE_UP_AFTER:
        return NextAttempt(None)
    minutes = WAIT_MINUTES[min(attempts, len(WAIT_MINUTES)) - 1]
    at = now + max(timedelta(minutes=minutes), timedelta(seconds=retry_after_seconds or 0))
    return NextAttempt(None if expires_at is not None and at >= expires_at else at)


def compute_mail_locale(locale: str | None) -> str:
    """English for whoever shops in English, French for everybody else. Source: design §4.15."""
    return "en" if (locale or "").lower().startswith("en") else "fr"
