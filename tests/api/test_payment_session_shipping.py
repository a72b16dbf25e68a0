"""A way to send that ends between the choice and the payment: nobody pays for goods that cannot be sent to them."""

import pytest
from sqlalchemy import text

from app.core.db import unit_of_work
from tests.shop_front import Buyer, FakeStripe, read_rows, read_state

MISSING = "No shipping method selected but the cart contains items that require shipping."


def switch_off(option_id: str) -> None:
    """The shop offers this way to send no more."""
    with unit_of_work("test") as session:
        session.execute(text("UPDATE shipping_option SET is_active = false WHERE id = :id"), {"id": option_id})


@pytest.mark.parametrize("amount_cents", [0, 490])
@pytest.mark.parametrize("provider_id", ["pp_stripe_stripe", "pp_system_default"])
def test_no_payment_is_opened_without_the_way_to_send_that_was_chosen(
    buyer: Buyer, fake_stripe: FakeStripe, provider_id: str, amount_cents: int
) -> None:
    """The total falls with the carriage, or stays where that was free: neither is a reason to take the money."""
    with unit_of_work("test") as session:
        session.execute(text("UPDATE shipping_option SET amount_cents = :cents"), {"cents": amount_cents})
    cart_id = buyer.fill_cart(2)
    first = buyer.open_session(cart_id)
    switch_off(buyer.goods.shipping_option_id)
    before = read_state()
    answer = buyer.ask_for_session(first.collection_id, provider_id)
    body = answer.json()
    assert (answer.status_code, body["code"], body["message"]) == (400, "shipping_method_missing", MISSING)
    assert read_state() == {**before, "jobs": before["jobs"] + 1}  # the first attempt is cancelled at Stripe
    assert len(fake_stripe.calls("payment_intents.create")) == 1
    assert read_rows("SELECT status, superseded_at IS NOT NULL FROM payment_session") == [("canceled", True)]
    assert read_rows("SELECT reserved_quantity FROM stock_level") == [(0,)]
    cart = buyer.http.get(f"/store/carts/{cart_id}").json()["cart"]
    assert (cart["shipping_methods"], cart["total"], cart["payment_collection"]["amount"]) == ([], 698, 698)


def test_goods_that_are_not_sent_need_none(buyer: Buyer) -> None:
    cart_id = buyer.fill_cart(2)
    collection_id = buyer.open_collection(cart_id)
    with unit_of_work("test") as session:
        session.execute(text("UPDATE product_variant SET requires_shipping = false"))
    switch_off(buyer.goods.shipping_option_id)
    assert buyer.ask_for_session(collection_id, "pp_system_default").status_code == 200
    assert buyer.complete(cart_id).json()["order"]["total"] == 698
