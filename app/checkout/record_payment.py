"""Stripe's way to the end of a purchase: what an intent became, whether or not the browser still lives."""

from datetime import datetime

from sqlalchemy.orm import Session

from app.carts.models import Cart
from app.carts.queries import get_contents, lock_cart
from app.checkout.complete_cart import complete_cart
from app.checkout.queries import find_attempt
from app.checkout.rules import Sum, decide_late_payment
from app.core.log import log_event
from app.gateways.stripe import Intent
from app.orders.models import Order
from app.orders.queries import lock_order_of_cart
from app.orders.service import mark_for_review, mark_paid
from app.payments import service as payments
from app.payments.models import Payment, PaymentSession
from app.payments.queries import get_payment, list_payments
from app.payments.record_event import UNMATCHED, Recorded
from app.refunds.service import record_intention


def record_payment(session: Session, intent: Intent, told_at: datetime) -> Recorded:
    """An intent was paid. A cart that nobody completed is completed now; for an order that exists the money is noted.

    Repeating it changes nothing.
    """
    found = find_attempt(session, intent)
    if found is None or found.cart_id is None:
        return UNMATCHED
    cart = lock_cart(session, found.cart_id)
    if cart.completed_at is None:
        completed = complete_cart(session, get_contents(session, cart.id), found.session, intent)
        return Recorded(is_matched=True, order_id=completed.order.id)
    return Recorded(is_matched=True, order_id=_record_late_payment(session, cart, found.session, intent))


def record_outcome(session: Session, intent: Intent, told_at: datetime) -> Recorded:
    """An intent failed or was cancelled. That never undoes a payment, and the customer may try again."""
    found = find_attempt(session, intent)
    if found is None:
        return UNMATCHED
    payments.record_intent(session, found.session.id, intent)
    return Recorded(is_matched=True)


def _record_late_payment(session: Session, cart: Cart, attempt: PaymentSession, intent: Intent) -> str:
    order = lock_order_of_cart(session, cart.id)
    receipt = payments.record_payment(session, attempt, intent)
    if receipt.is_new:
        _place_late_money(session, order, get_payment(session, receipt.payment_id))
    return order.id


def _place_late_money(session: Session, order: Order, payment: Payment) -> None:
    others = [
        other
        for other in list_payments(session, order.payment_collection_id)
        if other.id != payment.id and other.captured_at is not None
    ]
    decision = decide_late_payment(
        is_order_paid=order.paid_at is not None,
        came_before=[Sum(other.amount_cents, other.currency_code) for other in others],
        owed=Sum(order.total_cents, order.currency_code),
        paid=Sum(payment.amount_cents, payment.currency_code),
    )
    match decision:
        case "pays":
            mark_paid(order)
            for other in others:
                if other.refund_committed_cents < other.amount_cents:  # not to go back already
                    record_intention(session, other, "duplicate_payment")
        case "duplicate":
            record_intention(session, payment, "duplicate_payment")
        case "differs":
            mark_for_review(order, "amount_differs")
    log_event("late payment", level="warning", orderId=order.id, code=decision)
