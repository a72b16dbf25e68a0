"""What is owed, and the attempts to pay it, on the wire."""

from collections.abc import Sequence

from pydantic import BaseModel

from app.core.db import Json
from app.core.money import WireAmount, to_wire
from app.core.wire import WireInstant
from app.payments.models import Payment, PaymentCollection, PaymentSession
from app.payments.rules import STRIPE_PROVIDER, compute_collection_status


class PaymentSessionOut(BaseModel):
    """An attempt to pay. `data` is the provider's own object: Stripe's stays in cents."""

    id: str
    provider_id: str
    status: str
    currency_code: str
    amount: WireAmount
    authorized_at: WireInstant | None
    data: Json
    context: Json
    metadata: Json


class PaymentCollectionOut(BaseModel):
    """What one cart owes; the session shown is the one that can be paid."""

    id: str
    currency_code: str
    amount: WireAmount
    authorized_amount: WireAmount
    captured_amount: WireAmount
    refunded_amount: WireAmount
    status: str
    completed_at: WireInstant | None
    created_at: WireInstant
    updated_at: WireInstant
    payment_sessions: list[PaymentSessionOut]


def payment_collection_out(collection: PaymentCollection, payments: Sequence[Payment]) -> PaymentCollectionOut:
    """A collection whose sessions are loaded, with its payments."""
    currency_code = collection.currency_code
    captured = sum(payment.amount_cents for payment in payments if payment.captured_at)
    held = sum(payment.amount_cents for payment in payments)
    sessions = [attempt for attempt in collection.sessions if _is_shown(attempt)]
    status = compute_collection_status({attempt.status for attempt in sessions}, captured, collection.amount_cents)
    instants = [payment.captured_at for payment in payments if payment.captured_at]
    return PaymentCollectionOut(
        id=collection.id,
        currency_code=currency_code,
        amount=to_wire(collection.amount_cents, currency_code),
        authorized_amount=to_wire(held, currency_code),
        captured_amount=to_wire(captured, currency_code),
        refunded_amount=to_wire(sum(payment.refunded_cents for payment in payments), currency_code),
        status=status,
        completed_at=max(instants) if status == "completed" else None,
        created_at=collection.created_at,
        updated_at=collection.updated_at,
        payment_sessions=[payment_session_out(attempt) for attempt in sessions],
    )


def payment_session_out(attempt: PaymentSession) -> PaymentSessionOut:
    """One attempt."""
    return PaymentSessionOut(
        id=attempt.id,
        provider_id=attempt.provider_id,
        status=attempt.status,
        currency_code=attempt.currency_code,
        amount=to_wire(attempt.amount_cents, attempt.currency_code),
        authorized_at=None,
        data=attempt.provider_data,
        context={},
        metadata={},
    )


def _is_shown(attempt: PaymentSession) -> bool:
    """A superseded or cancelled attempt is over; one that Stripe has not answered yet has no secret to pay with."""
    is_answered = attempt.payment_intent_id is not None or attempt.provider_id != STRIPE_PROVIDER
    return attempt.superseded_at is None and attempt.status != "canceled" and is_answered
