"""Do mails arrive? What Brevo told of the last day and week, and whether it tells us at all."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from app.core.log import log_event
from app.notifications.models import MailEvent, Message
from app.notifications.queries import (
    count_given_up,
    count_states,
    count_used,
    find_suppression,
    get_gate,
    list_suppressions,
    lock_gate,
    read_bounces,
)
from app.notifications.rules import Bounces, compute_address_hash, compute_bounce_level, compute_mail_health
from app.notifications.service import describe_shop
from app.shop.rules import compute_business_day, compute_day_start

DAY, WEEK = timedelta(days=1), timedelta(days=7)
KEPT = timedelta(days=30)
CONTENT_KEPT = timedelta(days=366)
CONTRACT_KEPT, CONFIRMATION = 10 * CONTENT_KEPT, "order_confirmation"
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


def forget_messages(session: Session, now: datetime) -> None:
    """What nobody has to show any more: a year after a mail, ten years after an order's confirmation."""
    for is_contract, kept in ((False, CONTENT_KEPT), (True, CONTRACT_KEPT)):
        of_kind = (Message.template == CONFIRMATION) if is_contract else (Message.template != CONFIRMATION)
        over = (of_kind, Message.created_at < now - kept, Message.state != "queued", Message.recipient != "")
        session.execute(update(Message).where(*over).values(recipient="", content={}))


@dataclass(frozen=True)
class MailFigures:
    """How mail is, for whoever looks: the gate, the day's quota, what bounced, and how many there are of each state."""

    gate: str
    code: str | None
    since_at: datetime
    opens_at: datetime | None
    used_today: int
    quota: int
    day: Bounces
    week: Bounces
    bounce_level: str
    untold_events: int
    suppressed_addresses: int
    is_contact_suppressed: bool
    given_up_lately: int
    states: Mapping[str, int]

    @property
    def health(self) -> str:
        """`ok`, or the gravest cause of mail that does not arrive."""
        return compute_mail_health(
            gate=self.gate,
            dead=self.given_up_lately,
            bounce_level=self.bounce_level,
            used_today=self.used_today,
            quota=self.quota,
            untold_events=self.untold_events,
            is_contact_suppressed=self.is_contact_suppressed,
        )


def read_figures(session: Session, now: datetime, quota: int) -> MailFigures:
    """How mail is now."""
    gate, contact = get_gate(session), compute_address_hash(str(describe_shop(session)["contact_email"]))
    return MailFigures(
        gate=gate.state,
        code=gate.error_code,
        since_at=gate.since_at,
        opens_at=None if gate.state == "open" else gate.opens_at,
        used_today=count_used(session, compute_business_day(now)),
        quota=quota,
        day=read_bounces(session, now - DAY, now),
        week=read_bounces(session, now - WEEK, now),
        bounce_level=gate.bounce_level,
        untold_events=gate.untold_events,
        suppressed_addresses=len(list_suppressions(session)),
        is_contact_suppressed=find_suppression(session, contact) is not None,
        given_up_lately=count_given_up(session, now),
        states=count_states(session),
    )
