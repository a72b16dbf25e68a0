"""What is read of an order of Medusa, with what hangs on it; as `schemas.py`."""

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, Field

from app.medusa_import.schemas import AddressIn, Details, Id, Line, Number, Part, Several, Text, demand_storable


class TaxLineIn(Part):
    """A VAT rate in percent."""

    rate: Number
    code: Line | None = None
    description: Line | None = None


class AdjustmentIn(Part):
    """What a promotion took off."""

    amount: Number
    code: Line | None = None
    is_tax_inclusive: bool = False
    version: int | None = None


class ItemDetailIn(Part):
    """What became of the pieces of an item; `unit_price` where an edit of the order changed it."""

    version: int | None = None
    unit_price: Number | None = None
    fulfilled_quantity: Number | None = None
    shipped_quantity: Number | None = None
    delivered_quantity: Number | None = None
    return_requested_quantity: Number | None = None
    return_received_quantity: Number | None = None
    return_dismissed_quantity: Number | None = None


class ItemIn(Part):
    """Pieces of one variant as they were sold."""

    id: Id
    title: Line
    quantity: Number
    unit_price: Number
    compare_at_unit_price: Number | None = None
    is_tax_inclusive: bool = False
    requires_shipping: bool = True
    variant_id: Id | None = None
    product_id: Id | None = None
    product_title: Line | None = None
    product_handle: Line | None = None
    product_subtitle: Text | None = None
    product_description: Text | None = None
    variant_title: Line | None = None
    variant_sku: Line | None = None
    thumbnail: Line | None = None
    metadata: Details = None
    detail: ItemDetailIn = ItemDetailIn()
    tax_lines: Several[TaxLineIn] = ()
    adjustments: Several[AdjustmentIn] = ()


class MethodIn(Part):
    """How an order travelled."""

    id: Id
    name: Line
    amount: Number
    is_tax_inclusive: bool = False
    shipping_option_id: Id | None = None
    tax_lines: Several[TaxLineIn] = ()
    adjustments: Several[AdjustmentIn] = ()


class MovedIn(Part):
    """A capture or a refund."""

    id: Id
    amount: Number
    created_at: datetime


class PaymentIn(Part):
    """Money that was asked for, and what came of it; `data` is the provider's own object."""

    id: Id
    amount: Number
    currency_code: Annotated[str, Field(min_length=3, max_length=3)]
    provider_id: Line
    data: dict[str, object] | None = None
    captured_at: datetime | None = None
    canceled_at: datetime | None = None
    captures: Several[MovedIn] = ()
    refunds: Several[MovedIn] = ()


class PaymentCollectionIn(Part):
    """The payments of one amount owed."""

    payments: Several[PaymentIn] = ()


class ParcelItemIn(Part):
    """Pieces of one item in a parcel."""

    line_item_id: Id | None = None
    quantity: Number


class LabelIn(Part):
    """How a parcel is followed."""

    tracking_number: Line | None = None
    tracking_url: Line | None = None


class ParcelIn(Part):
    """A parcel of an order."""

    id: Id
    created_at: datetime
    shipped_at: datetime | None = None
    delivered_at: datetime | None = None
    canceled_at: datetime | None = None
    items: Several[ParcelItemIn] = ()
    labels: Several[LabelIn] = ()


class SummaryIn(Part):
    """What Medusa says that the order comes to: when it was placed, and since its last edit."""

    original_order_total: Number | None = None
    current_order_total: Number | None = None


class OrderIn(Part):
    """An order with its lines, addresses, payments and parcels."""

    id: Id
    display_id: Annotated[int, Field(ge=1, le=2_000_000_000)]
    custom_display_id: Line | None = None
    status: Line
    email: Annotated[str, Field(max_length=320), AfterValidator(demand_storable)] | None = None
    currency_code: Annotated[str, Field(min_length=3, max_length=3)]
    region_id: Id | None = None
    sales_channel_id: Id | None = None
    customer_id: Id | None = None
    metadata: Details = None
    created_at: datetime
    canceled_at: datetime | None = None
    summary: SummaryIn | None = None
    items: Several[ItemIn] = ()
    shipping_methods: Several[MethodIn] = ()
    shipping_address: AddressIn | None = None
    billing_address: AddressIn | None = None
    payment_collections: Several[PaymentCollectionIn] = ()
    fulfillments: Several[ParcelIn] = ()
