"""What became of a promotion when the cart was bought: copies in the order, a use counted, money never refused."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import inspect, text

from app.checkout.complete_for_buyer import complete_for_buyer
from app.core.clock import utc_now
from app.core.db import Base, unit_of_work
from app.orders.models import Order as PlacedOrder
from app.orders.queries import get_order_of_cart
from tests.factories.pricing import make_price_list
from tests.factories.promotions import make_promotion
from tests.shop_front import ADDRESS, Buyer, FakeStripe, read_rows, read_state

Order = dict[str, Any]
USES = "SELECT used_count, (SELECT count(*)::int FROM promotion_use) FROM promotion ORDER BY code"


def fill(buyer: Buyer, *codes: str, email: str = "jeanne@example.com") -> str:
    """A cart of two pieces with codes."""
    cart_id = buyer.fill_cart(2, email=email)
    answer = buyer.post(f"/store/carts/{cart_id}", promo_codes=list(codes))
    assert answer.status_code == 200, answer.text
    return cart_id


def buy_by_transfer(buyer: Buyer, cart_id: str) -> Order:
    buyer.ask_for_session(buyer.open_collection(cart_id), "pp_system_default")
    answer = buyer.complete(cart_id)
    assert answer.json()["type"] == "order", answer.text
    order: Order = answer.json()["order"]
    return order


def test_an_order_keeps_what_was_taken_off(buyer: Buyer) -> None:
    with unit_of_work("test") as session:
        make_promotion(session, "DIX")
        make_promotion(session, "PORT", percentage="50", target_type="shipping_methods")
    cart_id = fill(buyer, "DIX", "PORT")
    cart = buyer.http.get(f"/store/carts/{cart_id}").json()["cart"]
    order = buy_by_transfer(buyer, cart_id)
    names = [name for name in cart if name.endswith("total") or name == "total"]
    assert {name: order[name] for name in names} == {name: cart[name] for name in names}
    assert (order["total"], order["discount_total"], order["item_discount_total"]) == (630.65, 72.25, 69.8)
    ((line,), (method,)) = (order["items"], order["shipping_methods"])
    assert [(each["code"], each["amount"]) for each in line["adjustments"]] == [("DIX", 69.8)]
    assert [(each["code"], each["amount"]) for each in method["adjustments"]] == [("PORT", 2.45)]
    assert read_rows(USES) == [(1, 2), (1, 2)]
    assert read_rows('SELECT total_cents FROM "order"') == [(63_065,)]
    with unit_of_work("test") as session:
        session.execute(text("UPDATE promotion SET status = 'inactive', percentage = 90"))
    assert buyer.show_order(str(order["id"])).json()["order"]["total"] == 630.65


@pytest.mark.parametrize("provider_id", ["pp_stripe_stripe", "pp_system_default"])
def test_the_answer_is_the_order_as_it_will_be_read(buyer: Buyer, fake_stripe: FakeStripe, provider_id: str) -> None:
    """It is shown as it was made, without reading it: nothing of it may look otherwise afterwards."""
    with unit_of_work("test") as session:
        for code in ("DIX", "CINQ", "DEUX"):
            make_promotion(session, code, percentage=str(len(code)))
        make_promotion(session, "PORT", percentage="33.33", target_type="shipping_methods")
        make_price_list(session, buyer.goods.variant_id, 33_333)
    cart_id = fill(buyer, "DIX", "CINQ", "DEUX", "PORT")
    engraved = {"variant_id": buyer.goods.variant_id, "quantity": 3, "metadata": {"gravure": "Zoé"}}
    buyer.post(f"/store/carts/{cart_id}/line-items", **engraved)
    buyer.post(f"/store/carts/{cart_id}", metadata={"cadeau": True}, billing_address={**ADDRESS, "company": "Zoé SARL"})
    if provider_id == "pp_stripe_stripe":
        fake_stripe.pay(buyer.open_session(cart_id).intent_id, deliver=False)
    else:
        buyer.ask_for_session(buyer.open_collection(cart_id), provider_id)
    made = buyer.complete(cart_id).json()["order"]
    assert [len(item["adjustments"]) for item in made["items"]] == [3, 3]
    assert made == buyer.complete(cart_id).json()["order"]


def test_the_order_at_hand_is_the_one_in_the_database(buyer: Buyer) -> None:
    """It was written without being read: each column of each row, also those that no answer shows."""
    with unit_of_work("test") as session:
        make_promotion(session, "DIX")
        make_promotion(session, "PORT", percentage="50", target_type="shipping_methods")
    cart_id = fill(buyer, "DIX", "PORT")
    buyer.post(f"/store/carts/{cart_id}", metadata={"cadeau": True}, billing_address={**ADDRESS, "company": "Zoé SARL"})
    buyer.ask_for_session(buyer.open_collection(cart_id), "pp_system_default")
    made = complete_for_buyer(cart_id)
    with unit_of_work("test") as session:
        read = get_order_of_cart(session, cart_id)
    assert isinstance(made, PlacedOrder)
    assert made is not read
    assert list(columns_of(made)) == list(columns_of(read))


def columns_of(order: PlacedOrder) -> Iterator[tuple[type, dict[str, object]]]:
    """Every row of an order with the columns that its object holds."""
    rows: list[Base | None] = [order, order.shipping_address, order.billing_address, *order.lines]
    rows += [*order.shipping_methods, *order.shipping_methods[0].adjustments]
    rows += [adjustment for line in order.lines for adjustment in line.adjustments]
    for row in rows:
        assert row is not None
        yield (
            type(row),
            {name: inspect(row).dict.get(name, "not there") for name, _ in inspect(type(row)).columns.items()},
        )


@pytest.mark.parametrize("statement", ["UPDATE {} SET amount_cents = 1", "DELETE FROM {}", "TRUNCATE {}"])
@pytest.mark.parametrize("table", ["order_line_adjustment", "order_shipping_adjustment"])
def test_the_database_lets_nothing_of_it_change(buyer: Buyer, statement: str, table: str) -> None:
    with unit_of_work("test") as session:
        make_promotion(session, "DIX")
    buy_by_transfer(buyer, fill(buyer, "DIX"))
    with pytest.raises(Exception, match="only grows"), unit_of_work("test") as session:
        session.execute(text(statement.format(table)))
    assert read_rows("SELECT amount_cents FROM order_line_adjustment") == [(6_980,)]


def test_without_money_a_code_that_is_used_up_ends_the_purchase(buyer: Buyer) -> None:
    with unit_of_work("test") as session:
        make_promotion(session, "UNE", usage_limit=1)
    first, second = fill(buyer, "UNE"), fill(buyer, "une", email="paul@example.com")
    buyer.ask_for_session(buyer.open_collection(second), "pp_system_default")
    buy_by_transfer(buyer, first)
    before = read_state()
    answer = buyer.complete(second)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_promotion_code")
    assert answer.json()["message"] == "The promotion code UNE is invalid"
    assert (read_state(), read_rows(USES)) == (before, [(1, 1)])
    cart = buyer.post(f"/store/carts/{second}").json()["cart"]
    assert (cart["promotions"], cart["discount_total"], cart["total"]) == ([], 0, 702.9)
    assert buy_by_transfer(buyer, second)["total"] == 702.9


def test_without_money_a_code_that_is_over_ends_the_purchase(buyer: Buyer) -> None:
    with unit_of_work("test") as session:
        make_promotion(session, "VITE", ends_at=utc_now() + timedelta(days=1))
    cart_id = fill(buyer, "VITE")
    buyer.ask_for_session(buyer.open_collection(cart_id), "pp_system_default")
    before = read_state()
    with time_machine.travel(utc_now() + timedelta(days=2), tick=True):
        answer = buyer.complete(cart_id)
    assert (answer.status_code, answer.json()["message"]) == (400, "The promotion code VITE is invalid")
    assert (read_state(), read_rows(USES)) == (before, [(0, 0)])


def test_opening_a_payment_drops_a_code_that_is_over_and_says_so_before_more_is_asked_for(buyer: Buyer) -> None:
    with unit_of_work("test") as session:
        make_promotion(session, "VITE", ends_at=utc_now() + timedelta(days=1))
    cart_id = fill(buyer, "VITE")
    collection_id = buyer.open_collection(cart_id)
    with time_machine.travel(utc_now() + timedelta(days=2), tick=True):
        refused = buyer.ask_for_session(collection_id)
        assert (refused.status_code, refused.json()["code"]) == (400, "total_risen")
        assert buyer.http.get(f"/store/carts/{cart_id}").json()["cart"]["total"] == 702.9
        collection = buyer.ask_for_session(collection_id).json()["payment_collection"]
    assert (collection["amount"], collection["payment_sessions"][0]["amount"]) == (702.9, 702.9)


def test_with_the_money_there_a_code_that_is_over_is_honoured(buyer: Buyer, fake_stripe: FakeStripe) -> None:
    with unit_of_work("test") as session:
        make_promotion(session, "VITE", ends_at=utc_now() + timedelta(days=1))
    cart_id = fill(buyer, "VITE")
    attempt = buyer.open_session(cart_id)
    fake_stripe.pay(attempt.intent_id, deliver=False)
    with time_machine.travel(utc_now() + timedelta(days=2), tick=True):
        order = buyer.complete(cart_id).json()["order"]
    assert (order["status"], order["payment_status"], order["total"]) == ("pending", "captured", 633.1)
    assert read_rows(USES) == [(1, 1)]


def test_with_the_money_there_a_code_that_is_used_up_waits_for_a_person(buyer: Buyer, fake_stripe: FakeStripe) -> None:
    with unit_of_work("test") as session:
        make_promotion(session, "UNE", usage_limit=1)
    first, second = fill(buyer, "UNE"), fill(buyer, "UNE", email="paul@example.com")
    attempts = [buyer.open_session(cart_id) for cart_id in (first, second)]
    for attempt in attempts:
        fake_stripe.pay(attempt.intent_id, deliver=False)
    assert buyer.complete(first).json()["order"]["status"] == "pending"
    late = buyer.complete(second).json()["order"]
    assert (late["status"], late["payment_status"], late["total"]) == ("requires_action", "captured", 633.1)
    assert read_rows('SELECT review_reason, paid_at IS NOT NULL FROM "order" ORDER BY display_id') == [
        (None, True),
        ("promotion_used_up", True),
    ]
    state = read_state()
    assert (state["orders"], state["payments"], state["refunds"], state["stock"], state["mails"]) == (2, 2, 0, 8, 1)
    assert read_rows(USES) == [(1, 1)]
    assert read_rows("SELECT sum(quantity)::int FROM stock_reservation") == [(None,)]


def test_a_code_for_one_use_per_buyer_asks_who_buys(buyer: Buyer) -> None:
    with unit_of_work("test") as session:
        make_promotion(session, "BIENVENUE", usage_limit_per_customer=1)
    again = fill(buyer, "BIENVENUE", email="Jeanne@Example.com")
    buyer.ask_for_session(buyer.open_collection(again), "pp_system_default")
    buy_by_transfer(buyer, fill(buyer, "BIENVENUE"))
    answer = buyer.complete(again)
    assert (answer.status_code, answer.json()["message"]) == (400, "The promotion code BIENVENUE is invalid")
    assert buy_by_transfer(buyer, fill(buyer, "BIENVENUE", email="paul@example.com"))["discount_total"] == 69.8
    assert read_rows(USES) == [(2, 2)]
    assert read_rows("SELECT count(*) FROM promotion_use WHERE buyer_key LIKE '%@%'") == [(0,)]


def test_a_promotion_of_the_shop_that_a_buyer_has_had_stands_in_no_way(buyer: Buyer) -> None:
    """Nobody can take it out of a cart: it gives nothing any more, and the purchase goes on at the price shown."""
    with unit_of_work("test") as session:
        make_promotion(session, "ACCUEIL", is_automatic=True, usage_limit_per_customer=1)
    assert buy_by_transfer(buyer, fill(buyer))["discount_total"] == 69.8
    cart_id = fill(buyer, email="JEANNE@example.com")
    cart = buyer.http.get(f"/store/carts/{cart_id}").json()["cart"]
    assert (cart["promotions"], cart["total"]) == ([], 702.9)
    assert buy_by_transfer(buyer, cart_id)["total"] == 702.9
    assert read_rows(USES) == [(1, 1)]


def test_a_code_that_a_buyer_has_had_is_refused_before_a_card_is_charged(buyer: Buyer) -> None:
    with unit_of_work("test") as session:
        make_promotion(session, "UNE", usage_limit_per_customer=1)
    parallel = fill(buyer, "UNE")
    buy_by_transfer(buyer, fill(buyer, "UNE"))
    collection_id = buyer.open_collection(parallel)
    assert buyer.ask_for_session(collection_id).json()["code"] == "total_risen"
    assert buyer.ask_for_session(collection_id).json()["payment_collection"]["amount"] == 702.9
    answer = buyer.post(f"/store/carts/{parallel}", promo_codes=["UNE"])
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_promotion_code")
    other = buyer.post(f"/store/carts/{parallel}", email="paul@example.com", promo_codes=["UNE"]).json()["cart"]
    assert other["discount_total"] == 69.8
