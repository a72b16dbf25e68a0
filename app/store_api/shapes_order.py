"""Orders on the wire (store-api §8). The id alone opens an order: what tells where somebody lives is then masked."""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import BaseModel

from app.carts.models import AdjustmentColumns
from app.carts.rules import ChargeTotals, Totals
from app.core.db import Json
from app.core.fields import FieldTree
from app.core.masking import masked_email
from app.core.money import WireAmount, to_wire
from app.orders.compute_totals import compute_order_totals
from app.orders.models import Order, OrderLine, OrderShippingMethod
from app.orders.rules import (
    Money,
    Pieces,
    compute_fulfillment_status,
    compute_payment_status,
    compute_share,
    compute_summary,
)
from app.payments.models import Payment, PaymentCollection
from app.store_api.masking import masked_address
from app.store_api.shapes import (
    AddressOut,
    AdjustmentOut,
    ChargeOut,
    TaxLineOut,
    TotalsOut,
    WireInstant,
    address_out,
    charge_values,
    totals_values,
)
from app.store_api.shapes_order_line import Goods, OrderLineOut, adjustment_out, order_line_values, tax_line_values
from app.store_api.shapes_payment import PaymentCollectionOut, payment_collection_out


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


class PaymentOut(BaseModel):
    """Money received, or promised by transfer or in cash."""

    id: str
    provider_id: str
    amount: WireAmount
    authorized_amount: WireAmount
    captured_amount: WireAmount
    refunded_amount: WireAmount
    currency_code: str
    data: Json
    created_at: WireInstant
    captured_at: WireInstant | None
    canceled_at: WireInstant | None


class OrderPaymentCollectionOut(PaymentCollectionOut):
    """What the order owes, with the payments; how each attempt went is nobody's business any more."""

    payments: list[PaymentOut]


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


class OrderOut(TotalsOut):
    """An order, whole."""

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
    items: list[OrderLineOut]
    shipping_methods: list[OrderShippingMethodOut]
    shipping_address: AddressOut | None
    billing_address: AddressOut | None
    payment_collections: list[OrderPaymentCollectionOut]
    fulfillments: list[Json]
    credit_lines: list[Json]
    promotions: list[Json]


@dataclass(frozen=True)
class OrderContents:
    """An order with everything that shows it; `goods` are there when somebody asked for them."""

    order: Order
    goods: Goods
    collection: PaymentCollection
    payments: Sequence[Payment]


def order_out(contents: OrderContents, tree: FieldTree, *, is_owner: bool) -> OrderOut:
    """The order; whoever is not its customer, logged in, sees names, streets and e-mail masked."""
    order, code = contents.order, contents.order.currency_code
    totals, money = compute_order_totals(order), _money(contents.payments)
    values = {
        **_own_values(order),
        **totals_values(totals, code),
        "total": to_wire(_current_total_cents(order, totals), code),
        **_personal_values(order, is_owner=is_owner),
        "payment_status": compute_payment_status(order.total_cents, money),
        "fulfillment_status": compute_fulfillment_status([_pieces(line) for line in order.lines]),
        "summary": _summary(order, totals, money),
        "items": [
            order_line_values(line, charge, contents.goods, tree.below("items"), code)
            for line, charge in zip(order.lines, totals.items, strict=True)
        ],
        "shipping_methods": [
            _shipping_method(method, charge, code)
            for method, charge in zip(order.shipping_methods, totals.shipping, strict=True)
        ],
        "payment_collections": [_payment_collection(contents)],
        "fulfillments": [],
        "credit_lines": [],
        "promotions": _promotions(order),
    }
    return OrderOut.model_validate(values)


def _personal_values(order: Order, *, is_owner: bool) -> dict[str, object]:
    show_address = address_out if is_owner else masked_address
    return {
        "email": order.email if is_owner else masked_email(order.email),
        "shipping_address": show_address(order.shipping_address_id, order.shipping_address),
        "billing_address": show_address(order.billing_address_id, order.billing_address),
    }


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


def _money(payments: Sequence[Payment]) -> Money:
    return Money(
        authorized_cents=sum(payment.amount_cents for payment in payments),
        captured_cents=sum(payment.amount_cents for payment in payments if payment.captured_at),
        refunded_cents=sum(payment.refunded_cents for payment in payments),
    )


def _current_total_cents(order: Order, totals: Totals) -> int:
    """What the order still is: pieces that have come back are no more part of it (store-api §8)."""
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


def _payment_collection(contents: OrderContents) -> dict[str, object]:
    shown = payment_collection_out(contents.collection, contents.payments)
    payments = [_payment(payment) for payment in contents.payments]
    return {**shown.model_dump(), "payment_sessions": [], "payments": payments}


def _payment(payment: Payment) -> PaymentOut:
    code = payment.currency_code
    amount = to_wire(payment.amount_cents, code)
    return PaymentOut(
        id=payment.id,
        provider_id=payment.provider_id,
        amount=amount,
        authorized_amount=amount,
        captured_amount=amount if payment.captured_at else to_wire(0, code),
        refunded_amount=to_wire(payment.refunded_cents, code),
        currency_code=code,
        data={},
        created_at=payment.created_at,
        captured_at=payment.captured_at,
        canceled_at=None,
    )
