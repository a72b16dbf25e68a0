"""Stripe's way to the end of a purchase: what an intent became, whether or not the browser still lives."""

from datetime import datetime

from sqlalchemy.orm import Session

from app.carts.queries import get_contents, lock_cart
from app.checkout.complete_cart import complete_cart
from app.checkout.queries import find_attempt
from app.checkout.release_pieces import release_pieces
from app.checkout.settle_order import settle_order
from app.gateways.stripe import Intent
from app.orders.queries import lock_order_of_cart
from app.payments import service as payments
from app.payments.record_event import UNMATCHED, Recorded


def record_payment(session: Session, intent: Intent, told_at: datetime) -> Recorded:
    """An intent was paid. A cart that nobody completed is completed now; for an order that exists the money is noted.

    Repeating it changes nothing.
    """
    found = find_attempt(session, intent)
    if found is None or found.cart_id is None:
        return UNMATCHED
    cart = lock_cart(session, found.cart_id)
    if cart.completed_at is None:
        completed = complete_cart(session, get_contents(session, cart.id), found.session, intent, told_at)
        return Recorded(is_matched=True, order_id=completed.order.id)
    order = lock_order_of_cart(session, cart.id)
    receipt = payments.record_payment(session, found.session, intent, told_at)
    settle_order(session, order, found.session, receipt, told_at)
    return Recorded(is_matched=True, order_id=order.id, checkout_session_id=found.session.checkout_session_id)


def record_outcome(session: Session, intent: Intent, told_at: datetime) -> Recorded:
    """An intent failed or was cancelled. That never undoes a payment, and the customer may try again.

    What was promised for a cancelled one is promised to others.
    """
    found = find_attempt(session, intent)
    if found is None:
        return UNMATCHED
    is_over = intent.status == "canceled" and found.cart_id is not None
    cart = lock_cart(session, str(found.cart_id)) if is_over else None
    attempt = payments.record_intent(session, found.session.id, intent, told_at)
    if cart is not None:
        release_pieces(session, cart, attempt)
    return Recorded(is_matched=True, order_id=found.order_id, checkout_session_id=attempt.checkout_session_id)
