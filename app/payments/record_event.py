"""The ledger: one row per Stripe event, claimed by one statement and final in the transaction that applies it."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core.clock import utc_now
from app.core.context import current_request_id
from app.core.strict_json import keep_storable
from app.payments.models import PaymentEvent
from app.payments.rules import OPEN_EVENT_STATES, decide_next_try


@dataclass(frozen=True)
class StripeEvent:
    """A verified event: what the ledger keeps of it, and the object it is about."""

    id: str
    type: str
    created_at: datetime
    api_version: str | None
    is_livemode: bool
    is_of_connected_account: bool
    thing: dict[str, object] = field(repr=False)
    body: bytes = field(repr=False)


def claim_event(session: Session, event: StripeEvent, source: str) -> int | None:
    """Take an event to be applied in this transaction; None when it is applied already.

    A second delivery waits here for the first one's transaction: if that commits it gets None, if it rolls back it
    takes over (payments §3.2).
    """
    row = insert(PaymentEvent).values(**_columns(event), state="received", source=source)
    claimed = row.on_conflict_do_update(
        index_elements=[PaymentEvent.stripe_event_id],
        set_={"attempts": PaymentEvent.attempts + 1},
        where=PaymentEvent.state.in_(OPEN_EVENT_STATES),
    ).returning(PaymentEvent.id)
    return session.execute(claimed).scalar_one_or_none()


def mark_event(session: Session, event_row_id: int, state: str, order_id: str | None) -> None:
    """Close the claimed row: processed, ignored, or unmatched, which is tried again for a while."""
    row = session.get_one(PaymentEvent, event_row_id)
    now = utc_now()
    row.state = state
    row.order_id = order_id
    row.error_code = None
    row.processed_at = now
    row.next_try_at = decide_next_try(state, row.attempts, row.received_at, now).at


def mark_event_failed(session: Session, event: StripeEvent, source: str, error_code: str) -> None:
    """Keep an event whose effect could not be written, for the sweeper; a row processed meanwhile stays so."""
    row = insert(PaymentEvent).values(**_columns(event), state="failed", source=source, error_code=error_code)
    failed = row.on_conflict_do_update(
        index_elements=[PaymentEvent.stripe_event_id],
        set_={"attempts": PaymentEvent.attempts + 1, "state": "failed", "error_code": error_code},
        where=PaymentEvent.state.in_(OPEN_EVENT_STATES),
    ).returning(PaymentEvent.id)
    event_row_id = session.execute(failed).scalar_one_or_none()
    if event_row_id is not None:
        kept = session.get_one(PaymentEvent, event_row_id, populate_existing=True)
        kept.next_try_at = decide_next_try("failed", kept.attempts, kept.received_at, utc_now()).at


def list_due_events(session: Session, limit: int) -> list[bytes]:
    """The bodies of events whose next try is due, oldest first."""
    due = select(PaymentEvent.body).where(
        PaymentEvent.state.in_(OPEN_EVENT_STATES),
        PaymentEvent.next_try_at <= utc_now(),
        PaymentEvent.body.is_not(None),
    )
    return [body for body in session.scalars(due.order_by(PaymentEvent.event_created_at).limit(limit)) if body]


def forget_bodies(session: Session, older_than: datetime) -> None:
    """Drop the raw bodies, which hold personal data; the hash stays for ever (design §4.7)."""
    session.execute(
        update(PaymentEvent)
        .where(PaymentEvent.received_at < older_than, PaymentEvent.body.is_not(None))
        .values(body=None)
    )


def _columns(event: StripeEvent) -> dict[str, object]:
    kind, thing_id = _clean(event.thing.get("object")), _clean(event.thing.get("id"))
    return {
        "stripe_event_id": event.id,
        "type": _clean(event.type),
        "is_livemode": event.is_livemode,
        "api_version": _clean(event.api_version),
        "event_created_at": event.created_at,
        "object_id": thing_id,
        "object_type": kind,
        "payment_intent_id": thing_id if kind == "payment_intent" else _clean(event.thing.get("payment_intent")),
        "request_id": current_request_id.get(),
        "body": event.body,
        "body_sha256": hashlib.sha256(event.body).hexdigest(),
    }


def _clean(value: object) -> str | None:
    """A text PostgreSQL can hold: JSON may carry NUL and lone surrogates, which it refuses (payments §3.1)."""
    if not isinstance(value, str):
        return None
    return str(keep_storable(value))
