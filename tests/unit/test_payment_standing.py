"""Where the money of an order stands, and what is known of an attempt: the same whatever order the facts came in."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from app.payments.rules import (
    AttemptFacts,
    Failure,
    MoneyFacts,
    compute_attempt_facts,
    compute_kept,
    compute_lateness,
    compute_page_status,
    compute_payment_standing,
    is_processing,
)

T0 = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
T1, T2, T3 = (T0 + timedelta(minutes=minutes) for minutes in (1, 2, 3))
NOTHING = MoneyFacts(
    total_cents=1000, captured_cents=0, refunded_cents=0, contest="none", has_failed_refund=False, is_paid=False,
    needs_review=False, is_canceled=False,
)  # fmt: skip
PAID = replace(NOTHING, captured_cents=1000, is_paid=True)
DECLINED = AttemptFacts(failure=Failure(T1, "card_declined", "insufficient_funds"))


@pytest.mark.parametrize(
    ("facts", "standing"),
    [
        (NOTHING, "pending"),
        (replace(NOTHING, attempts=(AttemptFacts(),)), "pending"),
        (replace(NOTHING, attempts=(DECLINED,)), "failed"),
        (replace(NOTHING, attempts=(AttemptFacts(processing_since_at=T1),)), "processing"),
        (replace(NOTHING, attempts=(replace(DECLINED, processing_since_at=T2),)), "processing"),
        (replace(NOTHING, attempts=(replace(DECLINED, processing_since_at=T0),)), "failed"),
        (replace(NOTHING, attempts=(AttemptFacts(processing_since_at=T1), AttemptFacts())), "processing"),
        (replace(NOTHING, attempts=(AttemptFacts(expired_at=T1),)), "expired"),
        (replace(NOTHING, attempts=(AttemptFacts(expired_at=T1, canceled_at=T1),)), "expired"),
        (replace(NOTHING, attempts=(AttemptFacts(canceled_at=T1),)), "canceled"),
        (replace(NOTHING, attempts=(AttemptFacts(expired_at=T1), AttemptFacts())), "pending"),
        (replace(NOTHING, attempts=(AttemptFacts(expired_at=T1), DECLINED)), "failed"),
        (replace(NOTHING, is_canceled=True, attempts=(AttemptFacts(expired_at=T1),)), "canceled"),
        (PAID, "paid"),
        (replace(PAID, is_canceled=True), "paid"),
        (replace(PAID, attempts=(AttemptFacts(expired_at=T1),)), "paid"),
        (replace(PAID, needs_review=True), "needs_review"),
        (replace(NOTHING, captured_cents=999, needs_review=True), "needs_review"),
        (replace(PAID, has_failed_refund=True), "refund_failed"),
        (replace(PAID, refunded_cents=1, has_failed_refund=True), "partially_refunded"),
        (replace(PAID, refunded_cents=1000), "refunded"),
        (replace(PAID, refunded_cents=1000, needs_review=True), "refunded"),
        (replace(PAID, captured_cents=2000, refunded_cents=1000), "paid"),
        (replace(PAID, captured_cents=2000, refunded_cents=1500), "partially_refunded"),
        (replace(NOTHING, captured_cents=999, refunded_cents=999, needs_review=True), "refunded"),
        (replace(PAID, refunded_cents=1000, contest="lost"), "dispute_lost"),
        (replace(PAID, refunded_cents=1000, contest="open"), "disputed"),
        (replace(NOTHING, total_cents=0, is_paid=True), "paid"),
    ],
)
def test_the_first_that_holds_is_where_the_money_stands(facts: MoneyFacts, standing: str) -> None:
    assert compute_payment_standing(facts) == standing


def test_what_is_known_does_not_depend_on_who_told_first() -> None:
    told = (
        AttemptFacts(processing_since_at=T2),
        AttemptFacts(processing_since_at=T1, canceled_at=T3),
        AttemptFacts(expired_at=T3, failure=Failure(T1, "card_declined")),
        AttemptFacts(failure=Failure(T2, "card_declined", "lost_card")),
        AttemptFacts(failure=Failure(T2, "card_declined")),
    )
    expected = AttemptFacts(T1, T3, T3, Failure(T2, "card_declined", "lost_card"))
    for turn in permutations(told):
        known = AttemptFacts()
        for news in (*turn, turn[0]):
            known = compute_attempt_facts(known, news)
        assert known == expected


def test_money_is_on_its_way_until_something_later_ended_it() -> None:
    since = AttemptFacts(processing_since_at=T2)
    assert not is_processing(AttemptFacts())
    assert is_processing(replace(since, failure=Failure(T1)))
    for over in (replace(since, failure=Failure(T2)), replace(since, expired_at=T3), replace(since, canceled_at=T2)):
        assert not is_processing(over)


@pytest.mark.parametrize(
    ("facts", "given_up_at", "is_late"),
    [
        (AttemptFacts(), None, False),
        (AttemptFacts(expired_at=T1), None, True),
        (AttemptFacts(canceled_at=T1), None, True),
        (AttemptFacts(expired_at=T2), None, False),
        (AttemptFacts(expired_at=T3), T1, True),
        (AttemptFacts(failure=Failure(T0)), None, False),
    ],
)
def test_money_is_late_after_its_end(facts: AttemptFacts, given_up_at: datetime | None, is_late: bool) -> None:
    assert compute_lateness(facts, given_up_at, T2) is is_late


@pytest.mark.parametrize(
    ("current", "page", "payment", "told", "status"),
    [
        ("pending", "open", "unpaid", AttemptFacts(), "pending"),
        ("pending", "complete", "paid", AttemptFacts(), "captured"),
        ("canceled", "complete", "no_payment_required", AttemptFacts(), "captured"),
        ("pending", "complete", "unpaid", AttemptFacts(processing_since_at=T1), "pending"),
        ("pending", "expired", "unpaid", AttemptFacts(expired_at=T1), "canceled"),
        ("pending", "complete", "unpaid", DECLINED, "canceled"),
        ("captured", "expired", "unpaid", AttemptFacts(expired_at=T1), "captured"),
        ("canceled", "open", "unpaid", AttemptFacts(), "canceled"),
    ],
)
def test_what_a_page_makes_of_its_attempt(
    current: str, page: str, payment: str, told: AttemptFacts, status: str
) -> None:
    assert compute_page_status(current, page, payment, told) == status


def test_what_stays_is_never_more_than_was_owed_nor_less_than_nothing() -> None:
    assert [compute_kept(1000, *each) for each in ((0, 0), (1000, 0), (2000, 0), (2000, 1000), (999, 999))] == [
        0, 1000, 1000, 1000, 0
    ]  # fmt: skip
