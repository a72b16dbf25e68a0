"""Writes down refunds that were decided."""

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core.context import current_actor
from app.core.ids import new_id
from app.payments.models import Payment, Refund
from app.refunds.rules import Ground, decide_refund


def record_intention(session: Session, payment: Payment, ground: Ground) -> None:
    """Note that a payment must go back, once per payment; a person approves it, then it is sent.

    Raises `NothingLeftToRefund`.
    """
    decision = decide_refund(ground, payment.amount_cents, payment.refund_committed_cents)
    row = insert(Refund).values(
        id=new_id("ref"),
        payment_id=payment.id,
        amount_cents=decision.amount_cents,
        currency_code=payment.currency_code,
        reason=decision.ground,
        status=decision.status,
        requested_by=current_actor.get(),
    )
    waiting = {"index_elements": [Refund.payment_id], "index_where": Refund.status == "awaiting_approval"}
    written = session.execute(row.on_conflict_do_nothing(**waiting).returning(Refund.id))
    if written.scalar_one_or_none() is None:
        return
    # One statement: the row's own CHECK refuses more than was captured, whoever else commits at the same time.
    raised = Payment.refund_committed_cents + decision.amount_cents
    session.execute(update(Payment).where(Payment.id == payment.id).values(refund_committed_cents=raised))
    session.refresh(payment)
