"""The decisions of money that goes back, as tables."""

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Literal

import pytest

from app.core.errors import Refusal
from app.payments.compute_dispute import DisputeNews, compute_contest, compute_dispute_status
from app.payments.compute_refunded import (
    GivenBack,
    RefundFact,
    RefundNews,
    compute_refund_status,
    compute_refunded,
)
from app.payments.execution import find_refund_id, is_key_spent, key_of
from app.refunds.rules import (
    Funds,
    Given,
    Ground,
    Parcel,
    PiecesBack,
    RefundDecision,
    Wish,
    check_approval,
    compute_delivery_due,
    compute_goods_due,
    compute_rounding,
    decide_intention,
    decide_refund,
    is_delivery_given,
)
from app.returns.rules import CameIn, check_came_in, check_dispatch
from app.staff.rules import Role
from tests.rows import row

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
LATER = NOON + timedelta(seconds=5)
CAPTURED = 70_290


def wish(
    amount_cents: int | None = None, ground: Ground | None = None, note: str | None = None, role: Role = "staff"
) -> Wish:
    return Wish(amount_cents, ground, note, role)


def funds(
    committed_cents: int = 0, *, is_captured: bool = True, contest: Literal["none", "open", "lost"] = "none"
) -> Funds:
    return Funds(CAPTURED, committed_cents, is_captured, contest)


def parcel(
    status: str = "received",
    *,
    is_withdrawal: bool = True,
    is_proven: bool = False,
    is_of_this_payment: bool = True,
    due_cents: int = 34_900,
) -> Parcel:
    return Parcel(status, is_withdrawal, is_proven, is_of_this_payment, due_cents)


def outcome(asked: Wish, there: Funds, back: Parcel | None = None) -> str | RefundDecision:
    """The decision, or the code of the refusal."""
    try:
        return decide_refund(asked, there, back)
    except Refusal as refusal:
        return refusal.code


@row("S0-087")
@pytest.mark.parametrize(
    ("asked", "there", "expected"),
    [
        (wish(ground="not_shipped"), funds(), RefundDecision("not_shipped", CAPTURED, "requested")),
        (wish(ground="lost_in_transit"), funds(290), RefundDecision("lost_in_transit", 70_000, "requested")),
        (wish(1, "service_or_booking"), funds(), RefundDecision("service_or_booking", 1, "requested")),
        (wish(ground="duplicate_payment"), funds(), RefundDecision("duplicate_payment", CAPTURED, "requested")),
        (wish(500, "goodwill", "Colis abîmé", "owner"), funds(), RefundDecision("goodwill", 500, "requested")),
        (wish(500, "goodwill", "Colis abîmé"), funds(), "refund_not_for_this_role"),
        (wish(500, "goodwill", " ", "owner"), funds(), "refund_needs_note"),
        (wish(500, "not_shipped", role="readonly"), funds(), "refund_not_for_this_role"),
        (wish(500), funds(), "refund_without_ground"),
        (wish(CAPTURED + 1, "not_shipped"), funds(), "refund_above_capture"),
        (wish(291, "not_shipped"), funds(70_000), "refund_above_capture"),
        (wish(0, "not_shipped"), funds(), "refund_above_capture"),
        (wish(-1, "not_shipped"), funds(), "refund_above_capture"),
        (wish(ground="not_shipped"), funds(CAPTURED), "nothing_left_to_refund"),
        (wish(ground="not_shipped"), funds(is_captured=False), "payment_not_captured"),
        (wish(ground="not_shipped"), funds(contest="open"), "payment_disputed"),
        (wish(ground="not_shipped"), funds(contest="lost"), "dispute_lost"),
    ],
)
def test_a_closed_reason(asked: Wish, there: Funds, expected: str | RefundDecision) -> None:
    assert outcome(asked, there) == expected


@row("S0-142")
@pytest.mark.parametrize(
    ("asked", "back", "expected"),
    [
        (wish(), parcel(), RefundDecision(None, 34_900, "requested")),
        (wish(), parcel("in_transit", is_proven=True), RefundDecision(None, 34_900, "requested")),
        (wish(), parcel("in_transit"), "refund_before_return"),
        (wish(), parcel("in_transit", is_proven=True, is_withdrawal=False), "refund_before_return"),
        (wish(), parcel("requested"), "refund_before_return"),
        (wish(), parcel("canceled"), "refund_before_return"),
        (wish(), parcel(is_withdrawal=False), RefundDecision(None, 34_900, "requested")),
        (wish(), parcel(is_of_this_payment=False), "return_of_another_order"),
        (wish(), parcel(due_cents=0), "return_already_refunded"),
        (wish(ground="not_shipped"), parcel(), "refund_with_two_grounds"),
        (wish(30_000), parcel(), "refund_needs_note"),
        (wish(30_000, note="Monture rayée"), parcel(), RefundDecision(None, 30_000, "requested", is_override=True)),
        (wish(34_900), parcel(), RefundDecision(None, 34_900, "requested")),
        (wish(), parcel(due_cents=90_000), RefundDecision(None, CAPTURED, "requested")),
    ],
)
def test_a_return(asked: Wish, back: Parcel, expected: str | RefundDecision) -> None:
    assert outcome(asked, funds(), back) == expected


def test_every_refusal_is_french_then_english_and_says_what_to_do() -> None:
    asked: list[tuple[Wish, Funds, Parcel | None]] = [
        (wish(500), funds(), None),
        (wish(ground="not_shipped"), funds(contest="open"), None),
        (wish(), funds(), parcel("requested")),
        (wish(CAPTURED + 1, "not_shipped"), funds(), None),
    ]
    for each in asked:
        with pytest.raises(Refusal) as refused:
            decide_refund(*each)
        french, _, english = refused.value.message.partition(" / ")
        assert min(len(french), len(english)) > 40


def test_an_intention_is_all_that_is_left_and_a_person_approves_it() -> None:
    assert decide_intention("not_shipped", funds(290)) == RefundDecision("not_shipped", 70_000, "awaiting_approval")
    for there, code in (
        (funds(CAPTURED), "nothing_left_to_refund"),
        (funds(is_captured=False), "payment_not_captured"),
    ):
        with pytest.raises(Refusal) as refused:
            decide_intention("duplicate_payment", there)
        assert refused.value.code == code
    check_approval("staff", "none", 0)
    for role, contest, excess, code in (
        ("readonly", "none", 0, "refund_not_for_this_role"),
        ("owner", "open", 0, "payment_disputed"),
        ("owner", "lost", 0, "dispute_lost"),
        ("owner", "none", 1, "nothing_left_to_refund"),
    ):
        with pytest.raises(Refusal) as refused:
            check_approval(role, contest, excess)  # type: ignore[arg-type]  # a table of words
        assert refused.value.code == code


def test_what_is_due_for_pieces_adds_up_to_the_line_and_the_delivery_goes_back_with_the_last() -> None:
    """Three pieces came to 100,00 €: one by one they are 33,33, 33,34 and 33,33."""
    each = [PiecesBack(1, before, before, 3, 10_000) for before in range(3)]
    assert [compute_goods_due([line]) for line in each] == [3333, 3334, 3333]
    assert [compute_delivery_due([line], 490, is_withdrawal=True, is_given=False) for line in each] == [0, 0, 490]
    assert compute_delivery_due([each[2]], 490, is_withdrawal=False, is_given=False) == 0
    assert compute_delivery_due([each[2]], 490, is_withdrawal=True, is_given=True) == 0
    kept = PiecesBack(0, 0, 0, 1, 500)
    assert compute_delivery_due([PiecesBack(3, 0, 0, 3, 10_000), kept], 490, is_withdrawal=True, is_given=False) == 0


def test_a_cent_of_rounding_is_made_up_for_and_is_no_delivery() -> None:
    """Of each other return: what it was given, and what its pieces come to now."""
    cases = [
        ([Given(0, 3_333)], 0, False),
        ([Given(3_334, 3_333)], -1, False),
        ([Given(3_333, 3_334), Given(3_333, 3_333)], 1, False),
        ([Given(3_333 + 490, 3_333)], 0, True),
        ([Given(3_334 + 490, 3_333)], -1, True),
        ([Given(2_000, 3_333)], 0, False),
        ([Given(3_333 + 100, 3_333)], 0, False),
    ]
    for others, rounding, is_given in cases:
        assert (compute_rounding(others, 490, 1), is_delivery_given(others, 490)) == (rounding, is_given), others


def fact(amount_cents: int, status: str, told_at: datetime | None = NOON) -> RefundFact:
    return RefundFact(amount_cents, status, is_known=told_at is not None, told_at=told_at)


@pytest.mark.parametrize(
    ("charge", "told_at", "refunds", "expected"),
    [
        (0, None, [], GivenBack(0, 0, 0)),
        (0, None, [fact(600, "awaiting_approval", None)], GivenBack(0, 600, 0)),
        (0, None, [fact(600, "requested", None), fact(300, "succeeded")], GivenBack(300, 900, 0)),
        (0, None, [fact(600, "pending")], GivenBack(600, 600, 0)),
        (0, None, [fact(600, "failed"), fact(300, "canceled", None)], GivenBack(0, 0, 0)),
        (600, NOON, [], GivenBack(600, 600, 0)),
        (600, NOON, [fact(600, "succeeded")], GivenBack(600, 600, 0)),
        (600, NOON, [fact(600, "failed", LATER)], GivenBack(0, 0, 0)),
        (600, LATER, [fact(600, "failed")], GivenBack(600, 600, 0)),
        (400, NOON, [fact(600, "requested", None)], GivenBack(400, 1000, 0)),
        (0, None, [fact(600, "requested", None), fact(600, "succeeded")], GivenBack(600, 1000, 200)),
        (1200, NOON, [], GivenBack(1000, 1000, 0)),
    ],
)
def test_what_went_back_and_what_is_promised(
    charge: int, told_at: datetime | None, refunds: list[RefundFact], expected: GivenBack
) -> None:
    for order in permutations(refunds):
        assert compute_refunded(1000, charge, told_at, order) == expected


def test_a_refund_ends_the_same_in_whatever_order_it_is_told() -> None:
    news = [
        RefundNews("pending", NOON, "processing"),
        RefundNews("pending", NOON, "insufficient_funds"),
        RefundNews("requires_action", LATER),
        RefundNews("succeeded", NOON),
        RefundNews("failed", LATER, error_code="lost_or_stolen_card"),
        RefundNews("a_word_of_tomorrow", LATER),
    ]
    ours = RefundNews("requested", None)
    ends = set()
    for order in permutations(news):
        current, is_known = ours, False
        for told in order:
            current, is_known = compute_refund_status(current, told, is_known=is_known), True
        ends.add(current)
    assert ends == {RefundNews("failed", LATER, error_code="lost_or_stolen_card")}
    assert compute_refund_status(RefundNews("failed", None, error_code="refused"), news[3], is_known=False) == news[3]


def test_a_dispute_ends_the_same_in_whatever_order_it_is_told() -> None:
    news = [
        DisputeNews("needs_response", NOON, 500),
        DisputeNews("under_review", NOON, 500),
        DisputeNews("under_review", LATER, 500),
        DisputeNews("won", LATER, 500),
        DisputeNews("needs_response", LATER + timedelta(days=1), 500),
    ]
    ends = set()
    for order in permutations(news):
        current = order[0]
        for told in order[1:]:
            current = compute_dispute_status(current, told)
        ends.add(current)
    assert ends == {news[3]}
    cases = {
        (): "none",
        ("won",): "none",
        ("won", "lost"): "lost",
        ("lost", "needs_response"): "open",
        ("new",): "open",
    }
    assert {statuses: compute_contest(statuses) for statuses in cases} == cases


def test_the_key_of_a_refund_is_its_own_and_comes_back_with_the_event() -> None:
    assert (key_of("ref_1", 1), key_of("ref_1", 2)) == ("refund:ref_1", "refund:ref_1:2")
    assert [find_refund_id(key) for key in ("refund:ref_1", "refund:ref_1:2", "payses_1", "refund:", None)] == [
        "ref_1", "ref_1", None, None, None
    ]  # fmt: skip
    day = timedelta(hours=23)
    assert [is_key_spent(at, NOON) for at in (None, NOON - day, NOON - day - timedelta(seconds=1))] == [
        False, False, True
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("status", "came", "code"),
    [
        ("requested", [CameIn("line", 1, 1)], None),
        ("in_transit", [CameIn("line", 2)], None),
        ("requested", [CameIn("line", 2, 1)], "received_pieces_unfit"),
        ("requested", [CameIn("line", 0)], "received_pieces_unfit"),
        ("requested", [CameIn("line", -1, 2)], "received_pieces_unfit"),
        ("requested", [CameIn("line", 1), CameIn("line", 1)], "received_pieces_unfit"),
        ("requested", [CameIn("other", 1)], "received_pieces_unfit"),
        ("requested", [], "received_pieces_unfit"),
        ("received", [CameIn("line", 1)], "return_is_over"),
        ("canceled", [CameIn("line", 1)], "return_is_over"),
    ],
)
def test_what_comes_in_of_a_return(status: str, came: list[CameIn], code: str | None) -> None:
    if code is None:
        check_came_in(status, {"line": 2}, came)
        return
    with pytest.raises(Refusal) as refused:
        check_came_in(status, {"line": 2}, came)
    assert refused.value.code == code


def test_a_dispatch_is_proven_by_something_and_before_the_parcel_is_here() -> None:
    check_dispatch("in_transit", "8R00000000000")
    for status, proof, code in (("received", "8R", "return_is_over"), ("requested", "  ", "proof_missing")):
        with pytest.raises(Refusal) as refused:
            check_dispatch(status, proof)
        assert refused.value.code == code
