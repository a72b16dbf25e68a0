"""Orders on the wire (store-api §8): what both of Medusa's APIs say of them alike."""

from collections.abc import Sequence

from pydantic import BaseModel

from app.carts.models import AdjustmentColumns
from app.carts.rules import ChargeTotals, Totals
from app.carts.schemas import AdjustmentOut, ChargeOut, TaxLineOut, TotalsOut, charge_values, totals_values
from app.core.db import Json
from app.core.money import WireAmount, to_wire
from app.core.wire import WireInstant
from app.customers.schemas import AddressOut
from app.orders.models import Order, OrderLine, OrderShippingMethod
from app.orders.rules import (
    Money,
    Pieces,
    compute_fulfillment_status,
    compute_payment_status,
    compute_share,
    compute_summary,
)
from app.orders.schemas_line import adjustment_out, tax_line_values
from app.payments.models import Payment


class OrderShippingMethodOut(ChargeOut):
    """How the order travels."""

    id: str
    order_id: str
    shipping_option_id: str
    name: str
    description: str | None
    amount: WireAmount
    is_tax_inclusive: bool
    data: Json
    metadata: Json | None
    tax_lines: list[TaxLineOut]
    adjustments: list[AdjustmentOut]


class SummaryOut(BaseModel):
    """Where the money stands."""

    paid_total: WireAmount
    refunded_total: WireAmount
    accounting_total: WireAmount
    credit_line_total: WireAmount
    transaction_total: WireAmount
    pending_difference: WireAmount
    current_order_total: WireAmount
    original_order_total: WireAmount


class SoldOrderOut(TotalsOut):
    """An order as every API shows it; each adds its lines, its addresses, its payments and its parcels."""

    id: str
    display_id: int
    custom_display_id: str | None
    status: str
    payment_status: str
    fulfillment_status: str
    version: int
    email: str | None
    locale: str
    currency_code: str
    region_id: str
    sales_channel_id: str
    customer_id: str | None
    metadata: Json | None
    created_at: WireInstant
    updated_at: WireInstant
    canceled_at: WireInstant | None
    summary: SummaryOut
    shipping_methods: list[OrderShippingMethodOut]
    shipping_address: AddressOut | None
    billing_address: AddressOut | None
    credit_lines: list[Json]
    promotions: list[Json]


def sold_order_values(order: Order, totals: Totals, payments: Sequence[Payment]) -> dict[str, object]:
    """The fields of `SoldOrderOut` but what tells where somebody lives."""
    code, money = order.currency_code, sum_up_money(payments)
    return {
        **_own_values(order),
        **totals_values(totals, code),
        "total": to_wire(_current_total_cents(order, totals), code),
        "payment_status": compute_payment_status(order.total_cents, money, is_canceled=order.is_canceled),
        "fulfillment_status": compute_fulfillment_status([_pieces(line) for line in order.lines]),
        "summary": _summary(order, totals, money),
        "shipping_methods": [
            _shipping_method(method, charge, code)
            for method, charge in zip(order.shipping_methods, totals.shipping, strict=True)
        ],
        "credit_lines": [],
        "promotions": _promotions(order),
    }


def sum_up_money(payments: Sequence[Payment]) -> Money:
    """What came, and what went back, in cents."""
    return Money(
        authorized_cents=sum(payment.amount_cents for payment in payments),
        captured_cents=sum(payment.amount_cents for payment in payments if payment.captured_at),
        refunded_cents=sum(payment.refunded_cents for payment in payments),
    )


def _promotions(order: Order) -> list[Json]:
    """The promotions that took something off, each once."""
    taken: list[AdjustmentColumns] = [each for line in order.lines for each in line.adjustments]
    taken += [each for method in order.shipping_methods for each in method.adjustments]
    codes = {each.promotion_id: each.code for each in taken}
    return [{"id": promotion_id, "code": code} for promotion_id, code in codes.items()]


def _pieces(line: OrderLine) -> Pieces:
    return Pieces(line.quantity, line.fulfilled_quantity, line.shipped_quantity, line.delivered_quantity)


def _own_values(order: Order) -> dict[str, object]:
    return {
        "id": order.id,
        "display_id": order.display_id,
        "custom_display_id": None,
        "status": order.status,
        "version": 1,
        "locale": order.locale,
        "currency_code": order.currency_code,
        "region_id": order.region_id,
        "sales_channel_id": order.sales_channel_id,
        "customer_id": order.customer_id,
        "metadata": order.details,
        "created_at": order.created_at,
        "updated_at": order.updated_at,
        "canceled_at": order.canceled_at,
    }


def _current_total_cents(order: Order, totals: Totals) -> int:
    """What the order still is: nothing once it is canceled, and without what has come back (store-api §8)."""
    if order.is_canceled:
        return 0
    return order.total_cents - sum(
        compute_share(charge.total_cents, line.quantity, line.return_received_quantity + line.return_dismissed_quantity)
        for line, charge in zip(order.lines, totals.items, strict=True)
    )


def _summary(order: Order, totals: Totals, money: Money) -> SummaryOut:
    asked_back_cents = sum(
        compute_share(charge.total_cents, line.quantity, line.return_requested_quantity)
        for line, charge in zip(order.lines, totals.items, strict=True)
    )
    total_cents, code = _current_total_cents(order, totals), order.currency_code
    summary = compute_summary(total_cents, money, asked_back_cents)
    total, paid = to_wire(total_cents, code), to_wire(summary.paid_cents, code)
    return SummaryOut(
        paid_total=paid,
        refunded_total=to_wire(summary.refunded_cents, code),
        accounting_total=total,
        credit_line_total=to_wire(0, code),
        transaction_total=paid - to_wire(summary.refunded_cents, code),
        pending_difference=to_wire(summary.pending_difference_cents, code),
        current_order_total=total,
        original_order_total=to_wire(order.total_cents, code),
    )


def _shipping_method(method: OrderShippingMethod, charge: ChargeTotals, code: str) -> dict[str, object]:
    return {
        **charge_values(charge, code),
        "id": method.id,
        "order_id": method.order_id,
        "shipping_option_id": method.shipping_option_id,
        "name": method.name,
        "description": None,
        "amount": to_wire(method.amount_cents, code),
        "is_tax_inclusive": True,
        "data": {},
        "metadata": None,
        "tax_lines": tax_line_values("ordsmtxl", method, charge, code),
        "adjustments": [adjustment_out(each, code) for each in method.adjustments],
    }
