"""What payments, orders and mails decide, as tables."""

from datetime import UTC, datetime, timedelta

import pytest

from app.notifications.rules import compute_mail_locale, decide_next_attempt
from app.orders.errors import OrderNotFound
from app.orders.rules import (
    Money,
    Summary,
    check_open_without_login,
    compute_order_status,
    compute_payment_status,
    compute_summary,
)
from app.payments.errors import PaymentProviderUnknown
from app.payments.event_types import HANDLED_EVENT_TYPES
from app.payments.rules import check_provider, compute_collection_status, compute_session_status, decide_next_try

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
    check_provider("pp_stripe_stripe", is_manual_offered=False)
    check_provider("pp_system_default", is_manual_offered=True)
    for unknown in ("pp_system_default", "pp_paypal_paypal", ""):
        with pytest.raises(PaymentProviderUnknown):
            check_provider(unknown, is_manual_offered=False)


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
    assert all(name.startswith("payment_intent.") for name in HANDLED_EVENT_TYPES)


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
