"""What a cart or an order comes to, on the wire (store-api §1)."""

from decimal import Decimal

from pydantic import BaseModel

from app.carts.rules import ChargeTotals, Totals, add_up
from app.core.money import WireAmount, to_wire
from app.core.wire import WireRate


class ChargeOut(BaseModel):
    """The totals of one line or one way of sending."""

    total: WireAmount
    subtotal: WireAmount
    tax_total: WireAmount
    discount_total: WireAmount
    discount_subtotal: WireAmount
    discount_tax_total: WireAmount
    original_total: WireAmount
    original_subtotal: WireAmount
    original_tax_total: WireAmount


class TotalsOut(ChargeOut):
    """The totals of a cart or an order (store-api §1)."""

    item_total: WireAmount
    item_subtotal: WireAmount
    item_tax_total: WireAmount
    item_discount_total: WireAmount
    original_item_total: WireAmount
    original_item_subtotal: WireAmount
    original_item_tax_total: WireAmount
    shipping_total: WireAmount
    shipping_subtotal: WireAmount
    shipping_tax_total: WireAmount
    shipping_discount_total: WireAmount
    original_shipping_total: WireAmount
    original_shipping_subtotal: WireAmount
    original_shipping_tax_total: WireAmount
    credit_line_total: WireAmount
    credit_line_subtotal: WireAmount
    credit_line_tax_total: WireAmount


class TaxLineOut(BaseModel):
    """The VAT on a line; `rate` is in percent."""

    id: str
    description: str
    code: str
    rate: WireRate
    provider_id: str
    total: WireAmount
    subtotal: WireAmount


class AdjustmentOut(BaseModel):
    """What a promotion takes off a line."""

    id: str
    code: str | None
    promotion_id: str | None
    amount: WireAmount
    is_tax_inclusive: bool


def charge_values(charge: ChargeTotals, currency_code: str) -> dict[str, Decimal]:
    """The fields of `ChargeOut`."""
    return {name: to_wire(cents, currency_code) for name, cents in charge_cents(charge).items()}


def totals_values(totals: Totals, currency_code: str) -> dict[str, Decimal]:
    """The fields of `TotalsOut`."""
    return {name: to_wire(cents, currency_code) for name, cents in totals_cents(totals).items()}


def charge_cents(charge: ChargeTotals) -> dict[str, int]:
    """The names of store-api §1 for what one charge, or all of them together, come to."""
    return {
        "total": charge.total_cents,
        "subtotal": charge.subtotal_cents,
        "tax_total": charge.tax_cents,
        "discount_total": charge.discount_cents,
        "discount_subtotal": charge.discount_subtotal_cents,
        "discount_tax_total": charge.discount_tax_cents,
        "original_total": charge.original_total_cents,
        "original_subtotal": charge.subtotal_cents,
        "original_tax_total": charge.original_tax_cents,
    }


def totals_cents(totals: Totals) -> dict[str, int]:
    """The same for a whole cart or order, goods and carriage apart too; nothing is paid by credit."""
    item, shipping = totals.item_sum, totals.shipping_sum
    return {
        **charge_cents(add_up((item, shipping))),
        **_part_cents("item", item),
        **_part_cents("shipping", shipping),
        **dict.fromkeys(("credit_line_total", "credit_line_subtotal", "credit_line_tax_total"), 0),
    }


def _part_cents(part: str, charge: ChargeTotals) -> dict[str, int]:
    return {
        f"{part}_total": charge.total_cents,
        f"{part}_subtotal": charge.subtotal_cents,
        f"{part}_tax_total": charge.tax_cents,
        f"{part}_discount_total": charge.discount_cents,
        f"original_{part}_total": charge.original_total_cents,
        f"original_{part}_subtotal": charge.subtotal_cents,
        f"original_{part}_tax_total": charge.original_tax_cents,
    }
