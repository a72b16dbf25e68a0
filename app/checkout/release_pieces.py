"""What was promised for an attempt to pay, once that attempt is over."""

from sqlalchemy.orm import Session

from app.carts.models import Cart
from app.carts.queries import lock_cart
from app.checkout.queries import find_cart_id, find_open_attempt
from app.core.clock import utc_now
from app.core.db import unit_of_work
from app.core.log import log_event
from app.gateways.errors import Retryable, Terminal
from app.orders.models import Order
from app.orders.queries import lock_order_of_cart
from app.payments.errors import AmountNotPayable
from app.payments.models import PaymentSession
from app.payments.queries import list_payments
from app.payments.rules import compute_lateness
from app.payments.service import abandon_session, facts_of
from app.stock.service import release

AMOUNT_REFUSED = frozenset({"amount_too_small", "amount_too_large"})


def release_pieces(session: Session, cart: Cart, attempt: PaymentSession) -> None:
    """An attempt ended without money: its pieces are others', unless another attempt is open or the order has them.

    The caller holds the cart's lock.
    """
    order = lock_order_of_cart(session, cart.id) if cart.completed_at is not None else None
    if attempt.status == "captured":
        if order is not None:
            _follow_lateness(session, order, attempt)
        return
    is_unsold = order is None or (order.is_placed_unpaid and order.paid_at is None)
    if is_unsold and not find_open_attempt(session, attempt.payment_collection_id, utc_now()):
        release(session, cart.id)


def _follow_lateness(session: Session, order: Order, attempt: PaymentSession) -> None:
    """News of an attempt's end that came after the news of its money: which of them was first decides."""
    paid_at = [
        each.captured_at
        for each in list_payments(session, order.payment_collection_id)
        if each.payment_session_id == attempt.id
    ]
    if order.is_placed_unpaid and any(at and compute_lateness(facts_of(attempt), None, at) for at in paid_at):
        order.is_paid_late = True


def give_up_answered(attempt: PaymentSession, failure: Retryable) -> None:
    """A 500 is kept under its key and would come again; no answer at all may be asked for once more."""
    if failure.http_status is not None and failure.http_status >= 500:
        _give_up(attempt, failure.code)


def give_up_refused(attempt: PaymentSession, refusal: Terminal) -> None:
    """Stripe refused it, and would for ever; raises `AmountNotPayable` where it is the amount that Stripe refuses."""
    _give_up(attempt, refusal.code)
    if refusal.code in AMOUNT_REFUSED:
        raise AmountNotPayable from refusal


def _give_up(attempt: PaymentSession, code: str) -> None:
    """Stripe answered no, and would for ever: the next attempt has another key. What was promised is released."""
    log_event("payment session given up", level="warning", code=code)
    with unit_of_work() as session:
        cart_id = find_cart_id(session, attempt.payment_collection_id)
        if cart_id is None:
            return
        lock_cart(session, cart_id)  # first, as everywhere (app/core/locks.py): an older attempt may just be paid
        if abandon_session(session, attempt.id):
            release(session, cart_id)
