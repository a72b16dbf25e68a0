"""Lines of an order on the wire, and what became of their pieces (store-api §1, §8)."""

from decimal import Decimal

from pydantic import BaseModel

from app.carts.rules import ChargeTotals
from app.carts.schemas import AdjustmentOut, ChargeOut, TaxLineOut, charge_values
from app.core.db import Json
from app.core.money import WireAmount, to_wire
from app.core.wire import WireInstant, absolute_url
from app.orders.models import OrderLine, OrderLineAdjustment, OrderShippingAdjustment, OrderShippingMethod
from app.orders.rules import compute_share


class LineDetailOut(BaseModel):
    """What became of the pieces of a line."""

    quantity: int
    unit_price: WireAmount
    compare_at_unit_price: WireAmount | None
    fulfilled_quantity: int
    shipped_quantity: int
    delivered_quantity: int
    return_requested_quantity: int
    return_received_quantity: int
    return_dismissed_quantity: int
    written_off_quantity: int


class SoldLineOut(ChargeOut):
    """A line as it was sold."""

    id: str
    title: str
    subtitle: str | None
    thumbnail: str | None
    quantity: int
    unit_price: WireAmount
    compare_at_unit_price: WireAmount | None
    is_tax_inclusive: bool
    variant_id: str
    product_id: str
    product_title: str
    product_description: str | None
    product_subtitle: str | None
    product_type: None = None
    product_type_id: None = None
    product_collection: None = None
    product_handle: str
    variant_sku: str | None
    variant_barcode: None = None
    variant_title: str
    requires_shipping: bool
    metadata: Json
    created_at: WireInstant
    updated_at: WireInstant
    tax_lines: list[TaxLineOut]
    adjustments: list[AdjustmentOut]
    refundable_total: WireAmount
    refundable_total_per_unit: WireAmount
    fulfilled_total: WireAmount
    shipped_total: WireAmount
    return_requested_total: WireAmount
    return_received_total: WireAmount
    return_dismissed_total: WireAmount
    write_off_total: WireAmount
    detail: LineDetailOut


def sold_line_values(line: OrderLine, charge: ChargeTotals, code: str) -> dict[str, object]:
    """The fields of `SoldLineOut`."""
    return {
        **charge_values(charge, code),
        **_copied_values(line),
        **_money_of_pieces(line, charge, code),
        "unit_price": to_wire(line.unit_price_cents, code),
        "compare_at_unit_price": _wire_or_none(line.compare_at_unit_price_cents, code),
        "tax_lines": tax_line_values("ordlitxl", line, charge, code),
        "adjustments": [adjustment_out(each, code) for each in line.adjustments],
        "detail": _detail(line, code),
    }


def _money_of_pieces(line: OrderLine, charge: ChargeTotals, code: str) -> dict[str, Decimal]:
    """What the pieces came to that went out, came back, or can still be refunded."""
    back = line.return_requested_quantity + line.return_received_quantity + line.return_dismissed_quantity
    pieces = {
        "refundable_total": line.quantity - back,
        "refundable_total_per_unit": 1,
        "fulfilled_total": line.fulfilled_quantity,
        "shipped_total": line.shipped_quantity,
        "return_requested_total": line.return_requested_quantity,
        "return_received_total": line.return_received_quantity,
        "return_dismissed_total": line.return_dismissed_quantity,
        "write_off_total": 0,
    }
    return {
        name: to_wire(compute_share(charge.total_cents, line.quantity, count), code) for name, count in pieces.items()
    }


def _detail(line: OrderLine, code: str) -> LineDetailOut:
    return LineDetailOut(
        quantity=line.quantity,
        unit_price=to_wire(line.unit_price_cents, code),
        compare_at_unit_price=_wire_or_none(line.compare_at_unit_price_cents, code),
        fulfilled_quantity=line.fulfilled_quantity,
        shipped_quantity=line.shipped_quantity,
        delivered_quantity=line.delivered_quantity,
        return_requested_quantity=line.return_requested_quantity,
        return_received_quantity=line.return_received_quantity,
        return_dismissed_quantity=line.return_dismissed_quantity,
        written_off_quantity=0,
    )


def _copied_values(line: OrderLine) -> dict[str, object]:
    """What the line kept of its product and variant on the day of the sale."""
    return {
        "id": line.id,
        "title": line.product_title,
        "subtitle": line.variant_title,
        "thumbnail": absolute_url(line.thumbnail),
        "quantity": line.quantity,
        "is_tax_inclusive": True,
        "variant_id": line.variant_id,
        "product_id": line.product_id,
        "product_title": line.product_title,
        "product_description": line.product_description,
        "product_subtitle": line.product_subtitle,
        "product_handle": line.product_handle,
        "variant_sku": line.variant_sku,
        "variant_title": line.variant_title,
        "requires_shipping": line.requires_shipping,
        "metadata": line.details or {},
        "created_at": line.created_at,
        "updated_at": line.created_at,
    }


def adjustment_out(adjustment: OrderLineAdjustment | OrderShippingAdjustment, code: str) -> AdjustmentOut:
    """What a promotion took off."""
    return AdjustmentOut(
        id=adjustment.id,
        code=adjustment.code,
        promotion_id=adjustment.promotion_id,
        amount=to_wire(adjustment.amount_cents, code),
        is_tax_inclusive=True,
    )


def tax_line_values(
    prefix: str, taxed: OrderLine | OrderShippingMethod, charge: ChargeTotals, code: str
) -> list[TaxLineOut]:
    """The VAT of a line or of the carriage; none where no country was known."""
    if taxed.tax_rate is None:
        return []
    amount: Decimal = to_wire(charge.tax_cents, code)
    return [
        TaxLineOut(
            id=f"{prefix}_{taxed.id.partition('_')[2]}",
            description=taxed.tax_name or "",
            code=taxed.tax_code or "",
            rate=taxed.tax_rate,
            provider_id="system",
            total=amount,
            subtotal=amount,
        )
    ]


def _wire_or_none(cents: int | None, code: str) -> Decimal | None:
    return None if cents is None else to_wire(cents, code)
