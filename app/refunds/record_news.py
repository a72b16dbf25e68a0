"""What Stripe says of refunds, charges and disputes, and who hears of it. In any order, as often as it comes."""

from datetime import datetime

from sqlalchemy.orm import Session

from app.core.audit_log import record_audit
from app.core.log import log_event
from app.core.words import Words
from app.gateways.stripe import StripeCharge, StripeDispute, StripeRefund
from app.invoices.issue_credit_note import follow_refund
from app.payments import record_charge as charges
from app.payments import record_dispute as disputes
from app.payments import record_refund as refunds
from app.payments.execution import REFUND_ID, find_refund_id
from app.payments.models import Refund
from app.payments.queries import find_payment_of
from app.payments.record_dispute import Movement
from app.payments.record_event import UNMATCHED, Recorded
from app.payments.record_refund import RefundTold
from app.refunds.queries import LockedMoney, lock_money
from app.refunds.queue_mails import queue_dispute_news, queue_refund_alert, queue_refund_failed, queue_refund_sent


def record_refund(
    session: Session, told: StripeRefund, told_at: datetime, our_id: str | None = None, key: str | None = None
) -> Recorded:
    """A refund was made, changed or failed, by us or in the dashboard. Repeating it changes nothing.

    It is ours by its id at Stripe, by the id in its metadata, or by the idempotency `key` it was made with: whichever
    comes first, the event or the API's answer.
    """
    money = _lock_matched(session, told.payment_intent_id, told.charge_id)
    if money is None:
        return UNMATCHED
    named = our_id or told.metadata.get(REFUND_ID) or find_refund_id(key)
    _tell(session, money, refunds.record_refund(session, money.payment, told, told_at, named))
    return _recorded(money)


def record_charge(session: Session, told: StripeCharge, told_at: datetime) -> Recorded:
    """So much of a charge went back in all, whoever asked for it. Repeating it changes nothing."""
    money = _lock_matched(session, told.payment_intent_id, told.id)
    if money is None:
        return UNMATCHED
    charges.record_charge(session, money.payment, told, told_at)
    return _recorded(money)


def record_dispute(
    session: Session, told: StripeDispute, told_at: datetime, movement: Movement | None = None
) -> Recorded:
    """A customer's bank wants money back, or how that went on. While it is open nothing is refunded.

    Repeating it changes nothing.
    """
    money = _lock_matched(session, told.payment_intent_id, told.charge_id)
    if money is None:
        return UNMATCHED
    news = disputes.record_dispute(session, money.payment, told, told_at, movement)
    queue_dispute_news(session, money.order, news.dispute, is_over=news.is_over)
    if news.before != news.dispute.status:
        details = {"payment_id": money.payment.id, "status": news.dispute.status}
        record_audit(session, "dispute.told", news.dispute.id, details)
    return _recorded(money)


def _lock_matched(session: Session, intent_id: str | None, charge_id: str | None) -> LockedMoney | None:
    payment = find_payment_of(session, intent_id, charge_id)
    return lock_money(session, payment.id) if payment is not None else None


def _recorded(money: LockedMoney) -> Recorded:
    return Recorded(is_matched=True, order_id=money.order.id if money.order is not None else None)


def _tell(session: Session, money: LockedMoney, told: RefundTold) -> None:
    refund = told.refund
    if told.is_imported:
        _tell_of_import(session, refund)
    if told.excess_cents > 0 and told.before != refund.status:
        _flag_excess(session, money, refund, told.excess_cents)
    if told.became("succeeded"):
        queue_refund_sent(session, money.order, money.payment, refund)
    if told.became("failed"):
        queue_refund_failed(session, money.order, refund)
    if refund.status == "pending" and refund.pending_reason == "insufficient_funds":
        _tell_of_empty_balance(session, refund)
    if told.before != refund.status:
        details = {"payment_id": refund.payment_id, "status": refund.status, "code": refund.error_code}
        record_audit(session, "refund.told", refund.id, details)
        follow_refund(session, refund)


def _tell_of_import(session: Session, refund: Refund) -> None:
    record_audit(session, "refund.imported", refund.id, {"amount_cents": refund.amount_cents})
    queue_refund_alert(
        session,
        "refund_imported",
        refund,
        what=Words(
            "Un remboursement a été fait dans le tableau de bord de Stripe, hors de Comptoir.",
            "A refund was made in Stripe's dashboard, outside Comptoir.",
        ),
        next_step=Words(
            "vérifiez qui l'a fait et pourquoi, notez-le sur la commande (comptoir orders show) ; les suivants passent "
            "par comptoir orders refund.",
            "find out who made it and why, note it on the order (comptoir orders show); the next ones go through "
            "comptoir orders refund.",
        ),
    )


def _flag_excess(session: Session, money: LockedMoney, refund: Refund, excess_cents: int) -> None:
    record_audit(session, "refund.excess", refund.id, {"payment_id": money.payment.id, "excess_cents": excess_cents})
    log_event("more refunded than captured", level="error", code="refund_excess", orderId=_recorded(money).order_id)


def _tell_of_empty_balance(session: Session, refund: Refund) -> None:
    queue_refund_alert(
        session,
        "refund_insufficient_funds",
        refund,
        what=Words(
            "Un remboursement attend : le solde de la boutique chez Stripe ne le couvre pas.",
            "A refund waits: the shop's balance at Stripe does not cover it.",
        ),
        next_step=Words(
            "ajoutez des fonds au solde dans le tableau de bord de Stripe ; le remboursement partira de lui-même.",
            "add funds to the balance in Stripe's dashboard; the refund then leaves by itself.",
        ),
    )
