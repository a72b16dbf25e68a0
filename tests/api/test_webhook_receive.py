"""News from Stripe: verified, applied once, never acknowledged before they are written."""

from datetime import datetime

import pytest

from app.core.db import unit_of_work
from app.stock.service import receive
from app.stripe_events.jobs import sweep
from tests.factories.stock import lapse_reservations, sell_to_somebody_else
from tests.in_process import RunJobs
from tests.rows import row
from tests.shop_front import (
    ADDRESS,
    Attempt,
    Buyer,
    FakeBrevo,
    FakeStripe,
    Json,
    read_rows,
    read_state,
)
from tests.statements import counted_statements
from tests.stripe_news import SUCCEEDED, deliver, event_about, intent_of_nobody


def make_due() -> None:
    """The sweeper's wait is over."""
    with unit_of_work("test") as session:
        session.connection().exec_driver_sql("UPDATE payment_event SET next_try_at = now()")


@pytest.fixture
def open_cart(buyer: Buyer) -> tuple[str, Attempt]:
    """A cart of two pieces with an open session."""
    cart_id = buyer.fill_cart(2)
    return cart_id, buyer.open_session(cart_id)


@row("S0-024")
def test_a_browser_that_died_still_gets_its_order(
    buyer: Buyer, fake_stripe: FakeStripe, fake_brevo: FakeBrevo, open_cart: tuple[str, Attempt], run_jobs: RunJobs
) -> None:
    fake_stripe.pay(open_cart[1].intent_id)
    fake_stripe.wait_until_delivered()
    assert run_jobs() == []
    ((order_id, status, is_paid),) = read_rows('SELECT id, status, paid_at IS NOT NULL FROM "order"')
    assert (status, is_paid) == ("pending", True)
    assert read_rows("SELECT state, order_id, attempts FROM payment_event WHERE type = :type", type=SUCCEEDED) == [
        ("processed", order_id, 1)
    ]
    assert read_state()["stock"] == 8
    assert len(fake_brevo.mails()) == 1
    assert buyer.complete(open_cart[0]).json()["order"]["id"] == order_id


def test_an_event_that_outruns_our_own_note_finds_its_session(
    buyer: Buyer, fake_stripe: FakeStripe, open_cart: tuple[str, Attempt]
) -> None:
    """The process died between Stripe's answer and our note of the intent: the metadata leads to the session."""
    with unit_of_work("test") as session:
        session.connection().exec_driver_sql("UPDATE payment_session SET payment_intent_id = NULL")
    fake_stripe.pay(open_cart[1].intent_id)
    fake_stripe.wait_until_delivered()
    assert read_state()["orders"] == 1
    assert read_rows("SELECT payment_intent_id, status FROM payment_session") == [(open_cart[1].intent_id, "captured")]


@row("S1-017", "S4-078")
def test_a_duplicate_is_acknowledged_and_changes_nothing(
    buyer: Buyer, fake_stripe: FakeStripe, open_cart: tuple[str, Attempt]
) -> None:
    fake_stripe.pay(open_cart[1].intent_id)
    fake_stripe.wait_until_delivered()
    before = read_state()
    delivery = fake_stripe.find_delivery(SUCCEEDED)
    assert delivery is not None
    fake_stripe.post("/_test/deliveries", event=delivery["event"], times=6)
    fake_stripe.wait_until_delivered()
    assert read_state() == before
    assert read_rows("SELECT state, attempts FROM payment_event") == [("processed", 1)]


def test_an_event_takes_so_many_statements_and_its_duplicate_two(
    buyer: Buyer, fake_stripe: FakeStripe, open_cart: tuple[str, Attempt]
) -> None:
    """Nothing is kept by this process: the shop's name and its VAT rates are read as well."""
    event = event_about(fake_stripe.pay(open_cart[1].intent_id, deliver=False))
    with counted_statements() as applied:
        assert deliver(buyer, event).status_code == 200
    with counted_statements() as repeated:
        assert deliver(buyer, event).status_code == 200
    assert (len(applied), len(repeated)) == (24, 2), applied
    assert read_state()["orders"] == 1


def test_two_events_about_one_fact_have_one_effect(
    buyer: Buyer, fake_stripe: FakeStripe, open_cart: tuple[str, Attempt]
) -> None:
    thing = fake_stripe.pay(open_cart[1].intent_id, deliver=False)
    assert deliver(buyer, event_about(thing, id="evt_one")).status_code == 200
    before = read_state()
    assert deliver(buyer, event_about(thing, id="evt_two")).status_code == 200
    assert read_state() == before | {"events": 2}


def test_money_is_of_the_day_on_which_stripe_says_it_came(
    buyer: Buyer, fake_stripe: FakeStripe, open_cart: tuple[str, Attempt]
) -> None:
    """Read a moment after midnight by the browser, it still came the day before; its entry in the journal stays."""
    thing = fake_stripe.pay(open_cart[1].intent_id, deliver=False)
    assert buyer.complete(open_cart[0]).json()["type"] == "order"
    ((noted,),) = read_rows("SELECT captured_at FROM payment")
    assert isinstance(noted, datetime)
    before = read_state()
    earlier = int(noted.timestamp()) - 86_400
    for number, created in enumerate((earlier, earlier + 2 * 86_400, earlier), start=1):
        event = event_about(thing, id=f"evt_{number}", created=created)
        assert deliver(buyer, event).status_code == 200
        assert read_rows("SELECT extract(epoch FROM captured_at)::bigint FROM payment") == [(earlier,)]
    assert read_state() == before | {"events": 3}
    assert read_rows("SELECT count(*) FROM payment_journal") == [(1,)]


@row("S0-025")
def test_a_late_failure_never_undoes_a_payment(
    buyer: Buyer, fake_stripe: FakeStripe, open_cart: tuple[str, Attempt]
) -> None:
    failed = fake_stripe.fail(open_cart[1].intent_id, deliver=False)
    fake_stripe.pay(open_cart[1].intent_id)
    fake_stripe.wait_until_delivered()
    assert deliver(buyer, event_about(failed, "payment_intent.payment_failed")).status_code == 200
    assert deliver(buyer, event_about(failed, "payment_intent.canceled", id="evt_later")).status_code == 200
    assert read_rows("SELECT status, provider_data->>'status' FROM payment_session") == [("captured", "succeeded")]
    assert read_rows('SELECT status, paid_at IS NOT NULL FROM "order"') == [("pending", True)]


def test_money_for_an_order_that_is_paid_already_is_to_go_back(
    buyer: Buyer, fake_stripe: FakeStripe, open_cart: tuple[str, Attempt]
) -> None:
    cart_id, old = open_cart
    new = buyer.open_session(cart_id)
    fake_stripe.pay(new.intent_id, deliver=False)
    order_id = buyer.complete(cart_id).json()["order"]["id"]
    before = read_state()
    fake_stripe.pay(old.intent_id)
    fake_stripe.wait_until_delivered()
    assert read_rows("SELECT reason, status, amount_cents FROM refund") == [
        ("duplicate_payment", "awaiting_approval", 70290)
    ]
    committed = read_rows("SELECT payment_intent_id, refund_committed_cents FROM payment")
    assert set(committed) == {(new.intent_id, 0), (old.intent_id, 70290)}
    assert read_state() == before | {"events": 1, "payments": 2, "refunds": 1}
    assert buyer.show_order(order_id).json()["order"]["payment_status"] == "captured"


def test_a_manual_order_is_paid_by_money_that_comes_late(buyer: Buyer, fake_stripe: FakeStripe) -> None:
    cart_id = buyer.fill_cart(2)
    attempt = buyer.open_session(cart_id)
    buyer.ask_for_session(attempt.collection_id, "pp_system_default")
    order_id = buyer.complete(cart_id).json()["order"]["id"]
    fake_stripe.pay(attempt.intent_id)
    fake_stripe.wait_until_delivered()
    assert read_rows('SELECT id, paid_at IS NOT NULL, status FROM "order"') == [(order_id, True, "pending")]
    assert (read_state()["refunds"], read_state()["stock"]) == (0, 8)


def test_another_amount_than_the_carts_is_looked_at_by_a_person(
    buyer: Buyer, fake_stripe: FakeStripe, open_cart: tuple[str, Attempt]
) -> None:
    cart_id, attempt = open_cart
    buyer.post(f"/store/carts/{cart_id}/line-items", variant_id=buyer.goods.variant_id, quantity=3)
    fake_stripe.pay(attempt.intent_id)
    fake_stripe.wait_until_delivered()
    assert read_rows('SELECT status, review_reason, paid_at, total_cents FROM "order"') == [
        ("requires_action", "amount_differs", None, 174990)
    ]
    assert read_rows("SELECT amount_cents FROM payment") == [(70290,)]
    state = read_state()
    assert (state["stock"], state["mails"], state["refunds"], state["completed_carts"]) == (10, 0, 0, 1)


def test_of_two_payments_the_one_that_does_not_fit_is_to_go_back(buyer: Buyer, fake_stripe: FakeStripe) -> None:
    """Paid in an old tab, then again for the changed cart; the old news comes first."""
    cart_id = buyer.fill_cart(1)
    old = buyer.open_session(cart_id)
    buyer.post(f"/store/carts/{cart_id}/line-items", variant_id=buyer.goods.variant_id, quantity=1)
    new = buyer.open_session(cart_id)
    for number, attempt in enumerate((old, new)):
        thing = fake_stripe.pay(attempt.intent_id, deliver=False)
        assert deliver(buyer, event_about(thing, id=f"evt_{number}")).status_code == 200
    assert read_rows('SELECT status, review_reason, paid_at IS NOT NULL FROM "order"') == [
        ("requires_action", "amount_differs", True)
    ]
    refunds = (
        "SELECT payment_intent_id, reason, refund.amount_cents FROM refund JOIN payment ON payment.id = payment_id"
    )
    assert read_rows(refunds) == [(old.intent_id, "duplicate_payment", 35390)]


def test_stock_gone_while_nobody_looked_is_never_silent(
    buyer: Buyer, fake_stripe: FakeStripe, open_cart: tuple[str, Attempt]
) -> None:
    with unit_of_work("test") as session:
        lapse_reservations(session)
        sell_to_somebody_else(session, buyer.goods.variant_id, 9)
    fake_stripe.pay(open_cart[1].intent_id)
    fake_stripe.wait_until_delivered()
    assert read_rows('SELECT status, review_reason FROM "order"') == [("requires_action", "stock_gone")]
    assert read_rows("SELECT reason, amount_cents FROM refund") == [("not_shipped", 70290)]
    assert (read_state()["stock"], read_state()["mails"]) == (1, 0)


def test_money_for_a_cart_without_a_way_to_send_is_kept_for_a_person(buyer: Buyer, fake_stripe: FakeStripe) -> None:
    item = {"variant_id": buyer.goods.variant_id, "quantity": 1}
    made = buyer.post("/store/carts", region_id=buyer.goods.region_id, items=[item])
    attempt = buyer.open_session(made.json()["cart"]["id"])
    fake_stripe.pay(attempt.intent_id)
    fake_stripe.wait_until_delivered()
    assert read_rows('SELECT status, review_reason, email FROM "order"') == [
        ("requires_action", "details_missing", None)
    ]
    assert (read_state()["stock"], read_state()["payments"]) == (10, 1)


@pytest.mark.parametrize(
    ("over", "state"),
    [
        ({"type": "charge.succeeded"}, "ignored"),
        ({"livemode": True}, "ignored"),
        ({"account": "acct_1"}, "ignored"),
        ({}, "unmatched"),
    ],
)
def test_what_is_not_ours_is_noted_and_acknowledged(buyer: Buyer, over: Json, state: str) -> None:
    before = read_state()
    answer = deliver(buyer, event_about(intent_of_nobody()) | over)
    assert (answer.status_code, answer.json()) == (200, {"received": True})
    assert read_rows("SELECT state, next_try_at IS NOT NULL FROM payment_event") == [(state, state == "unmatched")]
    assert read_state() == before | {"events": 1}


def test_an_unmatched_event_is_tried_again_for_a_while(buyer: Buyer) -> None:
    deliver(buyer, event_about(intent_of_nobody()))
    make_due()
    sweep()
    assert read_rows("SELECT state, attempts, source FROM payment_event") == [("unmatched", 2, "webhook")]
    with unit_of_work("test") as session:
        session.connection().exec_driver_sql("UPDATE payment_event SET received_at = now() - interval '16 minutes'")
    make_due()
    sweep()
    assert read_rows("SELECT state, attempts, next_try_at FROM payment_event") == [("unmatched", 3, None)]


def collection_of(thing: Json) -> str:
    """The payment collection of an intent."""
    query = "SELECT payment_collection_id FROM payment_session WHERE payment_intent_id = :id"
    return str(read_rows(query, id=thing["id"])[0][0])


@pytest.fixture
def paid_million(buyer: Buyer, fake_stripe: FakeStripe) -> Json:
    """A paid intent for 1,010,000 uncounted pieces at a cent: more than one movement of stock holds."""
    with unit_of_work("test") as session:
        receive(session, buyer.goods.variant_id, 1_000_000)
        receive(session, buyer.goods.variant_id, 1_000_000)
        session.connection().exec_driver_sql("UPDATE price SET amount_cents = 1")
        session.connection().exec_driver_sql("UPDATE product_variant SET manages_stock = false")
    items = [{"variant_id": buyer.goods.variant_id, "quantity": 10_000, "metadata": {"row": row}} for row in range(101)]
    given = {"email": "jeanne@example.com", "shipping_address": ADDRESS}
    made = buyer.post("/store/carts", region_id=buyer.goods.region_id, items=items, **given)
    cart_id = made.json()["cart"]["id"]
    buyer.post(f"/store/carts/{cart_id}/shipping-methods", option_id=buyer.goods.shipping_option_id)
    return fake_stripe.pay(buyer.open_session(cart_id).intent_id, deliver=False)


def test_pieces_that_nobody_counts_are_sold_in_any_number(buyer: Buyer, paid_million: Json) -> None:
    assert deliver(buyer, event_about(paid_million)).status_code == 200
    assert read_rows('SELECT status, paid_at IS NOT NULL FROM "order"') == [("pending", True)]


def test_what_a_rule_of_ours_refuses_is_a_500_too(buyer: Buyer, paid_million: Json) -> None:
    """A 4xx would say that Stripe is at fault; the event stays, and comes again."""
    with unit_of_work("test") as session:  # somebody began to count while it was being paid
        session.connection().exec_driver_sql("UPDATE product_variant SET manages_stock = true")
    assert buyer.ask_for_session(collection_of(paid_million)).json()["code"] == "invalid_quantity"
    answer = deliver(buyer, event_about(paid_million))
    assert (answer.status_code, answer.json()["code"]) == (500, "unknown_error")
    assert read_rows("SELECT state, error_code, next_try_at IS NOT NULL FROM payment_event") == [
        ("failed", "app.stock.errors.InvalidQuantity", True)
    ]


def test_what_cannot_be_written_is_a_500_and_applied_later(
    buyer: Buyer, fake_stripe: FakeStripe, open_cart: tuple[str, Attempt]
) -> None:
    thing = fake_stripe.pay(open_cart[1].intent_id, deliver=False)
    before = read_state()
    with unit_of_work("somebody else") as session:
        session.connection().exec_driver_sql("SELECT FROM cart FOR UPDATE")
        answer = deliver(buyer, event_about(thing))
    assert answer.status_code == 500
    assert read_state() == before | {"events": 1}
    assert read_rows("SELECT state, error_code, next_try_at IS NOT NULL FROM payment_event") == [
        ("failed", "sqlalchemy.exc.OperationalError", True)
    ]
    make_due()
    sweep()
    assert read_rows("SELECT state, attempts, error_code FROM payment_event") == [("processed", 2, None)]
    assert (read_state()["orders"], read_state()["stock"]) == (1, 8)


def test_texts_that_the_database_cannot_hold_do_not_stop_an_event(buyer: Buyer) -> None:
    thing: Json = {"id": "pi_\x00\ud800x", "object": "payment_intent"}
    assert deliver(buyer, event_about(thing, "charge.\x00succeeded")).status_code == 200
    assert read_rows("SELECT type, object_id, state FROM payment_event") == [("charge.succeeded", "pi_x", "ignored")]


def test_a_name_that_the_database_cannot_hold_does_not_cost_the_order(
    buyer: Buyer, fake_stripe: FakeStripe, open_cart: tuple[str, Attempt]
) -> None:
    """The buyer's browser writes the intent's shipping itself: paid money must become an order whatever it wrote."""
    thing = fake_stripe.pay(open_cart[1].intent_id, deliver=False)
    thing["shipping"] = {"name": "Jea\x00nne\ud800", "tags\x00": ["\x00"]}
    assert deliver(buyer, event_about(thing)).status_code == 200
    assert read_rows('SELECT status, paid_at IS NOT NULL FROM "order"') == [("pending", True)]
    kept = read_rows("SELECT provider_data -> 'shipping' FROM payment_session")
    assert kept == [({"name": "Jeanne", "tags": [""]},)]


def test_medusas_own_path_leads_to_the_same_place(buyer: Buyer) -> None:
    answer = deliver(buyer, event_about(intent_of_nobody()), path="/hooks/payment/stripe")
    assert answer.status_code == 200
    assert read_state()["events"] == 1
