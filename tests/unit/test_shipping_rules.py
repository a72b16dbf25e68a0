"""What sending costs, and where an option goes."""

from contextlib import nullcontext

import pytest

from app.shipping.errors import UnfitShippingOption
from app.shipping.rules import (
    Destination,
    Place,
    PriceStep,
    Terms,
    check_destination,
    check_weight,
    compute_shipping_amount,
    list_refused_by_default,
)

FREE_FROM_50 = PriceStep(0, from_item_total_cents=5_000)
HALF_FROM_30 = PriceStep(245, from_item_total_cents=3_000)
BANDS = (PriceStep(690, from_weight_grams=1_001), PriceStep(990, from_weight_grams=5_001))
MAINLAND = Terms(490, destinations=list_refused_by_default(["fr"]))


@pytest.mark.parametrize(
    ("terms", "item_total_cents", "weight_grams", "amount_cents"),
    [
        (Terms(490), 0, 0, 490),
        (Terms(490, (FREE_FROM_50,)), 4_999, 0, 490),
        (Terms(490, (FREE_FROM_50,)), 5_000, 0, 0),
        (Terms(490, (FREE_FROM_50, HALF_FROM_30)), 2_999, 0, 490),
        (Terms(490, (FREE_FROM_50, HALF_FROM_30)), 3_000, 0, 245),
        (Terms(490, (FREE_FROM_50, HALF_FROM_30)), 9_000, 0, 0),
        (Terms(490, BANDS), 9_000, 1_000, 490),
        (Terms(490, BANDS), 9_000, 1_001, 690),
        (Terms(490, BANDS), 9_000, 80_000, 990),
        (Terms(490, (*BANDS, FREE_FROM_50)), 5_000, 80_000, 0),
        (Terms(490, (*BANDS, FREE_FROM_50)), 4_999, 80_000, 990),
    ],
)
def test_the_highest_step_reached_sets_the_price(
    terms: Terms, item_total_cents: int, weight_grams: int, amount_cents: int
) -> None:
    assert compute_shipping_amount(terms, item_total_cents, weight_grams) == amount_cents


@pytest.mark.parametrize(("weight_grams", "fits"), [(0, True), (2_000, True), (2_001, False)])
def test_a_parcel_may_be_too_heavy(weight_grams: int, fits: bool) -> None:
    with nullcontext() if fits else pytest.raises(UnfitShippingOption):
        check_weight(Terms(490, max_weight_grams=2_000), weight_grams)
    check_weight(Terms(490), weight_grams)


@pytest.mark.parametrize(
    ("place", "fits"),
    [
        (Place(), True),
        (Place("fr"), True),
        (Place("fr", postal_code=""), True),
        (Place("fr", postal_code="75002"), True),
        (Place("fr", postal_code="98000"), True),  # Monaco, written as France
        (Place("fr", postal_code="20000"), False),  # Ajaccio
        (Place("FR", postal_code="20 290"), False),  # Borgo
        (Place("fr", postal_code="97400"), False),  # Saint-Denis de La Réunion
        (Place("fr", postal_code="98714"), False),  # Papeete
        (Place("fr", postal_code="F-20000"), False),  # as abroad one writes it
        (Place("fr", postal_code="FR 20000"), False),
        (Place("fr", postal_code="F-75002"), True),
        (Place("be", postal_code="2000"), True),  # Antwerp
    ],
)
def test_no_parcel_goes_where_vat_is_another(place: Place, fits: bool) -> None:
    with nullcontext() if fits else pytest.raises(UnfitShippingOption):
        check_destination(MAINLAND, place)


@pytest.mark.parametrize(
    ("place", "fits"),
    [
        (Place(), True),
        (Place("fr"), True),  # nobody knows yet where in France
        (Place("fr", postal_code="75002"), True),
        (Place("fr", postal_code="69001"), False),
        (Place("be"), False),
        (Place("it"), True),
        (Place("it", province="it-sa"), True),
        (Place("it", province="it-ca"), False),
    ],
)
def test_an_option_may_serve_some_places_only(place: Place, fits: bool) -> None:
    served = (
        Destination("fr", postal_prefix="75"),
        Destination("it", province="IT-SA"),
    )
    with nullcontext() if fits else pytest.raises(UnfitShippingOption):
        check_destination(Terms(490, destinations=served), place)


def test_nothing_is_refused_by_default_outside_france() -> None:
    assert list_refused_by_default(["be", "de"]) == ()
