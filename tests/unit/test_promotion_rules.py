"""What a promotion takes off: to the cent, never more than there is, and never less for a fuller cart."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.carts.rules import Charge, compute_charge, compute_totals
from app.carts.schemas import totals_values
from app.promotions.errors import InvalidPromotion, InvalidPromotionCode
from app.promotions.rules import (
    Adjustment,
    Purchase,
    Target,
    Terms,
    check_code,
    check_new_promotion,
    check_use,
    compute_adjustments,
    decide_standing,
    fold_code,
    spread,
)

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
PURCHASE = Purchase("eur", 10_000, NOW)
TEN = Terms("promo_1", "DIX", percentage=Decimal(10))
FIVE = Terms("promo_2", "CINQ", amount_cents=500, currency_code="eur")

percentages = st.decimals("0.01", 100, places=2)
values = st.one_of(
    percentages.map(lambda percentage: {"percentage": percentage}),
    st.integers(1, 200_000).map(lambda cents: {"amount_cents": cents, "currency_code": "eur"}),
)
reach = st.one_of(
    st.just({"allocation": "across"}),
    st.just({"allocation": "across", "target_type": "order"}),
    st.one_of(st.none(), st.integers(1, 5)).map(lambda most: {"allocation": "each", "max_quantity": most}),
)
limits: st.SearchStrategy[dict[str, frozenset[str]]] = st.one_of(
    st.just({}), st.sets(st.sampled_from(["a", "b"])).map(lambda ids: {"limited_to": frozenset(ids)})
)
promotion_lists = st.lists(st.tuples(values, reach, limits), max_size=4).map(
    lambda parts: [
        Terms(f"promo_{number}", f"CODE{number}", **value, **allocation, **limit)  # type: ignore[arg-type]
        for number, (value, allocation, limit) in enumerate(parts)
    ]
)
lines = st.tuples(
    st.integers(1, 20), st.integers(0, 50_000), st.booleans(), st.sampled_from([frozenset("a"), frozenset("b")])
)
target_lists = st.lists(lines, max_size=6).map(
    lambda parts: [
        Target(f"cali_{number}", quantity, quantity * price, is_discountable, groups)
        for number, (quantity, price, is_discountable, groups) in enumerate(parts)
    ]
)


def taken(adjustments: list[Adjustment], target_id: str) -> int:
    return sum(each.amount_cents for each in adjustments if each.target_id == target_id)


@pytest.mark.parametrize(
    ("amount", "weights", "shares"),
    [
        (100, [1, 1, 1], [34, 33, 33]),
        (10, [0, 5, 5], [0, 5, 5]),
        (1, [3, 5], [0, 1]),
        (7, [], []),
        (0, [4, 4], [0, 0]),
        (5, [0, 0], [0, 0]),
        (1_000, [34_900, 490, 1], [986, 14, 0]),
    ],
)
def test_cents_go_to_whoever_lost_most_by_rounding(amount: int, weights: list[int], shares: list[int]) -> None:
    assert spread(amount, weights) == shares


@settings(max_examples=40)
@given(weights=st.lists(st.integers(0, 10**7), min_size=1, max_size=10), part=st.fractions(0, 1))
def test_a_spread_amount_is_all_there_and_nobody_bears_more_than_he_has(weights: list[int], part: Decimal) -> None:
    amount = int(sum(weights) * part)
    shares = spread(amount, weights)
    assert sum(shares) == amount
    assert all(0 <= share <= weight for share, weight in zip(shares, weights, strict=True))
    for share, weight in zip(shares, weights, strict=True):  # within a cent of the exact share
        assert abs(share * sum(weights) - amount * weight) < sum(weights) or sum(weights) == 0


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        (TEN, [("cali_1", 10_470), ("cali_2", 5)]),
        (replace(TEN, allocation="each"), [("cali_1", 10_470), ("cali_2", 5)]),
        (replace(TEN, allocation="each", max_quantity=1), [("cali_1", 3_490), ("cali_2", 5)]),
        (FIVE, [("cali_1", 500)]),
        (replace(FIVE, allocation="each"), [("cali_1", 1_500), ("cali_2", 49)]),
        (replace(FIVE, allocation="each", max_quantity=2), [("cali_1", 1_000), ("cali_2", 49)]),
        (replace(FIVE, amount_cents=10**7, target_type="order"), [("cali_1", 104_700), ("cali_2", 49)]),
        (replace(TEN, target_type="shipping_methods"), []),
        (replace(TEN, limited_to=frozenset({"prod_2"})), [("cali_2", 5)]),
        (replace(TEN, limited_to=frozenset()), []),
    ],
)
def test_what_is_taken_off_which_line(terms: Terms, expected: list[tuple[str, int]]) -> None:
    targets = [
        Target("cali_1", 3, 104_700, groups=frozenset({"prod_1"})),
        Target("cali_2", 1, 49, groups=frozenset({"prod_2"})),
        Target("cali_3", 1, 5_000, is_discountable=False),
    ]
    found = compute_adjustments([terms], "items", targets)
    assert [(each.target_id, each.amount_cents) for each in found] == expected


def test_percentages_come_before_amounts_whatever_the_order_of_the_codes() -> None:
    target = Target("cali_1", 1, 10_000)
    for order in ([TEN, FIVE], [FIVE, TEN]):
        found = compute_adjustments(order, "items", [target])
        assert [(each.code, each.amount_cents) for each in found] == [("DIX", 1_000), ("CINQ", 500)]


def test_carriage_is_reduced_by_what_is_for_carriage() -> None:
    free = replace(TEN, percentage=Decimal(100), target_type="shipping_methods")
    found = compute_adjustments([TEN, free], "shipping_methods", [Target("casm_1", 1, 490)])
    assert [(each.target_id, each.amount_cents) for each in found] == [("casm_1", 490)]


@settings(max_examples=40)
@given(promotions=promotion_lists, targets=target_lists)
def test_nothing_ever_costs_less_than_nothing(promotions: list[Terms], targets: list[Target]) -> None:
    found = compute_adjustments(promotions, "items", targets)
    assert all(each.amount_cents > 0 for each in found)
    assert len({(each.target_id, each.promotion_id) for each in found}) == len(found)
    for target in targets:
        assert taken(found, target.target_id) <= (target.total_cents if target.is_discountable else 0)


@settings(max_examples=40)
@given(percentage=percentages, targets=target_lists)
def test_a_percentage_across_is_rounded_once(percentage: Decimal, targets: list[Target]) -> None:
    found = compute_adjustments([replace(TEN, percentage=percentage)], "items", targets)
    base = sum(target.total_cents for target in targets if target.is_discountable)
    assert abs(sum(each.amount_cents for each in found) - base * percentage / 100) <= Decimal("0.5")


@settings(max_examples=40)
@given(value=values, allocation=reach, targets=target_lists, more=st.integers(1, 5), at=st.integers(0, 5))
def test_a_fuller_cart_gets_no_less_off_and_costs_no_less(
    value: dict[str, Decimal], allocation: dict[str, object], targets: list[Target], more: int, at: int
) -> None:
    if at >= len(targets):
        return
    terms = Terms("promo_1", "CODE", **value, **allocation)  # type: ignore[arg-type]
    chosen = targets[at]
    price = chosen.total_cents // chosen.quantity
    fuller = replace(chosen, quantity=chosen.quantity + more, total_cents=chosen.total_cents + more * price)
    after = [*targets[:at], fuller, *targets[at + 1 :]]
    before_off = sum(each.amount_cents for each in compute_adjustments([terms], "items", targets))
    after_off = sum(each.amount_cents for each in compute_adjustments([terms], "items", after))
    assert after_off >= before_off
    assert sum(each.total_cents for each in after) - after_off >= sum(each.total_cents for each in targets) - before_off


@settings(max_examples=40)
@given(
    promotions=promotion_lists,
    targets=target_lists,
    rates=st.lists(st.none() | st.decimals(0, "99.99", places=2), min_size=6, max_size=6),
    carriage=st.integers(0, 5_000),
)
def test_the_identities_hold_with_any_promotions(
    promotions: list[Terms], targets: list[Target], rates: list[Decimal | None], carriage: int
) -> None:
    found = compute_adjustments(promotions, "items", targets)
    charges = [
        Charge(target.quantity, target.total_cents // target.quantity, rate, taken(found, target.target_id))
        for target, rate in zip(targets, rates, strict=False)
    ]
    totals = compute_totals(charges, [Charge(1, carriage, rates[0], carriage // 2)])
    wire = totals_values(totals, "eur")
    assert wire["total"] == wire["subtotal"] + wire["tax_total"] - wire["discount_subtotal"] - wire["credit_line_total"]
    assert (
        wire["total"] == wire["item_total"] + wire["shipping_total"] == wire["original_total"] - wire["discount_total"]
    )
    assert wire["subtotal"] == wire["item_subtotal"] + wire["shipping_subtotal"] == wire["original_subtotal"]
    assert wire["discount_total"] == wire["discount_subtotal"] + wire["discount_tax_total"]
    assert wire["discount_total"] == wire["item_discount_total"] + wire["shipping_discount_total"]
    assert wire["original_total"] == wire["original_subtotal"] + wire["original_tax_total"]
    assert wire["original_total"] == wire["original_item_total"] + wire["original_shipping_total"]
    assert sum(each.amount_cents for each in found) == totals.item_sum.discount_cents
    assert min(wire.values()) >= 0


def test_the_example_of_the_reference() -> None:
    charge = compute_charge(Charge(3, 34_900, Decimal(20), 10_470))
    assert (charge.total_cents, charge.subtotal_cents, charge.tax_cents) == (94_230, 87_250, 15_705)
    assert (charge.discount_cents, charge.discount_subtotal_cents, charge.discount_tax_cents) == (10_470, 8_725, 1_745)
    assert (charge.original_total_cents, charge.original_tax_cents) == (104_700, 17_450)


@pytest.mark.parametrize(
    ("over", "standing"),
    [
        ({}, "applies"),
        ({"status": "draft"}, "over"),
        ({"status": "inactive"}, "over"),
        ({"starts_at": NOW}, "applies"),
        ({"starts_at": NOW + timedelta(seconds=1)}, "over"),
        ({"ends_at": NOW}, "over"),
        ({"ends_at": NOW + timedelta(seconds=1)}, "applies"),
        ({"uses_left": 1}, "applies"),
        ({"uses_left": 0}, "over"),
        ({"currency_code": "eur"}, "applies"),
        ({"currency_code": "usd"}, "waits"),
        ({"minimum_item_total_cents": 10_000}, "applies"),
        ({"minimum_item_total_cents": 10_001}, "waits"),
    ],
)
def test_where_a_code_stands(over: dict[str, object], standing: str) -> None:
    terms = replace(TEN, **over)  # type: ignore[arg-type]
    assert decide_standing(terms, PURCHASE) == standing
    if standing == "applies":
        check_code("dix", terms, PURCHASE)
    else:
        with pytest.raises(InvalidPromotionCode, match=r"^The promotion code dix is invalid$"):
            check_code("dix", terms, PURCHASE)
    if standing == "over":
        with pytest.raises(InvalidPromotionCode):
            check_code("dix", terms, PURCHASE, is_in_cart=True)
    else:
        check_code("dix", terms, PURCHASE, is_in_cart=True)


def test_an_unknown_code_is_refused_like_any_other() -> None:
    with pytest.raises(InvalidPromotionCode, match=r"^The promotion code NOEL is invalid$"):
        check_code("NOEL", None, PURCHASE)


@pytest.mark.parametrize(
    ("over", "purchase", "buyer_uses", "is_buyer_known", "is_left"),
    [
        ({}, PURCHASE, 0, False, True),
        ({"uses_left": 1}, PURCHASE, 0, True, True),
        ({"uses_left": 0}, PURCHASE, 0, True, False),
        ({"uses_left": 0}, None, 0, True, False),
        ({"uses_per_customer": 2}, PURCHASE, 1, True, True),
        ({"uses_per_customer": 2}, PURCHASE, 2, True, False),
        ({"uses_per_customer": 2}, PURCHASE, 0, False, False),
        ({"ends_at": NOW}, PURCHASE, 0, True, False),
        ({"ends_at": NOW}, None, 0, True, True),  # the money came in time
        ({"minimum_item_total_cents": 10_001}, PURCHASE, 0, True, True),  # decided when the cart changed
    ],
)
def test_whether_a_use_is_left(
    over: dict[str, object], purchase: Purchase | None, buyer_uses: int, is_buyer_known: bool, is_left: bool
) -> None:
    terms = replace(TEN, **over)  # type: ignore[arg-type]
    if is_left:
        check_use(terms, purchase, buyer_uses=buyer_uses, is_buyer_known=is_buyer_known)
    else:
        with pytest.raises(InvalidPromotionCode, match=r"^The promotion code DIX is invalid$"):
            check_use(terms, purchase, buyer_uses=buyer_uses, is_buyer_known=is_buyer_known)


@pytest.mark.parametrize(
    "over",
    [
        {"code": " "},
        {"code": "x" * 101},
        {"amount_cents": 500, "currency_code": "eur"},
        {"percentage": None},
        {"percentage": Decimal(0)},
        {"percentage": Decimal("100.01")},
        {"percentage": Decimal("1.005")},
        {"percentage": None, "amount_cents": 0, "currency_code": "eur"},
        {"percentage": None, "amount_cents": 10**8, "currency_code": "eur"},
        {"percentage": None, "amount_cents": 500},
        {"minimum_item_total_cents": 500},
        {"minimum_item_total_cents": -1, "currency_code": "eur"},
        {"status": "live"},
        {"target_type": "cart"},
        {"allocation": "once"},
        {"target_type": "order", "allocation": "each"},
        {"max_quantity": 2},
        {"allocation": "each", "max_quantity": 0},
        {"starts_at": NOW, "ends_at": NOW},
        {"uses_left": 0},
        {"uses_per_customer": 0},
    ],
)
def test_a_promotion_that_cannot_be(over: dict[str, object]) -> None:
    check_new_promotion(TEN)
    with pytest.raises(InvalidPromotion):
        check_new_promotion(replace(TEN, **over))  # type: ignore[arg-type]


def test_codes_are_compared_as_people_type_them() -> None:
    assert fold_code(" Été-10 ") == fold_code("ÉTÉ-10") == "été-10"
    assert fold_code("STRASSE") == fold_code("Straße")
