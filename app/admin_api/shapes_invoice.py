"""Invoices and the seller as the Admin reads them: amounts in currency units, the document itself in cents."""

from datetime import date, datetime

from pydantic import BaseModel

from app.core.money import WireAmount, to_wire
from app.core.wire import absolute_url
from app.invoices.models import Invoice
from app.shop.models import Seller


class InvoiceOut(BaseModel):
    """One document of the list; `kind`: invoice, credit_note, or reversal (of a credit note whose refund failed)."""

    id: str
    number: str
    kind: str
    issued_at: datetime
    issued_on: date
    order_id: str
    refund_id: str | None
    corrected_id: str | None
    currency_code: str
    total: WireAmount
    tax_total: WireAmount
    sha256: str


class WholeInvoiceOut(InvoiceOut):
    """With all it says, and a link that opens its PDF for five minutes; None until the PDF is made."""

    document: dict[str, object]
    pdf_url: str | None


class InvoiceAnswer(BaseModel):
    """One document."""

    invoice: WholeInvoiceOut


class InvoicesAnswer(BaseModel):
    """A page of documents, newest first; `count` is of all that match."""

    invoices: list[InvoiceOut]
    count: int
    offset: int
    limit: int


class SellerOut(BaseModel):
    """Who sells, as invoices say it."""

    legal_name: str
    legal_form: str
    siren: str
    siret: str
    registration: str | None
    vat_number: str | None
    address_1: str
    address_2: str | None
    postal_code: str
    city: str
    country_code: str
    capital: str | None
    is_sole_trader: bool
    pays_vat_on_debits: bool
    oss_since_on: date | None


class SellerAnswer(BaseModel):
    """The one seller."""

    seller: SellerOut


def invoice_out(invoice: Invoice) -> InvoiceOut:
    """One document of a list."""
    return InvoiceOut(**_columns(invoice))


def whole_invoice_out(invoice: Invoice, pdf_path: str | None) -> WholeInvoiceOut:
    """One document with what it says; `pdf_path` as `find_pdf_link` gives it."""
    return WholeInvoiceOut(**_columns(invoice), document=invoice.document, pdf_url=absolute_url(pdf_path))


def seller_out(seller: Seller) -> SellerOut:
    """The seller."""
    return SellerOut(**{name: getattr(seller, name) for name in SellerOut.model_fields})


def _columns(invoice: Invoice) -> dict[str, object]:
    same = ("id", "kind", "issued_at", "issued_on", "order_id", "refund_id", "corrected_id", "currency_code", "sha256")
    return {
        **{name: getattr(invoice, name) for name in same},
        "number": invoice.display_number,
        "total": to_wire(invoice.total_cents, invoice.currency_code),
        "tax_total": to_wire(invoice.tax_cents, invoice.currency_code),
    }
