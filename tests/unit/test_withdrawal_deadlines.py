"""The days of a withdrawal against tables written by hand from the calendar, and Easter against a second almanac."""

from datetime import UTC, date, datetime, timedelta

import pytest
from dateutil.easter import easter  # type: ignore[import-untyped]

from app.returns.compute_deadlines import (
    Surcharge,
    compute_easter,
    compute_holidays,
    compute_refund_due,
    compute_sending_end,
    compute_surcharge,
    compute_withdrawal_end,
    compute_working_day,
)
from app.shop.rules import compute_business_day, compute_day_start


def day(text: str) -> date:
    return date.fromisoformat(text)


def test_easter_is_that_of_another_almanac_for_three_centuries() -> None:
    for year in range(1900, 2200):
        assert compute_easter(year) == easter(year), year


@pytest.mark.parametrize(
    ("year", "days"),
    [
        (2025, "01-01 04-21 05-01 05-08 05-29 06-09 07-14 08-15 11-01 11-11 12-25"),
        (2026, "01-01 04-06 05-01 05-08 05-14 05-25 07-14 08-15 11-01 11-11 12-25"),
        (2027, "01-01 03-29 05-01 05-06 05-08 05-17 07-14 08-15 11-01 11-11 12-25"),
        (2028, "01-01 04-17 05-01 05-08 05-25 06-05 07-14 08-15 11-01 11-11 12-25"),
    ],
)
def test_the_holidays_of_a_year(year: int, days: str) -> None:
    assert compute_holidays(year) == {day(f"{year}-{each}") for each in days.split()}


def test_ascension_on_a_holiday_counts_once() -> None:
    """In 2008 Ascension fell on the first of May."""
    assert (len(compute_holidays(2008)), day("2008-05-01") in compute_holidays(2008)) == (10, True)


@pytest.mark.parametrize(
    ("received", "end"),
    [
        # french-rules §2.5
        ("2026-11-06", "2026-11-20"),
        ("2026-11-07", "2026-11-23"),
        ("2026-11-08", "2026-11-23"),
        # 14 July on a Monday (2025): Saturday 12, Sunday 13 and the holiday are passed over.
        ("2025-06-28", "2025-07-15"),
        ("2025-06-29", "2025-07-15"),
        ("2025-06-30", "2025-07-15"),
        ("2025-07-01", "2025-07-15"),
        # 14 July on a Tuesday (2026).
        ("2026-06-30", "2026-07-15"),
        # Easter Monday 2026-04-06: Saturday 4, Sunday 5, Monday 6. Good Friday 3 is no holiday.
        ("2026-03-20", "2026-04-03"),
        ("2026-03-21", "2026-04-07"),
        ("2026-03-23", "2026-04-07"),
        # Whit Monday 2026-05-25, Ascension 2026-05-14.
        ("2026-05-09", "2026-05-26"),
        ("2026-04-30", "2026-05-15"),
        # Friday 1 and Friday 8 May 2026, each with its weekend.
        ("2026-04-17", "2026-05-04"),
        ("2026-04-24", "2026-05-11"),
        # Christmas on a Friday (2026), a Saturday (2027), a Sunday (2022), and New Year with its weekend.
        ("2026-12-11", "2026-12-28"),
        ("2027-12-11", "2027-12-27"),
        ("2022-12-11", "2022-12-26"),
        ("2026-12-18", "2027-01-04"),
        ("2027-12-18", "2028-01-03"),
        # All Saints 2026 on a Sunday; Armistice 2026 on a Wednesday.
        ("2026-10-17", "2026-11-02"),
        ("2026-10-28", "2026-11-12"),
        # Leap years, and February of the others.
        ("2028-02-15", "2028-02-29"),
        ("2028-02-14", "2028-02-28"),
        ("2027-02-15", "2027-03-01"),
        # Days on which clocks change are days like others.
        ("2026-03-16", "2026-03-30"),
        ("2027-10-18", "2027-11-02"),
    ],
)
def test_the_last_day_of_a_withdrawal(received: str, end: str) -> None:
    got = compute_withdrawal_end(day(received), informed_on=day(received) - timedelta(days=3))
    assert got == day(end)
    assert got == compute_working_day(got)
    assert compute_sending_end(day(received)) == got


@pytest.mark.parametrize(
    ("received", "informed", "end"),
    [
        # Told on the day it arrived, or before: the usual end.
        ("2026-11-06", "2026-11-06", "2026-11-20"),
        # Told later: fourteen days from then.
        ("2026-11-06", "2026-11-07", "2026-11-23"),
        ("2026-11-06", "2027-03-01", "2027-03-15"),
        # Told too late to matter: never longer than without.
        ("2026-11-06", "2027-11-15", "2027-11-22"),
        # Never told: twelve months more than the usual end, Saturday 2027-11-20 moved.
        ("2026-11-06", None, "2027-11-22"),
        ("2026-11-07", None, "2027-11-23"),
        # The usual end on 29 February.
        ("2028-02-15", None, "2029-02-28"),
        # Its twin a year later is Easter Monday (2027-03-29).
        ("2026-03-16", None, "2027-03-30"),
    ],
)
def test_who_was_not_told_has_longer(received: str, informed: str | None, end: str) -> None:
    assert compute_withdrawal_end(day(received), day(informed) if informed else None) == day(end)


def test_a_day_begins_and_ends_in_paris() -> None:
    """A parcel of 23:30 in Paris in winter and in summer; the last instant of a day, and of days of 23 and 25 hours."""
    for instant, on in (
        (datetime(2026, 11, 6, 22, 59, 59, tzinfo=UTC), "2026-11-06"),
        (datetime(2026, 11, 6, 23, 0, tzinfo=UTC), "2026-11-07"),
        (datetime(2026, 6, 30, 21, 59, 59, tzinfo=UTC), "2026-06-30"),
        (datetime(2026, 6, 30, 22, 0, tzinfo=UTC), "2026-07-01"),
        (datetime(2027, 3, 28, 21, 59, 59, tzinfo=UTC), "2027-03-28"),
        (datetime(2027, 10, 31, 22, 59, 59, tzinfo=UTC), "2027-10-31"),
    ):
        assert compute_business_day(instant) == day(on), instant
    for on, hours in (("2027-03-28", 23), ("2027-10-31", 25), ("2026-11-20", 24)):
        tomorrow = day(on) + timedelta(days=1)
        length = compute_day_start(tomorrow).astimezone(UTC) - compute_day_start(day(on)).astimezone(UTC)
        assert length == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("declared", "unlocked", "due"),
    [
        ("2026-11-06", "2026-11-06", "2026-11-20"),
        ("2026-11-06", "2026-11-20", "2026-11-20"),
        ("2026-11-06", "2026-11-25", "2026-11-25"),
        # Never moved: whoever owes money owes it on a Saturday too.
        ("2026-11-07", "2026-11-10", "2026-11-21"),
    ],
)
def test_the_last_day_to_refund(declared: str, unlocked: str, due: str) -> None:
    assert compute_refund_due(day(declared), day(unlocked)) == day(due)


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (-3, Surcharge(0, "none")),
        (0, Surcharge(0, "none")),
        (1, Surcharge(1, "legal_rate")),
        (10, Surcharge(10, "legal_rate")),
        (11, Surcharge(11, "percent", 5, 1_745)),
        (20, Surcharge(20, "percent", 5, 1_745)),
        (21, Surcharge(21, "percent", 10, 3_490)),
        (30, Surcharge(30, "percent", 10, 3_490)),
        (31, Surcharge(31, "percent", 20, 6_980)),
        (60, Surcharge(60, "percent", 20, 6_980)),
        (61, Surcharge(61, "percent", 50, 17_450)),
        (90, Surcharge(90, "percent", 50, 17_450)),
        (91, Surcharge(91, "percent", 55, 19_195)),
        (120, Surcharge(120, "percent", 55, 19_195)),
        (121, Surcharge(121, "percent", 60, 20_940)),
        (390, Surcharge(390, "whole_price", 100, 34_900)),
        (4_000, Surcharge(4_000, "whole_price", 100, 34_900)),
    ],
)
def test_what_a_late_refund_costs(days: int, expected: Surcharge) -> None:
    assert compute_surcharge(34_900, days) == expected


def test_cents_of_a_surcharge_are_rounded_half_up() -> None:
    assert [compute_surcharge(cents, 15).amount_cents for cents in (9, 10, 29, 30, 50)] == [0, 1, 1, 2, 3]
