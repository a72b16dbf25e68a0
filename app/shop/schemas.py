"""Where the shop sells, on the wire."""

from collections.abc import Sequence

from babel.numbers import get_currency_name, get_currency_precision, get_currency_symbol
from pydantic import BaseModel

from app.core.db import Json
from app.core.wire import WireInstant
from app.shop.models import Country, Region

WIRE_LOCALE = "en"  # the wire is English, pages are not


class CountryOut(BaseModel):
    """A country; its code in lower case."""

    iso_2: str
    iso_3: str
    num_code: str
    name: str
    display_name: str
    region_id: str | None


class RegionOut(BaseModel):
    """A region with its countries."""

    id: str
    name: str
    currency_code: str
    automatic_taxes: bool
    metadata: Json | None
    created_at: WireInstant
    updated_at: WireInstant
    deleted_at: WireInstant | None
    countries: list[CountryOut]


def region_out(region: Region) -> RegionOut:
    """A region whose countries are loaded."""
    return RegionOut(
        id=region.id,
        name=region.name,
        currency_code=region.currency_code,
        automatic_taxes=True,
        metadata=None,
        created_at=region.created_at,
        updated_at=region.updated_at,
        deleted_at=None,
        countries=_countries(region.countries),
    )


def _countries(countries: Sequence[Country]) -> list[CountryOut]:
    return [
        CountryOut(
            iso_2=country.iso_2,
            iso_3=country.iso_3,
            num_code=country.num_code,
            name=country.display_name.upper(),
            display_name=country.display_name,
            region_id=country.region_id,
        )
        for country in countries
    ]


class CurrencyOut(BaseModel):
    """A currency; its code in lower case."""

    code: str
    symbol: str
    symbol_native: str
    name: str
    decimal_digits: int
    rounding: int


def currency_out(code: str) -> CurrencyOut:
    """A currency by its code in lower case."""
    upper = code.upper()
    symbol = get_currency_symbol(upper, WIRE_LOCALE)
    return CurrencyOut(
        code=code,
        symbol=symbol,
        symbol_native=symbol,
        name=get_currency_name(upper, locale=WIRE_LOCALE),
        decimal_digits=get_currency_precision(upper),
        rounding=0,
    )
