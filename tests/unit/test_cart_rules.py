"""What may be done to a cart."""

from datetime import UTC, datetime

import pytest

from app.carts.errors import CartCompleted, CartTooLarge, CountryOutsideRegion, InvalidPromotionCode
from app.carts.rules import (
    MOST_LINES,
    MOST_PIECES,
    check_changeable,
    check_country,
    check_payable,
    check_promotion_codes,
    check_size,
)
from app.pricing.rules import HIGHEST_AMOUNT_CENTS


def test_a_completed_cart_is_only_read() -> None:
    check_changeable("cart_1", None)
    with pytest.raises(CartCompleted, match=r"^Cart cart_1 is already completed\.$"):
        check_changeable("cart_1", datetime(2026, 11, 21, tzinfo=UTC))


def test_a_cart_travels_within_its_region() -> None:
    check_country("fr", "Europe", ["fr", "be"])
    check_country(None, "Europe", ["fr", "be"])
    with pytest.raises(CountryOutsideRegion, match=r"^Country with code us is not within region Europe$"):
        check_country("us", "Europe", ["fr", "be"])


def test_a_cart_has_limits() -> None:
    check_size(MOST_LINES, MOST_PIECES)
    check_payable(HIGHEST_AMOUNT_CENTS)
    with pytest.raises(CartTooLarge, match="at most 200 lines"):
        check_size(MOST_LINES + 1, 1)
    with pytest.raises(CartTooLarge, match="at most 10000 pieces"):
        check_size(1, MOST_PIECES + 1)
    with pytest.raises(CartTooLarge, match="more than one payment"):
        check_payable(HIGHEST_AMOUNT_CENTS + 1)


def test_no_code_is_valid_and_none_is_fine() -> None:
    check_promotion_codes([])
    with pytest.raises(InvalidPromotionCode, match=r"^The promotion code NOEL is invalid$"):
        check_promotion_codes(["NOEL", "ETE"])
