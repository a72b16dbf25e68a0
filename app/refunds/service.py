"""Writes down refunds that were decided. `send_refund.py` sends them, `record_news.py` hears what Stripe says."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core.audit_log import record_audit
from app.core.clock import utc_now
from app.core.context import current_actor
from app.core.ids import new_id
from app.core.jobs import enqueue_at
from app.invoices.issue_credit_note import follow_refund
from app.payments.models import Payment, Refund
from app.payments.queries import lock_payment, lock_refunds
from app.payments.record_refund import follow_refunds, mark_refund
from app.payments.rules import STRIPE_PROVIDER
from app.refunds.errors import RefundNotAwaited
from app.refunds.queries import LockedMoney, find_same_at, get_contest, get_parcel, lock_money, lock_money_of_refund
from app.refunds.queue_mails import queue_refund_sent
from app.refunds.rules import (
    Funds,
    Ground,
    RefundDecision,
    Wish,
    check_approval,
    check_repeated,
    check_role,
    decide_intention,
    decide_refund,
)
from app.staff.rules import Role

# Whoever asks makes the first attempt at once; the job is for when that one gave no answer, or nobody lived to make it.
FIRST_JOB_AFTER = timedelta(seconds=30)


@dataclass(frozen=True)
class RefundAsk:
    """What somebody wants to give back of a payment, in its smallest unit; without amount, all that is due."""

    payment_id: str
    amount_cents: int | None = None
    reason: Ground | None = None
    return_id: str | None = None
    note: str | None = None
    role: Role = "staff"


def preview_refund(session: Session, ask: RefundAsk) -> RefundDecision:
    """What `request_refund` would decide now; raises the same, writes nothing."""
    return _decide(session, lock_money(session, ask.payment_id), ask)


def request_refund(session: Session, ask: RefundAsk) -> Refund:
    """Decide, promise the money back, have it sent once this is committed. Manual money was given back by who asks.

    Raises `PaymentNotFound`, `ReturnNotFound` and what `decide_refund` and `check_repeated` refuse; nothing is written
    then.
    """
    money = lock_money(session, ask.payment_id)
    decision = _decide(session, money, ask)
    refund = _create(money.payment, decision, ask)
    check_repeated(find_same_at(session, refund), refund.created_at)
    session.add(refund)
    session.flush()  # the payment follows from its refunds' rows
    _commit_amount(session, money.payment, decision.amount_cents)
    _audit(session, "refund.requested", refund, is_override=decision.is_override)
    _ask_to_send(session, money, refund)
    return refund


def record_intention(session: Session, payment: Payment, ground: Ground, amount_cents: int | None = None) -> None:
    """Note that a payment, or so much of it, must go back; a person approves it, then it is sent.

    What waits already for the same payment and what is left beside it wait together, as one. Raises
    `NothingLeftToRefund`.
    """
    payment = lock_payment(session, payment.id)  # before its refunds, as whoever hears of them does
    decision = decide_intention(ground, _describe_funds(session, payment), amount_cents)
    all_cents = decision.amount_cents + _replace_waiting(session, payment)
    row = insert(Refund).values(
        id=new_id("ref"),
        payment_id=payment.id,
        amount_cents=all_cents,
        currency_code=payment.currency_code,
        reason=decision.ground,
        status=decision.status,
        requested_by=current_actor.get(),
    )
    # Its index is found by this text: a value of the statement is not there any more once its plan is kept.
    once = row.on_conflict_do_nothing(
        index_elements=[Refund.payment_id], index_where=text("status = 'awaiting_approval'")
    )
    if session.execute(once.returning(Refund.id)).scalar_one_or_none() is not None:
        _commit_amount(session, payment, all_cents)


def _replace_waiting(session: Session, payment: Payment) -> int:
    """Take back what waits for a person, whose row keeps its amount; the cents that it promised."""
    for each in lock_refunds(session, payment.id):
        if each.status == "awaiting_approval":
            mark_refund(session, payment, each, "canceled", "replaced")
            _audit(session, "refund.replaced", each)
            return each.amount_cents
    return 0


def approve_refund(session: Session, refund_id: str, role: Role) -> Refund:
    """A person says yes to an intention: it is sent once this is committed.

    Raises `RefundNotFound`, `RefundNotAwaited` and what `check_approval` refuses.
    """
    money, refund = lock_money_of_refund(session, refund_id)
    _demand_waiting(refund)
    given = follow_refunds(money.payment, lock_refunds(session, money.payment.id))
    # What the charge alone tells of is gone too, though its refund is not known here yet.
    above_cents = given.refunded_cents + refund.amount_cents - money.payment.amount_cents
    check_approval(role, get_contest(session, money.payment.id), max(given.excess_cents, above_cents))
    refund.approved_by, refund.approved_at = current_actor.get(), utc_now()
    mark_refund(session, money.payment, refund, "requested")
    _audit(session, "refund.approved", refund)
    _ask_to_send(session, money, refund)
    return refund


def decline_refund(session: Session, refund_id: str, role: Role, note: str | None = None) -> Refund:
    """A person says no to an intention: the amount is given back to the payment.

    Raises `RefundNotFound`, `RefundNotAwaited`, `RefundNotForThisRole`.
    """
    check_role(role)
    money, refund = lock_money_of_refund(session, refund_id)
    _demand_waiting(refund)
    refund.note = refund.note or note
    mark_refund(session, money.payment, refund, "canceled", "declined")
    _audit(session, "refund.declined", refund)
    return refund


def _decide(session: Session, money: LockedMoney, ask: RefundAsk) -> RefundDecision:
    parcel = get_parcel(session, money.order, ask.return_id) if ask.return_id is not None else None
    funds = _describe_funds(session, money.payment)
    return decide_refund(Wish(ask.amount_cents, ask.reason, ask.note, ask.role), funds, parcel)


def _describe_funds(session: Session, payment: Payment) -> Funds:
    return Funds(
        captured_cents=payment.amount_cents,
        committed_cents=payment.refund_committed_cents,
        is_captured=payment.captured_at is not None,
        contest=get_contest(session, payment.id),
    )


def _create(payment: Payment, decision: RefundDecision, ask: RefundAsk) -> Refund:
    return Refund(
        id=new_id("ref"),
        payment_id=payment.id,
        return_id=ask.return_id,
        amount_cents=decision.amount_cents,
        currency_code=payment.currency_code,
        reason=decision.ground,
        note=(ask.note or "").strip() or None,
        status=decision.status,
        requested_by=current_actor.get(),
        created_at=utc_now(),
        key_number=1,
    )


def _commit_amount(session: Session, payment: Payment, amount_cents: int) -> None:
    """One statement: the row's own CHECK refuses more than was captured, whoever else commits at the same time."""
    raised = Payment.refund_committed_cents + amount_cents
    session.execute(update(Payment).where(Payment.id == payment.id).values(refund_committed_cents=raised))
    session.refresh(payment)


def _ask_to_send(session: Session, money: LockedMoney, refund: Refund) -> None:
    """Stripe's money is sent by us; of a transfer or cash the person who asks says that they gave it back."""
    if money.payment.provider_id == STRIPE_PROVIDER:  # its intent may be told later than its money
        enqueue_at(session, "refunds.send", utc_now() + FIRST_JOB_AFTER, refund_id=refund.id)
        return
    mark_refund(session, money.payment, refund, "succeeded")
    queue_refund_sent(session, money.order, money.payment, refund)
    follow_refund(session, refund)


def _demand_waiting(refund: Refund) -> None:
    if refund.status != "awaiting_approval":
        raise RefundNotAwaited


def _audit(session: Session, action: str, refund: Refund, **more: object) -> None:
    details = {"payment_id": refund.payment_id, "amount_cents": refund.amount_cents, "reason": refund.reason}
    record_audit(session, action, refund.id, {**details, "return_id": refund.return_id, **more})
