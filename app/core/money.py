"""Integer cents inside, decimal major units on the Medusa wire: the only place that converts (design §4.4)."""

from decimal import Decimal
from functools import lru_cache
from typing import Annotated

from babel.numbers import get_currency_precision
from pydantic import BeforeValidator, Field, PlainSerializer

from app.core.errors import InvalidRequest

WireAmount = Annotated[Decimal, PlainSerializer(float, return_type=float, when_used="json")]
"""A field of a wire shape: an exact `Decimal` in Python, a JSON number (never a string) outside."""

LARGEST_AMOUNT = 21_000_000  # in units: the cents of any currency fit into the columns


def keep_exact(value: object) -> object:
    """A JSON number as what it was written as; anything else stays for the type to refuse."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return Decimal(str(value)) if is_number else value


GivenAmount = Annotated[Decimal, BeforeValidator(keep_exact), Field(gt=0, le=LARGEST_AMOUNT, allow_inf_nan=False)]
"""A field of a body: an amount above nought in currency units, as exact as it was typed."""
GivenPrice = Annotated[Decimal, BeforeValidator(keep_exact), Field(ge=0, le=LARGEST_AMOUNT, allow_inf_nan=False)]
"""The same for a price, which may be nought."""


def to_wire(cents: int, currency_code: str) -> Decimal:
    """Turn an amount in the currency's smallest unit into major units: 34900 EUR cents are 349.00."""
    return Decimal(cents).scaleb(-get_currency_precision(currency_code.upper()))


def from_wire(amount: Decimal, currency_code: str) -> int:
    """The other way: 349.00 EUR is 34900 cents; what the currency cannot pay (0.001) is refused, never rounded."""
    cents = amount.scaleb(get_currency_precision(currency_code.upper()))
    if cents != cents.to_integral_value():
        raise InvalidRequest("Invalid request: The amount has more decimals than its currency")
    return int(cents)


@lru_cache(maxsize=8_192)
def to_wire_number(cents: int, currency_code: str) -> float:
    """The same as the JSON number itself, for answers that are written without a model."""
    exact = to_wire(cents, currency_code)
    return float(exact)
