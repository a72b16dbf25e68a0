"""Carts on the wire (store-api §5)."""

from pydantic import BaseModel, Field

from app.carts.schemas import AdjustmentOut, ChargeOut, TaxLineOut, TotalsOut
from app.catalogue.schemas import ProductSummaryOut, VariantOut
from app.core.db import Json
from app.core.money import WireAmount
from app.core.wire import WireInstant, is_absent
from app.customers.schemas import AddressOut
from app.payments.schemas import PaymentCollectionOut
from app.shop.schemas import RegionOut


class CustomerOut(BaseModel):
    """Who buys."""

    id: str
    email: str
    groups: list[Json]


class LineVariantOut(VariantOut):
    """The variant of a line, with its product when it is named."""

    product: ProductSummaryOut | None = Field(default=None, exclude_if=is_absent)


class ApplicationMethodOut(BaseModel):
    """What a promotion takes off: so many percent, or an amount in currency units."""

    id: str
    type: str
    value: WireAmount
    currency_code: str | None
    target_type: str
    allocation: str
    max_quantity: int | None


class PromotionOut(BaseModel):
    """A code that was typed, or a promotion that takes something off by itself."""

    id: str
    code: str
    type: str
    is_automatic: bool
    is_tax_inclusive: bool
    application_method: ApplicationMethodOut


class LineOut(ChargeOut):
    """A line with its totals; its product and its variant when they are named."""

    id: str
    cart_id: str
    title: str
    subtitle: str | None
    thumbnail: str | None
    quantity: int
    unit_price: WireAmount
    compare_at_unit_price: WireAmount | None
    is_tax_inclusive: bool
    is_discountable: bool
    is_giftcard: bool
    is_custom_price: bool
    variant_id: str
    product_id: str
    product_title: str
    product_description: str | None
    product_subtitle: str | None
    product_type: str | None
    product_type_id: str | None
    product_collection: str | None
    product_handle: str
    variant_sku: str | None
    variant_barcode: str | None
    variant_title: str
    variant_option_values: Json
    requires_shipping: bool
    metadata: Json
    created_at: WireInstant
    updated_at: WireInstant
    tax_lines: list[TaxLineOut]
    adjustments: list[AdjustmentOut]
    product: ProductSummaryOut | None = Field(default=None, exclude_if=is_absent)
    variant: LineVariantOut | None = Field(default=None, exclude_if=is_absent)


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
    promotions: list[PromotionOut]
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
