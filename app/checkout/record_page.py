"""What became of Stripe's own page for a payment. It ends where every payment ends: in `settle_order`."""

from datetime import datetime

from sqlalchemy.orm import Session

from app.carts.queries import get_contents, lock_cart
from app.checkout.cancel_order import cancel_order
from app.checkout.queries import find_attempt_of_page, find_open_attempt
from app.checkout.release_pieces import release_pieces
from app.checkout.settle_order import settle_order
from app.core.clock import utc_now
from app.gateways.stripe import CheckoutSession
from app.notifications.service import describe_shop, queue_mail
from app.orders.models import Order
from app.orders.queries import lock_order_of_cart
from app.orders.rules import UNPAID_LIFE
from app.payments import service as payments
from app.payments.models import PaymentSession
from app.payments.record_event import UNMATCHED, Recorded
from app.payments.rules import PAID_PAGE_STATUSES, AttemptFacts, Failure, is_processing
from app.payments.service import Received, facts_of
from app.stock.errors import InsufficientInventory
from app.stock.service import reserve_until

FAILURE_MAIL = "payment_failed"
# What Stripe calls it: the event is the only place that says so.
FAILED_LATER = "async_payment_failed"


def record_page(session: Session, page: CheckoutSession, told_at: datetime) -> Recorded:
    """A Checkout Session as an event, or Stripe itself when asked, shows it: open, paid, being paid, expired.

    Whoever brings the news: webhook, reconcile, the customer's return, the object check. Repeating it changes nothing.
    """
    is_unpaid = page.status == "complete" and page.payment_status not in PAID_PAGE_STATUSES
    told = AttemptFacts(
        processing_since_at=told_at if is_unpaid else None, expired_at=told_at if page.status == "expired" else None
    )
    return _record(session, page, told, told_at)


def record_failed_page(session: Session, page: CheckoutSession, told_at: datetime) -> Recorded:
    """Money that was on its way does not come: the order is canceled, its customer told. A paid one stays paid."""
    return _record(session, page, AttemptFacts(failure=Failure(told_at, FAILED_LATER)), told_at)


def _record(session: Session, page: CheckoutSession, told: AttemptFacts, told_at: datetime) -> Recorded:
    found = find_attempt_of_page(session, page)
    if found is None or found.cart_id is None:
        return UNMATCHED
    cart = lock_cart(session, found.cart_id)
    order = lock_order_of_cart(session, cart.id)
    attempt = payments.record_checkout_session(session, found.session.id, page, told)
    if page.status == "complete" and page.payment_status in PAID_PAGE_STATUSES:
        receipt = payments.record_received(session, attempt, _read_received(page), told_at)
        settle_order(session, order, attempt, receipt, told_at)
    elif told.failure is not None:
        _give_up(session, order, attempt, told_at)
    elif told.processing_since_at is not None:
        _keep(session, order, attempt)
    elif told.expired_at is not None:
        release_pieces(session, cart, attempt)
    return Recorded(is_matched=True, order_id=order.id, checkout_session_id=page.id)


def _read_received(page: CheckoutSession) -> Received:
    return Received(page.amount_total_cents or 0, page.currency or "", page.payment_intent_id, None)


def _keep(session: Session, order: Order, attempt: PaymentSession) -> None:
    """Money is on its way, for days perhaps: the pieces stay promised as long as an unpaid order lives."""
    if order.paid_at is not None or order.canceled_at is not None or not is_processing(facts_of(attempt)):
        return
    pieces = get_contents(session, order.cart_id).counted_pieces
    try:
        reserve_until(session, order.cart_id, pieces, utc_now() + UNPAID_LIFE)
    except InsufficientInventory:  # the promise lapsed before the news came: whoever pays then decides
        return


def _give_up(session: Session, order: Order, attempt: PaymentSession, told_at: datetime) -> None:
    if find_open_attempt(session, order.payment_collection_id, utc_now()) is not None:
        return  # the customer tries again already
    if not cancel_order(session, order, told_at) or order.email is None:
        return
    content = {
        **describe_shop(session),
        "display_id": order.display_id,
        "amount_cents": attempt.amount_cents,
        "currency_code": attempt.currency_code,
        "link": None,
    }
    queue_mail(session, FAILURE_MAIL, attempt.id, order.email, order.locale, content)
