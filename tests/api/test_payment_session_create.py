"""Asking for money: one amount, one open attempt, one intent, whatever Stripe answers."""

import pytest
from sqlalchemy import text

from app.core.db import unit_of_work
from app.dev.faults import Kind
from tests.in_process import RunJobs
from tests.rows import row
from tests.shop_front import Buyer, FakeStripe, read_rows, read_state
from tests.stripe_news import deliver, event_about

CREATE = "payment_intents.create"


def test_the_collection_holds_the_carts_total_and_is_the_same_when_asked_twice(buyer: Buyer) -> None:
    cart_id = buyer.fill_cart(2)
    first = buyer.post("/store/payment-collections", cart_id=cart_id).json()["payment_collection"]
    again = buyer.post("/store/payment-collections", cart_id=cart_id).json()["payment_collection"]
    assert again["id"] == first["id"]
    assert (first["amount"], first["currency_code"], first["status"]) == (702.9, "eur", "not_paid")
    assert first["payment_sessions"] == []


def test_a_session_carries_the_whole_intent_in_cents_and_its_secret(buyer: Buyer, fake_stripe: FakeStripe) -> None:
    collection_id = buyer.open_collection(buyer.fill_cart(2))
    collection = buyer.ask_for_session(collection_id).json()["payment_collection"]
    (session,) = collection["payment_sessions"]
    assert (session["status"], session["amount"], session["provider_id"]) == ("pending", 702.9, "pp_stripe_stripe")
    assert session["data"]["amount"] == 70290
    assert session["data"]["metadata"] == {"session_id": session["id"]}
    assert session["data"]["client_secret"].startswith(f"{session['data']['id']}_secret_")
    (call,) = fake_stripe.calls(CREATE)
    assert call["idempotency_key"] == session["id"]
    assert collection["status"] == "awaiting"


def test_a_new_session_replaces_the_old_one_whose_intent_is_cancelled(
    buyer: Buyer, fake_stripe: FakeStripe, run_jobs: RunJobs
) -> None:
    cart_id = buyer.fill_cart()
    first = buyer.open_session(cart_id)
    second = buyer.open_session(cart_id)
    assert first.session_id != second.session_id
    assert first.intent_id != second.intent_id
    assert run_jobs() == []
    (call,) = fake_stripe.calls("payment_intents.cancel")
    assert call["path"] == f"/v1/payment_intents/{first.intent_id}/cancel"
    fake_stripe.wait_until_delivered()
    found = read_rows("SELECT id, status FROM payment_session")
    assert set(found) == {(first.session_id, "canceled"), (second.session_id, "pending")}


def test_a_changed_cart_leaves_no_session_with_the_old_amount(
    buyer: Buyer, fake_stripe: FakeStripe, run_jobs: RunJobs
) -> None:
    cart_id = buyer.fill_cart(1)
    attempt = buyer.open_session(cart_id)
    added = buyer.post(f"/store/carts/{cart_id}/line-items", variant_id=buyer.goods.variant_id, quantity=1)
    collection = added.json()["cart"]["payment_collection"]
    assert (collection["id"], collection["amount"], collection["payment_sessions"]) == (
        attempt.collection_id, 702.9, []
    )  # fmt: skip
    assert run_jobs() == []
    assert len(fake_stripe.calls("payment_intents.cancel")) == 1


def test_cancelling_an_intent_that_was_just_paid_is_no_failure(
    buyer: Buyer, fake_stripe: FakeStripe, run_jobs: RunJobs
) -> None:
    cart_id = buyer.fill_cart()
    paid = buyer.open_session(cart_id)
    buyer.open_session(cart_id)
    fake_stripe.pay(paid.intent_id, deliver=False)
    assert run_jobs() == []
    (call,) = fake_stripe.calls("payment_intents.cancel")
    assert call["status"] == 400


def test_an_unknown_provider_is_refused(buyer: Buyer, fake_stripe: FakeStripe) -> None:
    collection_id = buyer.open_collection(buyer.fill_cart())
    before = read_state()
    answer = buyer.ask_for_session(collection_id, "pp_paypal_paypal")
    assert answer.status_code == 400
    assert answer.json()["message"] == "Payment provider pp_paypal_paypal is not enabled"
    assert read_state() == before
    assert read_rows("SELECT count(*) FROM payment_session") == [(0,)]
    assert fake_stripe.calls(CREATE) == []


def test_an_unknown_collection_is_a_404(buyer: Buyer) -> None:
    answer = buyer.ask_for_session("pay_col_unknown")
    assert answer.status_code == 404
    assert answer.json()["message"] == "Payment collection with id: pay_col_unknown was not found"


def test_manual_payment_asks_no_vendor(buyer: Buyer, fake_stripe: FakeStripe) -> None:
    collection_id = buyer.open_collection(buyer.fill_cart())
    (session,) = buyer.ask_for_session(collection_id, "pp_system_default").json()["payment_collection"][
        "payment_sessions"
    ]
    assert (session["status"], session["data"]) == ("pending", {})
    assert fake_stripe.get("/_test/requests") == []


@row("S0-133")
@pytest.mark.parametrize("kind", ["refuse", "error", "bad_gateway", "rate_limit"])
def test_while_stripe_is_down_the_buyer_is_told_to_come_back(buyer: Buyer, fake_stripe: FakeStripe, kind: Kind) -> None:
    collection_id = buyer.open_collection(buyer.fill_cart())
    fake_stripe.break_down(CREATE, kind, times=None)
    before = read_state()
    answer = buyer.ask_for_session(collection_id)
    assert answer.status_code == 503
    assert answer.json()["code"] == "checkout_unavailable"
    assert int(answer.headers["retry-after"]) >= 1
    assert "momentanément indisponible" in answer.json()["message"]
    assert read_state() == before
    fake_stripe.recover()
    assert buyer.ask_for_session(collection_id).status_code == 200


def test_an_answer_that_got_lost_is_asked_for_again_under_the_same_key(buyer: Buyer, fake_stripe: FakeStripe) -> None:
    """The intent exists at Stripe and we never heard of it: the same key gives the same intent, not a second one."""
    collection_id = buyer.open_collection(buyer.fill_cart())

    def lose_the_second_try_too(_operation: str) -> None:
        fake_stripe.observers.clear()
        fake_stripe.break_down(CREATE, "refuse")

    fake_stripe.break_down(CREATE, "refuse", when="after")
    fake_stripe.observers.append(lose_the_second_try_too)
    assert buyer.ask_for_session(collection_id).status_code == 503
    answer = buyer.ask_for_session(collection_id)
    assert answer.status_code == 200
    (session,) = answer.json()["payment_collection"]["payment_sessions"]
    executed = {call["idempotency_key"] for call in fake_stripe.calls(CREATE) if "idempotency_key" in call}
    assert executed == {session["id"]}
    assert read_rows("SELECT count(*) FROM payment_session") == [(1,)]


def test_a_failure_that_stripe_keeps_under_the_key_gets_a_new_key(buyer: Buyer, fake_stripe: FakeStripe) -> None:
    collection_id = buyer.open_collection(buyer.fill_cart())
    fake_stripe.break_down(CREATE, "error", when="after")
    assert buyer.ask_for_session(collection_id).status_code == 503
    answer = buyer.ask_for_session(collection_id)
    assert answer.status_code == 200
    assert len({call["idempotency_key"] for call in fake_stripe.calls(CREATE)}) == 2


def test_an_amount_that_stripe_does_not_take_is_a_400(buyer: Buyer) -> None:
    with unit_of_work("test") as session:
        session.execute(text("UPDATE price SET amount_cents = 10"))
    item = {"variant_id": buyer.goods.variant_id, "quantity": 1}
    made = buyer.post("/store/carts", region_id=buyer.goods.region_id, items=[item]).json()["cart"]
    assert made["total"] == 0.1
    answer = buyer.ask_for_session(buyer.open_collection(made["id"]))
    assert answer.status_code == 400
    assert answer.json()["code"] == "amount_not_payable"


def test_an_attempt_that_stripe_cancelled_makes_place_for_one_that_can_be_paid(buyer: Buyer) -> None:
    attempt = buyer.open_session(buyer.fill_cart())
    ((intent,),) = read_rows("SELECT provider_data FROM payment_session")
    assert isinstance(intent, dict)
    canceled = event_about({**intent, "status": "canceled"}, "payment_intent.canceled")
    assert deliver(buyer, canceled).status_code == 200
    sessions = buyer.ask_for_session(attempt.collection_id).json()["payment_collection"]["payment_sessions"]
    assert [session["status"] for session in sessions] == ["pending"]
    assert sessions[0]["id"] != attempt.session_id


def test_what_a_cart_owes_is_on_the_cart_with_its_four_amounts(buyer: Buyer) -> None:
    cart_id = buyer.fill_cart(2)
    collection_id = buyer.open_collection(cart_id)

    def read() -> tuple[object, ...]:
        shown = buyer.http.get(f"/store/carts/{cart_id}").json()["cart"]["payment_collection"]
        assert shown["id"] == collection_id
        names = ("status", "amount", "authorized_amount", "captured_amount", "refunded_amount")
        return tuple(shown[name] for name in names)

    assert read() == ("not_paid", 702.9, 0, 0, 0)
    buyer.ask_for_session(collection_id)
    assert read() == ("awaiting", 702.9, 0, 0, 0)
    buyer.ask_for_session(collection_id, "pp_system_default")
    assert buyer.complete(cart_id).json()["type"] == "order"
    assert read() == ("authorized", 702.9, 702.9, 0, 0)


def test_only_the_asked_fields_of_what_is_owed(buyer: Buyer) -> None:
    cart_id = buyer.fill_cart()
    asked = {"params": {"fields": "amount"}, "json": {"cart_id": cart_id}}
    made = buyer.http.post("/store/payment-collections", **asked).json()["payment_collection"]  # type: ignore[arg-type]
    assert made == {"id": made["id"], "amount": 353.9}
    path = f"/store/payment-collections/{made['id']}/payment-sessions"
    answer = buyer.http.post(
        path, params={"fields": "payment_sessions.status"}, json={"provider_id": "pp_stripe_stripe", "data": {"x": 1}}
    )
    (attempt,) = answer.json()["payment_collection"]["payment_sessions"]
    assert attempt == {"id": attempt["id"], "status": "pending"}


def test_providers_are_those_of_the_shop(buyer: Buyer) -> None:
    listed = buyer.http.get("/store/payment-providers", params={"region_id": buyer.goods.region_id}).json()
    assert listed["payment_providers"] == [
        {"id": "pp_stripe_stripe", "is_enabled": True},
        {"id": "pp_system_default", "is_enabled": True},
    ]
    assert (listed["count"], listed["offset"], listed["limit"]) == (2, 0, 20)
    assert buyer.http.get("/store/payment-providers").status_code == 400
