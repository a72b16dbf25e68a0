"""How long pieces are kept from others for a cart that is being paid."""

from datetime import UTC, datetime, timedelta

import pytest

from app.stock.rules import compute_promise_end, compute_promise_start

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def after(minutes: int) -> datetime:
    """So many minutes after the first promise."""
    return NOON + timedelta(minutes=minutes)


@pytest.mark.parametrize(("minutes", "until"), [(0, 15), (14, 29), (30, 45), (31, 45), (45, 45), (179, 45)])
def test_an_attempt_has_a_quarter_of_an_hour_and_a_cart_three(minutes: int, until: int) -> None:
    since = compute_promise_start(NOON, after(minutes))
    assert compute_promise_end(since, after(minutes)) == after(until)


@pytest.mark.parametrize("minutes", [180, 10_000])
def test_three_hours_after_the_first_the_count_begins_anew(minutes: int) -> None:
    assert compute_promise_start(NOON, after(minutes)) == after(minutes)
    assert compute_promise_start(None, NOON) == NOON
