"""Do mails arrive? What Brevo told of the last day and week, and whether it tells us at all."""

from datetime import date, datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.core.log import log_event
from app.notifications.models import MailEvent
from app.notifications.queries import lock_gate, read_bounces
from app.notifications.rules import compute_bounce_level
from app.shop.rules import compute_day_start

DAY, WEEK = timedelta(days=1), timedelta(days=7)
KEPT = timedelta(days=30)
BOUNCES_CHANGED = "mail bounces"
EVENTS_MISSING = "mail events missing"


def watch_bounces(session: Session, now: datetime) -> None:
    """Note how many mails bounce; above 5 % what is not essential waits (payments §7.3)."""
    level = compute_bounce_level(read_bounces(session, now - DAY, now), read_bounces(session, now - WEEK, now))
    gate = lock_gate(session)
    if gate.bounce_level == level:
        return
    gate.bounce_level = level
    log_event(BOUNCES_CHANGED, level={"ok": "info", "warning": "warning", "critical": "error"}[level], status=level)


def compare_day(session: Session, day: date, *, requests: int, bounces: int) -> None:
    """Note how many of a day's mails and bounces Brevo counts and never told us."""
    told = read_bounces(session, compute_day_start(day), compute_day_start(day + DAY))
    gate = lock_gate(session)
    gate.untold_events = max(0, requests - told.requests) + max(0, bounces - told.bounces)
    if gate.untold_events:
        log_event(EVENTS_MISSING, level="warning", status=gate.untold_events)


def forget_events(session: Session, now: datetime) -> None:
    """What is older counts for nothing."""
    session.execute(delete(MailEvent).where(MailEvent.told_at < now - KEPT))
