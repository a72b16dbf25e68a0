"""No vendor is called while a transaction is open (design §4.2): the database is asked during every call."""

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from app.core.db import unit_of_work
from app.core.jobs import enqueue
from tests.command import run_command
from tests.in_process import RunJobs
from tests.lost_news import lose_payment
from tests.money_back import buy, hire
from tests.shop_front import Buyer, FakeBrevo, FakeStripe
from tests.vendor_watch import Watcher


@pytest.fixture
def watcher(environment: dict[str, str], fake_stripe: FakeStripe, fake_brevo: FakeBrevo) -> Iterator[Watcher]:
    """Looks during every call to either vendor."""
    watcher = Watcher(environment["DATABASE_URL"])
    fake_stripe.observers.append(watcher.look)
    fake_brevo.observers.append(watcher.look)
    yield watcher
    fake_stripe.observers.clear()
    fake_brevo.observers.clear()


def test_a_whole_purchase_calls_vendors_between_transactions(
    buyer: Buyer, fake_stripe: FakeStripe, watcher: Watcher, run_jobs: RunJobs
) -> None:
    cart_id = buyer.fill_cart()
    buyer.open_session(cart_id)
    attempt = buyer.open_session(cart_id)  # the first one's intent is cancelled by a job
    assert buyer.complete(cart_id).json()["type"] == "cart"
    fake_stripe.pay(attempt.intent_id, deliver=False)
    assert buyer.complete(cart_id).json()["type"] == "order"
    # The cancellation makes an event; were it delivered at once, its own transaction would be seen.
    fake_stripe.post("/_test/deliveries/hold")
    assert run_jobs() == []
    assert sorted(watcher.calls) == [
        "payment_intents.cancel",
        "payment_intents.create",
        "payment_intents.create",
        "payment_intents.retrieve",
        "payment_intents.retrieve",
        "send_transac_email",
    ]
    assert watcher.findings == []


def test_a_purchase_that_the_webhook_ends_calls_vendors_between_transactions(
    buyer: Buyer, fake_stripe: FakeStripe, watcher: Watcher, run_jobs: RunJobs
) -> None:
    attempt = buyer.open_session(buyer.fill_cart())
    fake_stripe.pay(attempt.intent_id)
    fake_stripe.wait_until_delivered()
    assert run_jobs() == []
    assert watcher.calls == ["payment_intents.create", "send_transac_email"]
    assert watcher.findings == []


def test_vendors_that_fail_are_called_between_transactions_too(
    buyer: Buyer, fake_stripe: FakeStripe, fake_brevo: FakeBrevo, watcher: Watcher, run_jobs: RunJobs
) -> None:
    cart_id = buyer.fill_cart()
    fake_stripe.break_down("payment_intents.create", "error", when="after")
    assert buyer.ask_for_session(buyer.open_collection(cart_id)).status_code == 503
    attempt = buyer.open_session(cart_id)
    fake_brevo.break_down("send_transac_email", "error", when="after")
    fake_stripe.pay(attempt.intent_id, deliver=False)
    assert buyer.complete(cart_id).json()["type"] == "order"
    assert run_jobs() == []
    assert {"payment_intents.create", "payment_intents.retrieve", "send_transac_email"} == set(watcher.calls)
    assert watcher.findings == []


def test_money_goes_back_between_transactions(
    buyer: Buyer, fake_stripe: FakeStripe, watcher: Watcher, run_jobs: RunJobs
) -> None:
    """The first attempt of the route, and the job that looks and asks again."""
    paid = buy(buyer, fake_stripe)
    fake_stripe.post("/_test/deliveries/hold")
    fake_stripe.break_down("refunds.create", "error", when="after")
    assert hire(buyer).refund(paid, refund_reason_id="not_shipped").status_code == 200
    with unit_of_work("test") as session:
        session.execute(text("UPDATE procrastinate_jobs SET scheduled_at = now() WHERE status = 'todo'"))
    assert run_jobs() == []
    assert {"refunds.create", "refunds.list", "send_transac_email"} < set(watcher.calls)
    assert watcher.findings == []


def test_what_reads_stripe_anew_reads_between_transactions(
    buyer: Buyer, fake_stripe: FakeStripe, watcher: Watcher
) -> None:
    event_id, intent = lose_payment(buyer, fake_stripe)
    for arguments in (
        ("trace", str(intent["id"])),
        ("events", "drift", "--until", "2099-01-01"),
        ("events", "reconcile"),
        ("events", "replay", event_id, "--force"),
        ("events", "drift", "--until", "2099-01-01"),
    ):
        assert run_command(*arguments).code in (0, 1), arguments
    buyer.open_session(buyer.fill_cart())
    assert run_command("events", "check").code == 0
    assert {"events.list", "payment_intents.list", "payment_intents.retrieve", "refunds.list"} <= set(watcher.calls)
    assert watcher.findings == []


def test_control_an_open_transaction_is_seen(buyer: Buyer, fake_stripe: FakeStripe, watcher: Watcher) -> None:
    cart_id = buyer.fill_cart()
    with unit_of_work("test") as session:
        enqueue(session, "payments.cancel_intent", intent_id="pi_none")
        buyer.open_session(cart_id)
    assert watcher.calls == ["payment_intents.create"]
    ((operation, name, state, _query),) = watcher.findings
    assert (operation, name, state) == ("payment_intents.create", "comptoir", "idle in transaction")
