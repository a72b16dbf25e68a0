"""What storefronts send: strict bodies and queries, an unknown key or a wrong type is a 400."""

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from app.carts.rules import MOST_CODES, MOST_LINES, MOST_PIECES
from app.core.bodies import LONGEST_ID, MOST_IDS, AddressLines, Body, Email, Id, Ids, Line, Metadata

Pieces = Annotated[int, Field(gt=0, le=MOST_PIECES)]
PromoCodes = Annotated[list[Line], Field(max_length=MOST_CODES)]


class AddressBody(AddressLines):
    """A postal address; with `id`, changes to the address that the cart has."""

    id: Id | None = None
    country_code: Annotated[str, StringConstraints(max_length=2)] | None = None


class SavedAddressBody(AddressBody):
    """An address of the caller's own book, by its id."""


def take_saved_address(given: object) -> object:
    """A bare text names an address of the book (store-api §5)."""
    if not isinstance(given, str):
        return given
    if len(given) > LONGEST_ID:
        raise ValueError("The id of an address is shorter")
    return SavedAddressBody(id=given)


CartAddressBody = Annotated[
    AddressBody | None, BeforeValidator(take_saved_address, json_schema_input_type=AddressBody | str | None)
]


class NewLineBody(Body):
    """Pieces of a variant; the price is ours to say, a `unit_price` is refused."""

    variant_id: Id
    quantity: Pieces
    metadata: Metadata | None = None


class UpdateLineBody(Body):
    """A quantity of 0 removes the line."""

    quantity: Annotated[int, Field(ge=0, le=MOST_PIECES)]
    metadata: Metadata | None = None


class PromoCodesBody(Body):
    """Codes to put into a cart or to take out of it."""

    promo_codes: PromoCodes


class UpdateCartBody(Body):
    """What is absent stays."""

    region_id: Id | None = None
    email: Email | None = None
    locale: Annotated[str, StringConstraints(max_length=35)] | None = None
    sales_channel_id: Id | None = None
    promo_codes: PromoCodes = Field(default=[])
    shipping_address: CartAddressBody = None
    billing_address: CartAddressBody = None
    metadata: Metadata | None = None


class NewCartBody(UpdateCartBody):
    """Everything is optional: an empty body makes an empty cart in the default region."""

    currency_code: Annotated[str, StringConstraints(max_length=3)] | None = None
    items: Annotated[list[NewLineBody], Field(max_length=MOST_LINES)] | None = None


class ShippingMethodBody(Body):
    """`data` is the buyer's word to whoever carries it, such as a relay point; it is kept with the choice."""

    option_id: Id
    data: Metadata | None = None


class StoreQuery(BaseModel):
    """What every route takes: `fields` (app/core/fields.py) and `locale` (Medusa's SDK sends it)."""

    model_config = ConfigDict(extra="forbid")

    fields: Annotated[str, StringConstraints(max_length=2_000)] | None = None
    locale: Annotated[str, StringConstraints(max_length=35)] | None = None


class ListQuery(StoreQuery):
    """A page of a list."""

    limit: Annotated[int, Field(ge=0, le=1_000)] = 50
    offset: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    q: Annotated[str, StringConstraints(max_length=255)] | None = None


class RegionsQuery(ListQuery):
    """Filters of regions."""

    order: Literal["id", "-id", "name", "-name", "created_at", "-created_at"] = "created_at"
    id: Ids = []
    name: Annotated[list[Line], Field(max_length=MOST_IDS)] = []
    currency_code: Annotated[list[Line], Field(max_length=MOST_IDS)] = []


class ShippingOptionsQuery(StoreQuery):
    """The options for a cart."""

    cart_id: Id
    is_return: bool = False
