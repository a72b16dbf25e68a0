"""Carts on the wire (store-api §5)."""

from collections.abc import Sequence
from decimal import Decimal

from pydantic import BaseModel, Field

from app.carts.models import Cart
from app.carts.queries import CartContents, LineContents
from app.carts.rules import ChargeTotals
from app.core.db import Json
from app.core.money import WireAmount, to_wire
from app.shop.models import TaxRate
from app.store_api.masking import masked_address, masked_email
from app.store_api.shapes import (
    AddressOut,
    AdjustmentOut,
    ChargeOut,
    RegionOut,
    TaxLineOut,
    TotalsOut,
    WireInstant,
    absolute_url,
    address_out,
    charge_values,
    is_absent,
    region_out,
    totals_values,
)
from app.store_api.shapes_payment import PaymentCollectionOut
from app.store_api.shapes_product import ProductSummaryOut, VariantOut, product_summary_values, variant_values


class CustomerOut(BaseModel):
    """Who buys."""

    id: str
    email: str
    groups: list[Json]


class LineOut(ChargeOut):
    """A line with its totals, its product and its variant."""

    id: str
    cart_id: str
    title: str
    subtitle: str | None
    thumbnail: str | None
    quantity: int
    unit_price: WireAmount
    compare_at_unit_price: None
    is_tax_inclusive: bool
    is_discountable: bool
    is_giftcard: bool
    is_custom_price: bool
    variant_id: str
    product_id: str
    product_title: str
    product_description: str | None
    product_subtitle: str | None
    product_type: None
    product_type_id: None
    product_collection: None
    product_handle: str
    variant_sku: str | None
    variant_barcode: str | None
    variant_title: str
    requires_shipping: bool
    metadata: Json
    created_at: WireInstant
    updated_at: WireInstant
    tax_lines: list[TaxLineOut]
    adjustments: list[AdjustmentOut]
    product: ProductSummaryOut
    variant: VariantOut


class ShippingMethodOut(ChargeOut):
    """The chosen way to send."""

    id: str
    cart_id: str
    shipping_option_id: str
    name: str
    description: str | None
    amount: WireAmount
    is_tax_inclusive: bool
    data: Json
    metadata: Json | None
    tax_lines: list[TaxLineOut]
    adjustments: list[AdjustmentOut]


class CartOut(TotalsOut):
    """A cart; `payment_collection` is absent until there is one."""

    id: str
    currency_code: str
    email: str | None
    locale: str | None
    region_id: str
    sales_channel_id: str
    customer_id: str | None
    metadata: Json | None
    created_at: WireInstant
    updated_at: WireInstant
    completed_at: WireInstant | None
    items: list[LineOut]
    shipping_methods: list[ShippingMethodOut]
    shipping_address_id: str | None
    shipping_address: AddressOut | None
    billing_address_id: str | None
    billing_address: AddressOut | None
    customer: CustomerOut | None
    region: RegionOut
    promotions: list[Json]
    credit_lines: list[Json]
    payment_collection: PaymentCollectionOut | None = Field(default=None, exclude_if=is_absent)


class CartAnswer(BaseModel):
    """What almost every call on a cart answers."""

    cart: CartOut


class LineDeletedAnswer(BaseModel):
    """What deleting a line answers."""

    id: str
    object: str
    deleted: bool
    parent: CartOut


def cart_out(contents: CartContents, payment_collection: PaymentCollectionOut | None) -> CartOut:
    """A cart with all that shows it."""
    cart, currency_code, totals = contents.cart, contents.cart.currency_code, contents.totals
    values = {
        **_own_values(cart),
        **totals_values(totals, currency_code),
        "items": [
            _line(line, charge, currency_code) for line, charge in zip(contents.lines, totals.items, strict=True)
        ],
        "shipping_methods": _shipping_methods(cart, contents.shipping_tax, totals.shipping),
        "region": region_out(contents.region),
        "promotions": [],
        "credit_lines": [],
    }
    if payment_collection is not None:
        values["payment_collection"] = payment_collection
    return CartOut.model_validate(values | _personal_values(contents))


def _personal_values(contents: CartContents) -> dict[str, object]:
    """In the open while a buyer fills the form in; masked like the order's once the cart is completed."""
    cart, customer = contents.cart, contents.customer
    if cart.completed_at is None:
        show_address, email = address_out, cart.email
    else:
        show_address, email = masked_address, masked_email(cart.email)
    return {
        "email": email,
        "shipping_address": show_address(cart.shipping_address_id, cart.shipping_address),
        "billing_address": show_address(cart.billing_address_id, cart.billing_address),
        "customer": CustomerOut(id=customer.id, email=email or "", groups=[]) if customer else None,
    }


def _own_values(cart: Cart) -> dict[str, object]:
    return {
        "id": cart.id,
        "currency_code": cart.currency_code,
        "locale": cart.locale,
        "region_id": cart.region_id,
        "sales_channel_id": cart.sales_channel_id,
        "customer_id": cart.customer_id,
        "metadata": cart.details,
        "created_at": cart.created_at,
        "updated_at": cart.updated_at,
        "completed_at": cart.completed_at,
        "shipping_address_id": cart.shipping_address_id,
        "billing_address_id": cart.billing_address_id,
    }


def _line(contents: LineContents, charge: ChargeTotals, currency_code: str) -> LineOut:
    line, variant, product = contents.line, contents.variant, contents.product
    return LineOut.model_validate(
        {
            **charge_values(charge, currency_code),
            "id": line.id,
            "cart_id": line.cart_id,
            "title": product.title,
            "subtitle": variant.title,
            "thumbnail": absolute_url(product.thumbnail),
            "quantity": line.quantity,
            "unit_price": to_wire(line.unit_price_cents, currency_code),
            "compare_at_unit_price": None,
            "is_tax_inclusive": True,
            "is_discountable": product.is_discountable,
            "is_giftcard": False,
            "is_custom_price": False,
            "requires_shipping": variant.requires_shipping,
            "metadata": line.details or {},
            "created_at": line.created_at,
            "updated_at": line.updated_at,
            "tax_lines": tax_lines("calitxl", line.id, contents.tax, charge, currency_code),
            "adjustments": [],
            "product": ProductSummaryOut.model_validate(product_summary_values(product)),
            "variant": VariantOut.model_validate(variant_values(variant, product)),
            **_copied_values(contents),
        }
    )


def _copied_values(contents: LineContents) -> dict[str, object]:
    """What a line repeats of its product and variant."""
    variant, product = contents.variant, contents.product
    return {
        "variant_id": variant.id,
        "variant_title": variant.title,
        "variant_sku": variant.sku,
        "variant_barcode": variant.barcode,
        "product_id": product.id,
        "product_title": product.title,
        "product_description": product.description,
        "product_subtitle": product.subtitle,
        "product_handle": product.handle,
        "product_type": None,
        "product_type_id": None,
        "product_collection": None,
    }


def tax_lines(
    prefix: str, owner_id: str, tax: TaxRate | None, charge: ChargeTotals, currency_code: str
) -> list[TaxLineOut]:
    """The VAT line of a charge; none as long as no country is known."""
    if tax is None:
        return []
    amount: Decimal = to_wire(charge.tax_cents, currency_code)
    return [
        TaxLineOut(
            id=f"{prefix}_{owner_id.partition('_')[2]}",
            description=tax.name,
            code=tax.code,
            rate=tax.rate,
            provider_id="system",
            total=amount,
            subtotal=amount,
        )
    ]


def _shipping_methods(cart: Cart, tax: TaxRate | None, charges: Sequence[ChargeTotals]) -> list[ShippingMethodOut]:
    method = cart.shipping_method
    if method is None:
        return []
    charge = charges[0]
    return [
        ShippingMethodOut.model_validate(
            {
                **charge_values(charge, cart.currency_code),
                "id": method.id,
                "cart_id": cart.id,
                "shipping_option_id": method.shipping_option_id,
                "name": method.name,
                "description": None,
                "amount": to_wire(method.amount_cents, cart.currency_code),
                "is_tax_inclusive": True,
                "data": {},
                "metadata": None,
                "tax_lines": tax_lines("casmtxl", method.id, tax, charge, cart.currency_code),
                "adjustments": [],
            }
        )
    ]
