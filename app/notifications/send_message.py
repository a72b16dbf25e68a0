"""What an attempt to send leaves in the rows: before the call, and after it. No call is made here.

The gate is locked first, then the message: places of the day's quota are counted under it, and one mail at a time
tries a Brevo that was away.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from sqlalchemy import ColumnElement, or_, update
from sqlalchemy.orm import Session

from app.core.clock import utc_now
from app.core.jobs import enqueue_at, enqueue_once
from app.core.log import log_event
from app.core.settings import get_settings
from app.notifications import queries
from app.notifications.models import MailGate, Message
from app.notifications.rules import (
    BOUNCES,
    GIVE_UP_AFTER,
    KINDS,
    PROBE_LEASE,
    QUOTA_REACHED,
    UNKNOWN_KIND,
    Departure,
    compute_address_hash,
    compute_warning_count,
    decide_asking,
    decide_departure,
    decide_next_attempt,
    decide_setback,
)
from app.shop.rules import compute_business_day

EXPIRED = "expired"
# Why a mail waits although Brevo would take it: neither opens with the gate, nor ends with a day of outage.
HELD = (QUOTA_REACHED, BOUNCES)
OUTCOME_UNKNOWN = "outcome_unknown"
# What a person is woken by; docs/mail.md names them.
GIVEN_UP = "mail given up"
QUEUE_CLOSED = "mail queue closed"
QUEUE_OPEN = "mail queue open again"
QUOTA_NEARLY_USED = "mail quota nearly used"


@dataclass(frozen=True)
class Claim:
    """A message that may be handed over now. `asks_first`: Brevo may have it, and has forgotten the key."""

    message: Message
    at: datetime
    asks_first: bool


@dataclass(frozen=True)
class Failure:
    """Why it did not leave, from Brevo's answer or for want of one; no status for a template of ours that fails."""

    code: str
    http_status: int | None = None
    retry_after_seconds: int | None = None
    is_ours: bool = False


def claim_message(session: Session, message_id: str, attempt: int | None = None) -> Claim | None:
    """Let a message go: a place of the day's quota, and a note that it was handed over. None: not now, or not any more.

    `attempt`: how many there were when this one was asked for; another one meanwhile takes its place.
    """
    gate, message = queries.lock_gate(session), queries.lock_queued(session, message_id)
    now = utc_now()
    if message is None or (attempt is not None and message.attempts != attempt):
        return None
    if _is_at_its_end(session, message, now):
        return None
    departure = _decide(session, gate, message, now)
    if not departure.is_now:
        _wait(message, departure)
        return None
    if gate.state != "open":
        gate.opens_at = now + PROBE_LEASE
    _take_place(session, message, now)
    asks_first = decide_asking(message.unknown_since_at, now)
    message.unknown_since_at = message.unknown_since_at or now
    return Claim(message, now, asks_first)


def _is_at_its_end(session: Session, message: Message, now: datetime) -> bool:
    if message.expires_at is not None and message.expires_at <= now:
        _end(message, "dead", EXPIRED)
    elif queries.find_suppression(session, compute_address_hash(message.recipient)) is not None:
        _end(message, "suppressed", "suppressed")
    return message.state != "queued"


def _decide(session: Session, gate: MailGate, message: Message, now: datetime) -> Departure:
    today = compute_business_day(now)
    return decide_departure(
        kind=KINDS.get(message.template, UNKNOWN_KIND),
        gate=gate.state,
        gate_opens_at=gate.opens_at,
        bounce_level=gate.bounce_level,
        used_today=queries.count_used(session, today) - (message.quota_on == today),
        quota=get_settings().brevo_daily_quota,
        now=now,
    )


def _wait(message: Message, departure: Departure) -> None:
    """A closed gate is looked at each minute; a full quota is not worth a look before tomorrow."""
    message.error_code = departure.code
    if departure.code in HELD and departure.until is not None:
        message.next_attempt_at = departure.until


def _take_place(session: Session, message: Message, now: datetime) -> None:
    today = compute_business_day(now)
    if message.quota_on == today:
        return
    message.quota_on = today
    session.flush()  # it counts itself
    quota = get_settings().brevo_daily_quota
    if queries.count_used(session, today) == compute_warning_count(quota):
        log_event(QUOTA_NEARLY_USED, level="warning", status=quota)


def is_passable(gate: MailGate) -> bool:
    """Whether a mail may try now."""
    return gate.state == "open" or gate.opens_at <= utc_now()


def renew_key(session: Session, message_id: str, at: datetime) -> Message:
    """Brevo does not have it: it is handed over under a new key, as if for the first time."""
    message = queries.lock_message(session, message_id)
    message.idempotency_key, message.unknown_since_at = uuid4(), at
    return message


def mark_sent(session: Session, message_id: str, provider_message_id: str | None) -> None:
    """Brevo has it. A repeat that Brevo refused as a duplicate has no id of its own."""
    gate, message = queries.lock_gate(session), queries.lock_message(session, message_id)
    _open(session, gate)
    if message.state == "queued":
        record_departure(message, provider_message_id)


def record_departure(message: Message, provider_message_id: str | None) -> None:
    """Note on a locked message that it is at Brevo."""
    message.state = "sent"
    message.attempts += 1
    message.error_code = message.unknown_since_at = None
    message.provider_message_id = provider_message_id or message.provider_message_id
    message.sent_at = utc_now()


def mark_unsent(session: Session, message_id: str, failure: Failure, claimed_at: datetime) -> None:
    """It did not leave this time: ask for the next try, or give up after a day; close the gate where it must be."""
    gate, message = queries.lock_gate(session), queries.lock_message(session, message_id)
    now = utc_now()
    is_unknown = False
    if not failure.is_ours:
        is_unknown = _move_gate(session, gate, failure, now)
    if message.state != "queued":  # a worker taken for dead sent it meanwhile
        return
    message.attempts += 1
    message.error_code = failure.code
    if not is_unknown:
        _give_back(message, claimed_at)
    _ask_again(session, message, failure, now)


def _ask_again(session: Session, message: Message, failure: Failure, now: datetime) -> None:
    is_account = failure.http_status in (401, 402, 403)
    begun_at = now if is_account else message.queued_at  # somebody has to put the account right, however long it takes
    next_at = decide_next_attempt(message.attempts, begun_at, now, failure.retry_after_seconds, message.expires_at).at
    if next_at is None:
        _give_up(message, failure.code)
        return
    message.next_attempt_at = next_at
    enqueue_at(session, "notifications.send", next_at, message_id=message.id, attempt=message.attempts)


def mark_dead(session: Session, message_id: str, error_code: str, claimed_at: datetime) -> None:
    """It will be refused for ever: a person has to look. That Brevo answers opens the gate."""
    gate, message = queries.lock_gate(session), queries.lock_message(session, message_id)
    _open(session, gate)
    if message.state == "queued":
        message.attempts += 1
        _give_back(message, claimed_at)
        _give_up(message, error_code)


def expire_messages(session: Session) -> None:
    """What nobody wants any more does not wait behind a closed gate."""
    now = utc_now()
    over = (Message.state == "queued", Message.expires_at <= now)
    session.execute(update(Message).where(*over).values(state="dead", error_code=EXPIRED))


def _move_gate(session: Session, gate: MailGate, failure: Failure, now: datetime) -> bool:
    """Close it if nothing would leave; whether the mail may have left."""
    gate.failures += 1
    setback = decide_setback(
        code=failure.code,
        http_status=failure.http_status,
        retry_after_seconds=failure.retry_after_seconds,
        failures=gate.failures,
        now=now,
    )
    if setback.gate_opens_at is not None:
        _close(gate, setback.gate, failure.code, now)
        gate.opens_at = setback.gate_opens_at
    if setback.gate == "down":
        _give_up_overdue(session, failure.code, now)
    return setback.is_unknown


def _close(gate: MailGate, state: str, code: str, now: datetime) -> None:
    if gate.state == state:
        return
    gate.state, gate.error_code, gate.since_at = state, code, now
    level = "warning" if state == "limited" else "error"
    log_event(QUEUE_CLOSED, level=level, status=state, code=code)


def _open(session: Session, gate: MailGate) -> None:
    """An answer came: whoever waits may go."""
    gate.failures = 0
    if gate.state == "open":
        return
    now = utc_now()
    gate.state, gate.error_code, gate.since_at, gate.opens_at = "open", None, now, now
    session.execute(update(Message).where(Message.state == "queued", _waits_for_brevo()).values(next_attempt_at=now))
    enqueue_once(session, "notifications.pump", "gate")
    log_event(QUEUE_OPEN)


def _give_up_overdue(session: Session, code: str, now: datetime) -> None:
    """The mail that tried stood for all of them: those that have waited a day wait no longer."""
    overdue = (Message.state == "queued", Message.queued_at <= now - GIVE_UP_AFTER, _waits_for_brevo())
    given_up = session.execute(
        update(Message).where(*overdue).values(state="dead", error_code=code).returning(Message.id)
    )
    for _ in given_up:
        log_event(GIVEN_UP, level="error", code=code)


def _waits_for_brevo() -> ColumnElement[bool]:
    return or_(Message.error_code.is_(None), Message.error_code.not_in(HELD))


def _give_back(message: Message, claimed_at: datetime) -> None:
    """Brevo refused it or never saw it: no place used, and nothing to ask it, unless an earlier attempt left doubt."""
    if message.unknown_since_at == claimed_at:
        message.unknown_since_at = message.quota_on = None


def _give_up(message: Message, code: str) -> None:
    _end(message, "dead", code)
    log_event(GIVEN_UP, level="error", code=code)


def _end(message: Message, state: str, code: str) -> None:
    message.state, message.error_code = state, code
