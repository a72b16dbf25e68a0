"""The one end of every purchase: a locked cart and its payment become an order, whoever brings the news."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.carts.apply_promotions import purchase_of
from app.carts.queries import CartContents
from app.checkout.rules import Readiness, Sum, decide_review
from app.checkout.send_confirmation import queue_confirmation
from app.core.clock import utc_now
from app.core.db import write_columns
from app.core.ids import new_id
from app.core.log import log_event
from app.gateways.stripe import Intent
from app.invoices.issue_invoice import issue_invoice
from app.orders.models import Order
from app.orders.place_order import Placement, place_order
from app.orders.rules import ReviewReason
from app.payments.models import PaymentSession
from app.payments.queries import get_payment
from app.payments.service import Receipt, create_manual_payment, record_payment, supersede_sessions
from app.promotions.errors import InvalidPromotionCode
from app.promotions.service import take_uses
from app.refunds.service import record_intention
from app.stock.errors import InsufficientInventory
from app.stock.service import release, sell


@dataclass(frozen=True)
class Completed:
    """The order that came out, and what the buyer must be told although it stands."""

    order: Order
    refusal: InsufficientInventory | None = None


def read_readiness(contents: CartContents, *, has_session: bool) -> Readiness:
    """What the rules need to know of a cart."""
    return Readiness(
        has_lines=bool(contents.lines),
        is_for_sale=not contents.withdrawn,
        has_collection=contents.cart.payment_collection_id is not None,
        has_session=has_session,
        needs_shipping=any(content.variant.requires_shipping for content in contents.lines),
        has_shipping=contents.cart.shipping_method is not None,
        has_email=bool(contents.cart.email),
        has_address=bool(contents.cart.shipping_address and contents.cart.shipping_address.is_deliverable),
        owes_nothing=contents.totals.total_cents == 0,
    )


def complete_cart(
    session: Session,
    contents: CartContents,
    attempt: PaymentSession,
    paid: Intent | None,
    told_at: datetime | None = None,
) -> Completed:
    """Make the order of a cart that is locked and not completed. `paid` is the succeeded intent, as of `told_at`.

    None: manual payment, or nothing to pay; of `told_at`: now.

    Without money it raises `InsufficientInventory` or `InvalidPromotionCode` and nothing stands; with money an order
    always stands, at the price that was paid.
    """
    cart = contents.cart
    receipt = record_payment(session, attempt, paid, told_at) if paid else create_manual_payment(session, attempt)
    order_id = new_id("order")
    came = Sum(receipt.amount_cents, receipt.currency_code) if paid else None
    owed = Sum(contents.totals.total_cents, cart.currency_code)
    reason = decide_review(read_readiness(contents, has_session=True), owed, came).reason
    refusal = None
    if reason is None and not _take_uses(session, contents, order_id, is_paid=paid is not None):
        reason = "promotion_used_up"
    if reason is None:
        # An order that needs a look takes no stock: whoever looks decides what leaves the shelf.
        refusal = _sell(session, contents, order_id, is_paid=paid is not None)
        reason = "stock_gone" if refusal else None
    else:
        release(session, cart.id)
    write_columns(session, cart, completed_at=utc_now())
    supersede_sessions(session, attempt.payment_collection_id, but=attempt.id)
    order = place_order(session, contents, _placement(order_id, receipt, reason))
    _tell(session, order, receipt)
    issue_invoice(session, order, receipt.payment_id, attempt.provider_id)
    return Completed(order, refusal)


def _placement(order_id: str, receipt: Receipt, reason: ReviewReason | None) -> Placement:
    is_paid = receipt.captured_at is not None and reason not in ("amount_differs", "details_missing")
    return Placement(
        order_id=order_id,
        payment_collection_id=receipt.payment_collection_id,
        paid_at=utc_now() if is_paid else None,
        review_reason=reason,
    )


def _take_uses(session: Session, contents: CartContents, order_id: str, *, is_paid: bool) -> bool:
    """Count a use of each promotion that took something off; whether one of each was left."""
    purchase = None if is_paid else purchase_of(contents)
    try:
        take_uses(session, contents.used_promotion_ids, order_id, contents.cart.email, purchase)
    except InvalidPromotionCode:
        if not is_paid:
            raise
        return False
    return True


def _sell(session: Session, contents: CartContents, order_id: str, *, is_paid: bool) -> InsufficientInventory | None:
    try:
        sell(session, contents.counted_pieces, order_id, contents.cart.id)
    except InsufficientInventory as refusal:
        if not is_paid:
            raise
        return refusal
    return None


def _tell(session: Session, order: Order, receipt: Receipt) -> None:
    if order.review_reason == "stock_gone":
        record_intention(session, get_payment(session, receipt.payment_id), "not_shipped")
    if order.review_reason is None:
        queue_confirmation(session, order)
    else:
        log_event("order needs review", level="warning", orderId=order.id, code=order.review_reason)
