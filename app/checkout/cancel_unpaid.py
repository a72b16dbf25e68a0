"""The end of an order that nobody paid: what was kept for it is others' again."""

from app.carts.queries import lock_cart
from app.checkout.cancel_order import cancel_order
from app.checkout.queries import find_open_attempt
from app.checkout.record_page import record_page
from app.core.clock import utc_now
from app.core.db import unit_of_work
from app.gateways.errors import Terminal
from app.gateways.stripe import CheckoutSession, get_stripe
from app.orders.queries import get_order_row, lock_order_of_cart


def cancel_unpaid_order(order_id: str) -> None:
    """Cancel an order unless it is paid meanwhile, or money is on its way. Repeating it changes nothing.

    A page that is still open is ended at Stripe before anything is released: refused, its customer has just paid.
    Raises `Retryable` when Stripe cannot say.
    """
    with unit_of_work() as session:
        order = get_order_row(session, order_id)
        open_attempt = find_open_attempt(session, order.payment_collection_id, utc_now())
    page_id = open_attempt.checkout_session_id if open_attempt else None
    if page_id is not None:
        page = expire_page(page_id)
        with unit_of_work() as session:
            record_page(session, page, utc_now())
    with unit_of_work() as session:
        cart = lock_cart(session, order.cart_id)
        order = lock_order_of_cart(session, cart.id)
        if order.is_placed_unpaid and not find_open_attempt(session, order.payment_collection_id, utc_now()):
            cancel_order(session, order, utc_now())


def expire_page(page_id: str) -> CheckoutSession:
    """End Stripe's page for a payment; what it is now. Raises `Retryable`."""
    try:
        return get_stripe().expire_checkout_session(page_id)
    except Terminal:  # no more open: whoever has it says how it ended
        return get_stripe().retrieve_checkout_session(page_id)
