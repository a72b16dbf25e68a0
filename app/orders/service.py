"""What happens to an order after it was placed."""

from app.core.clock import utc_now
from app.orders.models import Order
from app.orders.rules import ReviewReason, compute_order_status


def mark_paid(order: Order) -> None:
    """The whole amount has come; set once and never undone (payments §2.2). The caller holds the order's lock."""
    order.paid_at = order.paid_at or utc_now()


def mark_for_review(order: Order, reason: ReviewReason) -> None:
    """A person must look at it; the first reason stays. The caller holds the order's lock."""
    order.review_reason = order.review_reason or reason
    order.status = compute_order_status(reason)
