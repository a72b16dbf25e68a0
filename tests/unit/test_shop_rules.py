"""Business days, currencies, VAT rates, prices, movements."""

from datetime import UTC, date, datetime

import pytest

from app.pricing.errors import InvalidPrice
from app.pricing.rules import check_price
from app.shop.errors import CurrencyCountedOtherwise, UnknownCurrency
from app.shop.rules import check_currency, compute_business_day, pick_rate
from app.stock.errors import InsufficientInventory, InvalidQuantity
from app.stock.rules import check_available, check_movement


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        (datetime(2026, 12, 31, 22, 59, tzinfo=UTC), date(2026, 12, 31)),
        (datetime(2026, 12, 31, 23, 0, tzinfo=UTC), date(2027, 1, 1)),
        (datetime(2026, 7, 1, 21, 59, tzinfo=UTC), date(2026, 7, 1)),
        (datetime(2026, 7, 1, 22, 0, tzinfo=UTC), date(2026, 7, 2)),
    ],
)
def test_the_day_begins_at_midnight_in_paris(instant: datetime, day: date) -> None:
    assert compute_business_day(instant) == day


def test_a_currency_is_a_known_code_in_lower_case() -> None:
    check_currency("eur")
    for code in ("EUR", "xyz", "", "euro"):
        with pytest.raises(UnknownCurrency):
            check_currency(code)


def test_a_currency_has_the_cents_that_stripe_counts() -> None:
    """Krónur, dinars of Serbia and lekë have none here and two at Stripe: a hundredth would be charged."""
    for code in ("eur", "jpy", "xof", "kwd", "tnd"):
        check_currency(code)
    for code in ("isk", "rsd", "all", "ugx", "lbp"):
        with pytest.raises(CurrencyCountedOtherwise, match=f"La devise {code} .* / .* {code} yet"):
            check_currency(code)


def test_goods_without_a_rate_bear_the_standard_one() -> None:
    rates = {"standard": 20, "book": 5}
    assert (pick_rate(rates, "book"), pick_rate(rates, "wine"), pick_rate({"book": 5}, "wine")) == (5, 20, None)


def test_a_price_can_be_charged() -> None:
    check_price(0)
    check_price(99_999_999)
    for amount in (-1, 100_000_000):
        with pytest.raises(InvalidPrice):
            check_price(amount)


def test_pieces_that_are_not_there_are_not_sold() -> None:
    check_available({"v1": 2, "v2": 1}, {"v1": 2, "v2": 5})
    check_available({}, {})
    for wanted in ({"v1": 3}, {"v1": 2, "v3": 1}):
        with pytest.raises(InsufficientInventory):
            check_available(wanted, {"v1": 2})


def test_a_movement_has_a_size() -> None:
    check_movement(1)
    check_movement(1_000_000)
    for quantity in (0, -1, 1_000_001):
        with pytest.raises(InvalidQuantity):
            check_movement(quantity)
