"""What is read of a Medusa shop: these fields and no others, each bounded; what nothing here can keep is refused.

Names are Medusa's. Quantities and amounts (in currency units) are exact decimals.
"""

import json
from datetime import datetime
from decimal import Decimal
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

MOST_DETAILS = 10_000

T = TypeVar("T")


def demand_storable(text: str) -> str:
    """PostgreSQL keeps no NUL."""
    if "\x00" in text:
        raise ValueError("holds a NUL character")
    return text


def _demand_small(details: dict[str, object] | None) -> dict[str, object] | None:
    written = json.dumps(details, default=float)
    if len(written) > MOST_DETAILS:
        raise ValueError(f"has more than {MOST_DETAILS} characters")
    if "\\u0000" in written:
        raise ValueError("holds a NUL character")
    return None if details is None else dict(json.loads(written))


def _empty_if_none(value: object) -> object:
    return [] if value is None else value


Id = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(demand_storable)]
Line = Annotated[str, Field(max_length=1_000), AfterValidator(demand_storable)]
Text = Annotated[str, Field(max_length=100_000), AfterValidator(demand_storable)]
Number = Annotated[Decimal, Field(allow_inf_nan=False, ge=-10_000_000_000, le=10_000_000_000)]
Details = Annotated[dict[str, object] | None, AfterValidator(_demand_small)]
Several = Annotated[tuple[T, ...], BeforeValidator(_empty_if_none), Field(max_length=100_000)]


class Part(BaseModel):
    """Other fields of the document are not looked at."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Named(Part):
    """What is only pointed at."""

    id: Id


class StoreIn(Part):
    """The shop itself: its id says from where something was imported."""

    id: Id
    name: Line | None = None


class PricePreferenceIn(Part):
    """Whether prices of a currency, or of a region, hold the VAT."""

    id: Id
    attribute: Line
    value: Line | None = None
    is_tax_inclusive: bool = False


class CountryIn(Part):
    """A country of a region."""

    iso_2: Annotated[str, Field(min_length=2, max_length=2)]


class RegionIn(Part):
    """Countries that share a currency."""

    id: Id
    name: Line
    currency_code: Annotated[str, Field(min_length=3, max_length=3)]
    countries: Several[CountryIn] = ()


class ChannelIn(Part):
    """A sales channel."""

    id: Id
    name: Line


class CategoryIn(Part):
    """A shelf, maybe within another."""

    id: Id
    name: Line
    handle: Line
    description: Text | None = None
    rank: int | None = 0
    is_active: bool = False
    is_internal: bool = False
    parent_category_id: Id | None = None
    metadata: Details = None


class CollectionIn(Part):
    """Products shown together."""

    id: Id
    title: Line
    handle: Line
    metadata: Details = None


class WordIn(Part):
    """A tag or a type."""

    id: Id
    value: Line
    metadata: Details = None


class PriceIn(Part):
    """A price; with rules or quantities it is not everybody's. `variant_id` is said by price lists alone."""

    id: Id
    currency_code: Annotated[str, Field(min_length=3, max_length=3)]
    amount: Number
    min_quantity: Number | None = None
    max_quantity: Number | None = None
    rules: dict[str, object] | None = None
    variant_id: Id | None = None


class OptionValueIn(Part):
    """A value of an option."""

    id: Id
    value: Line
    option_id: Id | None = None


class OptionIn(Part):
    """A dimension of a product."""

    id: Id
    title: Line
    values: Several[OptionValueIn] = ()


class InventoryLinkIn(Part):
    """What of the stock a variant takes."""

    inventory_item_id: Id
    required_quantity: Number = Decimal(1)


class MeasuresIn(Part):
    """What parcels and customs ask; Medusa keeps a product's measures as texts."""

    weight: Line | Number | None = None
    length: Line | Number | None = None
    width: Line | Number | None = None
    height: Line | Number | None = None
    origin_country: Line | None = None
    hs_code: Line | None = None
    mid_code: Line | None = None
    material: Line | None = None


class VariantIn(MeasuresIn):
    """One thing to buy."""

    id: Id
    title: Line | None = None
    sku: Line | None = None
    barcode: Line | None = None
    ean: Line | None = None
    upc: Line | None = None
    manage_inventory: bool = True
    allow_backorder: bool = False
    metadata: Details = None
    options: Several[OptionValueIn] = ()
    images: Several[Named] = ()
    prices: Several[PriceIn] = ()
    inventory_items: Several[InventoryLinkIn] = ()


class ImageIn(Part):
    """A picture, where Medusa keeps it."""

    id: Id
    url: Annotated[str, Field(min_length=1, max_length=2_000), AfterValidator(demand_storable)]


class ProductIn(MeasuresIn):
    """A product with everything below it."""

    id: Id
    title: Line
    handle: Line
    subtitle: Text | None = None
    description: Text | None = None
    status: Line
    thumbnail: Line | None = None
    is_giftcard: bool = False
    discountable: bool = True
    collection_id: Id | None = None
    type_id: Id | None = None
    metadata: Details = None
    created_at: datetime
    options: Several[OptionIn] = ()
    variants: Several[VariantIn] = ()
    images: Several[ImageIn] = ()
    tags: Several[Named] = ()
    categories: Several[Named] = ()
    sales_channels: Several[Named] = ()


class LevelIn(Part):
    """Pieces in one place."""

    stocked_quantity: Number
    reserved_quantity: Number = Decimal(0)


class InventoryItemIn(Part):
    """Pieces of one kind, wherever they are."""

    id: Id
    sku: Line | None = None
    location_levels: Several[LevelIn] = ()


class PriceListIn(Part):
    """Other prices for a while."""

    id: Id
    title: Line
    description: Text | None = None
    status: Line
    type: Line
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    rules: dict[str, object] | None = None
    prices: Several[PriceIn] = ()


class AddressIn(Part):
    """A postal address."""

    first_name: Line | None = None
    last_name: Line | None = None
    company: Line | None = None
    phone: Line | None = None
    address_1: Line | None = None
    address_2: Line | None = None
    city: Line | None = None
    province: Line | None = None
    postal_code: Line | None = None
    country_code: Line | None = None
    metadata: Details = None


class CustomerAddressIn(AddressIn):
    """An address of a customer's book."""

    id: Id
    address_name: Line | None = None
    is_default_shipping: bool = False
    is_default_billing: bool = False


class CustomerIn(Part):
    """Somebody who bought or signed up; Medusa's password stays there."""

    id: Id
    email: Annotated[str, Field(max_length=320), AfterValidator(demand_storable)] | None = None
    has_account: bool = False
    first_name: Line | None = None
    last_name: Line | None = None
    phone: Line | None = None
    company_name: Line | None = None
    metadata: Details = None
    created_at: datetime
    addresses: Several[CustomerAddressIn] = ()
