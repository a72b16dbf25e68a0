"""What happens to an order after it was placed."""

from datetime import datetime

from app.core.clock import utc_now
from app.orders.models import Order
from app.orders.rules import CANCELED, ReviewReason, compute_order_status


def mark_paid(order: Order, *, is_late: bool = False) -> None:
    """The whole amount has come; set once and never undone (payments §2.2). The caller holds the order's lock.

    `is_late`: it had been given up, or the attempt was over. A canceled order that is paid after all is worked on.
    """
    if order.paid_at is None:
        order.paid_at = utc_now()
        order.is_paid_late = is_late
        order.status = compute_order_status(None) if order.review_reason is None else order.status


def mark_canceled(order: Order, at: datetime) -> None:
    """Nobody pays it any more since `at`; money that comes all the same pays it late. The caller locks the order."""
    order.canceled_at = order.canceled_at or at
    order.status = CANCELED


def mark_for_review(order: Order, reason: ReviewReason) -> None:
    """A person must look at it; the first reason stays. The caller holds the order's lock."""
    order.review_reason = order.review_reason or reason
    order.status = compute_order_status(reason)
