"""What a cart comes to: VAT out of prices that include it, to the cent."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.carts.rules import Charge, ChargeTotals, compute_charge, compute_totals
from app.carts.schemas import totals_values

TWENTY = Decimal("20.00")

charges = st.builds(
    Charge,
    quantity=st.integers(1, 10_000),
    unit_price_cents=st.integers(0, 99_999_999),
    rate=st.none() | st.decimals(0, Decimal("99.99"), places=2),
)


@pytest.mark.parametrize(
    ("charge", "expected"),
    [
        (Charge(1, 34_900, TWENTY), ChargeTotals(34_900, 29_083, 5_817)),
        (Charge(2, 34_900, TWENTY), ChargeTotals(69_800, 58_167, 11_633)),
        (Charge(1, 490, TWENTY), ChargeTotals(490, 408, 82)),
        (Charge(3, 1_055, Decimal("5.50")), ChargeTotals(3_165, 3_000, 165)),
        (Charge(1, 1, TWENTY), ChargeTotals(1, 1, 0)),
        (Charge(1, 3, Decimal("20.00")), ChargeTotals(3, 3, 0)),  # 2.5 net: half goes up
        (Charge(1, 0, TWENTY), ChargeTotals(0, 0, 0)),
        (Charge(7, 100, Decimal("0.00")), ChargeTotals(700, 700, 0)),
        (Charge(2, 34_900, None), ChargeTotals(69_800, 69_800, 0)),
    ],
)
def test_vat_comes_out_of_the_price_once_per_line(charge: Charge, expected: ChargeTotals) -> None:
    assert compute_charge(charge) == expected


def test_the_cart_of_the_reference() -> None:
    totals = compute_totals([Charge(2, 34_900, TWENTY)], [Charge(1, 490, TWENTY)])
    assert totals.item_sum == ChargeTotals(69_800, 58_167, 11_633)
    assert totals.shipping_sum == ChargeTotals(490, 408, 82)
    assert totals.sum == ChargeTotals(70_290, 58_575, 11_715)
    assert totals.total_cents == 70_290


def test_an_empty_cart_costs_nothing() -> None:
    assert compute_totals([], []).sum == ChargeTotals(0, 0, 0)


@given(charge=charges)
def test_net_is_the_nearest_cent_of_the_exact_one(charge: Charge) -> None:
    found = compute_charge(charge)
    exact = Decimal(found.total_cents) / (1 + (charge.rate or Decimal(0)) / 100)
    assert found.total_cents == charge.quantity * charge.unit_price_cents
    assert found.total_cents == found.subtotal_cents + found.tax_cents
    assert abs(found.subtotal_cents - exact) <= Decimal("0.500001")
    assert found.tax_cents >= 0


@given(items=st.lists(charges, max_size=8), shipping=st.lists(charges, max_size=1))
def test_the_identities_hold_in_cents(items: list[Charge], shipping: list[Charge]) -> None:
    totals = compute_totals(items, shipping)
    item, ship, whole = totals.item_sum, totals.shipping_sum, totals.sum
    assert whole.total_cents == whole.subtotal_cents + whole.tax_cents
    assert whole.total_cents == item.total_cents + ship.total_cents
    assert whole.subtotal_cents == item.subtotal_cents + ship.subtotal_cents
    assert whole.tax_cents == item.tax_cents + ship.tax_cents
    assert item.total_cents == sum(line.total_cents for line in totals.items)


@given(items=st.lists(charges, max_size=8), shipping=st.lists(charges, max_size=1))
def test_the_identities_hold_on_the_wire(items: list[Charge], shipping: list[Charge]) -> None:
    wire = totals_values(compute_totals(items, shipping), "eur")
    assert wire["total"] == wire["subtotal"] + wire["tax_total"] - wire["discount_subtotal"] - wire["credit_line_total"]
    assert wire["total"] == wire["item_total"] + wire["shipping_total"]
    assert wire["subtotal"] == wire["item_subtotal"] + wire["shipping_subtotal"]
    assert wire["original_total"] == wire["original_item_total"] + wire["original_shipping_total"]
