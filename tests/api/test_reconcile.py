"""Events that never arrived are fetched: by the clock, at the worker's start, after a 429, and by hand."""

import json
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
import redis

from app.core.clock import utc_now
from app.core.db import unit_of_work
from app.core.shared_redis import get_shared_redis
from app.stripe_events import mark_refused
from app.stripe_events.hold_task import hold_task
from app.stripe_events.jobs import reconcile
from app.stripe_events.models import ReconcileRun
from app.stripe_events.reconcile_events import TASK
from tests.command import Done, run_command
from tests.lost_news import lose_payment, put_event
from tests.processes import Processes
from tests.rows import row
from tests.shop_front import Buyer, FakeStripe, change_settings, read_rows, read_state
from tests.stripe_news import SUCCEEDED, deliver, event_about, intent_of_nobody
from tests.vendor_watch import Watcher
from tests.waiting import wait_until

LEDGER = "SELECT stripe_event_id, state, source, attempts FROM payment_event ORDER BY event_created_at, id"


def fetch(*arguments: str) -> Done:
    return run_command("events", "reconcile", *arguments, "--json")


def figures(done: Done) -> tuple[object, ...]:
    answer = done.answer
    assert isinstance(answer, dict)
    return tuple(answer.get(name) for name in ("found", "applied", "failed", "complete"))


def pretend_run(age: timedelta) -> None:
    """The last complete run began some time ago."""
    at = utc_now() - age
    with unit_of_work("test") as session:
        session.add(ReconcileRun(since_at=at, started_at=at, asked_by="test", found=0, applied=0, failed=0))


def call_lists(stripe: FakeStripe) -> int:
    """How often Stripe's events were listed."""
    return len(stripe.calls("events.list"))


@pytest.fixture
def watcher(environment: dict[str, str], fake_stripe: FakeStripe) -> Iterator[Watcher]:
    """Looks for open transactions during every call to Stripe."""
    watcher = Watcher(environment["DATABASE_URL"])
    fake_stripe.observers.append(watcher.look)
    yield watcher
    fake_stripe.observers.clear()


@row("S1-006", "S1-015")
def test_a_lost_webhook_is_fetched_and_the_young_one_left(
    buyer: Buyer, fake_stripe: FakeStripe, watcher: Watcher
) -> None:
    event_id, _ = lose_payment(buyer, fake_stripe, 2)  # the payment made an event of its own, which is young
    before = read_state()
    assert (figures(fetch()), read_state()["orders"]) == ((1, 1, 0, True), 1)
    assert read_rows(LEDGER) == [(event_id, "processed", "reconcile", 1)]
    assert watcher.findings == []
    ((body, order_id),) = read_rows("SELECT body, order_id FROM payment_event")
    assert isinstance(body, bytes)
    assert json.loads(body) == fake_stripe.read_event(event_id)
    after = read_state()
    assert after["stock"] == before["stock"] - 2
    assert read_rows("SELECT action FROM audit_log WHERE action LIKE 'events.%'") == [("events.reconciled",)]
    assert figures(fetch()) == (0, 0, 0, True)  # the hour of overlap is read again
    assert read_state() == after
    assert read_rows('SELECT id FROM "order"') == [(order_id,)]
    # Not the moment at which it was fetched: the two may lie on either side of midnight, or of a year's end.
    assert read_rows("SELECT captured_at = event_created_at FROM payment, payment_event") == [(True,)]


def test_one_bad_event_stops_no_other(buyer: Buyer, fake_stripe: FakeStripe) -> None:
    bad = put_event(fake_stripe, {"object": "payment_intent", "id": "pi_bad"}, age=900)
    good, _ = lose_payment(buyer, fake_stripe)
    stranger = put_event(fake_stripe, intent_of_nobody(), age=300)
    done = fetch()
    assert (done.code, figures(done)) == (1, (3, 2, 1, True))
    assert read_rows(LEDGER) == [
        (bad, "failed", "reconcile", 1),
        (good, "processed", "reconcile", 1),
        (stranger, "unmatched", "reconcile", 1),
    ]
    # All three are the sweeper's now: nobody fetches them again.
    assert figures(fetch()) == (0, 0, 0, True)
    assert read_rows("SELECT found, applied, failed FROM reconcile_run ORDER BY id") == [(3, 2, 1), (0, 0, 0)]


def test_it_reads_every_page_and_every_window_and_filters_by_type_alone(buyer: Buyer, fake_stripe: FakeStripe) -> None:
    lose_payment(buyer, fake_stripe)
    pretend_run(timedelta(hours=5))
    for number in range(130):
        thing = {**intent_of_nobody(), "id": f"pi_{number}"}
        put_event(fake_stripe, thing, "payment_intent.canceled", age=300 + number * 120)
    delivered = put_event(fake_stripe, intent_of_nobody(), age=200, deliver=True)
    wait_until(lambda: read_rows("SELECT 1 FROM payment_event"), 10, "the delivered one is there")
    assert figures(fetch()) == (131, 131, 0, True)
    assert read_rows("SELECT source FROM payment_event WHERE stripe_event_id = :id", id=delivered) == [("webhook",)]
    order = [found for (found,) in read_rows("SELECT event_created_at FROM payment_event ORDER BY id OFFSET 1")]
    assert order == sorted(order, key=str), "oldest first"
    asked = [call["arguments"] for call in fake_stripe.calls("events.list")]
    assert all(isinstance(each, dict) and "delivery_success" not in each for each in asked)
    assert all(isinstance(each, dict) and len(each["types"]) <= 20 for each in asked)
    assert len(asked) >= 3


def test_an_event_that_was_refused_with_429_is_fetched_within_minutes(
    buyer: Buyer, fake_stripe: FakeStripe, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    event_id, intent = lose_payment(buyer, fake_stripe)
    change_settings(monkeypatch, RATE_LIMIT_WEBHOOK_MAX="1")
    pretend_run(timedelta(minutes=1))
    reconcile()
    assert call_lists(fake_stripe) == 0, "nothing is due"
    refused = [deliver(buyer, event_about(intent, id=event_id, account="acct_1")).status_code for _ in range(2)]
    assert 429 in refused
    reconcile()
    assert call_lists(fake_stripe) == 1
    # What was refused may have been too young for this run: the minutes that follow look again.
    reconcile()
    assert call_lists(fake_stripe) == 2
    with redis.Redis.from_url(environment["REDIS_URL"]) as client:
        client.set(mark_refused.KEY, time.time() - 200)
    reconcile()
    assert call_lists(fake_stripe) == 2, "a run began long enough after it"


def test_redis_away_costs_nothing_but_the_minute(
    buyer: Buyer, fake_stripe: FakeStripe, monkeypatch: pytest.MonkeyPatch
) -> None:
    event_id, _ = lose_payment(buyer, fake_stripe)
    change_settings(monkeypatch, REDIS_URL="redis://127.0.0.1:1", RATE_LIMIT_WEBHOOK_MAX="1")
    get_shared_redis.cache_clear()
    mark_refused.mark_refused()
    pretend_run(timedelta(minutes=14))
    reconcile()
    assert call_lists(fake_stripe) == 0
    pretend_run(timedelta(minutes=16))
    with unit_of_work("test") as session:
        session.connection().exec_driver_sql("DELETE FROM reconcile_run WHERE started_at > now() - interval '15 min'")
    reconcile()
    assert read_rows(LEDGER) == [(event_id, "processed", "reconcile", 1)]


def test_only_one_runs_at_a_time_and_says_who(buyer: Buyer, fake_stripe: FakeStripe) -> None:
    event_id, _ = lose_payment(buyer, fake_stripe)
    with hold_task(TASK):
        refused = fetch()
        assert (refused.code, refused.answer["code"]) == (1, "runs_already")  # type: ignore[index]
        assert "anonymous" in refused.out
        reconcile()  # the job leaves it to whoever holds it
        assert (call_lists(fake_stripe), read_state()["events"]) == (0, 0)
        with unit_of_work("test") as session:  # its holder was killed two minutes ago
            session.connection().exec_driver_sql("UPDATE stripe_task SET held_until_at = now()")
        reconcile()
    assert read_rows(LEDGER) == [(event_id, "processed", "reconcile", 1)]


def test_a_gap_that_stripe_no_longer_lists_is_a_persons(buyer: Buyer, fake_stripe: FakeStripe) -> None:
    lose_payment(buyer, fake_stripe)
    pretend_run(timedelta(days=40))
    refused = fetch()
    assert (refused.code, refused.answer["code"]) == (1, "gap_too_long")  # type: ignore[index]
    assert "comptoir events check" in refused.out
    for _ in range(2):
        reconcile()
    assert (read_state()["events"], call_lists(fake_stripe)) == (0, 0)
    assert read_rows("SELECT content ->> 'code' FROM message") == [("events_unreachable",)], "the shop is told once"
    named = refused.out.partition("--since ")[2][:10]
    assert figures(fetch("--since", named)) == (1, 1, 0, True)
    assert figures(fetch()) == (0, 0, 0, True)  # from here on it goes by itself
    assert fetch("--since", "yesterday").code == 1


def test_a_run_that_a_wrong_clock_dated_ahead_is_none(buyer: Buyer, fake_stripe: FakeStripe) -> None:
    """A host that boots with the local time as UTC runs it at once, before its clock is put right."""
    pretend_run(timedelta(hours=1))
    pretend_run(-timedelta(hours=2))
    event_id, _ = lose_payment(buyer, fake_stripe)
    reconcile()
    assert read_rows(LEDGER) == [(event_id, "processed", "reconcile", 1)]
    reconcile()
    assert call_lists(fake_stripe) == 1, "the run just made counts, although the other is dated later"


def test_stripe_down_leaves_nothing_half_done(buyer: Buyer, fake_stripe: FakeStripe) -> None:
    lose_payment(buyer, fake_stripe)
    before = read_state()
    fake_stripe.break_down("events.list", "error", times=None)
    refused = fetch()
    assert (refused.code, refused.answer["code"]) == (1, "stripe_unanswered")  # type: ignore[index]
    reconcile()
    assert (read_state(), read_rows("SELECT count(*) FROM reconcile_run")) == (before, [(0,)])
    fake_stripe.recover()
    reconcile()
    assert read_state()["orders"] == 1


def test_a_worker_begins_with_it(buyer: Buyer, fake_stripe: FakeStripe, processes: Processes) -> None:
    event_id, _ = lose_payment(buyer, fake_stripe)
    pretend_run(timedelta(minutes=10))  # nothing is due by the clock
    processes.work()
    wait_until(lambda: read_rows(LEDGER) == [(event_id, "processed", "reconcile", 1)], 30, "it is fetched")
    assert read_rows("SELECT type FROM payment_event") == [(SUCCEEDED,)]


def test_a_shop_that_asked_nothing_of_stripe_calls_nobody(buyer: Buyer, fake_stripe: FakeStripe) -> None:
    assert (fetch().answer, call_lists(fake_stripe)) == (
        {"found": 0, "applied": 0, "failed": 0, "since": None, "complete": True},
        0,
    )
