"""Which price applies, and what a reduction is compared with (french-rules §2.6)."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.pricing.errors import InvalidPriceList, NotAReduction, PriorPriceUnknown
from app.pricing.rules import (
    ALWAYS,
    AppliedPrice,
    Asked,
    HistoryRow,
    PriorPrice,
    check_price_list,
    check_reduction,
    compute_applied_prices,
    compute_effective_price,
    compute_lowest_price_30d,
    compute_prior_price,
    compute_reduction_start,
    decide_asked_price,
)

SALE_AT = datetime(2026, 11, 21, 8, tzinfo=UTC)
LONG_AGO = SALE_AT - timedelta(days=365)

OWN = Asked(34_900, "price_own")
SALE = Asked(29_900, "price_sale", "plist_1", "sale")
LOWER_SALE = Asked(27_900, "price_sale_2", "plist_2", "sale")
OVERRIDE = Asked(31_900, "price_over", "plist_3", "override")
DEARER = Asked(39_900, "price_over", "plist_3", "override")


def day(number: float) -> datetime:
    """So many days before the sale (negative: after it)."""
    return SALE_AT - timedelta(days=number)


def own(amount_cents: int, from_day: float, to_day: float | None = None) -> AppliedPrice:
    return AppliedPrice(amount_cents, None, day(from_day), ALWAYS if to_day is None else day(to_day))


def listed(amount_cents: int, list_type: str, from_day: float, to_day: float) -> AppliedPrice:
    return AppliedPrice(amount_cents, list_type, day(from_day), day(to_day))


def prior(*applied: AppliedPrice, sold_since: datetime | None = LONG_AGO) -> int | None:
    return compute_prior_price(applied, SALE_AT, sold_since).amount_cents


@pytest.mark.parametrize(
    ("asked", "applied", "regular"),
    [
        ((OWN,), OWN, OWN),
        ((OWN, SALE), SALE, OWN),
        ((SALE, OWN, LOWER_SALE), LOWER_SALE, OWN),
        ((OWN, OVERRIDE), OVERRIDE, OVERRIDE),
        ((OWN, OVERRIDE, SALE), SALE, OVERRIDE),
        ((OWN, DEARER), DEARER, DEARER),
        ((OWN, SALE._replace(amount_cents=35_000)), OWN, OWN),
        ((OWN, SALE._replace(amount_cents=34_900)), OWN, OWN),
        ((SALE,), SALE, SALE),
    ],
)
def test_which_price_applies(asked: Sequence[Asked], applied: Asked, regular: Asked) -> None:
    assert decide_asked_price(asked) == (applied, regular)


def test_a_reduction_shows_its_prior_price_not_the_regular_one() -> None:
    effective = compute_effective_price(decide_asked_price([OWN, SALE]), PriorPrice(32_900))
    assert (effective.amount_cents, effective.original_amount_cents) == (29_900, 32_900)
    assert (effective.price_id, effective.price_list_id, effective.price_list_type) == (
        "price_sale",
        "plist_1",
        "sale",
    )
    assert (effective.original_price_id, effective.original_price_list_id) == ("price_own", None)
    assert effective.is_reduced


@pytest.mark.parametrize("known", [None, 29_900, 25_000])
def test_a_sale_that_reduces_nothing_applies_without_being_announced(known: int | None) -> None:
    """The regular price fell below the planned sale price for a while: announcing it now would be a lie."""
    effective = compute_effective_price(decide_asked_price([OWN, SALE]), PriorPrice(known))
    assert (effective.amount_cents, effective.original_amount_cents) == (29_900, 29_900)
    assert (effective.price_list_type, effective.is_reduced) == ("override", False)


def test_an_override_shows_no_reduction() -> None:
    effective = compute_effective_price(decide_asked_price([OWN, OVERRIDE]), PriorPrice(34_900))
    assert (effective.amount_cents, effective.original_amount_cents) == (31_900, 31_900)
    assert effective.original_price_list_type == "override"


@pytest.mark.parametrize(
    ("applied", "expected"),
    [
        pytest.param([own(34_900, 365)], 34_900, id="one price for ever"),
        pytest.param([own(30_000, 365, 31), own(34_900, 31)], 34_900, id="cheaper until 31 days ago"),
        pytest.param([own(30_000, 365, 30), own(34_900, 30)], 34_900, id="cheaper until exactly 30 days ago"),
        pytest.param([own(30_000, 365, 29), own(34_900, 29)], 30_000, id="cheaper until 29 days ago"),
        pytest.param([own(34_900, 365, 2), own(39_900, 2)], 34_900, id="raised just before the sale"),
        pytest.param([own(34_900, 3)], 34_900, id="known for three days: its whole life"),
        pytest.param([own(34_900, 0)], None, id="priced at the very instant of the sale"),
        pytest.param([], None, id="never priced"),
        pytest.param(
            [own(34_900, 365), listed(29_900, "sale", 20, 10)], 29_900, id="an earlier sale, ended, is a price too"
        ),
        pytest.param([own(34_900, 365), listed(29_900, "sale", 60, 40)], 34_900, id="a sale of last quarter is not"),
        pytest.param(
            [own(34_900, 365), listed(29_900, "sale", 20, 0), listed(24_900, "sale", 0, -9)],
            34_900,
            id="successive reductions: the price before the first",
        ),
        pytest.param(
            [own(34_900, 365), listed(29_900, "sale", 80, 40), listed(24_900, "sale", 45, -1)],
            34_900,
            id="overlapping reductions of months: still before the first",
        ),
        pytest.param(
            [own(34_900, 365), listed(29_900, "sale", 20, 0.01)], 29_900, id="a gap of a quarter of an hour is a gap"
        ),
        pytest.param(
            [own(34_900, 365), listed(25_000, "override", 20, 15)], 25_000, id="another price for a while counts"
        ),
        pytest.param(
            [own(20_000, 365), listed(34_900, "override", 90, -90)],
            34_900,
            id="what an override replaced was asked of nobody",
        ),
        pytest.param(
            [own(20_000, 365), listed(34_900, "override", 90, 5)], 20_000, id="and was asked again once it ended"
        ),
        pytest.param(
            [own(20_000, 365), listed(34_900, "override", 90, 15), listed(33_900, "override", 15, -5)],
            33_900,
            id="two overrides without a gap",
        ),
    ],
)
def test_what_a_reduction_is_compared_with(applied: list[AppliedPrice], expected: int | None) -> None:
    assert prior(*applied) == expected


@pytest.mark.parametrize(
    ("sold_since", "expected"),
    [(day(400), 30_000), (day(12), 34_900), (day(0), None), (None, None)],
)
def test_a_draft_asks_nobody_for_its_price(sold_since: datetime | None, expected: int | None) -> None:
    applied = (own(30_000, 365, 20), own(34_900, 20))
    assert compute_lowest_price_30d(applied, SALE_AT, sold_since).amount_cents == expected


def test_the_period_of_reductions_is_a_chain_without_a_gap() -> None:
    chain = [listed(3, "sale", 9, 6), listed(2, "sale", 7, 3), listed(1, "sale", 3, -1), listed(9, "sale", 30, 20)]
    assert compute_reduction_start(chain, SALE_AT) == day(9)
    assert compute_reduction_start([listed(1, "override", 9, -9)], SALE_AT) == SALE_AT
    assert compute_reduction_start([listed(1, "sale", -1, -9)], SALE_AT) == SALE_AT


def test_a_source_says_one_thing_at_a_time() -> None:
    rows = [
        HistoryRow(None, None, 100, day(9), None, day(9)),
        HistoryRow(None, None, 90, day(5), None, day(5)),
        HistoryRow(None, None, 80, day(5), None, day(5)),  # in the same transaction: only the last one counts
        HistoryRow("plist", "sale", 70, day(4), day(1), day(8)),  # planned beforehand
        HistoryRow("plist", "sale", 60, day(2), day(1), day(2)),  # lowered while it ran
        HistoryRow("plist", "sale", None, day(1.5), None, day(1.5)),  # deleted before its end
        HistoryRow(None, None, None, day(1), None, day(1)),  # no price any more
    ]
    assert sorted(compute_applied_prices(rows), key=lambda each: (each.from_at, each.amount_cents)) == [
        AppliedPrice(100, None, day(9), day(5)),
        AppliedPrice(80, None, day(5), day(1)),
        AppliedPrice(70, "sale", day(4), day(2)),
        AppliedPrice(60, "sale", day(2), day(1.5)),
    ]


def test_a_list_ended_before_its_start_never_applied() -> None:
    planned = HistoryRow("plist", "sale", 70, day(1), day(-5), day(9))
    dropped = HistoryRow("plist", "sale", None, day(3), None, day(3))
    assert compute_applied_prices([planned, dropped]) == []


@pytest.mark.parametrize(
    "wrong",
    [
        (" ", "sale", "draft", day(0), None),
        ("Soldes", "discount", "draft", day(0), None),
        ("Soldes", "sale", "published", day(0), None),
        ("Soldes", "sale", "active", day(0), day(1)),
    ],
)
def test_a_list_that_contradicts_itself_is_refused(
    wrong: tuple[str, str, str, datetime, datetime | None],
) -> None:
    with pytest.raises(InvalidPriceList):
        check_price_list(*wrong)
    check_price_list("Soldes", "sale", "active", day(1), day(1))


def test_a_reduction_is_lower_than_a_known_price() -> None:
    check_reduction("AURA-NOIR", 29_900, PriorPrice(29_901))
    with pytest.raises(PriorPriceUnknown, match="AURA-NOIR: no price was applied before the reduction starts"):
        check_reduction("AURA-NOIR", 29_900, PriorPrice(None))
    with pytest.raises(NotAReduction, match="29900 cents is not lower than the lowest price of the 30 days before"):
        check_reduction("AURA-NOIR", 29_900, PriorPrice(29_900))


# A slow referee: walk through the hours of the window and take what was asked of everybody at each of them.
HOURS = st.integers(min_value=-24, max_value=24 * 45)
SPANS = st.tuples(
    st.integers(min_value=1, max_value=500), st.sampled_from([None, "sale", "override"]), HOURS, HOURS
).filter(lambda span: span[2] > span[3])


def asked_at(applied: Sequence[AppliedPrice], instant: datetime) -> int | None:
    during = [each for each in applied if each.from_at <= instant < each.to_at]
    asked = [
        Asked(each.amount_cents, str(number), each.list_type, each.list_type) for number, each in enumerate(during)
    ]
    return decide_asked_price(asked).applied.amount_cents if asked else None


@given(st.lists(SPANS, max_size=8), HOURS.filter(lambda hours: hours > 0))
def test_the_lowest_price_is_the_lowest_of_every_hour(
    spans: list[tuple[int, str | None, int, int]], sold_for_hours: int
) -> None:
    applied = [
        AppliedPrice(amount_cents, list_type, SALE_AT - timedelta(hours=start), SALE_AT - timedelta(hours=end))
        for amount_cents, list_type, start, end in spans
    ]
    sold_since = SALE_AT - timedelta(hours=sold_for_hours)
    hours = range(1, min(sold_for_hours, 30 * 24) + 1)
    asked = [asked_at(applied, SALE_AT - timedelta(hours=hour)) for hour in hours]
    expected = min((amount for amount in asked if amount is not None), default=None)
    assert compute_lowest_price_30d(applied, SALE_AT, sold_since).amount_cents == expected
