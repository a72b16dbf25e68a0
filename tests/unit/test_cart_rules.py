"""What may be done to a cart."""

from datetime import UTC, datetime, timedelta

import pytest

from app.carts.errors import CartCompleted, CartNotFound, CartTooLarge, CountryOutsideRegion
from app.carts.rules import (
    LIFE,
    MOST_CODES,
    MOST_LINES,
    MOST_PIECES,
    check_changeable,
    check_codes,
    check_country,
    check_open_by_id,
    check_payable,
    check_size,
    merge_details,
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
    check_codes(MOST_CODES)
    with pytest.raises(CartTooLarge, match="at most 20 promotion codes"):
        check_codes(MOST_CODES + 1)
    with pytest.raises(CartTooLarge, match="at most 200 lines"):
        check_size(MOST_LINES + 1, 1)
    with pytest.raises(CartTooLarge, match="at most 10000 pieces"):
        check_size(1, MOST_PIECES + 1)
    with pytest.raises(CartTooLarge, match="more than one payment"):
        check_payable(HIGHEST_AMOUNT_CENTS + 1)


def test_metadata_is_merged_and_an_empty_text_takes_a_key_away() -> None:
    assert merge_details(None, {"a": 1}) == {"a": 1}
    assert merge_details({"a": 1, "b": {"c": 2}}, {"b": "", "d": [3]}) == {"a": 1, "d": [3]}
    assert merge_details({"a": 1}, None) is None
    with pytest.raises(CartTooLarge, match="at most 10000 characters"):
        merge_details({"a": "x" * 6_000}, {"b": "x" * 6_000})


def test_a_cart_lives_seven_days_and_what_was_bought_is_read_for_thirty() -> None:
    now = datetime(2026, 11, 21, tzinfo=UTC)
    check_open_by_id("cart_1", now, None, now)
    check_open_by_id("cart_1", now - timedelta(days=20), now - timedelta(days=30), now)
    for expires_at, completed_at in ((now - timedelta(seconds=1), None), (now, now - timedelta(days=30, seconds=1))):
        with pytest.raises(CartNotFound, match=r"^Cart with id 'cart_1' not found$"):
            check_open_by_id("cart_1", expires_at, completed_at, now)
    assert LIFE.days == 7
