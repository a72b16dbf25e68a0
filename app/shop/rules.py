"""Decisions about the shop's set-up."""

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import TypeVar
from zoneinfo import ZoneInfo

from babel.core import get_global

from app.shop.errors import UnknownCurrency

STANDARD = "standard"
FRANCHISE = "franchise"
# What replaces VAT on everything that such a seller shows, wherever the buyer lives (CGI art. 293 E).
FRANCHISE_CODE = "293B"
FRANCHISE_MENTION = "TVA non applicable, art. 293 B du CGI"
BUSINESS_TIME = ZoneInfo("Europe/Paris")

T = TypeVar("T")


def check_currency(code: str) -> None:
    """A currency is a code of ISO 4217 in lower case (source: store-api, Region).

    Raises `UnknownCurrency`.
    """
    if code != code.lower() or code.upper() not in get_global("all_currencies"):
        raise UnknownCurrency(f"Currency with code {code} is not known")


def compute_business_day(instant: datetime) -> date:
    """The shop's day begins at midnight in Paris, summer and winter (design §4.16)."""
    return instant.astimezone(BUSINESS_TIME).date()


def compute_day_start(day: date) -> datetime:
    """The instant at which a business day begins; the day before ends with it (design §4.16)."""
    return datetime.combine(day, time(), BUSINESS_TIME)


def pick_rate(rates: Mapping[str, T], category: str) -> T | None:
    """Goods without a rate of their own in a country bear its standard rate (CGI art. 278).

    None where the country has no rate at all.
    """
    return rates.get(category, rates.get(STANDARD))
