"""`/admin/invoices`, `/admin/seller`: numbered documents are read, never written; who sells is the owner's to say."""

from datetime import date
from typing import Annotated, Literal

from fastapi import Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.admin_api.access import IfMatchDep, owner_router, reading_router
from app.admin_api.shapes_invoice import (
    InvoiceAnswer,
    InvoicesAnswer,
    SellerAnswer,
    invoice_out,
    seller_out,
    whole_invoice_out,
)
from app.core.api_document import refusing
from app.core.db import SessionDep
from app.core.errors import NotFound
from app.core.jobs import enqueue
from app.core.versions import ChangedMeanwhile, etag_of
from app.invoices.queries import InvoiceFilter, get_invoice, list_invoices
from app.invoices.service import find_pdf_link
from app.shop.queries import get_seller
from app.shop.set_seller import SellerIdentity, set_seller

reading = reading_router()
owning = owner_router()

Text = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]*$")
]
PathId = Annotated[str, Path(max_length=100)]


class InvoiceQuery(BaseModel):
    """Which documents; days are those of Paris, both included."""

    model_config = ConfigDict(extra="forbid")

    order_id: Annotated[str | None, Field(max_length=100)] = None
    kind: Literal["invoice", "credit_note", "reversal"] | None = None
    first_on: date | None = None
    last_on: date | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 50
    offset: Annotated[int, Field(ge=0, le=1_000_000)] = 0


class SellerBody(BaseModel):
    """Who sells (french-rules §2.4); `siret` has its fourteen digits, `capital` is as the articles say it."""

    model_config = ConfigDict(extra="forbid", strict=True)

    legal_name: Text
    legal_form: Text
    siret: Annotated[str, StringConstraints(pattern=r"^[0-9]{14}$")]
    address_1: Text
    postal_code: Annotated[str, StringConstraints(pattern=r"^[0-9]{5}$")]
    city: Text
    address_2: Text | None = None
    registration: Text | None = None
    vat_number: Annotated[str, StringConstraints(pattern=r"^FR[0-9A-Z]{2}[0-9]{9}$")] | None = None
    capital: Text | None = None
    is_sole_trader: bool = False
    pays_vat_on_debits: bool = False


@reading.get("/invoices")
def read_invoices(session: SessionDep, query: Annotated[InvoiceQuery, Query()]) -> InvoicesAnswer:
    """Invoices and credit notes, newest first."""
    wanted = InvoiceFilter(query.order_id, query.kind, query.first_on, query.last_on)
    found, count = list_invoices(session, wanted, limit=query.limit, offset=query.offset)
    shown = [invoice_out(each) for each in found]
    return InvoicesAnswer(invoices=shown, count=count, offset=query.offset, limit=query.limit)


@reading.get("/invoices/{invoice_id}", responses=refusing(NotFound))
def read_invoice(session: SessionDep, invoice_id: PathId) -> InvoiceAnswer:
    """One document, by its id or its number; all it says, and a link to its PDF."""
    invoice = get_invoice(session, invoice_id)
    return InvoiceAnswer(invoice=whole_invoice_out(invoice, find_pdf_link(session, invoice.id)))


@reading.get("/seller", responses=refusing(NotFound))
def read_seller(session: SessionDep, response: Response) -> SellerAnswer:
    """Who sells."""
    seller = get_seller(session)
    response.headers["ETag"] = etag_of(seller.updated_at)
    return SellerAnswer(seller=seller_out(seller))


@owning.post("/seller", responses=refusing(ChangedMeanwhile))
def write_seller(session: SessionDep, body: SellerBody, if_match: IfMatchDep, response: Response) -> SellerAnswer:
    """Say who sells: what was issued stays as it is; orders that waited for it get their invoices within a minute."""
    seller = set_seller(session, SellerIdentity(**body.model_dump()), if_match)
    enqueue(session, "invoices.issue_missing")
    response.headers["ETag"] = etag_of(seller.updated_at)
    return SellerAnswer(seller=seller_out(seller))
