"""A person looked at an order that did not fit, and says that it is worked on."""

from sqlalchemy.orm import Session

from app.carts.queries import get_contents, lock_cart
from app.checkout.rules import Look, check_acceptable
from app.checkout.send_confirmation import queue_confirmation
from app.core.audit_log import record_change
from app.core.clock import utc_now
from app.core.versions import check_unchanged
from app.invoices.issue_invoice import issue_invoice
from app.orders.models import Order
from app.orders.queries import get_order, get_order_row, lock_order_of_cart
from app.orders.service import mark_paid, mark_reviewed
from app.payments.models import Payment
from app.payments.queries import list_payments
from app.stock.queries import list_sold
from app.stock.service import sell


def accept_order(session: Session, order_id: str, if_match: str | None = None) -> None:
    """Have an order that waits for a look worked on: its pieces are taken, its customer hears of it. Once.

    Raises `OrderNotFound`, `ChangedMeanwhile`, `InsufficientInventory`, and what `check_acceptable` refuses.
    """
    cart = lock_cart(session, get_order_row(session, order_id).cart_id)
    order = lock_order_of_cart(session, cart.id)
    if not order.needs_review:
        return
    check_unchanged(if_match, order.updated_at)
    whole = get_order(session, order.id)
    check_acceptable(_look_at(session, whole))
    before = {"status": order.status, "reviewed": False}
    was_paid = order.paid_at is not None
    mark_reviewed(order, utc_now())
    mark_paid(order)
    order.updated_at = utc_now()
    if not list_sold(session, order.id):
        sell(session, get_contents(session, cart.id).counted_pieces, order.id, cart.id)
    queue_confirmation(session, whole)
    record_change(session, "order.accept", order.id, before, {"status": order.status, "reviewed": True})
    if not was_paid:
        _issue_invoice(session, whole)


def _issue_invoice(session: Session, order: Order) -> None:
    for payment in _list_fitting(session, order)[:1]:
        issue_invoice(session, order, payment.id, payment.provider_id)


def _look_at(session: Session, order: Order) -> Look:
    payments = _list_fitting(session, order)
    return Look(
        total_cents=order.total_cents,
        kept_cents=sum(payment.amount_cents - payment.refund_committed_cents for payment in payments),
        is_deliverable=bool(order.shipping_address and order.shipping_address.is_deliverable),
        needs_shipping=any(line.requires_shipping for line in order.lines),
        is_taxed=all(line.tax_rate is not None for line in order.lines),
        has_email=bool(order.email),
    )


def _list_fitting(session: Session, order: Order) -> list[Payment]:
    """What came in the order's own currency and is not wholly promised back; as many dollars are not as many euros."""
    return [
        each
        for each in list_payments(session, order.payment_collection_id)
        if each.captured_at is not None
        and each.currency_code == order.currency_code
        and (each.amount_cents == 0 or each.refund_committed_cents < each.amount_cents)
    ]
