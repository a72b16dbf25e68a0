"""The mail that confirms an order: everything it shows is copied into its row with the order."""

from collections.abc import Sequence
from decimal import Decimal

from sqlalchemy.orm import Session

from app.carts.rules import ChargeTotals, Totals
from app.core.db import Json
from app.notifications.service import describe_shop, queue_mail
from app.orders.compute_totals import compute_order_totals
from app.orders.models import Order, OrderAddress
from app.shop.rules import compute_business_day

TEMPLATE = "order_confirmation"


def queue_confirmation(session: Session, order: Order) -> None:
    """Ask for the mail in the transaction that makes the order; an order without e-mail gets none."""
    if order.email is not None:
        queue_mail(session, TEMPLATE, order.id, order.email, order.locale, _describe(session, order))


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
        "taxes": _describe_taxes(order, totals),
        "address": _describe_address(order.shipping_address),
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


def _describe_taxes(order: Order, totals: Totals) -> list[Json]:
    rates: Sequence[Decimal | None] = [
        *(line.tax_rate for line in order.lines),
        *(method.tax_rate for method in order.shipping_methods),
    ]
    charges: Sequence[ChargeTotals] = [*totals.items, *totals.shipping]
    sums: dict[Decimal, int] = {}
    for rate, charge in zip(rates, charges, strict=True):
        if rate is not None:
            sums[rate] = sums.get(rate, 0) + charge.tax_cents
    return [{"rate": str(rate), "amount_cents": cents} for rate, cents in sorted(sums.items(), reverse=True)]


def _describe_address(address: OrderAddress | None) -> list[str]:
    if address is None:
        return []
    name = " ".join(part for part in (address.first_name, address.last_name) if part)
    town = " ".join(part for part in (address.postal_code, address.city) if part)
    country = (address.country_code or "").upper()
    rows = (name, address.company, address.address_1, address.address_2, town, address.province, country)
    return [row for row in rows if row]
