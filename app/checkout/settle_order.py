"""Money for an order that exists: it pays it, is there twice, or does not fit. The one end of both ways to pay."""

from datetime import datetime

from sqlalchemy.orm import Session

from app.carts.queries import CartContents, get_contents
from app.checkout.rules import Sum, decide_late_payment
from app.checkout.send_confirmation import queue_confirmation
from app.core.clock import utc_now
from app.core.log import log_event
from app.invoices.issue_invoice import issue_invoice
from app.orders.models import Order
from app.orders.queries import get_order
from app.orders.rules import ReviewReason
from app.orders.service import mark_canceled, mark_for_review, mark_paid
from app.payments.models import Payment, PaymentSession
from app.payments.queries import get_payment, list_payments
from app.payments.rules import compute_lateness
from app.payments.service import Receipt, facts_of, supersede_sessions
from app.promotions.errors import InvalidPromotionCode
from app.promotions.service import release_uses, take_uses
from app.refunds.service import record_intention
from app.stock.errors import InsufficientInventory
from app.stock.service import put_back, release, sell


def settle_order(session: Session, order: Order, attempt: PaymentSession, receipt: Receipt, told_at: datetime) -> None:
    """Note what came for an order whose cart and row are locked; once, however often and by whomever it is said."""
    if not receipt.is_new:
        return
    payment = get_payment(session, receipt.payment_id)
    others = _list_others(session, payment)
    decision = decide_late_payment(
        is_order_paid=order.paid_at is not None,
        came_before=[Sum(other.amount_cents, other.currency_code) for other in others],
        owed=Sum(order.total_cents, order.currency_code),
        paid=Sum(payment.amount_cents, payment.currency_code),
    )
    match decision:
        case "pays":
            is_late = compute_lateness(facts_of(attempt), order.canceled_at, told_at)
            _pay(session, order, payment, is_late=is_late)
            for other in others:
                _send_back(session, other)
        case "duplicate":
            _send_back(session, payment)
        case "differs":
            mark_for_review(order, "amount_differs")
    is_expected = decision == "pays" and order.is_placed_unpaid
    log_event("order settled", level="info" if is_expected else "warning", orderId=order.id, code=decision)
    if decision == "pays":
        session.flush()  # the order is read anew, whole
        issue_invoice(session, get_order(session, order.id), payment.id, payment.provider_id)


def _send_back(session: Session, payment: Payment) -> None:
    """Have a person approve it, unless all of it goes back already or it is nought."""
    if payment.refund_committed_cents < payment.amount_cents:
        record_intention(session, payment, "duplicate_payment")


def _list_others(session: Session, payment: Payment) -> list[Payment]:
    """What came for the same order by other attempts."""
    return [
        other
        for other in list_payments(session, payment.payment_collection_id)
        if other.id != payment.id and other.captured_at is not None
    ]


def _pay(session: Session, order: Order, payment: Payment, *, is_late: bool) -> None:
    supersede_sessions(session, order.payment_collection_id, but=payment.payment_session_id)
    if order.withdrawn_at is not None:
        _keep_withdrawn(session, order, payment)
    elif order.is_placed_unpaid or order.canceled_at is not None:
        _hand_over(session, order, payment, is_late=is_late)
    else:
        mark_paid(order, is_late=is_late)  # its pieces were sold when it was placed


def _keep_withdrawn(session: Session, order: Order, payment: Payment) -> None:
    """Its customer had withdrawn: it buys nothing, and a person gives it back (french-rules §2.5)."""
    mark_paid(order, is_late=True)
    mark_canceled(order, utc_now())
    record_intention(session, payment, "not_shipped")
    release_uses(session, order.id)
    release(session, order.cart_id)
    put_back(session, order.id)


def _hand_over(session: Session, order: Order, payment: Payment, *, is_late: bool) -> None:
    """What was promised is sold; what is there no more is an order that a person looks at, never silence."""
    reason = _take(session, order, get_contents(session, order.cart_id))
    mark_paid(order, is_late=is_late)
    if reason is None:
        queue_confirmation(session, get_order(session, order.id))
        return
    mark_for_review(order, reason)
    if reason == "stock_gone":
        record_intention(session, payment, "not_shipped")


def _take(session: Session, order: Order, contents: CartContents) -> ReviewReason | None:
    """Take uses of promotions that were given back meanwhile, and the pieces; why that could not be done."""
    reason: ReviewReason | None = "withdrawn" if contents.withdrawn else None
    if reason is None and order.canceled_at is not None and not _take_uses_again(session, order, contents):
        reason = "promotion_used_up"
    if reason is not None:
        release(session, order.cart_id)
        return reason
    try:
        sell(session, contents.counted_pieces, order.id, order.cart_id)
    except InsufficientInventory:
        return "stock_gone"
    return None


def _take_uses_again(session: Session, order: Order, contents: CartContents) -> bool:
    try:
        take_uses(session, contents.used_promotion_ids, order.id, order.email, None)
    except InvalidPromotionCode:
        return False
    return True
