"""The decisions of a purchase, as tables."""

import pytest

from app.checkout.errors import CartEmpty, CollectionMissing, SessionMissing, ShippingMissing
from app.checkout.rules import Readiness, Sum, check_ready, decide_late_payment, decide_payment_need, decide_review

OWED = Sum(70290, "eur")


def cart(**over: bool) -> Readiness:
    """A cart that lacks nothing, but for what is said."""
    whole = {"has_lines": True, "has_collection": True, "has_session": True, "needs_shipping": True}
    there = {"is_for_sale": True, "has_shipping": True, "has_email": True, "has_address": True, "owes_nothing": False}
    return Readiness(**{**there, **whole, **over})


def test_a_cart_that_lacks_nothing_is_ready() -> None:
    check_ready(cart())
    check_ready(cart(needs_shipping=False, has_shipping=False))
    check_ready(cart(has_collection=False, has_session=False, owes_nothing=True))


@pytest.mark.parametrize(
    ("over", "refusal"),
    [
        ({"has_lines": False, "has_collection": False}, CartEmpty),
        ({"has_collection": False, "has_session": False}, CollectionMissing),
        ({"has_session": False, "has_shipping": False}, SessionMissing),
        ({"has_shipping": False}, ShippingMissing),
        ({"has_shipping": False, "has_session": False, "owes_nothing": True}, ShippingMissing),
        ({"has_lines": False, "owes_nothing": True}, CartEmpty),
    ],
)
def test_the_first_thing_missing_is_named(over: dict[str, bool], refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        check_ready(cart(**over))


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("requires_payment_method", "payment_authorization_error"),
        ("canceled", "payment_authorization_error"),
        ("a_status_of_tomorrow", "payment_authorization_error"),
        ("requires_action", "payment_requires_more_error"),
        ("processing", "payment_requires_more_error"),
    ],
)
def test_why_an_unpaid_intent_does_not_complete(status: str, kind: str) -> None:
    assert decide_payment_need(status).type == kind


@pytest.mark.parametrize(
    ("over", "paid", "reason"),
    [
        ({}, OWED, None),
        ({}, None, None),
        ({}, Sum(70289, "eur"), "amount_differs"),
        ({}, Sum(70291, "eur"), "amount_differs"),
        ({}, Sum(70290, "usd"), "amount_differs"),
        ({"has_shipping": False}, OWED, "details_missing"),
        ({"has_lines": False}, OWED, "details_missing"),
        ({"has_shipping": False}, Sum(1, "eur"), "details_missing"),
        ({"has_shipping": False, "needs_shipping": False}, OWED, None),
        ({"has_email": False}, OWED, "details_missing"),
        ({"has_email": False}, None, "details_missing"),
        ({"has_address": False}, OWED, "details_missing"),
        ({"has_address": False, "needs_shipping": False}, OWED, None),
    ],
)
def test_what_a_person_must_look_at(over: dict[str, bool], paid: Sum | None, reason: str | None) -> None:
    assert decide_review(cart(**over), OWED, paid).reason == reason


@pytest.mark.parametrize(
    ("is_order_paid", "came_before", "paid", "decision"),
    [
        (False, [], OWED, "pays"),
        (False, [], Sum(1, "eur"), "differs"),
        (False, [], Sum(70290, "chf"), "differs"),
        (True, [OWED], OWED, "duplicate"),
        (True, [], Sum(1, "eur"), "duplicate"),
        (False, [OWED], OWED, "duplicate"),
        (False, [Sum(1, "eur")], OWED, "pays"),
        (False, [Sum(1, "eur")], Sum(2, "eur"), "duplicate"),
    ],
)
def test_money_for_an_order_that_exists(is_order_paid: bool, came_before: list[Sum], paid: Sum, decision: str) -> None:
    found = decide_late_payment(is_order_paid=is_order_paid, came_before=came_before, owed=OWED, paid=paid)
    assert found == decision
