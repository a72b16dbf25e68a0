"""`comptoir checkout close`: no payment is opened from the next call on; who has paid still gets their order."""

import httpx2
import pytest

from app.core.db import unit_of_work
from tests.api.test_health import beat
from tests.command import run_command
from tests.in_process import RunJobs
from tests.lost_news import lose_payment
from tests.processes import Processes, shared_socket, url_of
from tests.rows import row
from tests.shop_front import Buyer, FakeStripe, read_rows, read_state
from tests.statements import counted_statements

AUDIT = "SELECT actor, action, details ->> 'reason' FROM audit_log WHERE subject = 'checkout' ORDER BY id"


def close(*more: str) -> None:
    assert run_command("checkout", "close", "--reason", "Prix faux", *more).code == 0


def is_closed(answer: httpx2.Response, within_seconds: int = 300) -> bool:
    assert (answer.status_code, answer.json()["code"]) == (503, "checkout_unavailable")
    assert " / Payment is unavailable" in answer.json()["message"]
    assert "Prix faux" not in answer.text, "why is for the shop"
    return 1 <= int(answer.headers["retry-after"]) <= within_seconds


@row("S0-133")
def test_no_payment_is_opened_until_it_is_open_again(
    buyer: Buyer, fake_stripe: FakeStripe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COMPTOIR_ACTOR", "paule")
    beat()
    collection_id, other = buyer.open_collection(buyer.fill_cart()), buyer.fill_cart()
    close()
    before = read_state()
    for provider in ("pp_stripe_stripe", "pp_system_default"):
        assert is_closed(buyer.ask_for_session(collection_id, provider))
    assert (read_state(), fake_stripe.get("/_test/requests")) == (before, [])
    assert buyer.post(f"/store/carts/{other}", email="j.martin@example.com").status_code == 200
    ready = buyer.http.get("/health/ready")
    assert (ready.status_code, ready.json()["checks"]["stripe"]) == (
        200,
        {"status": "degraded", "cause": "checkout_closed"},
    )
    assert buyer.http.get("/health").status_code == 200

    assert run_command("checkout", "open").out == "Paiement ouvert.\n"
    assert buyer.ask_for_session(collection_id).status_code == 200
    assert run_command("checkout", "open", "--json").answer == {"is_open": True, "was_closed": False}
    assert read_rows(AUDIT) == [
        ("cli:paule", "checkout.close", "Prix faux"),
        ("cli:paule", "checkout.open", "Prix faux"),
    ]


@row("S0-133")
def test_who_paid_gets_the_order_and_who_did_not_waits(buyer: Buyer, fake_stripe: FakeStripe) -> None:
    told_by_browser, told_by_webhook, by_transfer = buyer.fill_cart(), buyer.fill_cart(), buyer.fill_cart()
    paid = [buyer.open_session(cart_id).intent_id for cart_id in (told_by_browser, told_by_webhook)]
    assert buyer.ask_for_session(buyer.open_collection(by_transfer), "pp_system_default").status_code == 200
    with unit_of_work("test") as session:
        session.connection().exec_driver_sql("UPDATE cart SET expires_at = now() + interval '1 hour'")
    close()
    for intent_id, is_told in zip(paid, (False, True), strict=True):
        fake_stripe.pay(intent_id, deliver=is_told)
    fake_stripe.wait_until_delivered()
    for cart_id in (told_by_browser, told_by_webhook):
        assert buyer.complete(cart_id).json()["type"] == "order"
    before = read_state()
    assert is_closed(buyer.complete(by_transfer))
    assert read_state() == before
    kept = "SELECT expires_at > now() + interval '6 days 23 hours' FROM cart WHERE id = :id"
    assert read_rows(kept, id=by_transfer) == [(True,)]
    run_command("checkout", "open")
    assert buyer.complete(by_transfer).json()["type"] == "order"


@row("S0-134")
def test_what_was_not_heard_is_looked_for_when_it_opens(
    buyer: Buyer, fake_stripe: FakeStripe, run_jobs: RunJobs
) -> None:
    event_id, _ = lose_payment(buyer, fake_stripe, 1)
    close()
    assert run_jobs() == []
    assert read_rows("SELECT count(*) FROM payment_event") == [(0,)]
    run_command("checkout", "open")
    assert run_jobs() == []
    assert read_rows("SELECT stripe_event_id, state, source FROM payment_event") == [
        (event_id, "processed", "reconcile")
    ]
    assert read_rows('SELECT count(*) FROM "order"') == [(1,)]


def test_it_opens_by_itself_when_its_time_is_over(buyer: Buyer) -> None:
    collection_id = buyer.open_collection(buyer.fill_cart())
    close("--for", "30m")
    close("--for", "2m")  # closing again replaces what was said
    assert is_closed(buyer.ask_for_session(collection_id), 120)
    state = run_command("checkout", "status", "--json").answer
    assert isinstance(state, dict)
    assert (state["is_open"], state["closure"]["reason"]) == (False, "Prix faux")
    assert "Paiement FERMÉ" in run_command("checkout", "status").out
    with unit_of_work("test") as session:
        session.connection().exec_driver_sql("UPDATE flag SET ends_at = now()")
    assert buyer.ask_for_session(collection_id).status_code == 200
    assert "Paiement ouvert.\nStripe répond.\n" in run_command("checkout", "status").out


@pytest.mark.parametrize("wrong", [["--reason", " "], [], ["--reason", "x", "--for", "demain"]])
def test_wrong_use_changes_nothing(environment: dict[str, str], wrong: list[str]) -> None:
    assert run_command("checkout", "close", *wrong).code == 2
    assert read_rows("SELECT count(*) FROM flag") == [(0,)]


def test_a_process_that_keeps_answers_refuses_at_the_very_next_call(buyer: Buyer, processes: Processes) -> None:
    """A real web process, which keeps regions, products and carts' surroundings: this it asks each time."""
    collection_id = buyer.open_collection(buyer.fill_cart())
    with shared_socket() as listener:
        processes.serve_and_wait(listener)
        there = Buyer(url_of(listener), buyer.goods)
        for _ in range(3):
            assert there.ask_for_session(collection_id, "pp_system_default").status_code == 200
            close()
            assert is_closed(there.ask_for_session(collection_id, "pp_system_default"))
            run_command("checkout", "open")
        there.http.close()


def test_it_costs_no_statement_of_its_own_where_a_payment_is_opened(buyer: Buyer) -> None:
    cart_id = buyer.fill_cart()
    with counted_statements() as sent:
        collection_id = buyer.open_collection(cart_id)
    assert not [each for each in sent if "flag" in each.split()]
    with counted_statements() as sent:
        buyer.ask_for_session(collection_id)
    assert [each for each in sent if "flag" in each] == [each for each in sent if "JOIN flag" in each] != []
