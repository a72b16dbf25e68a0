"""What payments, orders and mails decide, as tables."""

from datetime import UTC, datetime, timedelta

import pytest

from app.dev.contract.stripe_operations import list_event_types
from app.notifications.rules import compute_mail_locale, decide_next_attempt
from app.orders.errors import OrderNotFound
from app.orders.rules import (
    Money,
    Pieces,
    Summary,
    check_open_without_login,
    compute_fulfillment_status,
    compute_order_status,
    compute_payment_status,
    compute_share,
    compute_summary,
)
from app.payments.errors import PaymentProviderUnknown
from app.payments.event_types import HANDLED_EVENT_TYPES
from app.payments.rules import (
    check_provider,
    compute_collection_status,
    compute_provider,
    compute_session_status,
    decide_next_try,
    is_completable,
)

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("current", "intent", "is_superseded", "status"),
    [
        ("pending", "requires_payment_method", False, "pending"),
        ("pending", "requires_action", False, "requires_more"),
        ("requires_more", "succeeded", False, "captured"),
        ("pending", "canceled", False, "canceled"),
        ("pending", "a_status_of_tomorrow", False, "pending"),
        ("captured", "canceled", False, "captured"),
        ("captured", "requires_payment_method", False, "captured"),
        ("canceled", "requires_action", True, "canceled"),
        ("canceled", "requires_payment_method", False, "canceled"),
        ("canceled", "succeeded", True, "captured"),
    ],
)
def test_what_an_intent_makes_of_a_session(current: str, intent: str, is_superseded: bool, status: str) -> None:
    assert compute_session_status(current, intent, is_superseded=is_superseded) == status


@pytest.mark.parametrize(
    ("sessions", "captured", "status"),
    [
        ([], 0, "not_paid"),
        (["canceled"], 0, "not_paid"),
        (["canceled", "pending"], 0, "awaiting"),
        (["authorized"], 0, "authorized"),
        (["captured"], 1000, "completed"),
        (["captured"], 999, "partially_captured"),
    ],
)
def test_where_a_collection_stands(sessions: list[str], captured: int, status: str) -> None:
    assert compute_collection_status(sessions, captured, 1000) == status


def test_only_providers_of_the_shop_take_money() -> None:
    check_provider("pp_stripe_stripe", 1000, is_manual_offered=False)
    check_provider("pp_system_default", 1000, is_manual_offered=True)
    for unknown in ("pp_system_default", "pp_paypal_paypal", ""):
        with pytest.raises(PaymentProviderUnknown):
            check_provider(unknown, 1000, is_manual_offered=False)


def test_what_costs_nothing_is_settled_by_the_shop() -> None:
    for known in ("pp_system_default", "pp_stripe_stripe"):
        check_provider(known, 0, is_manual_offered=False)
        assert compute_provider(known, 0) == "pp_system_default"
        assert compute_provider(known, 1) == known
    with pytest.raises(PaymentProviderUnknown):
        check_provider("pp_paypal_paypal", 0, is_manual_offered=False)
    assert compute_collection_status(["captured"], 0, 0) == "completed"
    assert compute_collection_status(["pending"], 0, 0) == "awaiting"
    assert compute_payment_status(0, Money(0, 0, 0)) == "captured"
    assert compute_payment_status(0, Money(500, 500, 500)) == "refunded"


@pytest.mark.parametrize(
    ("provider_id", "amount_cents", "has_intent", "is_manual_offered", "is_ready"),
    [
        ("pp_stripe_stripe", 1000, True, False, True),
        ("pp_stripe_stripe", 1000, False, True, False),
        ("pp_system_default", 1000, False, True, True),
        ("pp_system_default", 1000, False, False, False),
        ("pp_system_default", 0, False, False, True),
    ],
)
def test_an_attempt_counts_while_its_way_to_pay_is_offered(
    provider_id: str, amount_cents: int, has_intent: bool, is_manual_offered: bool, is_ready: bool
) -> None:
    found = is_completable(
        provider_id, amount_cents, amount_cents, has_intent=has_intent, is_manual_offered=is_manual_offered
    )
    assert found is is_ready


def test_a_failed_event_waits_longer_each_time_and_is_left_after_ten() -> None:
    waits = [decide_next_try("failed", attempts, NOW, NOW).at for attempts in range(1, 11)]
    assert waits == [NOW + timedelta(minutes=minutes) for minutes in (1, 2, 4, 8, 16, 32, 60, 60, 60)] + [None]


def test_an_unmatched_event_is_tried_each_minute_for_fifteen() -> None:
    assert decide_next_try("unmatched", 14, NOW - timedelta(minutes=14), NOW).at == NOW + timedelta(minutes=1)
    assert decide_next_try("unmatched", 15, NOW - timedelta(minutes=15), NOW).at is None


@pytest.mark.parametrize("state", ["processed", "ignored"])
def test_what_is_done_is_not_tried_again(state: str) -> None:
    assert decide_next_try(state, 1, NOW, NOW).at is None


def test_no_event_that_does_not_exist_is_awaited() -> None:
    assert "payment_intent.refunded" not in HANDLED_EVENT_TYPES
    assert set(list_event_types()) >= HANDLED_EVENT_TYPES


def test_nothing_is_asked_for_that_nobody_acts_on_yet() -> None:
    assert not [name for name in HANDLED_EVENT_TYPES if name.startswith(("customer.", "invoice."))]


@pytest.mark.parametrize(
    ("money", "status", "summary"),
    [
        (Money(0, 0, 0), "not_paid", Summary(0, 0, 60470)),
        (Money(60470, 0, 0), "authorized", Summary(0, 0, 60470)),
        (Money(60470, 60470, 0), "captured", Summary(60470, 0, 0)),
        (Money(60470, 30000, 0), "partially_captured", Summary(30000, 0, 30470)),
        (Money(60470, 60470, 29990), "partially_refunded", Summary(60470, 29990, 29990)),
        (Money(60470, 60470, 60470), "refunded", Summary(60470, 60470, 60470)),
    ],
)
def test_where_the_money_of_an_order_stands(money: Money, status: str, summary: Summary) -> None:
    assert compute_payment_status(60470, money) == status
    assert compute_summary(60470, money) == summary


def test_a_returned_piece_makes_the_total_smaller_and_the_difference_ours() -> None:
    """The table of store-api §8: received, then refunded."""
    assert compute_summary(30480, Money(60470, 60470, 0)).pending_difference_cents == -29990
    assert compute_summary(30480, Money(60470, 60470, 29990)).pending_difference_cents == 0


def test_what_is_asked_back_is_owed_to_the_customer() -> None:
    assert compute_summary(60470, Money(60470, 60470, 0), 29990).pending_difference_cents == -29990


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        ([Pieces(2, 0, 0, 0)], "not_fulfilled"),
        ([Pieces(2, 1, 0, 0)], "partially_fulfilled"),
        ([Pieces(2, 2, 0, 0), Pieces(1, 0, 0, 0)], "partially_fulfilled"),
        ([Pieces(2, 2, 0, 0), Pieces(1, 1, 0, 0)], "fulfilled"),
        ([Pieces(2, 2, 2, 0), Pieces(1, 1, 0, 0)], "partially_shipped"),
        ([Pieces(2, 2, 2, 0)], "shipped"),
        ([Pieces(2, 2, 2, 1)], "partially_delivered"),
        ([Pieces(2, 2, 2, 2)], "delivered"),
        ([], "not_fulfilled"),
    ],
)
def test_an_order_is_as_far_as_its_pieces(lines: list[Pieces], status: str) -> None:
    assert compute_fulfillment_status(lines) == status


@pytest.mark.parametrize(("total", "pieces", "share"), [(1000, 0, 0), (1000, 1, 333), (1000, 2, 667), (1000, 3, 1000)])
def test_all_pieces_of_a_line_come_to_all_of_it(total: int, pieces: int, share: int) -> None:
    assert compute_share(total, 3, pieces) == share


def test_a_new_order_waits_or_asks_for_a_look() -> None:
    assert compute_order_status(None) == "pending"
    assert compute_order_status("stock_gone") == "requires_action"


def test_an_id_opens_an_order_for_thirty_days() -> None:
    check_open_without_login("order_1", NOW - timedelta(days=30), NOW)
    with pytest.raises(OrderNotFound):
        check_open_without_login("order_1", NOW - timedelta(days=30, seconds=1), NOW)


@pytest.mark.parametrize(
    ("locale", "mail"), [("en", "en"), ("en-GB", "en"), ("EN_us", "en"), ("fr", "fr"), ("de-DE", "fr"), (None, "fr")]
)
def test_the_language_of_a_mail(locale: str | None, mail: str) -> None:
    assert compute_mail_locale(locale) == mail


def test_a_mail_waits_longer_each_time_and_is_given_up_after_a_day() -> None:
    waits = [decide_next_attempt(attempts, NOW, NOW).at for attempts in range(1, 9)]
    assert waits == [NOW + timedelta(minutes=minutes) for minutes in (1, 2, 5, 15, 30, 60, 60, 60)]
    assert decide_next_attempt(1, NOW - timedelta(hours=24), NOW).at is None
    assert decide_next_attempt(1, NOW, NOW, retry_after_seconds=900).at == NOW + timedelta(minutes=15)
