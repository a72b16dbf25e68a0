"""A product that is taken off sale while it is in a cart: it is not sold any more, and nobody's money gets lost."""

from collections.abc import Callable

import httpx2
import pytest
from sqlalchemy import text

from app.catalogue.update_product import set_status
from app.core.db import unit_of_work
from tests.factories.catalogue import make_product
from tests.shop_front import Buyer, FakeStripe, read_rows, read_state
from tests.stripe_news import SUCCEEDED, deliver, event_about

WAYS = ("draft", "archived", "channel")
Withdraw = Callable[[str], None]


@pytest.fixture
def withdraw(buyer: Buyer) -> Withdraw:
    """Take the product off sale in one of the ways, or put it back (`published`)."""

    def act(how: str) -> None:
        with unit_of_work("test") as session:
            find = text("SELECT product_id FROM product_variant WHERE id = :id")
            product_id = str(session.scalar(find, {"id": buyer.goods.variant_id}))
            if how == "channel":
                session.execute(text("DELETE FROM product_channel_link WHERE product_id = :id"), {"id": product_id})
            else:
                set_status(session, product_id, how)

    return act


def refused(answer: httpx2.Response, variant_id: str) -> bool:
    """Medusa's words, then which thing it is and what to do."""
    body = answer.json()
    return (answer.status_code, body["type"], body["code"], body["message"]) == (
        400,
        "invalid_data",
        "variant_not_for_sale",
        f"Variants {variant_id} do not exist or belong to a product that is not published. "
        "Aura (Noir) n'est plus en vente : retirez cet article du panier. / "
        "Aura (Noir) is no longer for sale: remove it from the cart.",
    )


def line_of(buyer: Buyer, cart_id: str) -> str:
    """Where the only line of the cart is changed."""
    (line,) = buyer.http.get(f"/store/carts/{cart_id}").json()["cart"]["items"]
    return f"/store/carts/{cart_id}/line-items/{line['id']}"


@pytest.mark.parametrize("how", WAYS)
def test_what_is_withdrawn_can_be_read_lowered_and_removed_and_not_added(
    buyer: Buyer, withdraw: Withdraw, how: str
) -> None:
    cart_id = buyer.fill_cart(2)
    path = line_of(buyer, cart_id)
    withdraw(how)
    variant_id = buyer.goods.variant_id
    added = buyer.post(f"/store/carts/{cart_id}/line-items", variant_id=variant_id, quantity=1)
    for answer in (added, buyer.post(path, quantity=3)):
        assert (answer.status_code, answer.json()["code"]) == (400, "variant_not_for_sale")
    cart = buyer.http.get(f"/store/carts/{cart_id}").json()["cart"]
    assert (cart["items"][0]["quantity"], cart["items"][0]["title"], cart["total"]) == (2, "Aura", 702.9)
    assert buyer.post(path, quantity=1).json()["cart"]["items"][0]["quantity"] == 1
    assert buyer.http.delete(path).json()["parent"]["items"] == []


@pytest.mark.parametrize("how", WAYS)
@pytest.mark.parametrize("provider_id", ["pp_stripe_stripe", "pp_system_default"])
def test_no_payment_is_opened_for_what_is_withdrawn(
    buyer: Buyer, fake_stripe: FakeStripe, withdraw: Withdraw, provider_id: str, how: str
) -> None:
    cart_id = buyer.fill_cart(2)
    collection_id = buyer.open_collection(cart_id)
    withdraw(how)
    before = read_state()
    assert refused(buyer.ask_for_session(collection_id, provider_id), buyer.goods.variant_id)
    assert read_state() == before
    assert read_rows("SELECT count(*) FROM payment_session") == [(0,)]
    assert read_rows("SELECT reserved_quantity FROM stock_level") == [(0,)]
    assert fake_stripe.get("/_test/requests") == []


@pytest.mark.parametrize("how", WAYS)
def test_a_promised_transfer_buys_nothing_that_is_withdrawn(buyer: Buyer, withdraw: Withdraw, how: str) -> None:
    """The rest of the cart is bought once it is taken out."""
    cart_id = buyer.fill_cart(2)
    path = line_of(buyer, cart_id)
    with unit_of_work("test") as session:
        ((channel_id,),) = session.execute(text("SELECT sales_channel_id FROM cart"))
        other = make_product(session, channel_id, handle="nova", title="Nova", price_cents=9_900).variants[0].id
    buyer.post(f"/store/carts/{cart_id}/line-items", variant_id=other, quantity=1)
    collection_id = buyer.open_collection(cart_id)
    assert buyer.ask_for_session(collection_id, "pp_system_default").status_code == 200
    withdraw(how)
    before = read_state()
    assert refused(buyer.complete(cart_id), buyer.goods.variant_id)
    assert read_state() == before
    assert buyer.http.delete(path).status_code == 200
    assert buyer.ask_for_session(collection_id, "pp_system_default").status_code == 200
    order = buyer.complete(cart_id).json()["order"]
    assert ([item["title"] for item in order["items"]], order["total"]) == (["Nova"], 103.9)


def test_a_card_that_is_not_charged_yet_is_told_in_time(
    buyer: Buyer, fake_stripe: FakeStripe, withdraw: Withdraw
) -> None:
    cart_id = buyer.fill_cart(2)
    attempt = buyer.open_session(cart_id)
    fake_stripe.ask_customer(attempt.intent_id)
    withdraw("archived")
    before = read_state()
    assert refused(buyer.complete(cart_id), buyer.goods.variant_id)
    assert read_state() == before
    withdraw("published")
    assert buyer.complete(cart_id).json()["error"]["type"] == "payment_requires_more_error"


@pytest.mark.parametrize("brought_by", ["browser", "webhook"])
@pytest.mark.parametrize("how", WAYS)
def test_money_that_came_makes_the_order_and_a_person_looks(
    buyer: Buyer, fake_stripe: FakeStripe, withdraw: Withdraw, how: str, brought_by: str
) -> None:
    """Whoever withdrew it knows why: nothing leaves the shelf and no money goes back before they have looked."""
    cart_id = buyer.fill_cart(2)
    attempt = buyer.open_session(cart_id)
    thing = fake_stripe.pay(attempt.intent_id, deliver=False)
    withdraw(how)
    if brought_by == "webhook":
        assert deliver(buyer, event_about(thing, SUCCEEDED)).status_code == 200
    answer = buyer.complete(cart_id)
    assert answer.status_code == 200, answer.text
    order = answer.json()["order"]
    assert (order["status"], order["payment_status"], order["total"]) == ("requires_action", "captured", 702.9)
    assert read_rows('SELECT review_reason, paid_at IS NOT NULL FROM "order"') == [("withdrawn", True)]
    state = read_state()
    assert (state["orders"], state["payments"], state["refunds"], state["stock"], state["mails"]) == (1, 1, 0, 10, 0)
    assert read_rows("SELECT reserved_quantity FROM stock_level") == [(0,)]
