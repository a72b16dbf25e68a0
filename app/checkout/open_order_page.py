"""Paying an order that exists already, by a link: one attempt at a time, its pieces promised as long as it is open."""

from datetime import datetime

from sqlalchemy.orm import Session

from app.carts.queries import get_contents, lock_cart
from app.checkout.open_page import NEWS_TAKES, Page, Payable, compute_page_end, request_page
from app.checkout.queries import find_open_attempt
from app.checkout.rules import ReturnUrls, check_attempts
from app.core.clock import utc_now
from app.core.db import unit_of_work
from app.ops.checkout_gate import check_checkout_open
from app.orders.errors import OrderNotForSale, OrderPiecesGone
from app.orders.models import Order
from app.orders.queries import get_order_row, lock_order_of_cart
from app.orders.rules import Unpaid, check_awaits_payment, check_open_without_login
from app.payments.breaker import find_outage
from app.payments.errors import CheckoutUnavailable
from app.payments.models import PaymentSession
from app.payments.queries import list_attempts
from app.payments.rules import is_processing
from app.payments.service import facts_of, open_page_session
from app.stock.errors import InsufficientInventory
from app.stock.service import reserve_until

MOST_CALLS = 2
TITLES = {"fr": "Commande n° {}", "en": "Order no. {}"}


def open_order_page(order_id: str, urls: ReturnUrls) -> Page:
    """Stripe's page for an order, whose own total it asks for; while one is open, the same one.

    Raises `OrderNotFound`, what `check_awaits_payment` refuses, `OrderNotForSale`, `OrderPiecesGone`,
    `TooManyAttempts`, `CheckoutUnavailable`, `AmountNotPayable`, `Conflict`.
    """
    for _ in range(MOST_CALLS):
        with unit_of_work() as session:
            order, attempt = _open(session, order_id, urls)
        noted = attempt if attempt.checkout_url else request_page(attempt, _describe(order))
        if noted is not None:
            return _show(noted)
    raise CheckoutUnavailable


def _open(session: Session, order_id: str, urls: ReturnUrls) -> tuple[Order, PaymentSession]:
    """The order and its open attempt, under the locks of both."""
    now = utc_now()
    cart_id = get_order_row(session, order_id).cart_id
    lock_cart(session, cart_id)
    order = lock_order_of_cart(session, cart_id)
    check_open_without_login(order.id, order.created_at, now)
    attempt = find_open_attempt(session, order.payment_collection_id, now)
    check_awaits_payment(
        Unpaid(
            created_at=order.created_at,
            is_placed_unpaid=order.is_placed_unpaid,
            is_paid=order.paid_at is not None,
            is_canceled=order.canceled_at is not None,
            needs_review=order.review_reason is not None,
            is_processing=attempt is not None and is_processing(facts_of(attempt)),
        ),
        now,
    )
    check_checkout_open(session)
    return order, attempt or _open_attempt(session, order, urls, now)


def _open_attempt(session: Session, order: Order, urls: ReturnUrls, now: datetime) -> PaymentSession:
    outage = find_outage()
    if outage is not None:  # nothing is kept from others for a page that cannot be had
        raise outage
    opened_at = [each.created_at for each in list_attempts(session, order.payment_collection_id)]
    check_attempts(opened_at, now)
    contents = get_contents(session, order.cart_id)
    if contents.withdrawn:
        raise OrderNotForSale
    ends_at = compute_page_end(now)
    attempt = open_page_session(
        session,
        order.payment_collection_id,
        ends_at,
        {"success_url": urls.success_url, "cancel_url": urls.cancel_url},
    )
    try:
        reserve_until(session, order.cart_id, contents.counted_pieces, ends_at + NEWS_TAKES)
    except InsufficientInventory as refusal:
        raise OrderPiecesGone from refusal
    return attempt


def _describe(order: Order) -> Payable:
    title = TITLES.get(order.locale[:2].lower(), TITLES["en"])
    return Payable(
        reference=order.id,
        title=title.format(order.display_id),
        email=order.email,
        locale=order.locale,
        metadata={"order_id": order.id},
    )


def _show(attempt: PaymentSession) -> Page:
    return Page(
        attempt_id=attempt.id,
        checkout_session_id=str(attempt.checkout_session_id),
        url=str(attempt.checkout_url),
        expires_at=attempt.expires_at or compute_page_end(attempt.created_at),
    )
