"""Links to invoices, and sales to other Member States: whether one more may be made, and who declares their VAT."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from urllib.parse import urlencode

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.audit_log import record_change
from app.core.clock import utc_now
from app.core.db import unit_of_work
from app.core.settings import get_settings
from app.files.open_link import read_private
from app.files.queries import find_waiting_content
from app.files.rules import LONGEST_LINK, compute_signature, decide_link
from app.files.service import sign_link
from app.invoices.errors import DestinationRatesMissing, InvoiceLinkOver, InvoiceNotReady
from app.invoices.queries import find_invoice_of_order, find_rendering, get_distance_sales
from app.invoices.rules import compute_distance_standing, is_distance_sale
from app.shop.errors import DistanceSalesClosed, SellerNotFound
from app.shop.models import Country
from app.shop.queries import find_seller, lock_seller
from app.shop.rules import STANDARD, compute_business_day
from app.shop.service import NewTaxRate, set_tax_rate

# A link in a mail opens the document by another one, which is made for each reader and soon over.
SHORT = timedelta(minutes=5)


def sign_invoice_link(order_id: str) -> str:
    """The address that opens the invoice of this order for thirty days, from when it is made.

    It is over earlier where COOKIE_SECRET was rotated and its former value has ended.
    """
    settings, now = get_settings(), utc_now()
    expires = int((now + LONGEST_LINK).timestamp())
    signature = compute_signature(settings.cookie_secrets(now)[0], _purpose(order_id), expires)
    query = urlencode({"expires": expires, "signature": signature})
    return f"{settings.public_url}/v1/orders/{order_id}/invoice?{query}"


def open_invoice_link(session: Session, order_id: str, expires: int, signature: str) -> str:
    """The path of the PDF, for whoever has a link of ours to the invoice of this order.

    Raises `InvoiceLinkOver`, `InvoiceNotReady`.
    """
    now = utc_now()
    if decide_link(get_settings().cookie_secrets(now), _purpose(order_id), expires, signature, now) != "open":
        raise InvoiceLinkOver
    invoice = find_invoice_of_order(session, order_id)
    if invoice is None:
        raise InvoiceNotReady
    path = find_pdf_link(session, invoice.id)
    if path is None:
        raise InvoiceNotReady
    return path


def find_pdf_link(session: Session, invoice_id: str) -> str | None:
    """The path that opens a document's PDF for five minutes, once it is made."""
    rendering = find_rendering(session, invoice_id)
    return sign_link(rendering.file_id, SHORT) if rendering is not None else None


def read_pdf(file_id: str) -> bytes:
    """The bytes of a rendering, in the store already or on their way; called with no transaction open."""
    with unit_of_work() as session:
        waiting = find_waiting_content(session, file_id)
    return waiting if waiting is not None else b"".join(read_private(file_id))


def _purpose(order_id: str) -> str:
    """So that no link to a file opens an invoice, nor the other way."""
    return f"invoice of {order_id}"


def find_distance_refusal(
    session: Session, country_code: str | None, currency_code: str, net_cents: int
) -> DistanceSalesClosed | None:
    """Why no money is taken for a sale to another Member State on which French VAT may no longer be charged.

    Of other currencies nobody has the day's rate: they are not counted (docs/decisions/0034).
    """
    if not is_distance_sale(country_code) or currency_code != "eur":
        return None
    seller, today = find_seller(session), compute_business_day(utc_now())
    if seller is not None and seller.oss_since_on is not None and seller.oss_since_on <= today:
        return None
    is_reached = compute_distance_standing(get_distance_sales(session, today), net_cents) == "reached"
    return DistanceSalesClosed() if is_reached else None


def set_oss(session: Session, since_on: date, rates: Mapping[str, Decimal]) -> None:
    """From a day on sales to other Member States bear their own VAT: standard rates in percent by country code.

    Raises `SellerNotFound`; `DestinationRatesMissing` unless every Member State that the shop sells to has one.
    """
    seller = lock_seller(session)
    if seller is None:
        raise SellerNotFound
    served = session.scalars(select(Country.iso_2).where(Country.region_id.is_not(None)))
    missing = sorted(code for code in served if is_distance_sale(code) and code not in rates)
    if missing:
        raise DestinationRatesMissing(missing)
    for code, rate in sorted(rates.items()):
        name = f"{code}-{rate.normalize():f}"
        set_tax_rate(session, NewTaxRate(code, STANDARD, name, f"TVA {rate.normalize():f} %", rate, since_on))
    before = {"oss_since_on": seller.oss_since_on.isoformat() if seller.oss_since_on else None}
    seller.oss_since_on, seller.updated_at = since_on, utc_now()
    record_change(session, "seller.oss", "seller", before, {"oss_since_on": since_on.isoformat()})
