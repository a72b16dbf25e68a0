"""Sets up the ways to send an order or a return, and says which of them fit a parcel, at what price."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.core.audit_log import record_audit
from app.core.ids import new_id
from app.pricing.rules import check_price
from app.shipping import queries
from app.shipping.errors import CodeTaken, UnfitShippingOption
from app.shipping.models import ShippingDestination, ShippingLocation, ShippingOption, ShippingPriceStep
from app.shipping.rules import (
    Destination,
    Place,
    PriceStep,
    check_destination,
    check_weight,
    compute_shipping_amount,
    list_refused_by_default,
)
from app.shop.errors import RegionNotFound, UnknownCountry
from app.shop.models import Region
from app.shop.queries import find_region, list_known_countries


@dataclass(frozen=True)
class NewShippingOption:
    """A way to send, VAT included, in the region's currency; `kind` is `shipping` or `pickup`.

    `destinations` are added to what the law of the region refuses by default.
    """

    region_id: str
    code: str
    name: str
    amount_cents: int
    description: str = ""
    kind: str = "shipping"
    rank: int = 0
    is_return: bool = False
    steps: tuple[PriceStep, ...] = ()
    max_weight_grams: int | None = None
    destinations: tuple[Destination, ...] = ()
    location_id: str | None = None


@dataclass(frozen=True)
class NewLocation:
    """Where parcels start and goods are picked up; its name is its own."""

    name: str
    address_1: str
    postal_code: str
    city: str
    country_code: str
    address_2: str | None = None
    phone: str | None = None


@dataclass(frozen=True)
class Parcel:
    """What is to be sent: its region, what the goods come to, what they weigh, and where they go."""

    region_id: str
    item_total_cents: int
    weight_grams: int
    place: Place


@dataclass(frozen=True)
class Offer:
    """An option that fits, at the price of this parcel."""

    option: ShippingOption
    amount_cents: int


def list_offers(session: Session, parcel: Parcel, *, is_return: bool = False) -> list[Offer]:
    """The ways to send this parcel, or to send it back, in the shop's order."""
    options = queries.list_kept_options(session, parcel.region_id, is_return=is_return)
    offers = [_find_offer(option, parcel) for option in options]
    return [offer for offer in offers if offer is not None]


def find_offer(session: Session, option_id: str, parcel: Parcel, *, is_return: bool = False) -> Offer | None:
    """This option for this parcel, or None when it no longer fits."""
    option = queries.find_kept_option(session, option_id)
    if option is None or not option.is_active:
        return None
    if (option.region_id, option.is_return) != (parcel.region_id, is_return):
        return None
    return _find_offer(option, parcel)


def _find_offer(option: ShippingOption, parcel: Parcel) -> Offer | None:
    terms = option.terms
    try:
        check_weight(terms, parcel.weight_grams)
        check_destination(terms, parcel.place)
    except UnfitShippingOption:
        return None
    return Offer(option, compute_shipping_amount(terms, parcel.item_total_cents, parcel.weight_grams))


def create_location(session: Session, new: NewLocation) -> ShippingLocation:
    """A place where goods start from or wait for their buyer; a name that is taken gives the place it names."""
    known = queries.find_location_by_name(session, new.name)
    if known is not None:
        return known
    location = ShippingLocation(
        id=new_id("sloc"),
        name=new.name,
        phone=new.phone,
        address_1=new.address_1,
        address_2=new.address_2,
        postal_code=new.postal_code,
        city=new.city,
        country_code=new.country_code.lower(),
    )
    session.add(location)
    session.flush()  # options refer to it
    return location


def create_option(session: Session, new: NewShippingOption) -> ShippingOption:
    """Offer one more way to send; raises `CodeTaken`, `RegionNotFound`, `UnknownCountry`, `InvalidPrice`."""
    for amount_cents in (new.amount_cents, *(step.amount_cents for step in new.steps)):
        check_price(amount_cents)
    region = find_region(session, new.region_id)
    if region is None:
        raise RegionNotFound
    if queries.find_option_by_code(session, new.region_id, new.code):
        raise CodeTaken(f"Shipping option with code {new.code} already exists")
    option = ShippingOption(
        id=new_id("so"),
        region_id=new.region_id,
        code=new.code,
        name=new.name,
        description=new.description,
        kind=new.kind,
        amount_cents=new.amount_cents,
        currency_code=region.currency_code,
        rank=new.rank,
        is_return=new.is_return,
        max_weight_grams=new.max_weight_grams,
        location_id=new.location_id,
        steps=create_steps(new.steps),
        destinations=create_destinations(session, _list_destinations(new, region)),
    )
    session.add(option)
    record_audit(session, "shipping_option.create", option.id, {"code": new.code, "amount_cents": new.amount_cents})
    session.flush()  # the caller and the carts of the same transaction name it
    return option


def _list_destinations(new: NewShippingOption, region: Region) -> tuple[Destination, ...]:
    """What is handed over in the shop, or comes back to it, is no delivery to where its buyer lives."""
    if new.kind == "pickup" or new.is_return:
        return new.destinations
    refused = list_refused_by_default([country.iso_2 for country in region.countries])
    return (*new.destinations, *(each for each in refused if each not in new.destinations))


def create_steps(steps: Sequence[PriceStep]) -> list[ShippingPriceStep]:
    """Rows for other prices from a total or a weight on."""
    return [
        ShippingPriceStep(
            id=new_id("price"),
            from_item_total_cents=step.from_item_total_cents,
            from_weight_grams=step.from_weight_grams,
            amount_cents=step.amount_cents,
        )
        for step in steps
    ]


def create_destinations(session: Session, destinations: Sequence[Destination]) -> list[ShippingDestination]:
    """Rows for where it goes, or never goes; raises `UnknownCountry`."""
    named = {each.country_code for each in destinations}
    unknown = sorted(named - list_known_countries(session, named))
    if unknown:
        raise UnknownCountry(f"Countries with codes: '{', '.join(unknown)}' do not exist")
    return [
        ShippingDestination(
            id=new_id("geo"),
            country_code=each.country_code,
            is_served=each.is_served,
            province=each.province,
            postal_prefix=each.postal_prefix,
        )
        for each in destinations
    ]
