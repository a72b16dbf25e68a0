"""What needs a person and shows without asking Stripe."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, defer

from app.orders.models import Order
from app.payments.compute_refunded import RefundFact, compute_refunded
from app.payments.models import Payment, PaymentEvent, Refund
from app.stripe_events.schemas import Finding

# Of each kind; the report says the worst first, and is made again tomorrow.
MOST = 1000


def list_stuck_events(session: Session, until: datetime) -> Iterator[Finding]:
    """Events that failed, and those about nothing that nobody tries any more."""
    given_up = PaymentEvent.state == "unmatched", PaymentEvent.next_try_at.is_(None)
    wanted = select(PaymentEvent).where(or_(PaymentEvent.state == "failed", given_up[0] & given_up[1]))
    wanted = wanted.where(PaymentEvent.received_at < until).options(defer(PaymentEvent.body))
    for event in session.scalars(wanted.order_by(PaymentEvent.event_created_at).limit(MOST)):
        here = " ".join(filter(None, (event.type, f"x{event.attempts}", event.error_code)))
        yield Finding(
            "event_failed" if event.state == "failed" else "event_unmatched", event.stripe_event_id, here=here
        )


def list_reviews(session: Session) -> Iterator[Finding]:
    """Orders that somebody paid and that wait for a person."""
    paid = select(Payment.id).where(
        Payment.payment_collection_id == Order.payment_collection_id, Payment.captured_at.is_not(None)
    )
    wanted = select(Order).where(Order.status == "requires_action", paid.exists())
    for order in session.scalars(wanted.order_by(Order.display_id).limit(MOST)):
        yield Finding("needs_review", order.id, order=str(order.display_id), here=order.review_reason or "")


def list_excess(session: Session, since: datetime) -> Iterator[Finding]:
    """Payments whose two sums are not what their refunds say, or whose refunds pass them."""
    lately = select(Refund.payment_id).where(or_(Refund.created_at >= since, Refund.told_at >= since))
    for payment in session.scalars(select(Payment).where(Payment.id.in_(lately)).order_by(Payment.id).limit(MOST)):
        refunds = session.scalars(select(Refund).where(Refund.payment_id == payment.id)).all()
        facts = [
            RefundFact(each.amount_cents, each.status, each.stripe_refund_id is not None, each.told_at)
            for each in refunds
        ]
        due = compute_refunded(payment.amount_cents, payment.charge_refunded_cents, payment.charge_told_at, facts)
        kept = (payment.refunded_cents, payment.refund_committed_cents)
        if due.excess_cents or kept != (due.refunded_cents, due.committed_cents):
            there = f"{due.refunded_cents}/{due.committed_cents} +{due.excess_cents}"
            yield Finding(
                "refund_excess", payment.payment_intent_id or payment.id, here=f"{kept[0]}/{kept[1]}", there=there
            )
