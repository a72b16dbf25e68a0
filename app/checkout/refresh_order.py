"""The customer is back from Stripe's page: what Stripe says of it now, without waiting for the webhook."""

from app.checkout.record_page import record_page
from app.core.clock import utc_now
from app.core.db import unit_of_work
from app.gateways.stripe import get_stripe
from app.orders.queries import get_order_row
from app.orders.rules import check_open_without_login
from app.payments.breaker import ask_guarded
from app.payments.queries import list_attempts


def refresh_order(order_id: str) -> None:
    """Ask Stripe how the newest page of an unpaid order stands, and write that down as an event would.

    Coming back proves nothing: only what Stripe answers counts (payments §3.2). Raises `OrderNotFound`,
    `CheckoutUnavailable`.
    """
    with unit_of_work() as session:
        order = get_order_row(session, order_id)
        check_open_without_login(order.id, order.created_at, utc_now())
        attempts = list_attempts(session, order.payment_collection_id) if order.paid_at is None else []
    pages = [each.checkout_session_id for each in attempts if each.checkout_session_id is not None]
    if not pages:
        return
    page = ask_guarded(lambda: get_stripe().retrieve_checkout_session(pages[-1]))
    with unit_of_work() as session:
        record_page(session, page, utc_now())
