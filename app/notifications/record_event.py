"""What Brevo tells of a mail: noted once, without its address; an address that mail must not reach is remembered.

Brevo signs nothing: whoever calls this has checked the bearer token.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import bindparam
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core.db import Base
from app.core.jobs import enqueue_once
from app.core.strict_json import keep_storable
from app.notifications.errors import MailEventMalformed
from app.notifications.models import MailEvent, MailSuppression
from app.notifications.queries import BOUNCE_EVENTS, REQUEST_EVENT, find_told_message, lock_queued
from app.notifications.rules import compute_address_hash
from app.notifications.send_message import record_departure

# After these the address gets no mail: payments §7.3. A mailbox that is full or a block of Brevo's own may end.
SUPPRESSING_EVENTS = ("hard_bounce", "spam", "invalid_email")
KNOWN_EVENTS = frozenset({REQUEST_EVENT, "delivered", "deferred", "error", "spam", *BOUNCE_EVENTS})
# `5.1.1` of what a mail server says; its sentence may hold the address.
SMTP_CODE = re.compile(r"\b[245]\.\d{1,3}\.\d{1,3}\b")
LONGEST = {"event": 64, "email": 320, "message-id": 255}
_event = Base.metadata.tables[MailEvent.__tablename__]
_COLUMNS = ("provider_message_id", "event", "told_at", "address_hash", "message_id", "smtp_code")
_NOTE = (
    insert(_event)
    .values({name: bindparam(name) for name in _COLUMNS})
    .on_conflict_do_nothing(constraint="uq_mail_event_told")
    .returning(_event.c.id)
)


@dataclass(frozen=True)
class ToldEvent:
    """One event, as Brevo tells it; the address only until it is hashed."""

    event: str
    provider_message_id: str
    told_at: datetime
    address_hash: str
    tags: tuple[str, ...]
    smtp_code: str | None


def read_events(body: bytes) -> list[ToldEvent]:
    """The events of a call: one, or a list of them. Raises `MailEventMalformed`."""
    try:
        given = keep_storable(json.loads(body))
        return [_read(each) for each in (given if isinstance(given, list) else [given])]
    except (ValueError, TypeError, KeyError, OverflowError, OSError, RecursionError):
        raise MailEventMalformed from None


def _read(told: object) -> ToldEvent:
    if not isinstance(told, dict):
        raise TypeError
    event, email, message_id = (_text(told, name) for name in LONGEST)
    tags = told.get("tags") or [told.get("tag")]
    code = SMTP_CODE.search(str(told.get("reason") or ""))
    return ToldEvent(
        event=event,
        provider_message_id=message_id,
        told_at=_instant(told),
        address_hash=compute_address_hash(email),
        tags=tuple(tag for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else (),
        smtp_code=code.group() if code else None,
    )


def _text(told: dict[str, object], name: str) -> str:
    value = told[name]
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST[name]:
        raise ValueError
    return value


def _instant(told: dict[str, object]) -> datetime:
    """When it happened, to the second; the contract asks for none of these fields."""
    epoch = told.get("ts_epoch")
    seconds = told.get("ts_event") or told.get("ts") or (epoch // 1000 if isinstance(epoch, int) else 0)
    if not isinstance(seconds, int) or isinstance(seconds, bool):
        raise TypeError
    return datetime.fromtimestamp(seconds, UTC)


def record_events(session: Session, told: Sequence[ToldEvent]) -> int:
    """Note what is new of these; how many were. What we did not ask to hear is not kept."""
    return sum(_record(session, each) for each in told if each.event in KNOWN_EVENTS)


def _record(session: Session, told: ToldEvent) -> bool:
    message = find_told_message(session, told.provider_message_id, told.tags)
    row = {name: getattr(told, name) for name in _COLUMNS if name != "message_id"}
    noted = session.execute(_NOTE, {**row, "message_id": message.id if message else None}).scalar_one_or_none()
    if noted is None:
        return False
    if message is not None and message.unknown_since_at is not None:
        _end_doubt(session, message.id, told.provider_message_id)
    if told.event in SUPPRESSING_EVENTS:
        _suppress(session, told)
    if told.event in BOUNCE_EVENTS:
        enqueue_once(session, "notifications.watch", "bounces")
    return True


def _end_doubt(session: Session, message_id: str, provider_message_id: str) -> None:
    """Handed over without an answer: here is the answer."""
    message = lock_queued(session, message_id)
    if message is not None:
        record_departure(message, provider_message_id)


def _suppress(session: Session, told: ToldEvent) -> None:
    row = {"address_hash": told.address_hash, "reason": told.event, "since_at": told.told_at}
    session.execute(insert(MailSuppression).values(row).on_conflict_do_nothing())
