"""Orders on the wire (store-api §8). The id alone opens an order, so what tells where somebody lives is masked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from pydantic import BaseModel

from app.carts.rules import ChargeTotals
from app.catalogue.models import Product, ProductVariant
from app.core.db import Json
from app.core.money import WireAmount, to_wire
from app.orders.compute_totals import compute_order_totals
from app.orders.models import Order, OrderLine, OrderShippingMethod
from app.orders.rules import NOT_FULFILLED, Money, compute_payment_status, compute_summary
from app.payments.models import Payment, PaymentCollection
from app.store_api.masking import masked_address, masked_email
from app.store_api.shapes import (
    AddressOut,
    AdjustmentOut,
    ChargeOut,
    TaxLineOut,
    TotalsOut,
    WireInstant,
    absolute_url,
    charge_values,
    totals_values,
)
from app.store_api.shapes_payment import PaymentCollectionOut, payment_collection_out
from app.store_api.shapes_product import ProductSummaryOut, VariantOut, product_summary_values, variant_values


class LineVariantOut(VariantOut):
    """The variant with its product, where the storefront looks for it."""

    product: ProductSummaryOut


class LineDetailOut(BaseModel):
    """What became of the pieces of a line."""

    quantity: int
    unit_price: WireAmount
    compare_at_unit_price: None = None
    fulfilled_quantity: int = 0
    shipped_quantity: int = 0
    delivered_quantity: int = 0
    return_requested_quantity: int = 0
    return_received_quantity: int = 0
    return_dismissed_quantity: int = 0
    written_off_quantity: int = 0


class OrderLineOut(ChargeOut):
    """A line as it was sold."""

    id: str
    title: str
    subtitle: str | None
    thumbnail: str | None
    quantity: int
    unit_price: WireAmount
    compare_at_unit_price: None = None
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
    product: ProductSummaryOut
    variant: LineVariantOut


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
    """An order with everything that shows it."""

    order: Order
    goods: Mapping[str, tuple[ProductVariant, Product]]
    collection: PaymentCollection
    payments: Sequence[Payment]


def order_out(contents: OrderContents) -> OrderOut:
    """The order with names, streets and e-mail masked."""
    order, code = contents.order, contents.order.currency_code
    totals, money = compute_order_totals(order), _money(contents.payments)
    values = {
        **_own_values(order),
        **totals_values(totals, code),
        "payment_status": compute_payment_status(order.total_cents, money),
        "fulfillment_status": NOT_FULFILLED,
        "summary": _summary(order, money),
        "items": [
            _line(line, contents.goods[line.id], charge, code)
            for line, charge in zip(order.lines, totals.items, strict=True)
        ],
        "shipping_methods": [
            _shipping_method(method, charge, code)
            for method, charge in zip(order.shipping_methods, totals.shipping, strict=True)
        ],
        "shipping_address": masked_address(order.shipping_address_id, order.shipping_address),
        "billing_address": masked_address(order.billing_address_id, order.billing_address),
        "payment_collections": [_payment_collection(contents)],
        "fulfillments": [],
        "credit_lines": [],
        "promotions": [],
    }
    return OrderOut.model_validate(values)


def _own_values(order: Order) -> dict[str, object]:
    return {
        "id": order.id,
        "display_id": order.display_id,
        "custom_display_id": None,
        "status": order.status,
        "version": 1,
        "email": masked_email(order.email),
        "locale": order.locale,
        "currency_code": order.currency_code,
        "region_id": order.region_id,
        "sales_channel_id": order.sales_channel_id,
        "customer_id": order.customer_id,
        "metadata": order.details,
        "created_at": order.created_at,
        "updated_at": order.updated_at,
        "canceled_at": None,
    }


def _money(payments: Sequence[Payment]) -> Money:
    return Money(
        authorized_cents=sum(payment.amount_cents for payment in payments),
        captured_cents=sum(payment.amount_cents for payment in payments if payment.captured_at),
        refunded_cents=0,  # a refund waits for approval and none is executed before
    )


def _summary(order: Order, money: Money) -> SummaryOut:
    summary, code = compute_summary(order.total_cents, money), order.currency_code
    total, paid = to_wire(order.total_cents, code), to_wire(summary.paid_cents, code)
    return SummaryOut(
        paid_total=paid,
        refunded_total=to_wire(summary.refunded_cents, code),
        accounting_total=total,
        credit_line_total=to_wire(0, code),
        transaction_total=paid - to_wire(summary.refunded_cents, code),
        pending_difference=to_wire(summary.pending_difference_cents, code),
        current_order_total=total,
        original_order_total=total,
    )


def _line(line: OrderLine, goods: tuple[ProductVariant, Product], charge: ChargeTotals, code: str) -> dict[str, object]:
    variant, product = goods
    total, nought = to_wire(charge.total_cents, code), to_wire(0, code)
    unit_price = to_wire(line.unit_price_cents, code)
    gone = ("fulfilled", "shipped", "return_requested", "return_received", "return_dismissed", "write_off")
    return {
        **charge_values(charge, code),
        **{f"{name}_total": nought for name in gone},
        **_copied_values(line),
        "unit_price": unit_price,
        "tax_lines": _tax_lines("ordlitxl", line, charge, code),
        "adjustments": [],
        "refundable_total": total,
        "refundable_total_per_unit": unit_price,
        "detail": {"quantity": line.quantity, "unit_price": unit_price},
        "product": product_summary_values(product),
        "variant": {**variant_values(variant, product), "product": product_summary_values(product)},
    }


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
        "tax_lines": _tax_lines("ordsmtxl", method, charge, code),
        "adjustments": [],
    }


def _tax_lines(
    prefix: str, taxed: OrderLine | OrderShippingMethod, charge: ChargeTotals, code: str
) -> list[TaxLineOut]:
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


def _payment_collection(contents: OrderContents) -> dict[str, object]:
    shown = payment_collection_out(contents.collection, contents.payments)
    payments = [_payment(payment) for payment in contents.payments]
    return {**shown.model_dump(), "payment_sessions": [], "payments": payments}


def _payment(payment: Payment) -> PaymentOut:
    code = payment.currency_code
    amount, nought = to_wire(payment.amount_cents, code), to_wire(0, code)
    return PaymentOut(
        id=payment.id,
        provider_id=payment.provider_id,
        amount=amount,
        authorized_amount=amount,
        captured_amount=amount if payment.captured_at else nought,
        refunded_amount=nought,
        currency_code=code,
        data={},
        created_at=payment.created_at,
        captured_at=payment.captured_at,
        canceled_at=None,
    )
