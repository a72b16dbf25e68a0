"""What is known of the money of an order, for `payments.rules:compute_payment_standing`."""

from sqlalchemy.orm import Session

from app.orders.models import Order
from app.payments.compute_dispute import compute_contest
from app.payments.queries import list_attempts, list_disputes, list_payments, list_refunds
from app.payments.rules import MoneyFacts
from app.payments.service import facts_of


def get_money_facts(session: Session, order: Order) -> MoneyFacts:
    """Everything that Stripe and people said of the money of an order, in four statements at most."""
    payments = [each for each in list_payments(session, order.payment_collection_id) if each.captured_at is not None]
    payment_ids = [payment.id for payment in payments]
    refunds = list_refunds(session, payment_ids) if payments else []
    disputes = list_disputes(session, payment_ids) if payments else []
    return MoneyFacts(
        total_cents=order.total_cents,
        captured_cents=sum(payment.amount_cents for payment in payments),
        refunded_cents=sum(payment.refunded_cents for payment in payments),
        contest=compute_contest([dispute.status for dispute in disputes]),
        has_failed_refund=any(refund.status == "failed" for refund in refunds),
        is_paid=order.paid_at is not None,
        needs_review=order.review_reason is not None,
        is_canceled=order.canceled_at is not None,
        attempts=tuple(facts_of(each) for each in list_attempts(session, order.payment_collection_id)),
    )
