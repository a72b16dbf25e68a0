"""Decisions about the shop's set-up."""

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import TypeVar
from zoneinfo import ZoneInfo

from babel.core import get_global
from babel.numbers import get_currency_precision
from stdnum.eu import vat as eu_vat
from stdnum.fr import siret as french_siret

from app.shop.errors import CurrencyCountedOtherwise, SellerRefused, UnknownCurrency

STANDARD = "standard"
FRANCHISE = "franchise"
# What replaces VAT on everything that such a seller shows, wherever the buyer lives (CGI art. 293 E).
FRANCHISE_CODE = "293B"
FRANCHISE_MENTION = "TVA non applicable, art. 293 B du CGI"
BUSINESS_TIME = ZoneInfo("Europe/Paris")
# How many decimals Stripe's amounts have, where not two (docs.stripe.com/currencies).
STRIPE_DECIMALS = {
    "bif": 0, "clp": 0, "djf": 0, "gnf": 0, "jpy": 0, "kmf": 0, "krw": 0, "mga": 0, "pyg": 0, "rwf": 0, "vnd": 0,
    "vuv": 0, "xaf": 0, "xof": 0, "xpf": 0, "bhd": 3, "jod": 3, "kwd": 3, "omr": 3, "tnd": 3,
}  # fmt: skip

T = TypeVar("T")


def check_currency(code: str) -> None:
    """A currency is a code of ISO 4217 in lower case (source: store-api, Region), whose cents are Stripe's.

    Of some Stripe has cents and we have none (isk, rsd): 5000 krónur would be charged as 50. Raises `UnknownCurrency`,
    `CurrencyCountedOtherwise`.
    """
    if code != code.lower() or code.upper() not in get_global("all_currencies"):
        raise UnknownCurrency(f"Currency with code {code} is not known")
    if get_currency_precision(code.upper()) != STRIPE_DECIMALS.get(code, 2):
        raise CurrencyCountedOtherwise(code)


def check_seller(siret: str, vat_number: str | None, country_code: str) -> None:
    """An establishment in France by its SIRET, and a VAT number whose check digits fit. Source: french-rules §2.4.

    Raises `SellerRefused`.
    """
    if not french_siret.is_valid(siret) or siret != french_siret.compact(siret):
        raise SellerRefused("SIRET : quatorze chiffres, sans espace, dont la clé doit tomber juste. / fourteen digits.")
    if vat_number is not None and (not eu_vat.is_valid(vat_number) or vat_number[4:] != siret[:9]):
        raise SellerRefused(
            "N° de TVA : FR, deux signes de clé, puis le SIREN. / VAT number: FR, a two-sign key, then the SIREN."
        )
    if country_code != "fr":
        raise SellerRefused("Le vendeur est établi en France (fr). / The seller is established in France (fr).")


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
