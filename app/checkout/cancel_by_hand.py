"""A person gives an order up: nobody pays it any more, its pieces are others', and its money waits to go back."""

from collections.abc import Mapping

from sqlalchemy.orm import Session

from app.carts.queries import lock_cart
from app.checkout.cancel_unpaid import expire_page
from app.checkout.errors import OrderHasParcel
from app.checkout.queries import find_open_attempt
from app.checkout.record_page import record_page
from app.core.audit_log import record_change
from app.core.clock import utc_now
from app.core.db import unit_of_work
from app.core.versions import check_unchanged
from app.fulfilment.queries import has_parcel
from app.orders.errors import OrderIsClosed, PaymentUnderWay
from app.orders.models import Order
from app.orders.queries import get_order_row, lock_order_of_cart
from app.orders.rules import CANCELED, OVER
from app.orders.service import mark_canceled
from app.payments.queries import list_payments, lock_payment
from app.payments.rules import is_processing
from app.payments.service import facts_of, supersede_sessions
from app.promotions.service import release_uses
from app.refunds.service import record_intention
from app.stock.service import put_back, release


def cancel_by_hand(order_id: str, if_match: str | None = None) -> None:
    """Cancel an order, paid or not. What was paid waits for a person to approve its refund. Repeating changes nothing.

    A page of Stripe that is still open is ended first: refused, its customer has just paid, and the order is canceled
    as a paid one. Raises `OrderNotFound`, `ChangedMeanwhile`, `OrderHasParcel`, `OrderIsClosed`, `PaymentUnderWay`, and
    `Retryable` when Stripe cannot say.
    """
    cart_id = end_page(order_id)
    with unit_of_work() as session:
        cart = lock_cart(session, cart_id)
        order = lock_order_of_cart(session, cart.id)
        if order.status != CANCELED:
            check_unchanged(if_match, order.updated_at)
            _check_cancelable(session, order)
            cancel_locked(session, order)


def end_page(order_id: str) -> str:
    """End the page of Stripe on which the order might still be paid; gives the id of the order's cart.

    Raises `OrderNotFound`, and `Retryable` when Stripe cannot say.
    """
    with unit_of_work() as session:
        order = get_order_row(session, order_id)
        open_attempt = find_open_attempt(session, order.payment_collection_id, utc_now())
        page_id = open_attempt.checkout_session_id if open_attempt and order.status not in OVER else None
    if page_id is not None:
        page = expire_page(page_id)
        with unit_of_work() as session:
            record_page(session, page, utc_now())
    return order.cart_id


def _check_cancelable(session: Session, order: Order) -> None:
    """What has left comes back as a return; money on its way is waited for: it would come to nobody's order."""
    if order.status in OVER:
        raise OrderIsClosed(order.status)
    if has_parcel(session, order.id):
        raise OrderHasParcel
    attempt = find_open_attempt(session, order.payment_collection_id, utc_now())
    if attempt is not None and is_processing(facts_of(attempt)):
        raise PaymentUnderWay


def cancel_locked(session: Session, order: Order) -> None:
    """Cancel an order whose cart and row are locked and of which nothing has left.

    In the order of `app/core/locks.py`: the order, what it owes, its payments, promotions, levels.
    """
    before = {"status": order.status}
    mark_canceled(order, utc_now())
    order.updated_at = utc_now()
    supersede_sessions(session, order.payment_collection_id)
    intended_cents = _intend_refunds(session, order)
    release_uses(session, order.id)
    release(session, order.cart_id)
    pieces = put_back(session, order.id)
    after: Mapping[str, object] = {
        "status": order.status,
        "refund_waits_cents": intended_cents,
        "pieces_put_back": sum(pieces.values()),
    }
    record_change(session, "order.cancel", order.id, before, after)


def _intend_refunds(session: Session, order: Order) -> int:
    """What of the order's money goes back once a person approves it, in cents: the one decider of refunds says so."""
    sums = []
    for known in list_payments(session, order.payment_collection_id):
        payment = lock_payment(session, known.id)
        left_cents = payment.amount_cents - payment.refund_committed_cents
        if payment.captured_at is not None and left_cents > 0:
            record_intention(session, payment, "not_shipped")
            sums.append(left_cents)
    return sum(sums)
