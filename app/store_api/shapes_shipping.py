"""Ways to send on the wire (store-api §6)."""

from pydantic import BaseModel

from app.core.db import Json
from app.core.money import WireAmount, to_wire
from app.shipping.models import ShippingLocation, ShippingOption, ShippingPriceStep
from app.shipping.service import Offer
from app.shop.models import TaxRate
from app.store_api.shapes_product import CalculatedPriceOut, price_shown

PROVIDER = "manual_manual"  # parcels are handed over by a person


class LocationAddressOut(BaseModel):
    """Where goods are picked up."""

    id: str
    company: str
    address_1: str
    address_2: str | None
    postal_code: str
    city: str
    province: None = None
    country_code: str
    phone: str | None


class LocationOut(BaseModel):
    """Where parcels start, or are picked up."""

    id: str
    address: LocationAddressOut | None


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


class PriceRuleOut(BaseModel):
    """When a price applies; `value` is a text, in currency units."""

    id: str
    attribute: str
    operator: str
    value: str


class ShippingPriceOut(BaseModel):
    """A price, and from which item total it applies."""

    id: str
    currency_code: str
    amount: WireAmount
    price_rules: list[PriceRuleOut]


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
    """A way to send, at the price of the cart that asked."""

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
    metadata: Json | None
    rules: list[Json]
    prices: list[ShippingPriceOut]
    calculated_price: CalculatedPriceOut
    insufficient_inventory: bool


def shipping_option_out(offer: Offer, tax: TaxRate | None, *, is_short: bool) -> ShippingOptionOut:
    """An option at a cart's price; `is_short`: not all of the cart is on the shelf."""
    option = offer.option
    number, zone = option.id.partition("_")[2], _zone(option)
    price_id = f"price_{number}"
    return ShippingOptionOut(
        id=option.id,
        name=option.name,
        price_type=option.price_type,
        amount=to_wire(offer.amount_cents, option.currency_code),
        is_tax_inclusive=True,
        service_zone_id=zone.id,
        service_zone=zone,
        shipping_profile_id=None,
        provider_id=PROVIDER,
        provider=ShippingProviderOut(id=PROVIDER, is_enabled=True),
        type=ShippingTypeOut(
            id=f"sotype_{number}", label=option.name, description=option.description, code=option.code
        ),
        data={},
        metadata=None,
        rules=[],
        prices=_prices(option, price_id),
        calculated_price=price_shown(price_id, option.id, offer.amount_cents, option.currency_code, tax),
        insufficient_inventory=is_short,
    )


def location_id_of(option: ShippingOption) -> str:
    """The one place where goods start from, named after the region until the shop gives its address."""
    return option.location_id or f"sloc_{option.region_id.partition('_')[2]}"


def _prices(option: ShippingOption, price_id: str) -> list[ShippingPriceOut]:
    """The plain price of a flat option, then those that apply from an item total on; weights are our own matter."""
    code = option.currency_code
    steps = sorted(
        (step.from_item_total_cents, step) for step in option.steps if step.from_item_total_cents is not None
    )
    plain = ShippingPriceOut(id=price_id, currency_code=code, amount=to_wire(option.amount_cents, code), price_rules=[])
    return [*([plain] if option.price_type == "flat" else []), *(_step(step, cents, code) for cents, step in steps)]


def _step(step: ShippingPriceStep, from_cents: int, currency_code: str) -> ShippingPriceOut:
    value = to_wire(from_cents, currency_code).normalize()
    rule = PriceRuleOut(
        id=f"prule_{step.id.partition('_')[2]}", attribute="item_total", operator="gte", value=f"{value:f}"
    )
    return ShippingPriceOut(
        id=step.id,
        currency_code=currency_code,
        amount=to_wire(step.amount_cents, currency_code),
        price_rules=[rule],
    )


def _zone(option: ShippingOption) -> ServiceZoneOut:
    """Medusa's places, told from our region: one zone, one set per kind, one location."""
    number = option.region_id.partition("_")[2]
    location = LocationOut(id=location_id_of(option), address=_address(option.location))
    places = FulfillmentSetOut(id=f"fuset_{number}", type=option.kind, location=location)
    return ServiceZoneOut(id=f"serzo_{number}", fulfillment_set_id=places.id, fulfillment_set=places)


def _address(location: ShippingLocation | None) -> LocationAddressOut | None:
    if location is None:
        return None
    return LocationAddressOut(
        id=f"laddr_{location.id.partition('_')[2]}",
        company=location.name,
        address_1=location.address_1,
        address_2=location.address_2,
        postal_code=location.postal_code,
        city=location.city,
        country_code=location.country_code,
        phone=location.phone,
    )
