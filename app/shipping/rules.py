"""What sending costs, and where an option goes."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.shipping.errors import UnfitShippingOption


@dataclass(frozen=True)
class PriceStep:
    """Another price from an item total or from a weight on; one of the two is given."""

    amount_cents: int
    from_item_total_cents: int | None = None
    from_weight_grams: int | None = None


@dataclass(frozen=True)
class Destination:
    """A country, or a part of it by province or by the beginning of its postal codes; '' leaves it open."""

    country_code: str
    is_served: bool = True
    province: str = ""
    postal_prefix: str = ""


@dataclass(frozen=True)
class Terms:
    """What an option costs, what it carries at most, and where it goes; without destinations: the whole region."""

    amount_cents: int
    steps: tuple[PriceStep, ...] = ()
    max_weight_grams: int | None = None
    destinations: tuple[Destination, ...] = ()


@dataclass(frozen=True)
class Place:
    """Where a parcel goes, as far as the buyer has said; parts not said yet are empty."""

    country_code: str | None = None
    province: str | None = None
    postal_code: str | None = None


# Their VAT is not mainland France's, and their postal codes are French: Corsica, and what lies overseas.
OUTSIDE_FRENCH_VAT = ("20", "97", "984", "986", "987", "988")
# `F-20000`, `FR-20000`: a country's sign in front of its postal codes, as it is written abroad.
_SIGNS = {"fr": ("fr", "f")}


def compute_shipping_amount(terms: Terms, item_total_cents: int, weight_grams: int) -> int:
    """The highest item total reached sets the price, else the highest weight reached, else the option's own price.

    Source: store-api §6 (price rules on `item_total`), §3 (calculated options).
    """
    by_total = [
        (step.from_item_total_cents, step.amount_cents)
        for step in terms.steps
        if step.from_item_total_cents is not None and step.from_item_total_cents <= item_total_cents
    ]
    by_weight = [
        (step.from_weight_grams, step.amount_cents)
        for step in terms.steps
        if step.from_weight_grams is not None and step.from_weight_grams <= weight_grams
    ]
    reached = max(by_total, default=None) or max(by_weight, default=None)
    return reached[1] if reached else terms.amount_cents


def check_weight(terms: Terms, weight_grams: int) -> None:
    """A parcel is not heavier than the option carries (source: store-api §6, unfit options).

    Raises `UnfitShippingOption`.
    """
    if terms.max_weight_grams is not None and weight_grams > terms.max_weight_grams:
        raise UnfitShippingOption


def check_destination(terms: Terms, place: Place) -> None:
    """An option goes where it says, and never where it is refused; nothing is refused before the country is known.

    Source: store-api §6 (filtered by the address), french-rules §2.2. Raises `UnfitShippingOption`.
    """
    if not place.country_code:
        return
    refused = [each for each in terms.destinations if not each.is_served]
    served = [each for each in terms.destinations if each.is_served]
    if any(_covers(each, place, is_unsaid_covered=False) for each in refused):
        raise UnfitShippingOption
    if served and not any(_covers(each, place, is_unsaid_covered=True) for each in served):
        raise UnfitShippingOption


def list_refused_by_default(countries: Sequence[str]) -> tuple[Destination, ...]:
    """Corsica and the overseas territories have other VAT rates: no parcel goes there. Source: french-rules §2.2."""
    if "fr" not in countries:
        return ()
    return tuple(Destination("fr", is_served=False, postal_prefix=prefix) for prefix in OUTSIDE_FRENCH_VAT)


def _covers(destination: Destination, place: Place, *, is_unsaid_covered: bool) -> bool:
    if destination.country_code != (place.country_code or "").lower():
        return False
    province, postal_code = _normalise(place.province), _normalise(place.postal_code)
    spellings = (postal_code, *(postal_code.removeprefix(sign) for sign in _SIGNS.get(destination.country_code, ())))
    wanted_province, prefix = _normalise(destination.province), _normalise(destination.postal_prefix)
    return (not wanted_province or province == wanted_province or (is_unsaid_covered and not province)) and (
        not prefix
        or any(spelling.startswith(prefix) for spelling in spellings)
        or (is_unsaid_covered and not postal_code)
    )


def _normalise(text: str | None) -> str:
    """`20 000`, `20-000` and `20000` are one code."""
    return "".join(character for character in (text or "").lower() if character.isalnum())
