"""`comptoir trace`: each verdict, by really bringing about what it is about (runbook S1 "payé mais pas reflété")."""

import gzip
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from app.core.clock import utc_now
from app.core.db import unit_of_work
from app.core.jobs import enqueue
from app.runbook.rules import QUIET
from app.runbook.trace_log import MOST_LINES, read_log
from app.stripe_events.jobs import sweep
from tests.command import Done, run_command
from tests.factories.mail import change
from tests.factories.stock import lapse_reservations, sell_to_somebody_else
from tests.in_process import RunJobs
from tests.lost_news import lose_payment, put_event
from tests.order_link import open_page, turn
from tests.rows import row
from tests.shop_front import Buyer, FakeBrevo, FakeStripe, Json, read_rows, read_state
from tests.stripe_news import SUCCEEDED, deliver, event_about, intent_of_nobody

EMAIL = "jeanne@example.com"


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """A folder of logs as on a host; empty until `logging_to`."""
    folder = tmp_path / "logs"
    folder.mkdir()
    return folder


@contextmanager
def logging_to(logs: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[None]:
    """What the application logs meanwhile is in the folder."""
    capsys.readouterr()
    yield
    (logs / "web-00.log").write_text(capsys.readouterr().out)


def trace(named: object, *more: str) -> Json:
    done = run_command("trace", str(named), "--json", *more)
    answer = done.answer
    assert isinstance(answer, dict)
    assert done.code == int(answer["verdict"] not in QUIET)
    assert EMAIL not in done.out + done.err
    return answer


def verdict(named: object, *more: str) -> tuple[object, object, object]:
    answer = trace(named, *more)
    return answer["verdict"], answer["about"], answer["next"]


def first(query: str) -> str:
    return str(read_rows(query)[0][0])


def buy(buyer: Buyer, stripe: FakeStripe, run_jobs: RunJobs | None = None) -> tuple[str, str]:
    """A purchase that went well; the order's id and the intent's."""
    cart_id = buyer.fill_cart()
    intent_id = buyer.open_session(cart_id).intent_id
    stripe.pay(intent_id)
    stripe.wait_until_delivered()
    if run_jobs is not None:
        assert run_jobs() == []
    return first('SELECT id FROM "order"'), intent_id


@row("S1-005", "S1-006")
def test_a_lost_webhook_is_named_with_its_command_which_repairs_it(
    buyer: Buyer, fake_stripe: FakeStripe, run_jobs: RunJobs
) -> None:
    event_id, intent = lose_payment(buyer, fake_stripe)
    cart_id = first("SELECT id FROM cart")
    before = read_state()
    for named in (cart_id, intent["id"], event_id, first("SELECT id FROM payment_session")):
        code, about, step = verdict(named)
        assert (code, step) == ("event_not_received", "comptoir events reconcile"), named
        assert str(about).startswith("evt_")
    assert read_state() == before, "it changes nothing"
    assert run_command(*str(step).split()[1:]).code == 0
    assert run_jobs() == []
    ((order_id, number),) = read_rows('SELECT id, display_id FROM "order"')
    for named in (cart_id, order_id, number, f"#{number}", intent["id"]):
        assert verdict(named) == ("in_order", "", "Rien à faire."), named


def test_paid_at_stripe_without_any_event(buyer: Buyer, fake_stripe: FakeStripe) -> None:
    intent_id = buyer.open_session(buyer.fill_cart()).intent_id
    assert trace(intent_id)["verdict"] == "not_paid"
    fake_stripe.post(f"/_test/payment_intents/{intent_id}/confirm", event="none")
    code, _, step = verdict(intent_id)
    assert (code, step) == ("paid_not_here", "comptoir events check")
    assert run_command(*str(step).split()[1:]).code == 0
    assert trace(intent_id)["verdict"] == "in_order"


@row("S1-007")
def test_an_order_that_is_paid_by_link(buyer: Buyer, fake_stripe: FakeStripe) -> None:
    opened = open_page(buyer)
    number = first('SELECT display_id FROM "order"')
    assert trace(opened.page_id)["verdict"] == "not_paid"
    turn(fake_stripe, opened.page_id, "pay", deliver=False)
    for named in (opened.page_id, opened.order_id, number):
        assert trace(named)["verdict"] == "event_not_received"
    event_id = str(trace(opened.page_id)["about"])
    assert run_command("events", "replay", event_id).code == 0
    found = trace(opened.page_id)
    assert (found["verdict"], found["order_id"]) == ("in_order", opened.order_id)
    assert "order paid" in [entry["what"] for entry in list(found["timeline"])]  # type: ignore[call-overload]
    expired = open_page(buyer)
    turn(fake_stripe, expired.page_id, "expire", deliver=False)
    assert trace(expired.page_id)["verdict"] == "payment_canceled"


def test_stripe_down_is_said(buyer: Buyer, fake_stripe: FakeStripe) -> None:
    _, intent = lose_payment(buyer, fake_stripe)
    fake_stripe.break_down("*", "refuse", times=None)
    for named in (intent["id"], "pi_of_nobody"):
        assert trace(named)["verdict"] == "stripe_silent"
    fake_stripe.recover()
    assert trace("pi_of_nobody")["verdict"] == "unknown_id"


def test_an_event_that_failed_and_one_about_nothing(buyer: Buyer, fake_stripe: FakeStripe) -> None:
    intent = fake_stripe.pay(buyer.open_session(buyer.fill_cart()).intent_id, deliver=False)
    with unit_of_work("somebody else") as session:
        session.connection().exec_driver_sql("SELECT FROM cart FOR UPDATE")
        assert deliver(buyer, event_about(intent)).status_code == 500
    for named in ("evt_of_the_test", intent["id"]):
        assert verdict(named) == (
            "event_failed",
            "evt_of_the_test",
            "Réparez la cause (code ci-dessus), puis : comptoir events replay evt_of_the_test",
        )
    assert "sqlalchemy.exc.OperationalError" in json.dumps(trace(intent["id"]))
    assert run_command("events", "replay", "evt_of_the_test").code == 0
    assert trace("evt_of_the_test")["verdict"] == "in_order"
    deliver(buyer, event_about(intent_of_nobody(), id="evt_stranger"))
    assert verdict("evt_stranger")[:2] == ("event_unmatched", "evt_stranger")
    assert verdict("pi_of_nobody")[:2] == ("event_unmatched", "evt_stranger")
    deliver(buyer, event_about(intent_of_nobody(), "charge.succeeded", id="evt_other"))
    assert verdict("evt_other")[:2] == ("event_ignored", "evt_other")


@row("S1-011", "S3-006", "S4-020")
def test_what_the_webhook_refused_is_read_from_the_log(
    buyer: Buyer, fake_stripe: FakeStripe, logs: Path, capsys: pytest.CaptureFixture[str], environment: dict[str, str]
) -> None:
    event_id, intent = lose_payment(buyer, fake_stripe)
    with logging_to(logs, capsys):
        assert deliver(buyer, event_about(intent, id=event_id), secret="whsec_of_yesterday").status_code == 400
    code, _, step = verdict(intent["id"], "--logs", str(logs))
    assert code == "refused_signature"
    assert "STRIPE_WEBHOOK_SECRET" in str(step)
    with logging_to(logs, capsys):
        for _ in range(101):
            answer = deliver(buyer, {})
        assert answer.status_code == 429
    code, _, step = verdict(intent["id"], "--logs", str(logs))
    assert (code, "comptoir events reconcile" in str(step)) == ("refused_rate_limit", True)
    (logs / "web-00.log").chmod(0)
    assert trace(intent["id"], "--logs", str(logs / "nowhere"))["verdict"] == "event_not_received"


@row("S1-002", "S3-024", "S4-061")
def test_a_request_id_leads_to_its_purchase_or_to_its_lines(
    buyer: Buyer, fake_stripe: FakeStripe, logs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with logging_to(logs, capsys):
        answer = buyer.http.get("/store/regions/reg_nowhere")
        order_id, _ = buy(buyer, fake_stripe)
    found = trace(answer.headers["x-request-id"], "--logs", str(logs))
    assert (found["verdict"], found["about"]) == ("request_answered", "404")
    brought = first("SELECT request_id FROM payment_event")
    found = trace(brought, "--logs", str(logs))
    assert (found["order_id"], found["verdict"]) == (order_id, "in_order")
    kinds = [str(entry["kind"]) for entry in list(found["timeline"])]  # type: ignore[call-overload]
    assert {"request", "event", "fact", "job", "mail"} <= set(kinds)
    assert trace("0123456789abcdef", "--logs", str(logs))["verdict"] == "unknown_id"


@row("S1-008")
def test_what_the_dashboard_sends_again_is_seen_and_changes_nothing(
    buyer: Buyer, fake_stripe: FakeStripe, logs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with logging_to(logs, capsys):
        order_id, _ = buy(buyer, fake_stripe)
        event_id, before = first("SELECT stripe_event_id FROM payment_event"), read_state()
        fake_stripe.post("/_test/deliveries", event=event_id)
        fake_stripe.wait_until_delivered()
    assert read_state() == before
    found = trace(event_id, "--logs", str(logs))
    assert (found["verdict"], found["order_id"]) == ("in_order", order_id)
    timeline = found["timeline"]
    assert isinstance(timeline, list)
    seen = [entry["detail"] for entry in timeline if entry["what"] == "stripe event"]
    assert [re.findall("status=([a-z]+)", detail) for detail in seen] == [["processed"], ["duplicate"]]
    assert all(f"stripeEventId={event_id}" in detail for detail in seen)


def test_a_mail_that_did_not_leave(
    buyer: Buyer, fake_stripe: FakeStripe, fake_brevo: FakeBrevo, run_jobs: RunJobs
) -> None:
    order_id, _ = buy(buyer, fake_stripe)
    assert trace(order_id)["verdict"] == "in_order", "it is on its way"
    message_id = first("SELECT id FROM message")

    change("UPDATE message SET created_at = now() - interval '11 minutes', error_code = 'down'")
    code, about, step = verdict(order_id)
    assert (code, about, "comptoir mail stats" in str(step)) == ("mail_waiting", message_id, True)
    change("UPDATE message SET state = 'dead', error_code = 'invalid_parameter'")
    assert verdict(order_id) == ("mail_not_sent", message_id, f"comptoir mail retry {message_id}")
    assert "invalid_parameter" in json.dumps(trace(order_id))
    assert run_command("mail", "retry", message_id).code == 0, "the next command can be given"


def test_an_order_that_a_person_must_look_at(buyer: Buyer, fake_stripe: FakeStripe) -> None:
    intent_id = buyer.open_session(buyer.fill_cart(2)).intent_id
    with unit_of_work("test") as session:
        lapse_reservations(session)
        sell_to_somebody_else(session, buyer.goods.variant_id, 9)
    fake_stripe.pay(intent_id)
    fake_stripe.wait_until_delivered()
    number = first('SELECT display_id FROM "order"')
    assert verdict(intent_id) == ("needs_review", "stock_gone", f"comptoir orders show {number}")


def test_money_that_went_back_in_the_dashboard_and_a_dispute(
    buyer: Buyer, fake_stripe: FakeStripe, run_jobs: RunJobs
) -> None:
    order_id, intent_id = buy(buyer, fake_stripe, run_jobs)
    fake_stripe.post("/_test/refunds", payment_intent=intent_id, amount=1000)
    fake_stripe.wait_until_delivered()
    assert trace(order_id)["verdict"] == "partially_refunded"
    refund_id = first("SELECT stripe_refund_id FROM refund")
    assert trace(refund_id)["order_id"] == order_id
    fake_stripe.post("/_test/refunds", payment_intent=intent_id)
    fake_stripe.wait_until_delivered()
    assert trace(order_id)["verdict"] == "refunded"
    fake_stripe.post("/_test/disputes", payment_intent=intent_id)
    fake_stripe.wait_until_delivered()
    assert trace(order_id)["verdict"] == "disputed"


def test_a_payment_that_the_bank_declined_and_one_by_transfer(buyer: Buyer, fake_stripe: FakeStripe) -> None:
    attempt = buyer.open_session(buyer.fill_cart())
    fake_stripe.fail(attempt.intent_id)
    fake_stripe.wait_until_delivered()
    assert trace(attempt.intent_id)["verdict"] == "payment_failed"
    cart_id = buyer.fill_cart()
    buyer.ask_for_session(buyer.open_collection(cart_id), "pp_system_default")
    order_id = buyer.complete(cart_id).json()["order"]["id"]
    assert trace(order_id)["verdict"] == "payment_to_come"


def test_an_address_is_typed_and_never_shown(
    buyer: Buyer, fake_stripe: FakeStripe, capsys: pytest.CaptureFixture[str]
) -> None:
    buy(buyer, fake_stripe)
    lose_payment(buyer, fake_stripe)
    done = run_command("trace", "--email", "--json", typed=f"{EMAIL.upper()}\n")
    answer = done.answer
    assert isinstance(answer, list)
    assert sorted(str(each["verdict"]) for each in answer) == ["event_not_received", "in_order"]
    assert run_command("trace", "--email", typed="personne@example.com\n").out == "Rien sous cette adresse.\n"
    refused = run_command("trace", EMAIL)
    assert refused.code == 2
    assert EMAIL not in done.out + done.err + refused.out + refused.err + capsys.readouterr().out
    assert read_rows("SELECT count(*) FROM audit_log WHERE details::text LIKE '%example%'") == [(0,)]


def test_the_text_names_what_happened_and_the_next_step(
    buyer: Buyer, fake_stripe: FakeStripe, monkeypatch: pytest.MonkeyPatch
) -> None:
    order_id, intent_id = buy(buyer, fake_stripe)
    text: Done = run_command("trace", order_id)
    assert text.code == 0
    english = ("payment asked for", "order placed", "payment received", f"{SUCCEEDED} received: processed")
    french = ("paiement demandé", "commande passée", "paiement reçu", f"{SUCCEEDED} reçu : processed", "essais : 1")
    assert [told for told in (*french, *english) if told in text.out] == list(french)
    assert text.out.endswith("= in_order : Tout est en ordre : payée et enregistrée.\n  → Rien à faire.\n")
    codes = {str(entry["what"]) for entry in list(trace(order_id)["timeline"])}  # type: ignore[call-overload]
    assert codes >= set(english), "programs read the same in every language"
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")
    text = run_command("trace", intent_id)
    assert "All in order: paid and recorded." in text.out
    assert [told for told in (*french, *english) if told in text.out] == list(english)
    put_event(fake_stripe, {}, "charge.succeeded", id="evt_listed")
    sweep()
    assert run_command("trace", "evt_listed").code == 1


def test_garbage_in_the_log_hides_nothing_and_fills_no_memory(tmp_path: Path) -> None:
    now = utc_now()
    good = json.dumps({"time": now.isoformat(), "message": "m", "requestId": "evt_1"}).encode() + b"\n"
    packed = bytearray(gzip.compress(good * 1000))
    packed[40:60] = bytes(20)
    (tmp_path / "web.log.2.gz").write_bytes(packed)
    (tmp_path / "web.log.3.gz").write_bytes(b"evt_1, not packed")
    garbage = (
        b'{"time": "2030-01-01T00:00:00", "message": "evt_1"}',
        b'{"time": "2030-01-01T00:00:00Z", "message": "evt_1", "httpStatus": "nought"}',
        b'{"time": 3, "message": "evt_1"}',
        b'{"evt_1":' + b"[" * 50_000,
        b"\xff\xfe evt_1 \x00",
        b"null evt_1",
        b"evt_1" * 100_000,
    )
    (tmp_path / "web.log").write_bytes(b"\n".join(garbage) + b"\n" + good)
    found = read_log(tmp_path, now - timedelta(days=1), ["evt_1"])
    assert [(line.message, line.fields["requestId"]) for line in found] == [("m", "evt_1")]
    (tmp_path / "worker.log").write_bytes(good * (MOST_LINES + 1))
    assert len(read_log(tmp_path, now - timedelta(days=1), ["evt_1"])) == MOST_LINES


def test_the_end_of_a_page_that_nobody_wants_any_more_is_in_its_timeline(
    buyer: Buyer, fake_stripe: FakeStripe, run_jobs: RunJobs
) -> None:
    page = open_page(buyer)
    with unit_of_work("test") as session:  # by the clock: no request of the buyer's leads to it
        enqueue(session, "payments.expire_checkout_session", checkout_session_id=page.page_id)
    assert run_jobs() == []
    timeline = trace(page.order_id)["timeline"]
    assert isinstance(timeline, list)
    assert "payments.expire_checkout_session" in str([entry for entry in timeline if entry["kind"] == "job"])
