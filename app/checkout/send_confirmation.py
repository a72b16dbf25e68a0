"""The mail that confirms an order: everything it shows is copied into its row with the order."""

from sqlalchemy.orm import Session

from app.carts.rules import Totals
from app.core.db import Json
from app.core.ids import new_id
from app.invoices.describe_invoice import lacks_rate, list_parts
from app.invoices.rules import compute_rate_sums
from app.invoices.service import sign_invoice_link
from app.notifications.service import describe_shop, queue_mail
from app.orders.compute_totals import compute_order_totals
from app.orders.models import Order, OrderAddress
from app.shop.queries import find_seller
from app.shop.rules import compute_business_day

TEMPLATE = "order_confirmation"


def queue_confirmation(session: Session, order: Order) -> None:
    """Ask for the mail in the transaction that makes the order; an order without e-mail gets none."""
    if order.email is not None:
        content, secret = _describe(session, order), _link_invoice(session, order)
        queue_mail(session, TEMPLATE, order.id, order.email, order.locale, content, secret=secret)


def _link_invoice(session: Session, order: Order) -> Json | None:
    """Of a paid order, from when its invoice is made; of one that waits for its money there is none yet."""
    if order.paid_at is None or find_seller(session) is None:
        return None
    return {"invoice_link": sign_invoice_link(order.id)}


def queue_confirmation_anew(session: Session, order: Order) -> None:
    """The same to the order's new e-mail, once per correction: the former may have been nobody's."""
    if order.email is not None:
        again = f"{order.id}:{new_id('again')}"
        queue_mail(session, TEMPLATE, again, order.email, order.locale, _describe(session, order))


def _describe(session: Session, order: Order) -> Json:
    totals = compute_order_totals(order)
    method = next(iter(order.shipping_methods), None)
    return {
        **describe_shop(session),
        "display_id": order.display_id,
        "placed_on": compute_business_day(order.created_at).isoformat(),
        "is_paid": order.paid_at is not None,
        "first_name": order.shipping_address.first_name if order.shipping_address else None,
        "currency_code": order.currency_code,
        "lines": _describe_lines(order, totals),
        "delivery": {"name": method.name, "amount_cents": method.amount_cents} if method else None,
        "total_cents": order.total_cents,
        "taxes": _describe_taxes(order),
        "address": _describe_address(order.shipping_address),
        "invoice_link": None,
    }


def _describe_lines(order: Order, totals: Totals) -> list[Json]:
    return [
        {
            "title": line.product_title,
            "variant": line.variant_title,
            "quantity": line.quantity,
            "total_cents": charge.total_cents,
        }
        for line, charge in zip(order.lines, totals.items, strict=True)
    ]


def _describe_taxes(order: Order) -> list[Json]:
    """As the invoice says it: once per rate, on the sum of all that bears it."""
    if lacks_rate(order):
        return []
    sums = compute_rate_sums(list_parts(order))
    return [{"rate": str(each.rate), "amount_cents": each.tax_cents} for each in sums]


def _describe_address(address: OrderAddress | None) -> list[str]:
    if address is None:
        return []
    name = " ".join(part for part in (address.first_name, address.last_name) if part)
    town = " ".join(part for part in (address.postal_code, address.city) if part)
    country = (address.country_code or "").upper()
    rows = (name, address.company, address.address_1, address.address_2, town, address.province, country)
    return [row for row in rows if row]
