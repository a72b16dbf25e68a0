"""The ledger: one row per Stripe event, claimed by one statement and final in the transaction that applies it."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import and_, bindparam, exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core.clock import utc_now
from app.core.context import current_request_id
from app.core.db import Base
from app.core.strict_json import keep_storable
from app.payments.models import Payment, PaymentEvent
from app.payments.rules import OPEN_EVENT_STATES, decide_next_try

_ledger = Base.metadata.tables[PaymentEvent.__tablename__]
_is_open = _ledger.c.state.in_(OPEN_EVENT_STATES)
# Of the event itself; the other columns say what became of it.
_TOLD = (
    "stripe_event_id", "type", "is_livemode", "api_version", "event_created_at", "object_id", "object_type",
    "payment_intent_id", "checkout_session_id", "source", "request_id", "body", "body_sha256",
)  # fmt: skip
_ROW = insert(_ledger).values({name: bindparam(name) for name in (*_TOLD, "state", "error_code")})
_TAKEN = (_ledger.c.id, _ledger.c.attempts, _ledger.c.received_at)
# Objects that belong to the payment of the intent they name, and to nothing else.
OF_PAYMENTS = ("charge", "refund", "dispute")
# Built once: making a statement anew costs as much as sending it.
_CLAIM = _ROW.on_conflict_do_update(
    index_elements=[_ledger.c.stripe_event_id], set_={"attempts": _ledger.c.attempts + 1}, where=_is_open
).returning(*_TAKEN)
_FAIL = _ROW.on_conflict_do_update(
    index_elements=[_ledger.c.stripe_event_id],
    set_={"attempts": _ledger.c.attempts + 1, "state": _ROW.excluded.state, "error_code": _ROW.excluded.error_code},
    where=_is_open,
).returning(*_TAKEN)
_MARK = (
    update(_ledger)
    .where(_ledger.c.id == bindparam("row_id"))
    .values(
        {
            **{name: bindparam(f"new_{name}") for name in ("state", "order_id", "error_code")},
            **{name: bindparam(f"new_{name}") for name in ("processed_at", "next_try_at")},
            "checkout_session_id": func.coalesce(bindparam("new_checkout_session_id"), _ledger.c.checkout_session_id),
        }
    )
)
_TRY_AGAIN = update(_ledger).where(_ledger.c.id == bindparam("row_id")).values(next_try_at=bindparam("new_next_try_at"))


@dataclass(frozen=True)
class StripeEvent:
    """A verified event: what the ledger keeps of it, and the object it is about."""

    id: str
    type: str
    created_at: datetime
    api_version: str | None
    is_livemode: bool
    is_of_connected_account: bool
    # Of the request that caused it, if it was one of ours with a key.
    idempotency_key: str | None
    thing: dict[str, object] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True)
class Recorded:
    """What an event came to: whether it is about something of ours, and the order and Checkout Session of it."""

    is_matched: bool
    order_id: str | None = None
    checkout_session_id: str | None = None


UNMATCHED = Recorded(is_matched=False)


class Claim(NamedTuple):
    """The ledger row of an event that is being applied."""

    row_id: int
    attempts: int
    received_at: datetime


def claim_event(session: Session, event: StripeEvent, source: str) -> Claim | None:
    """Take an event to be applied in this transaction; None when it is applied already.

    A second delivery waits here for the first one's transaction: if that commits it gets None, if it rolls back it
    takes over (payments §3.2).
    """
    row = session.execute(_CLAIM, _values(event, source, "received")).one_or_none()
    return None if row is None else Claim(*row)


def mark_event(session: Session, claim: Claim, state: str, recorded: Recorded) -> None:
    """Close the claimed row: processed, ignored, or unmatched, which is tried again for a while."""
    now = utc_now()
    values = {
        "row_id": claim.row_id,
        "new_state": state,
        "new_order_id": recorded.order_id,
        "new_checkout_session_id": recorded.checkout_session_id,
        "new_error_code": None,
        "new_processed_at": now,
        "new_next_try_at": decide_next_try(state, claim.attempts, claim.received_at, now).at,
    }
    session.execute(_MARK, values)


def mark_event_failed(session: Session, event: StripeEvent, source: str, error_code: str) -> None:
    """Keep an event whose effect could not be written, for the sweeper; a row processed meanwhile stays so."""
    row = session.execute(_FAIL, _values(event, source, "failed", error_code)).one_or_none()
    if row is not None:
        kept = Claim(*row)
        next_try_at = decide_next_try("failed", kept.attempts, kept.received_at, utc_now()).at
        session.execute(_TRY_AGAIN, {"row_id": kept.row_id, "new_next_try_at": next_try_at})


def list_due_events(session: Session, limit: int) -> list[bytes]:
    """The bodies of events whose next try is due, oldest first.

    So is what was told of a payment that came later, however long ago nobody knew it.
    """
    came = exists().where(Payment.payment_intent_id == PaymentEvent.payment_intent_id)
    is_known_now = and_(PaymentEvent.state == "unmatched", PaymentEvent.object_type.in_(OF_PAYMENTS), came)
    due = select(PaymentEvent.body).where(
        PaymentEvent.state.in_(OPEN_EVENT_STATES),
        or_(PaymentEvent.next_try_at <= utc_now(), is_known_now),
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


def _values(event: StripeEvent, source: str, state: str, error_code: str | None = None) -> dict[str, object]:
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
        "checkout_session_id": thing_id if kind == "checkout.session" else None,
        "request_id": current_request_id.get(),
        "body": event.body,
        "body_sha256": hashlib.sha256(event.body).hexdigest(),
        "source": source,
        "state": state,
        "error_code": error_code,
    }


def _clean(value: object) -> str | None:
    """A text PostgreSQL can hold: JSON may carry NUL and lone surrogates, which it refuses (payments §3.1)."""
    if not isinstance(value, str):
        return None
    return str(keep_storable(value))
