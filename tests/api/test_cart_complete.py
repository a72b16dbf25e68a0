"""The end of a purchase, from the buyer's side: one order, exactly the stock that was sold, no money lost."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from app.core.db import unit_of_work
from app.stock.service import receive
from tests.factories.stock import lapse_reservations, sell_to_somebody_else
from tests.in_process import RunJobs
from tests.rows import row
from tests.shop_front import Attempt, Buyer, FakeStripe, read_rows, read_state


@pytest.fixture
def paid(buyer: Buyer, fake_stripe: FakeStripe) -> tuple[str, Attempt]:
    """A cart of two pieces whose payment succeeded; the webhook is lost on its way."""
    cart_id = buyer.fill_cart(2)
    attempt = buyer.open_session(cart_id)
    fake_stripe.pay(attempt.intent_id, deliver=False)
    return cart_id, attempt


def take_stock(buyer: Buyer, quantity: int) -> None:
    """Somebody else was quicker, after what was promised to our buyer lapsed."""
    with unit_of_work("test") as session:
        lapse_reservations(session)
        sell_to_somebody_else(session, buyer.goods.variant_id, quantity)


@row("S0-024")
def test_a_paid_cart_becomes_a_paid_order(buyer: Buyer, paid: tuple[str, Attempt]) -> None:
    answer = buyer.complete(paid[0])
    assert answer.status_code == 200, answer.text
    assert answer.json()["type"] == "order"
    order = answer.json()["order"]
    assert (order["status"], order["payment_status"], order["fulfillment_status"]) == (
        "pending", "captured", "not_fulfilled"
    )  # fmt: skip
    assert (order["total"], order["currency_code"], order["display_id"]) == (702.9, "eur", 1)
    assert order["summary"]["paid_total"] == 702.9
    assert order["summary"]["pending_difference"] == 0
    assert read_state() | {"jobs": 0} == {
        "orders": 1, "payments": 1, "refunds": 0, "stock": 8, "movements": 2, "mails": 1, "jobs": 0, "events": 0,
        "completed_carts": 1,
    }  # fmt: skip
    assert read_rows("SELECT delta, reference FROM stock_movement WHERE reason = 'sale'") == [(-2, order["id"])]


def test_asking_again_gives_the_same_order(buyer: Buyer, paid: tuple[str, Attempt]) -> None:
    first = buyer.complete(paid[0]).json()["order"]
    before = read_state()
    assert buyer.complete(paid[0]).json()["order"]["id"] == first["id"]
    assert read_state() == before


def test_a_completed_cart_asks_for_no_more_money(buyer: Buyer, paid: tuple[str, Attempt]) -> None:
    buyer.complete(paid[0])
    before = read_state()
    answers = [
        buyer.ask_for_session(paid[1].collection_id),
        buyer.post("/store/payment-collections", cart_id=paid[0]),
        buyer.post(f"/store/carts/{paid[0]}", email="other@example.com"),
    ]
    assert [answer.status_code for answer in answers] == [400, 400, 400]
    assert {answer.json()["message"] for answer in answers} == {f"Cart {paid[0]} is already completed."}
    assert read_state() == before


def test_what_is_missing_is_said_in_medusas_words_and_order(buyer: Buyer, fake_stripe: FakeStripe) -> None:
    cart_id = str(buyer.post("/store/carts", region_id=buyer.goods.region_id).json()["cart"]["id"])
    said = [buyer.complete(cart_id)]
    buyer.post(f"/store/carts/{cart_id}/line-items", variant_id=buyer.goods.variant_id, quantity=1)
    said.append(buyer.complete(cart_id))
    collection_id = buyer.open_collection(cart_id)
    said.append(buyer.complete(cart_id))
    buyer.ask_for_session(collection_id)
    said.append(buyer.complete(cart_id))
    assert [(answer.status_code, answer.json()["message"]) for answer in said] == [
        (400, "Cart has no items"),
        (400, "Payment collection has not been initiated for cart"),
        (400, "Payment sessions are required to complete cart"),
        (400, "No shipping method selected but the cart contains items that require shipping."),
    ]
    state = read_state()
    assert (state["orders"], state["stock"], state["mails"]) == (0, 10, 0)
    assert fake_stripe.calls("payment_intents.retrieve") == []


def test_an_unknown_cart_is_a_404(buyer: Buyer) -> None:
    answer = buyer.complete("cart_unknown")
    assert (answer.status_code, answer.json()["message"]) == (404, "Cart with id 'cart_unknown' not found")


def test_an_unpaid_cart_stays_a_cart(buyer: Buyer) -> None:
    cart_id = buyer.fill_cart()
    buyer.open_session(cart_id)
    before = read_state()
    answer = buyer.complete(cart_id)
    assert answer.status_code == 200
    assert (answer.json()["type"], answer.json()["cart"]["id"]) == ("cart", cart_id)
    assert answer.json()["error"] == {
        "message": "Payment authorization failed",
        "name": "payment_authorization_error",
        "type": "payment_authorization_error",
    }
    assert read_state() == before


def test_a_payment_that_waits_for_its_customer_is_said_so(buyer: Buyer, fake_stripe: FakeStripe) -> None:
    cart_id = buyer.fill_cart()
    attempt = buyer.open_session(cart_id)
    fake_stripe.ask_customer(attempt.intent_id)
    before = read_state()
    answer = buyer.complete(cart_id)
    assert answer.json()["error"]["type"] == "payment_requires_more_error"
    (session,) = answer.json()["cart"]["payment_collection"]["payment_sessions"]
    assert session["status"] == "requires_more"
    assert read_state() == before


@row("S0-025")
def test_a_declined_card_may_be_followed_by_another(buyer: Buyer, fake_stripe: FakeStripe) -> None:
    cart_id = buyer.fill_cart()
    attempt = buyer.open_session(cart_id)
    fake_stripe.fail(attempt.intent_id)
    fake_stripe.wait_until_delivered()
    assert buyer.complete(cart_id).json()["error"]["type"] == "payment_authorization_error"
    fake_stripe.pay(attempt.intent_id, deliver=False)
    assert buyer.complete(cart_id).json()["type"] == "order"


def test_stripe_down_at_the_end_costs_nothing_but_time(
    buyer: Buyer, fake_stripe: FakeStripe, paid: tuple[str, Attempt]
) -> None:
    fake_stripe.break_down("payment_intents.retrieve", "error", times=None)
    before = read_state()
    answer = buyer.complete(paid[0])
    assert (answer.status_code, answer.json()["code"]) == (503, "checkout_unavailable")
    assert read_state() == before
    fake_stripe.recover()
    assert buyer.complete(paid[0]).json()["type"] == "order"


def test_stock_gone_with_the_money_taken_is_kept_for_a_person(buyer: Buyer, paid: tuple[str, Attempt]) -> None:
    take_stock(buyer, 9)
    answer = buyer.complete(paid[0])
    assert (answer.status_code, answer.json()["code"]) == (400, "insufficient_inventory")
    assert answer.json()["message"] == "Some variant does not have the required inventory"
    assert read_rows('SELECT status, review_reason, paid_at IS NOT NULL, total_cents FROM "order"') == [
        ("requires_action", "stock_gone", True, 70290)
    ]
    assert read_rows("SELECT reason, status, amount_cents FROM refund") == [("not_shipped", "awaiting_approval", 70290)]
    assert read_rows("SELECT refund_committed_cents FROM payment") == [(70290,)]
    state = read_state()
    assert (state["stock"], state["mails"], state["completed_carts"]) == (1, 0, 1)


def test_nothing_is_sent_to_stripe_before_somebody_approves(
    buyer: Buyer, fake_stripe: FakeStripe, paid: tuple[str, Attempt], run_jobs: RunJobs
) -> None:
    take_stock(buyer, 9)
    buyer.complete(paid[0])
    assert run_jobs() == []
    assert {call["operation"] for call in fake_stripe.get("/_test/requests")} == {
        "payment_intents.create",
        "payment_intents.retrieve",
    }


def test_stock_gone_without_money_leaves_the_cart_as_it_was(buyer: Buyer) -> None:
    cart_id = buyer.fill_cart(2)
    buyer.ask_for_session(buyer.open_collection(cart_id), "pp_system_default")
    take_stock(buyer, 9)
    before = read_state()
    answer = buyer.complete(cart_id)
    assert (answer.status_code, answer.json()["code"]) == (400, "insufficient_inventory")
    assert read_state() == before


def test_manual_payment_makes_an_unpaid_order(buyer: Buyer) -> None:
    cart_id = buyer.fill_cart(2)
    buyer.ask_for_session(buyer.open_collection(cart_id), "pp_system_default")
    order = buyer.complete(cart_id).json()["order"]
    assert (order["status"], order["payment_status"]) == ("pending", "authorized")
    assert (order["summary"]["paid_total"], order["summary"]["pending_difference"]) == (0, 702.9)
    assert read_rows('SELECT paid_at FROM "order"') == [(None,)]
    assert read_rows("SELECT content->>'is_paid' FROM message") == [("false",)]
    assert read_rows("SELECT status, superseded_at FROM payment_session") == [("authorized", None)]
    assert read_state()["stock"] == 8


def test_two_tabs_completing_at_once_get_the_same_order(buyer: Buyer, paid: tuple[str, Attempt]) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: buyer.complete(paid[0]), range(8)))
    assert [answer.status_code for answer in answers] == [200] * 8
    assert len({answer.json()["order"]["id"] for answer in answers}) == 1
    state = read_state()
    assert (state["orders"], state["payments"], state["stock"], state["mails"]) == (1, 1, 8, 1)


def test_order_numbers_have_no_gap(buyer: Buyer) -> None:
    numbers = []
    for is_refused in (False, True, False):
        cart_id = buyer.fill_cart(1)
        buyer.ask_for_session(buyer.open_collection(cart_id), "pp_system_default")
        if is_refused:
            take_stock(buyer, 9)
            assert buyer.complete(cart_id).status_code == 400
            with unit_of_work("test") as session:
                receive(session, buyer.goods.variant_id, 9)
        else:
            numbers.append(buyer.complete(cart_id).json()["order"]["display_id"])
    assert numbers == [1, 2]


def test_after_its_time_a_carts_id_opens_nothing_by_any_call(buyer: Buyer) -> None:
    """Completing again shows the order, completing an unpaid cart shows the address: neither to a stale link."""
    bought, left = buyer.fill_cart(), buyer.fill_cart()
    for cart_id in (bought, left):
        collection_id = buyer.open_collection(cart_id)
        assert buyer.ask_for_session(collection_id, "pp_system_default").status_code == 200
    assert buyer.complete(bought).json()["type"] == "order"
    with unit_of_work("test") as session:
        past = (
            "UPDATE cart SET expires_at = now() - interval '1 second', completed_at = completed_at - interval '30 days'"
        )
        session.connection().exec_driver_sql(past)
    answers = [
        buyer.complete(bought),
        buyer.complete(left),
        buyer.post("/store/payment-collections", cart_id=left),
        buyer.ask_for_session(collection_id),
    ]
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(404, "cart_not_found")] * 4
    assert read_state()["orders"] == 1


def test_a_completed_cart_does_not_tell_what_stripe_knows_of_the_payer(buyer: Buyer, paid: tuple[str, Attempt]) -> None:
    cart_id = paid[0]
    assert buyer.complete(cart_id).json()["type"] == "order"
    shown = buyer.http.get(f"/store/carts/{cart_id}").json()["cart"]
    assert shown["payment_collection"]["status"] == "completed"
    assert shown["payment_collection"]["payment_sessions"] == []
