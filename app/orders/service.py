"""What happens to an order after it was placed."""

from datetime import datetime

from sqlalchemy.orm import Session

from app.core.audit_log import record_change
from app.core.clock import utc_now
from app.core.context import current_actor
from app.core.ids import new_id
from app.core.versions import check_unchanged
from app.orders.models import Order, OrderNote
from app.orders.queries import get_order_row, lock_order
from app.orders.rules import (
    ARCHIVED,
    CANCELED,
    COMPLETED,
    ReviewReason,
    WorkLeft,
    check_archivable,
    check_completable,
    compute_order_status,
)
from app.payments.queries import list_payments


def mark_paid(order: Order, *, is_late: bool = False) -> None:
    """The whole amount has come; set once and never undone (payments §2.2). The caller holds the order's lock.

    `is_late`: it had been given up, or the attempt was over. A canceled order that is paid after all is worked on.
    """
    if order.paid_at is None:
        order.paid_at = utc_now()
        order.is_paid_late = is_late
        order.status = order.status if order.needs_review else compute_order_status(None)


def mark_canceled(order: Order, at: datetime) -> None:
    """It is given up since `at`; money that comes all the same pays it late. The caller locks the order."""
    if order.status != CANCELED:
        order.canceled_at = at
    order.status = CANCELED


def mark_for_review(order: Order, reason: ReviewReason) -> None:
    """A person must look at it; the first reason that nobody looked at stays. The caller holds the order's lock."""
    order.review_reason = (order.review_reason if order.needs_review else None) or reason
    order.reviewed_at = None
    order.status = compute_order_status(reason)


def mark_reviewed(order: Order, at: datetime) -> None:
    """A person looked at it: it is worked on. The caller holds the order's lock."""
    order.reviewed_at = at
    order.status = compute_order_status(None)


def complete_order(session: Session, order_id: str, if_match: str | None = None) -> Order:
    """Everything that was to be done for it is done. Repeating it changes nothing.

    Raises `OrderNotFound`, `ChangedMeanwhile`, and what `check_completable` refuses.
    """
    order = lock_order(session, order_id)
    if order.status == COMPLETED:
        return order
    check_unchanged(if_match, order.updated_at)
    payments = list_payments(session, order.payment_collection_id)
    sent = [line for line in order.lines if line.requires_shipping]
    check_completable(
        WorkLeft(
            status=order.status,
            is_paid=order.paid_at is not None,
            packed=sum(line.fulfilled_quantity - line.shipped_quantity for line in sent),
            unpacked=sum(line.quantity - line.fulfilled_quantity for line in sent),
            is_partly_refunded=any(payment.refund_committed_cents > 0 for payment in payments),
        )
    )
    _set_status(session, order, COMPLETED)
    return order


def archive_order(session: Session, order_id: str, if_match: str | None = None) -> Order:
    """Out of sight, and nothing more is done for it. Repeating it changes nothing.

    Raises `OrderNotFound`, `ChangedMeanwhile`, and what `check_archivable` refuses.
    """
    order = lock_order(session, order_id)
    if order.status == ARCHIVED:
        return order
    check_unchanged(if_match, order.updated_at)
    check_archivable(order.status)
    _set_status(session, order, ARCHIVED)
    return order


def add_note(session: Session, order_id: str, note: str) -> OrderNote:
    """Write something down about an order, for those who work here; raises `OrderNotFound`."""
    order = get_order_row(session, order_id)
    made = OrderNote(
        id=new_id("ordnote"), order_id=order.id, note=note, created_by=current_actor.get(), created_at=utc_now()
    )
    session.add(made)
    return made


def _set_status(session: Session, order: Order, status: str) -> None:
    before, order.status, order.updated_at = order.status, status, utc_now()
    record_change(session, f"order.{status}", order.id, {"status": before}, {"status": status})
