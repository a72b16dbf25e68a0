"""Makes invoices readable, and gives one to whatever has none yet."""

from hashlib import sha256

from sqlalchemy.orm import Session

from app.core.db import unit_of_work
from app.core.jobs import job
from app.core.log import log_event
from app.files.service import store_private
from app.invoices.attach_xml import attach_xml
from app.invoices.issue_credit_note import follow_refund
from app.invoices.issue_invoice import issue_invoice, pick_payment
from app.invoices.models import Invoice, InvoiceRendering
from app.invoices.queries import (
    find_invoice_of_order,
    find_rendering,
    list_captured,
    list_returned_payments,
    list_uncorrected_refunds,
    list_uninvoiced_orders,
    list_unrendered_invoices,
)
from app.invoices.render_pdf import render_pdf
from app.invoices.render_xml import render_xml
from app.orders.queries import get_order, lock_order_row
from app.payments.queries import get_refund, lock_payment
from app.shop.queries import find_seller


class InvoiceNotIssued(Exception):
    """The database refused the number; the job is tried again."""


@job("invoices.render")
def render(invoice_id: str) -> None:
    """Make the PDF with its XML and keep it privately. Made twice it is the same, and kept once."""
    with unit_of_work() as session:
        invoice = session.get(Invoice, invoice_id)
        if invoice is None or find_rendering(session, invoice_id) is not None:
            return
    content = attach_xml(render_pdf(invoice.document), render_xml(invoice.document), invoice.document)
    with unit_of_work() as session:
        session.get(Invoice, invoice_id, with_for_update={"key_share": True})  # two that render at once: one keeps
        if find_rendering(session, invoice_id) is not None:
            return
        kept = store_private(session, content, "application/pdf", f"{invoice.display_number}.pdf")
        digest = sha256(content).hexdigest()
        session.add(InvoiceRendering(invoice_id=invoice_id, file_id=kept.id, sha256=digest))


@job("invoices.issue")
def issue(order_id: str) -> None:
    """Give a paid order the invoice that it did not get as it was paid, and its refunds their credit notes."""
    with unit_of_work() as session:
        is_issued = _issue(session, order_id)
    if not is_issued:
        raise InvoiceNotIssued


@job("invoices.issue_missing", attempts=1)
def issue_missing() -> None:
    """Each hour: what was paid or refunded and has no document. Without a seller's identity nothing is numbered."""
    with unit_of_work() as session:
        if find_seller(session) is None:
            return
        order_ids = list_uninvoiced_orders(session)
    for order_id in order_ids:
        with unit_of_work() as session:
            _issue(session, order_id)
    with unit_of_work() as session:
        refund_ids = list_uncorrected_refunds(session)
    for refund_id in refund_ids:
        with unit_of_work() as session:
            lock_payment(session, get_refund(session, refund_id).payment_id)
            follow_refund(session, get_refund(session, refund_id))
    with unit_of_work() as session:
        unrendered = list_unrendered_invoices(session)
    for invoice_id in unrendered:
        render(invoice_id)
    if order_ids or refund_ids:
        log_event("missing invoices issued", level="warning", status=len(order_ids) + len(refund_ids))


def _issue(session: Session, order_id: str) -> bool:
    """Whether the order has its invoice now, or needs none."""
    lock_order_row(session, order_id)
    order = get_order(session, order_id)
    if order.paid_at is None or order.is_imported or find_invoice_of_order(session, order_id) is not None:
        return True
    payments = list_captured(session, order)
    payment = pick_payment(payments, order, list_returned_payments(session, [each.id for each in payments]))
    if payment is None:  # paid, says the order, and no payment fits: the journal's and drift's business
        log_event("paid order without a fitting payment", level="error", orderId=order_id)
        return True
    return issue_invoice(session, order, payment.id, payment.provider_id) is not None
