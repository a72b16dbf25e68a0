"""What invoices and credit notes come to: exact to the cent, whatever the rates and reductions."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.invoices.rules import (
    EXPORT,
    FRANCHISE,
    STANDARD,
    ZERO,
    DistanceSales,
    Part,
    RateSum,
    compute_credit,
    compute_distance_standing,
    compute_net_parts,
    compute_rate_sums,
    compute_tax,
    compute_treatment,
    is_distance_sale,
    spread,
)

RATES = [Decimal(rate) for rate in ("20.00", "10.00", "5.50", "2.10", "0.00")]
PARTS = st.lists(
    st.builds(
        lambda quantity, gross, share, rate: Part(
            quantity, gross, gross * share // 100, rate, STANDARD if rate else ZERO
        ),
        st.integers(1, 50),
        st.integers(0, 500_000),
        st.integers(0, 100),
        st.sampled_from(RATES),
    ),
    min_size=1,
    max_size=8,
)


@pytest.mark.parametrize(
    ("total_cents", "rate", "tax_cents"),
    [
        (34_900, "20.00", 5817),
        (1055, "5.50", 55),
        (100, "20.00", 17),
        (1, "20.00", 0),
        (0, "20.00", 0),
        (999, "0.00", 0),
    ],
)
def test_the_vat_within_an_amount(total_cents: int, rate: str, tax_cents: int) -> None:
    assert compute_tax(total_cents, Decimal(rate)) == tax_cents


@given(parts=PARTS)
@settings(max_examples=200, deadline=None)
def test_net_and_vat_are_what_is_paid_and_lines_add_up_to_their_rate(parts: list[Part]) -> None:
    sums, nets = compute_rate_sums(parts), compute_net_parts(parts, compute_rate_sums(parts))
    assert sum(each.net_cents + each.tax_cents for each in sums) == sum(part.total_cents for part in parts)
    assert sum(net.net_cents for net in nets) == sum(each.net_cents for each in sums)
    for each in sums:
        of_rate = [net.net_cents for part, net in zip(parts, nets, strict=True) if part.rate == each.rate]
        assert sum(of_rate) == each.net_cents
        assert each.tax_cents == compute_tax(each.total_cents, each.rate)
    assert all(0 <= net.net_cents <= net.gross_net_cents for net in nets)


@given(parts=PARTS, shares=st.lists(st.integers(1, 90), min_size=1, max_size=5))
@settings(max_examples=200, deadline=None)
def test_credit_notes_one_after_the_other_take_back_all_of_it_and_no_cent_more(
    parts: list[Part], shares: list[int]
) -> None:
    invoiced = compute_rate_sums(parts)
    credited: list[RateSum] = []
    left = sum(each.total_cents for each in invoiced)
    amounts = [left * share // 100 for share in shares]
    for amount in amounts:
        given_back = min(amount, left)
        note = compute_credit(invoiced, credited, given_back)
        assert sum(each.total_cents for each in note) == given_back
        credited += note
        left -= given_back
    credited += compute_credit(invoiced, credited, left + 1)
    for each in invoiced:
        of_rate = [one for one in credited if one.rate == each.rate]
        assert sum(one.total_cents for one in of_rate) == each.total_cents
        assert sum(one.tax_cents for one in of_rate) == each.tax_cents


def test_what_comes_back_takes_back_its_own_vat() -> None:
    book, watch = Part(1, 1055, 1055, Decimal("5.50"), STANDARD), Part(1, 34_900, 34_900, Decimal("20.00"), STANDARD)
    (note,) = compute_credit(compute_rate_sums([book, watch]), [], 1055, {Decimal("5.50"): 1055})
    assert (note.rate, note.total_cents, note.tax_cents) == (Decimal("5.50"), 1055, 55)


@pytest.mark.parametrize(
    ("amount", "weights", "shares"),
    [(10, [1, 1, 1], [4, 3, 3]), (0, [5, 5], [0, 0]), (7, [0, 0], [7, 0]), (100, [1, 99], [1, 99]), (5, [], [])],
)
def test_an_amount_is_spread_whole(amount: int, weights: list[int], shares: list[int]) -> None:
    assert spread(amount, weights) == shares


@pytest.mark.parametrize(
    ("code", "rate", "country", "treatment"),
    [
        ("fr-20", "20.00", "fr", STANDARD),
        ("293B", "0.00", "de", FRANCHISE),
        ("export", "0.00", "us", EXPORT),
        ("nought", "0.00", "de", ZERO),
        (None, "0.00", None, ZERO),
    ],
)
def test_why_something_bears_vat_or_none(code: str | None, rate: str, country: str | None, treatment: object) -> None:
    assert compute_treatment(code, Decimal(rate), country) == treatment


@pytest.mark.parametrize(
    ("last", "this", "sale", "standing"),
    [
        (0, 0, 0, "below"),
        (0, 799_999, 0, "below"),
        (0, 700_000, 100_000, "warning"),
        (0, 900_000, 100_000, "warning"),
        (0, 900_000, 100_001, "reached"),
        (1_000_000, 0, 0, "below"),
        (1_000_001, 0, 0, "reached"),
    ],
)
def test_when_no_more_is_sold_to_other_member_states(last: int, this: int, sale: int, standing: str) -> None:
    """French-rules §2.3: at or below 10,000 euros this year and the last; the sale that crosses is too much."""
    assert compute_distance_standing(DistanceSales(last, this), sale) == standing


def test_which_countries_are_other_member_states() -> None:
    found = [code for code in ("fr", "mc", "de", "gb", "ch", "gr", "us", None) if is_distance_sale(code)]
    assert found == ["de", "gr"]
