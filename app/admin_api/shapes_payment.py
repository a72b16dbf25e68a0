"""Payments and refunds as Medusa's Admin reads them, in currency units; beside its keys, what became of each refund."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import BaseModel

from app.core.money import WireAmount, to_wire
from app.payments.models import Payment, Refund


class CaptureOut(BaseModel):
    """Money that came."""

    id: str
    amount: WireAmount
    created_at: datetime


class RefundOut(BaseModel):
    """Money that goes back; `status` is where it stands in truth."""

    id: str
    payment_id: str
    amount: WireAmount
    currency_code: str
    refund_reason_id: str | None
    return_id: str | None
    note: str | None
    origin: str
    status: str
    pending_reason: str | None
    error_code: str | None
    stripe_refund_id: str | None
    created_by: str
    approved_by: str | None
    created_at: datetime
    ended_at: datetime | None


class PaymentOut(BaseModel):
    """A payment with everything that went back of it."""

    id: str
    provider_id: str
    payment_collection_id: str
    payment_session_id: str
    payment_intent_id: str | None
    amount: WireAmount
    captured_amount: WireAmount
    refunded_amount: WireAmount
    currency_code: str
    created_at: datetime
    captured_at: datetime | None
    captures: list[CaptureOut]
    refunds: list[RefundOut]


class PaymentAnswer(BaseModel):
    """Medusa's envelope."""

    payment: PaymentOut


class RefundAnswer(BaseModel):
    """One refund."""

    refund: RefundOut


class RefundsAnswer(BaseModel):
    """A page of refunds, newest first; `count` is of all that match."""

    refunds: list[RefundOut]
    count: int
    offset: int
    limit: int


class RefundReasonOut(BaseModel):
    """One of the closed reasons; its id is what a refund is asked for with."""

    id: str
    code: str
    label: str
    description: str


class RefundReasonsAnswer(BaseModel):
    """All of them."""

    refund_reasons: list[RefundReasonOut]
    count: int
    offset: int
    limit: int


def refund_out(refund: Refund) -> RefundOut:
    """One refund."""
    return RefundOut(
        id=refund.id,
        payment_id=refund.payment_id,
        amount=to_wire(refund.amount_cents, refund.currency_code),
        currency_code=refund.currency_code,
        refund_reason_id=refund.reason,
        return_id=refund.return_id,
        note=refund.note,
        origin=refund.origin,
        status=refund.status,
        pending_reason=refund.pending_reason,
        error_code=refund.error_code,
        stripe_refund_id=refund.stripe_refund_id,
        created_by=refund.requested_by,
        approved_by=refund.approved_by,
        created_at=refund.created_at,
        ended_at=refund.ended_at,
    )


def payment_out(payment: Payment, refunds: Sequence[Refund]) -> PaymentOut:
    """One payment with its refunds."""
    amount = to_wire(payment.amount_cents, payment.currency_code)
    captures = [CaptureOut(id=payment.id, amount=amount, created_at=payment.captured_at)] if payment.captured_at else []
    return PaymentOut(
        id=payment.id,
        provider_id=payment.provider_id,
        payment_collection_id=payment.payment_collection_id,
        payment_session_id=payment.payment_session_id,
        payment_intent_id=payment.payment_intent_id,
        amount=amount,
        captured_amount=amount if payment.captured_at else to_wire(0, payment.currency_code),
        refunded_amount=to_wire(payment.refunded_cents, payment.currency_code),
        currency_code=payment.currency_code,
        created_at=payment.created_at,
        captured_at=payment.captured_at,
        captures=captures,
        refunds=[refund_out(refund) for refund in refunds],
    )
