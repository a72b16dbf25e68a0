"""`comptoir events`: what the ledger keeps is listed, and applied again without any effect done twice."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from app.core.db import unit_of_work
from app.payments.event_types import HANDLED_EVENT_TYPES
from app.payments.models import PaymentEvent
from app.stripe_events.jobs import sweep
from tests.command import Done, run_command
from tests.in_process import RunJobs
from tests.lost_news import lose_payment
from tests.order_link import open_page
from tests.rows import row
from tests.shop_front import Buyer, FakeStripe, Json, read_rows, read_state
from tests.stripe_news import SUCCEEDED, deliver, event_about, intent_of_nobody


def events(*arguments: str) -> Done:
    return run_command("events", *arguments)


def answer(*arguments: str) -> list[Json]:
    found = events(*arguments, "--json").answer
    assert isinstance(found, list)
    return found


def fail(buyer: Buyer, event: Json) -> None:
    """The event cannot be written: somebody holds the cart for too long."""
    with unit_of_work("somebody else") as session:
        session.connection().exec_driver_sql("SELECT FROM cart FOR UPDATE")
        assert deliver(buyer, event).status_code == 500


def change(**values: object) -> None:
    """Time passes over the ledger."""
    with unit_of_work("test") as session:
        session.execute(update(PaymentEvent).values(**values))


@pytest.fixture
def failed(buyer: Buyer, fake_stripe: FakeStripe) -> Json:
    """An event of a paid cart that could not be written."""
    intent = fake_stripe.pay(buyer.open_session(buyer.fill_cart(2)).intent_id, deliver=False)
    event = event_about(intent)
    fail(buyer, event)
    return event


@row("S1-005", "S4-040")
def test_a_failed_event_is_found_and_applied(buyer: Buyer, fake_stripe: FakeStripe, failed: Json) -> None:
    (kept,) = answer("list", "--state", "failed")
    assert (kept["stripe_event_id"], kept["attempts"]) == ("evt_of_the_test", 1)
    assert kept["error_code"] == "sqlalchemy.exc.OperationalError"
    done = events("replay", "evt_of_the_test")
    ((order_id, number),) = read_rows('SELECT id, display_id FROM "order"')
    assert (done.code, done.out) == (0, f"evt_of_the_test  failed -> processed  {order_id}\n")
    state = read_state()
    again = events("replay", "evt_of_the_test")
    assert (again.code, again.out) == (0, f"evt_of_the_test  processed -> processed  {order_id}\n")
    assert read_state() == state
    intent_id = str(kept["payment_intent_id"])
    for about in (
        ("show", str(order_id)),
        ("show", str(number)),
        ("show", intent_id),
        ("list", "--order", str(number)),
    ):
        assert [each["state"] for each in answer(*about)] == ["processed"], about
    assert "example.com" not in events("show", intent_id).out + events("show", intent_id, "--json").out
    assert [answer("list", *none) for none in (("--state", "failed"), ("--type", "charge.refunded"))] == [[], []]
    assert (events("show", "pi_unknown").code, events("list", "--order", "4711").code) == (1, 1)
    audited = "SELECT details FROM audit_log WHERE action = 'events.replayed'"
    assert read_rows(audited) == [({"before": "failed", "after": "processed", "is_forced": False},)]


@row("S1-009")
def test_an_event_that_only_stripe_has_is_fetched(buyer: Buyer, fake_stripe: FakeStripe) -> None:
    event_id, _ = lose_payment(buyer, fake_stripe)
    assert events("replay", event_id).out.startswith(f"{event_id}  absent -> processed  order_")
    state = read_state()
    change(body=None)  # thirty days later
    assert events("replay", event_id, "--force").code == 0
    assert read_state() == state
    unknown = run_command("events", "replay", "evt_nobody", "--json")
    assert (unknown.code, unknown.answer["code"]) == (1, "event_unknown")  # type: ignore[index]
    fake_stripe.break_down("events.retrieve", "error", times=None)
    refused = run_command("events", "replay", "evt_other", "--json")
    assert (refused.code, refused.answer["code"]) == (1, "stripe_unanswered")  # type: ignore[index]
    assert read_state() == state


def test_many_are_replayed_by_state_and_since(buyer: Buyer, fake_stripe: FakeStripe, failed: Json) -> None:
    for name in ("evt_a", "evt_b"):
        deliver(buyer, event_about(intent_of_nobody(), id=name))
    assert [each["event_id"] for each in answer("replay", "--state", "unmatched")] == ["evt_a", "evt_b"]
    done = events("replay", "--since", "1h")
    assert done.code == 1, "two stay unmatched"
    assert sorted(line.split("  ")[1] for line in done.out.splitlines()) == [
        "failed -> processed",
        "unmatched -> unmatched",
        "unmatched -> unmatched",
    ]
    assert events("replay", "--state", "failed").out == "Rien à rejouer.\n"
    assert (events("replay").code, events("replay", "evt_a", "--since", "1h").code) == (2, 2)


def test_after_ten_tries_a_person_is_told_once(buyer: Buyer, failed: Json, capsys: pytest.CaptureFixture[str]) -> None:
    change(attempts=9, next_try_at=PaymentEvent.received_at - timedelta(minutes=1))
    with unit_of_work("somebody else") as session:
        session.connection().exec_driver_sql("SELECT FROM cart FOR UPDATE")
        sweep()
    assert read_rows("SELECT state, attempts, next_try_at FROM payment_event") == [("failed", 10, None)]
    ((template, content),) = read_rows("SELECT template, content FROM message")
    assert (template, content["code"]) == ("money_alert", "event_given_up")  # type: ignore[index]
    assert "comptoir events replay evt_of_the_test" in str(content)
    printed = capsys.readouterr().out
    assert printed.count('"message": "money needs a person"') == 1
    assert '"code": "event_given_up"' in printed
    sweep()
    assert read_rows("SELECT count(*) FROM message") == [(1,)]
    assert events("replay", "evt_of_the_test").code == 0


def test_a_release_that_fails_every_event_does_not_use_up_the_days_mails(buyer: Buyer) -> None:
    """Ten mails of a day name events, the daily comparison names the others: customers' mails need the quota."""
    with unit_of_work("test") as session:
        session.connection().exec_driver_sql(
            "INSERT INTO payment_event (stripe_event_id, type, is_livemode, event_created_at, source, request_id, body,"
            " body_sha256, state, attempts) SELECT 'evt_' || n, 'refund.updated', false, now(), 'webhook', '-', '{}',"
            " repeat('0', 64), 'failed', 10 FROM generate_series(1, 30) n"
        )
    told = "SELECT count(*) FROM message WHERE template = 'money_alert'"
    for _ in range(2):
        sweep()
        assert read_rows(told) == [(10,)]
    with unit_of_work("test") as session:
        session.connection().exec_driver_sql("UPDATE message SET created_at = created_at - interval '25 hours'")
    sweep()
    assert read_rows(told) == [(20,)]


def tell_everything(buyer: Buyer, stripe: FakeStripe) -> str:
    """One event at least of every type that is acted on, brought as Stripe brings them; gives a page that was paid."""
    bought = buyer.open_session(buyer.fill_cart()).intent_id
    stripe.pay(bought)
    given_up = buyer.open_session(buyer.fill_cart()).intent_id
    stripe.fail(given_up)
    stripe.post(f"/_test/payment_intents/{given_up}/cancel")
    pages = [open_page(buyer).page_id for _ in range(4)]
    stripe.post(f"/_test/checkout_sessions/{pages[0]}/pay")
    for page, succeeds in ((pages[1], True), (pages[2], False)):
        stripe.post(f"/_test/checkout_sessions/{page}/pay", delayed=True)
        stripe.post(f"/_test/checkout_sessions/{page}/settle", succeeds=succeeds)
    stripe.post(f"/_test/checkout_sessions/{pages[3]}/expire")
    refund = stripe.post("/_test/refunds", payment_intent=bought, amount=1000)
    stripe.post(f"/_test/refunds/{refund['id']}/settle", status="failed", failure_reason="declined")
    dispute = stripe.post("/_test/disputes", payment_intent=bought, amount=500)
    stripe.post(f"/_test/disputes/{dispute['id']}/update", status="under_review")
    stripe.post(f"/_test/disputes/{dispute['id']}/close", status="won")
    payout = stripe.post("/_test/payouts")
    for what in ("reconcile", "fail"):
        stripe.post(f"/_test/payouts/{payout['id']}/{what}")
    stripe.wait_until_delivered()
    return pages[0]


def read_everything() -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table, but the ledger of events itself and what says that they were replayed."""
    tables = read_rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
    names = [str(name) for (name,) in tables if name not in ("payment_event", "audit_log")]
    query = "SELECT to_jsonb(t) - 'updated_at' FROM \"{}\" t ORDER BY 1"
    return {name: read_rows(query.format(name)) for name in names}


@row("S1-003")
def test_every_type_may_be_applied_again_by_force(buyer: Buyer, fake_stripe: FakeStripe, run_jobs: RunJobs) -> None:
    page_id = tell_everything(buyer, fake_stripe)
    assert run_jobs() == []
    told = read_rows("SELECT DISTINCT type FROM payment_event WHERE state = 'processed'")
    assert {kind for (kind,) in told} == HANDLED_EVENT_TYPES
    before = read_everything()
    for _ in range(2):
        done = events("replay", "--since", "1h", "--force")
        assert done.code == 0, done.out
        assert len(done.out.splitlines()) == done.out.count(" processed -> processed")
    about = "SELECT stripe_event_id, order_id FROM payment_event WHERE object_id = :id"
    ((event_id, order_id),) = read_rows(about, id=page_id)
    # Both in one second, in whichever order they came.
    assert {each["type"] for each in answer("show", page_id)} == {SUCCEEDED, "checkout.session.completed"}
    assert {str(each["order_id"]) for each in answer("show", str(event_id)) + answer("show", str(order_id))} == {
        order_id
    }
    after = read_everything()
    assert {name: rows for name, rows in after.items() if rows != before[name]} == {}


# Each constraint by which one column names one row.
UNIQUE = """
    SELECT relname::text, attname::text FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid
    JOIN pg_attribute ON attrelid = conrelid AND attnum = conkey[1] WHERE contype = 'u' AND cardinality(conkey) = 1
"""


@row("S1-004", "S4-037")
def test_the_ledger_and_the_attempts_name_each_thing_of_stripe_once(failed: Json) -> None:
    """The columns that support asks for, and the keys by which nothing is applied or paid twice."""
    assert events("replay", "evt_of_the_test").code == 0
    (kept,) = read_rows(
        "SELECT stripe_event_id, type, checkout_session_id, order_id IS NOT NULL, is_livemode, api_version,"
        " received_at <= processed_at, state, attempts, error_code FROM payment_event"
    )
    assert kept == (
        "evt_of_the_test", SUCCEEDED, None, True, False, failed["api_version"], True, "processed", 2, None,
    )  # fmt: skip
    named_once = {
        ("payment_event", "stripe_event_id"),
        ("payment_session", "checkout_session_id"),
        ("payment_session", "payment_intent_id"),
        ("payment", "payment_intent_id"),
        ("payment", "payment_session_id"),
        ("refund", "stripe_refund_id"),
        ("dispute", "stripe_dispute_id"),
        ("order", "payment_collection_id"),
    }
    assert named_once <= set(read_rows(UNIQUE)), "what happens without them: tests/concurrency/test_events_at_once.py"
