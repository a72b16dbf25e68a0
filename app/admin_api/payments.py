"""`/admin/payments`, `/admin/refunds`, `/admin/refund-reasons`: money that a person records, or gives back.

Sources: store-api §11, design §4.5 and §4.9.
"""

from typing import Annotated, Literal

from fastapi import Path, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.admin_api.access import BRIEF_WRITING, READING, BriefWriterDep
from app.admin_api.shapes_payment import (
    PaymentAnswer,
    RefundAnswer,
    RefundReasonOut,
    RefundReasonsAnswer,
    RefundsAnswer,
    payment_out,
    refund_out,
)
from app.checkout.errors import CaptureNotForThisRole, PaymentToldByStripe
from app.checkout.record_manual_payment import record_manual_payment
from app.core.api_document import refusing
from app.core.db import SessionDep, unit_of_work
from app.core.errors import NotFound
from app.core.http import router as make_router
from app.core.money import GivenAmount, from_wire
from app.payments.queries import get_known_payment, get_refund, list_refunds
from app.refunds.errors import RefundNotForThisRole
from app.refunds.queries import count_refunds, list_refunds_by_status
from app.refunds.rules import GROUND_LABELS, Ground
from app.refunds.send_refund import try_refund
from app.refunds.service import RefundAsk, approve_refund, decline_refund, request_refund

reading = make_router(READING, prefix="/admin")
recording = make_router(BRIEF_WRITING, prefix="/admin", refuses=(CaptureNotForThisRole, PaymentToldByStripe))
sending = make_router(BRIEF_WRITING, prefix="/admin", calls_vendor=True, refuses=(RefundNotForThisRole,))

Id = Annotated[str, StringConstraints(max_length=100)]
PathId = Annotated[str, Path(max_length=100)]
Note = Annotated[str, StringConstraints(max_length=1_000)]
Status = Literal["awaiting_approval", "requested", "pending", "succeeded", "failed", "canceled"]


class RefundBody(BaseModel):
    """Medusa's keys; `refund_reason_id` is one of the closed reasons. And ours: the return that it stands on."""

    model_config = ConfigDict(extra="forbid", strict=True)

    amount: GivenAmount | None = None
    refund_reason_id: Ground | None = None
    return_id: Id | None = None
    note: Note | None = None


class CaptureBody(BaseModel):
    """Medusa's key; what came is all of it or is not recorded."""

    model_config = ConfigDict(extra="forbid", strict=True)

    amount: GivenAmount | None = None


class DeclineBody(BaseModel):
    """Why not."""

    model_config = ConfigDict(extra="forbid", strict=True)

    note: Note | None = None


class RefundQuery(BaseModel):
    """Which refunds."""

    model_config = ConfigDict(extra="forbid")

    status: Status | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 50
    offset: Annotated[int, Field(ge=0, le=1_000_000)] = 0


@reading.get("/payments/{payment_id}")
def read_payment(session: SessionDep, payment_id: PathId) -> PaymentAnswer:
    """A payment and what went back of it."""
    payment = get_known_payment(session, payment_id)
    return PaymentAnswer(payment=payment_out(payment, list_refunds(session, [payment.id])))


@reading.get("/refunds")
def read_refunds(session: SessionDep, query: Annotated[RefundQuery, Query()]) -> RefundsAnswer:
    """Refunds, newest first: with `status=awaiting_approval` those that a person has to look at."""
    found = list_refunds_by_status(session, query.status, limit=query.limit, offset=query.offset)
    return RefundsAnswer(
        refunds=[refund_out(refund) for refund in found],
        count=count_refunds(session, query.status),
        offset=query.offset,
        limit=query.limit,
    )


@reading.get("/refund-reasons")
def read_refund_reasons() -> RefundReasonsAnswer:
    """The closed reasons that a refund without a return may have."""
    reasons = [
        RefundReasonOut(id=ground, code=ground, label=french, description=english)
        for ground, (french, english) in GROUND_LABELS.items()
    ]
    return RefundReasonsAnswer(refund_reasons=reasons, count=len(reasons), offset=0, limit=len(reasons))


@recording.post("/payments/{payment_id}/capture", responses=refusing(NotFound))
def capture_payment(caller: BriefWriterDep, payment_id: PathId, body: CaptureBody | None = None) -> PaymentAnswer:
    """Note that a transfer or cash has come, all of it; the order is paid. Repeating it changes nothing."""
    with unit_of_work() as session:
        amount, currency_code = body.amount if body else None, get_known_payment(session, payment_id).currency_code
        amount_cents = from_wire(amount, currency_code) if amount is not None else None
        record_manual_payment(session, payment_id, caller.role, amount_cents)
        return read_payment(session, payment_id)


@sending.post("/payments/{payment_id}/refund", responses=refusing(NotFound))
def refund_payment(caller: BriefWriterDep, payment_id: PathId, body: RefundBody) -> PaymentAnswer:
    """Give money back; without amount, all that is due. The answer says where it stands after one short attempt."""
    with unit_of_work() as session:
        currency_code = get_known_payment(session, payment_id).currency_code
        ask = RefundAsk(
            payment_id,
            amount_cents=from_wire(body.amount, currency_code) if body.amount is not None else None,
            reason=body.refund_reason_id,
            return_id=body.return_id,
            note=body.note,
            role=caller.role,
        )
        refund_id = request_refund(session, ask).id
    try_refund(refund_id)
    with unit_of_work() as session:
        return read_payment(session, payment_id)


@sending.post("/refunds/{refund_id}/approve", responses=refusing(NotFound))
def approve(caller: BriefWriterDep, refund_id: PathId) -> RefundAnswer:
    """Send what was waiting for a person. The answer is where it stands after one short attempt."""
    with unit_of_work() as session:
        approve_refund(session, refund_id, caller.role)
    try_refund(refund_id)
    return _answer(refund_id)


@sending.post("/refunds/{refund_id}/decline", responses=refusing(NotFound))
def decline(caller: BriefWriterDep, refund_id: PathId, body: DeclineBody | None = None) -> RefundAnswer:
    """Keep the money; the amount may be refunded on another ground."""
    with unit_of_work() as session:
        decline_refund(session, refund_id, caller.role, body.note if body else None)
    return _answer(refund_id)


def _answer(refund_id: str) -> RefundAnswer:
    with unit_of_work() as session:
        return RefundAnswer(refund=refund_out(get_refund(session, refund_id)))
