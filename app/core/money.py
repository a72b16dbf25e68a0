"""Integer cents inside, decimal major units on the Medusa wire: the only place that converts (design §4.4)."""

from decimal import Decimal
from functools import lru_cache
from typing import Annotated

from babel.numbers import get_currency_precision
from pydantic import PlainSerializer

WireAmount = Annotated[Decimal, PlainSerializer(float, return_type=float, when_used="json")]
"""A field of a wire shape: an exact `Decimal` in Python, a JSON number (never a string) outside."""


def to_wire(cents: int, currency_code: str) -> Decimal:
    """Turn an amount in the currency's smallest unit into major units: 34900 EUR cents are 349.00."""
    return Decimal(cents).scaleb(-get_currency_precision(currency_code.upper()))


@lru_cache(maxsize=8_192)
def to_wire_number(cents: int, currency_code: str) -> float:
    """The same as the JSON number itself, for answers that are written without a model."""
    exact = to_wire(cents, currency_code)
    return float(exact)
