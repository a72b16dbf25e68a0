"""Ways to send on the wire, as both of Medusa's APIs show them (store-api §6)."""

from pydantic import BaseModel

from app.core.db import Json
from app.core.money import WireAmount, to_wire
from app.shipping.models import ShippingLocation, ShippingOption, ShippingPriceStep

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


class ShownOptionOut(BaseModel):
    """A way to send as both APIs show it."""

    id: str
    name: str
    price_type: str
    service_zone_id: str
    service_zone: ServiceZoneOut
    shipping_profile_id: None
    provider_id: str
    provider: ShippingProviderOut
    type: ShippingTypeOut
    data: Json
    metadata: Json | None
    prices: list[ShippingPriceOut]


def shown_option_values(option: ShippingOption) -> dict[str, object]:
    """The fields of `ShownOptionOut`."""
    number, zone = option.id.partition("_")[2], _zone(option)
    return {
        "id": option.id,
        "name": option.name,
        "price_type": option.price_type,
        "service_zone_id": zone.id,
        "service_zone": zone,
        "shipping_profile_id": None,
        "provider_id": PROVIDER,
        "provider": ShippingProviderOut(id=PROVIDER, is_enabled=True),
        "type": ShippingTypeOut(
            id=f"sotype_{number}", label=option.name, description=option.description, code=option.code
        ),
        "data": {},
        "metadata": None,
        "prices": _prices(option, price_id_of(option)),
    }


def price_id_of(option: ShippingOption) -> str:
    """The id of an option's plain price."""
    return f"price_{option.id.partition('_')[2]}"


def zone_id_of(region_id: str) -> str:
    """Medusa's zone of a region: every region has one."""
    return f"serzo_{region_id.partition('_')[2]}"


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
    return ServiceZoneOut(id=zone_id_of(option.region_id), fulfillment_set_id=places.id, fulfillment_set=places)


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
