"""Pieces promised while somebody pays by card: given back by time, change or completion, never lost, never twice."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import httpx2
import pytest
import time_machine
from sqlalchemy import text

from app.core.clock import utc_now
from app.core.db import unit_of_work
from app.stock.jobs import release_expired_reservations
from tests.factories.catalogue import make_product
from tests.factories.stock import lapse_reservations, sell_to_somebody_else
from tests.shop_front import Buyer, FakeStripe, read_rows, read_state

CREATE = "payment_intents.create"
LEVEL = "SELECT stocked_quantity, reserved_quantity FROM stock_level ORDER BY variant_id = :id DESC"
RESERVED = "SELECT cart_id, quantity FROM stock_reservation ORDER BY created_at"
SESSIONS = "SELECT provider_id, status, superseded_at IS NULL FROM payment_session ORDER BY created_at"


def level(buyer: Buyer) -> tuple[object, ...]:
    """Pieces there, and pieces promised."""
    return read_rows(LEVEL, id=buyer.goods.variant_id)[0]


def lapse() -> None:
    with unit_of_work("test") as session:
        lapse_reservations(session)


def shown_pieces(buyer: Buyer) -> object:
    """What the storefront shows of the stock."""
    params = {"region_id": buyer.goods.region_id, "fields": "id,*variants,+variants.inventory_quantity"}
    answer = buyer.http.get("/store/products", params=params)
    assert answer.status_code == 200, answer.text
    found: object = answer.json()["products"][0]["variants"][0]["inventory_quantity"]
    return found


def insufficient(answer: httpx2.Response) -> bool:
    """Medusa's words for too few pieces."""
    body = answer.json()
    return (answer.status_code, body["type"], body["code"], body["message"]) == (
        400,
        "not_allowed",
        "insufficient_inventory",
        "Some variant does not have the required inventory",
    )


@pytest.fixture
def paying(buyer: Buyer) -> str:
    """A cart of eight of the ten pieces whose card session is open; its id."""
    cart_id = buyer.fill_cart(8)
    buyer.open_session(cart_id)
    return cart_id


def test_opening_a_card_session_promises_the_pieces_for_a_quarter_of_an_hour(buyer: Buyer) -> None:
    cart_id = buyer.fill_cart(8)
    assert (level(buyer), shown_pieces(buyer)) == ((10, 0), 10)
    before = utc_now()
    buyer.open_session(cart_id)
    assert (level(buyer), shown_pieces(buyer)) == ((10, 8), 2)
    ((holder, quantity, expires_at),) = read_rows("SELECT cart_id, quantity, expires_at FROM stock_reservation")
    assert (holder, quantity) == (cart_id, 8)
    assert isinstance(expires_at, datetime)
    assert before + timedelta(minutes=15) <= expires_at <= utc_now() + timedelta(minutes=15)
    assert read_state()["movements"] == 1  # the receipt alone: nothing has moved


def test_who_comes_later_is_refused_and_leaves_nothing_behind(
    buyer: Buyer, fake_stripe: FakeStripe, paying: str
) -> None:
    with unit_of_work("test") as session:
        session.execute(text("UPDATE stock_reservation SET quantity = 2"))  # so that another cart can be filled
    other = buyer.fill_cart(8)
    collection_id = buyer.open_collection(other)
    with unit_of_work("test") as session:
        session.execute(text("UPDATE stock_reservation SET quantity = 8"))
    calls, sessions, state = len(fake_stripe.calls(CREATE)), read_rows(SESSIONS), read_state()
    assert insufficient(buyer.ask_for_session(collection_id))
    assert len(fake_stripe.calls(CREATE)) == calls
    assert (read_rows(SESSIONS), read_rows(RESERVED), read_state()) == (sessions, [(paying, 8)], state)
    assert insufficient(buyer.post(f"/store/carts/{other}/line-items", variant_id=buyer.goods.variant_id, quantity=1))
    assert buyer.ask_for_session(collection_id, "pp_system_default").status_code == 200
    assert insufficient(buyer.complete(other))
    assert (read_rows(RESERVED), read_state()["orders"], level(buyer)) == ([(paying, 8)], 0, (10, 8))


def test_ones_own_promise_does_not_stand_in_ones_way(buyer: Buyer, paying: str) -> None:
    line = read_rows("SELECT id FROM cart_line")[0][0]
    assert buyer.post(f"/store/carts/{paying}/line-items/{line}", quantity=10).status_code == 200
    assert level(buyer) == (10, 0)  # another amount: the session is dropped, and its promise with it
    buyer.open_session(paying)
    assert level(buyer) == (10, 10)
    assert insufficient(buyer.post(f"/store/carts/{paying}/line-items/{line}", quantity=11))
    assert level(buyer) == (10, 10)


def test_opening_again_promises_anew_and_once(buyer: Buyer, paying: str) -> None:
    lapse()
    buyer.open_session(paying)
    assert read_rows("SELECT cart_id, quantity, expires_at > now() FROM stock_reservation") == [(paying, 8, True)]
    assert level(buyer) == (10, 8)


def test_whoever_turns_to_a_transfer_is_promised_nothing(buyer: Buyer, paying: str) -> None:
    collection_id = buyer.open_collection(paying)
    assert buyer.ask_for_session(collection_id, "pp_system_default").status_code == 200
    assert (level(buyer), read_rows(RESERVED)) == ((10, 0), [])
    assert buyer.complete(paying).json()["type"] == "order"
    assert level(buyer) == (2, 0)


def test_completing_takes_what_was_promised(buyer: Buyer, fake_stripe: FakeStripe) -> None:
    cart_id = buyer.fill_cart(10)
    attempt = buyer.open_session(cart_id)
    fake_stripe.pay(attempt.intent_id, deliver=False)
    order_id = buyer.complete(cart_id).json()["order"]["id"]
    assert (level(buyer), read_rows(RESERVED)) == ((0, 0), [])
    assert read_rows("SELECT delta, reference FROM stock_movement WHERE reason = 'sale'") == [(-10, order_id)]


def test_the_same_sum_for_other_goods_needs_a_new_session(buyer: Buyer, paying: str) -> None:
    with unit_of_work("test") as session:
        channel = session.scalar(text("SELECT id FROM sales_channel"))
        other = make_product(session, str(channel), handle="nova", title="Nova").variants[0].id
    line = read_rows("SELECT id FROM cart_line")[0][0]
    assert buyer.post(f"/store/carts/{paying}", metadata={"gift": True}).status_code == 200
    assert read_rows(SESSIONS) == [("pp_stripe_stripe", "pending", True)]  # nothing about goods or sum
    removed = buyer.http.delete(f"/store/carts/{paying}/line-items/{line}")
    assert removed.status_code == 200
    assert (read_rows(SESSIONS), level(buyer)) == ([("pp_stripe_stripe", "canceled", False)], (10, 0))
    buyer.post(f"/store/carts/{paying}/line-items", variant_id=other, quantity=8)
    buyer.open_session(paying)
    with unit_of_work("test") as session:  # the same sum in one step, as no route of ours does it
        session.execute(text("UPDATE cart_line SET variant_id = :id"), {"id": buyer.goods.variant_id})
    assert buyer.post(f"/store/carts/{paying}", metadata={"gift": False}).status_code == 200
    assert read_rows(SESSIONS)[-1] == ("pp_stripe_stripe", "canceled", False)
    assert read_rows(RESERVED) == []


def test_what_stripe_refuses_is_promised_to_nobody(buyer: Buyer, fake_stripe: FakeStripe) -> None:
    collection_id = buyer.open_collection(buyer.fill_cart(8))
    fake_stripe.break_down(CREATE, "error", times=None)
    assert buyer.ask_for_session(collection_id).status_code == 503
    assert (level(buyer), read_rows(RESERVED)) == ((10, 0), [])
    fake_stripe.recover()
    with unit_of_work("test") as session:
        channel = session.scalar(text("SELECT id FROM sales_channel"))
        cheap = make_product(session, str(channel), handle="bouton", title="Bouton", price_cents=1).variants[0].id
    made = buyer.post("/store/carts", region_id=buyer.goods.region_id, items=[{"variant_id": cheap, "quantity": 1}])
    refused = buyer.ask_for_session(buyer.open_collection(made.json()["cart"]["id"]))
    assert (refused.status_code, refused.json()["code"]) == (400, "amount_not_payable")
    assert read_rows(RESERVED) == []


def test_while_stripe_says_nothing_the_promise_holds(buyer: Buyer, fake_stripe: FakeStripe) -> None:
    """The same attempt is taken up again under its key: an intent may exist already."""
    cart_id = buyer.fill_cart(8)
    collection_id = buyer.open_collection(cart_id)
    fake_stripe.break_down(CREATE, "refuse", times=None)
    assert buyer.ask_for_session(collection_id).status_code == 503
    assert (level(buyer), read_rows(RESERVED)) == ((10, 8), [(cart_id, 8)])


def test_after_its_time_a_promise_is_taken_back_by_the_job(buyer: Buyer, paying: str) -> None:
    release_expired_reservations()
    assert level(buyer) == (10, 8)
    lapse()
    release_expired_reservations()
    assert (level(buyer), read_rows(RESERVED), shown_pieces(buyer)) == ((10, 0), [], 10)
    release_expired_reservations()
    assert level(buyer) == (10, 0)


def test_whoever_needs_it_takes_back_what_lapsed_without_waiting_for_the_job(buyer: Buyer, paying: str) -> None:
    lapse()
    other = buyer.fill_cart(9)
    buyer.open_session(other)
    assert (level(buyer), read_rows(RESERVED)) == ((10, 9), [(other, 9)])


def test_late_money_still_gets_what_nobody_took(buyer: Buyer, fake_stripe: FakeStripe) -> None:
    cart_id = buyer.fill_cart(8)
    attempt = buyer.open_session(cart_id)
    lapse()
    release_expired_reservations()
    with unit_of_work("test") as session:
        sell_to_somebody_else(session, buyer.goods.variant_id, 2)
    fake_stripe.pay(attempt.intent_id, deliver=False)
    assert buyer.complete(cart_id).json()["order"]["status"] == "pending"
    assert level(buyer) == (0, 0)


def test_late_money_for_pieces_that_are_gone_is_kept_for_a_person(buyer: Buyer, fake_stripe: FakeStripe) -> None:
    cart_id = buyer.fill_cart(8)
    attempt = buyer.open_session(cart_id)
    lapse()
    with unit_of_work("test") as session:
        sell_to_somebody_else(session, buyer.goods.variant_id, 3)
    fake_stripe.pay(attempt.intent_id)
    fake_stripe.wait_until_delivered()
    assert read_rows('SELECT status, review_reason FROM "order"') == [("requires_action", "stock_gone")]
    assert read_rows("SELECT reason FROM refund") == [("not_shipped",)]
    assert (level(buyer), read_rows(RESERVED)) == ((7, 0), [])


@contextmanager
def minutes_later(minutes: int) -> Iterator[None]:
    """So long after now; the job has just run."""
    with time_machine.travel(utc_now() + timedelta(minutes=minutes), tick=True):
        release_expired_reservations()
        yield


def reopen(buyer: Buyer, cart_id: str) -> httpx2.Response:
    """Ask for another attempt to pay a cart."""
    return buyer.ask_for_session(buyer.open_collection(cart_id))


def test_a_second_and_a_third_card_keep_the_pieces(buyer: Buyer, paying: str) -> None:
    """Honest buyers whose bank says no: each attempt has its quarter of an hour."""
    other = buyer.fill_cart(2)
    for minutes in (14, 28):
        with minutes_later(minutes):
            assert reopen(buyer, paying).status_code == 200
    with minutes_later(42):
        assert level(buyer) == (10, 8)
        assert insufficient(
            buyer.post(f"/store/carts/{other}/line-items", variant_id=buyer.goods.variant_id, quantity=1)
        )


def test_whoever_reopens_for_ever_keeps_pieces_from_others_for_three_quarters_of_an_hour(
    buyer: Buyer, fake_stripe: FakeStripe, paying: str
) -> None:
    """After that they may still pay, for what nobody else bought; after three hours it is counted anew."""
    other = buyer.fill_cart(2)
    for minutes in (14, 28, 42):
        with minutes_later(minutes):
            assert reopen(buyer, paying).status_code == 200
    with minutes_later(44):
        assert level(buyer) == (10, 8)
    with minutes_later(46):
        assert (level(buyer), shown_pieces(buyer)) == ((10, 0), 10)
        assert reopen(buyer, paying).status_code == 200
        assert read_rows(RESERVED) == []
    with minutes_later(179):
        assert reopen(buyer, paying).status_code == 200
        assert read_rows(RESERVED) == []
        buyer.post(f"/store/carts/{other}/line-items", variant_id=buyer.goods.variant_id, quantity=1)
        attempt = buyer.open_session(other)
        assert insufficient(reopen(buyer, paying))
        fake_stripe.pay(attempt.intent_id, deliver=False)
        assert buyer.complete(other).json()["order"]["status"] == "pending"
        assert level(buyer) == (7, 0)


def test_a_cart_that_rested_is_promised_pieces_again(buyer: Buyer, paying: str) -> None:
    with minutes_later(181):
        assert read_rows(RESERVED) == []
        assert reopen(buyer, paying).status_code == 200
        assert read_rows(RESERVED) == [(paying, 8)]
