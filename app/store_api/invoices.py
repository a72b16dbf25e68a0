"""The invoice of one's own order."""

from datetime import date
from typing import Annotated

from fastapi import Path
from pydantic import BaseModel

from app.core.api_document import refusing
from app.core.db import SessionDep
from app.core.errors import NotFound
from app.core.money import WireAmount, to_wire
from app.invoices.errors import InvoiceNotFound
from app.invoices.queries import find_invoice_of_order
from app.invoices.service import sign_invoice_link
from app.orders.errors import OrderNotFound
from app.orders.queries import get_order_row
from app.store_api.access import CustomerDep, store_router

router = store_router(for_customers=True)


class OwnInvoiceOut(BaseModel):
    """What a customer sees of an invoice; `url` opens its PDF for thirty days."""

    number: str
    issued_on: date
    order_id: str
    total: WireAmount
    currency_code: str
    url: str


class OwnInvoiceAnswer(BaseModel):
    """One invoice."""

    invoice: OwnInvoiceOut


@router.get("/orders/{order_id}/invoice", responses=refusing(NotFound))
def read_own_invoice(
    session: SessionDep, customer: CustomerDep, order_id: Annotated[str, Path(max_length=100)]
) -> OwnInvoiceAnswer:
    """The invoice of an order of the customer who is logged in."""
    order = get_order_row(session, order_id)
    if order.customer_id != customer.id:
        raise OrderNotFound(order_id)
    invoice = find_invoice_of_order(session, order_id)
    if invoice is None:
        raise InvoiceNotFound
    shown = OwnInvoiceOut(
        number=invoice.display_number,
        issued_on=invoice.issued_on,
        order_id=order_id,
        total=to_wire(invoice.total_cents, invoice.currency_code),
        currency_code=invoice.currency_code,
        url=sign_invoice_link(order_id),
    )
    return OwnInvoiceAnswer(invoice=shown)
