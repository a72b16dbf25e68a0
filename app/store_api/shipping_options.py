"""`/store/shipping-options`: the ways to send a cart (store-api §6)."""

from typing import Annotated

from fastapi import Query
from pydantic import BaseModel

from app.carts.queries import get_contents
from app.core.db import Json, SessionDep
from app.core.money import WireAmount, to_wire
from app.shipping.models import ShippingOption
from app.shipping.queries import list_options
from app.shop.models import TaxRate
from app.store_api.access import store_router
from app.store_api.schemas import ShippingOptionsQuery
from app.store_api.shapes_product import CalculatedPriceOut, price_shown

router = store_router()

PROVIDER = "manual_manual"  # parcels are handed over by a person


class LocationOut(BaseModel):
    """Where parcels start, or are picked up."""

    id: str
    address: None


class FulfillmentSetOut(BaseModel):
    """`shipping` or `pickup`."""

    id: str
    type: str
    location: LocationOut


class ServiceZoneOut(BaseModel):
    """The region that an option serves."""

    id: str
    fulfillment_set_id: str
    fulfillment_set: FulfillmentSetOut


class ShippingPriceOut(BaseModel):
    """A flat price; no rule makes it cheaper as yet."""

    id: str
    currency_code: str
    amount: WireAmount
    price_rules: list[Json]


class ShippingTypeOut(BaseModel):
    """What the option is."""

    id: str
    label: str
    description: str
    code: str


class ShippingProviderOut(BaseModel):
    """Who carries it out."""

    id: str
    is_enabled: bool


class ShippingOptionOut(BaseModel):
    """A way to send at a flat price."""

    id: str
    name: str
    price_type: str
    amount: WireAmount
    is_tax_inclusive: bool
    service_zone_id: str
    service_zone: ServiceZoneOut
    shipping_profile_id: None
    provider_id: str
    provider: ShippingProviderOut
    type: ShippingTypeOut
    data: Json
    rules: list[Json]
    prices: list[ShippingPriceOut]
    calculated_price: CalculatedPriceOut
    insufficient_inventory: bool


class ShippingOptionsAnswer(BaseModel):
    """All options that fit, in the order the shop gave them."""

    shipping_options: list[ShippingOptionOut]


@router.get("/shipping-options")
def list_shipping_options(
    session: SessionDep, query: Annotated[ShippingOptionsQuery, Query()]
) -> ShippingOptionsAnswer:
    """The ways to send this cart; none of them takes a parcel back."""
    contents = get_contents(session, query.cart_id)
    options = [] if query.is_return else list_options(session, contents.region.id)
    return ShippingOptionsAnswer(shipping_options=[_option(option, contents.shipping_tax) for option in options])


def _option(option: ShippingOption, tax: TaxRate | None) -> ShippingOptionOut:
    number = option.id.partition("_")[2]
    amount = to_wire(option.amount_cents, option.currency_code)
    price = ShippingPriceOut(id=f"price_{number}", currency_code=option.currency_code, amount=amount, price_rules=[])
    return ShippingOptionOut(
        id=option.id,
        name=option.name,
        price_type="flat",
        amount=amount,
        is_tax_inclusive=True,
        service_zone_id=_zone(option).id,
        service_zone=_zone(option),
        shipping_profile_id=None,
        provider_id=PROVIDER,
        provider=ShippingProviderOut(id=PROVIDER, is_enabled=True),
        type=ShippingTypeOut(
            id=f"sotype_{number}", label=option.name, description=option.description, code=option.code
        ),
        data={},
        rules=[],
        prices=[price],
        calculated_price=price_shown(price.id, option.id, option.amount_cents, option.currency_code, tax),
        insufficient_inventory=False,
    )


def _zone(option: ShippingOption) -> ServiceZoneOut:
    """Medusa's places, told from our region: one zone, one set, one location."""
    number = option.region_id.partition("_")[2]
    location = LocationOut(id=f"sloc_{number}", address=None)
    places = FulfillmentSetOut(id=f"fuset_{number}", type=option.kind, location=location)
    return ServiceZoneOut(id=f"serzo_{number}", fulfillment_set_id=places.id, fulfillment_set=places)
