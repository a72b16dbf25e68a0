"""Carts that can be completed without money, and orders that cannot leave as they are."""

import httpx2
import pytest
from sqlalchemy import text

from app.core.db import unit_of_work
from tests.factories.catalogue import make_product
from tests.factories.storefront import Storefront
from tests.shop_front import ADDRESS, Buyer, FakeStripe, change_settings, read_rows, read_state

MISSING = "Payment sessions are required to complete cart"


@pytest.fixture
def free_cart(storefront: Storefront) -> str:
    """A cart that comes to nothing: a gift, sent for nothing."""
    variant = storefront.product(price_cents=0).variants[0].id
    option = storefront.shipping_option(amount_cents=0)
    cart_id = storefront.cart_id((variant, 2))
    storefront.post(f"/carts/{cart_id}", {"email": "jeanne@example.com", "shipping_address": ADDRESS})
    cart = storefront.post(f"/carts/{cart_id}/shipping-methods", {"option_id": option.id}).json()["cart"]
    assert cart["total"] == 0
    return cart_id


def open_session(storefront: Storefront, cart_id: str, provider_id: str) -> httpx2.Response:
    """What a cart owes, and an attempt to pay it."""
    collection = storefront.post("/payment-collections", {"cart_id": cart_id}).json()["payment_collection"]
    return storefront.post(f"/payment-collections/{collection['id']}/payment-sessions", {"provider_id": provider_id})


@pytest.mark.parametrize("provider_id", [None, "pp_stripe_stripe", "pp_system_default"])
def test_what_costs_nothing_is_bought_without_stripe_or_manual_payment(
    storefront: Storefront, free_cart: str, provider_id: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Medusa asks for no session; the starter asks for one, and works with whichever it gets."""
    change_settings(monkeypatch, MANUAL_PAYMENT="false")
    if provider_id is not None:
        answer = open_session(storefront, free_cart, provider_id)
        assert answer.status_code == 200, answer.text
        (attempt,) = answer.json()["payment_collection"]["payment_sessions"]
        assert (attempt["provider_id"], attempt["status"], attempt["amount"]) == ("pp_system_default", "pending", 0)
    answer = storefront.post(f"/carts/{free_cart}/complete")
    assert answer.status_code == 200, answer.text
    order = answer.json()["order"]
    assert (order["status"], order["payment_status"], order["total"]) == ("pending", "captured", 0)
    assert (order["summary"]["paid_total"], order["summary"]["pending_difference"]) == (0, 0)
    (collection,) = order["payment_collections"]
    assert (collection["status"], collection["amount"]) == ("completed", 0)
    (payment,) = collection["payments"]
    assert (payment["amount"], payment["captured_at"] is not None) == (0, True)
    assert read_rows('SELECT paid_at IS NOT NULL, total_cents, review_reason FROM "order"') == [(True, 0, None)]
    assert read_rows("SELECT content->>'is_paid' FROM message") == [("true",)]
    assert read_state()["stock"] == 8
    again = storefront.post(f"/carts/{free_cart}/complete").json()["order"]
    assert (again["id"], read_state()["orders"]) == (order["id"], 1)


def test_what_costs_nothing_still_needs_a_way_to_be_sent(storefront: Storefront) -> None:
    cart_id = storefront.cart_id((storefront.product(price_cents=0).variants[0].id, 1))
    answer = storefront.post(f"/carts/{cart_id}/complete")
    assert (answer.status_code, answer.json()["code"]) == (400, "shipping_method_missing")
    assert read_state()["orders"] == 0


def test_manual_payment_switched_off_meanwhile_completes_nothing(
    storefront: Storefront, monkeypatch: pytest.MonkeyPatch
) -> None:
    variant = storefront.product().variants[0].id
    option = storefront.shipping_option()
    cart_id = storefront.cart_id((variant, 1))
    storefront.post(f"/carts/{cart_id}", {"email": "jeanne@example.com", "shipping_address": ADDRESS})
    storefront.post(f"/carts/{cart_id}/shipping-methods", {"option_id": option.id})
    assert open_session(storefront, cart_id, "pp_system_default").status_code == 200
    change_settings(monkeypatch, MANUAL_PAYMENT="false")
    before = read_state()
    answer = storefront.post(f"/carts/{cart_id}/complete")
    assert (answer.status_code, answer.json()["message"]) == (400, MISSING)
    refused = open_session(storefront, cart_id, "pp_system_default")
    assert (refused.status_code, refused.json()["message"]) == (
        400, "Payment provider pp_system_default is not enabled"
    )  # fmt: skip
    assert read_state() == before
    change_settings(monkeypatch, MANUAL_PAYMENT="true")
    assert storefront.post(f"/carts/{cart_id}/complete").json()["type"] == "order"


@pytest.mark.parametrize(
    "lost", [{"email": None}, {"shipping_address": {**ADDRESS, "address_1": " "}}, {"shipping_address": None}]
)
def test_money_that_came_for_an_order_that_cannot_leave_is_looked_at(
    buyer: Buyer, fake_stripe: FakeStripe, lost: dict[str, object]
) -> None:
    """Paid, and then nobody to write to or no street: a person must look, no piece leaves the shelf, no mail."""
    cart_id = buyer.fill_cart(2)
    attempt = buyer.open_session(cart_id)
    assert buyer.post(f"/store/carts/{cart_id}", **lost).status_code == 200
    again = buyer.open_session(cart_id)
    fake_stripe.pay(again.intent_id, deliver=False)
    answer = buyer.complete(cart_id)
    assert answer.status_code == 200, answer.text
    order = answer.json()["order"]
    assert order["status"] == "requires_action"
    assert read_rows('SELECT status, review_reason, paid_at FROM "order"') == [
        ("requires_action", "details_missing", None)
    ]
    state = read_state()
    assert (state["orders"], state["payments"], state["stock"], state["mails"]) == (1, 1, 10, 0)
    assert attempt.session_id


@pytest.mark.parametrize("left", [0, 49_900])
def test_a_product_that_is_gone_since_the_payment_was_opened_is_not_owed_for(storefront: Storefront, left: int) -> None:
    """Whoever promises a transfer promises what the order comes to."""
    kept = storefront.product(handle="reste", price_cents=left)
    with unit_of_work("test") as session:
        # The other colour stays: what is shown has something to buy.
        gone = make_product(
            session, storefront.shop.channel.id, manages_stock=False, stock=0, colours=("Noir", "Ecaille")
        )
    option = storefront.shipping_option(amount_cents=0)
    cart_id = storefront.cart_id((gone.variants[0].id, 1), (kept.variants[0].id, 1))
    storefront.post(f"/carts/{cart_id}", {"email": "jeanne@example.com", "shipping_address": ADDRESS})
    storefront.post(f"/carts/{cart_id}/shipping-methods", {"option_id": option.id})
    assert open_session(storefront, cart_id, "pp_system_default").status_code == 200
    with unit_of_work("test") as session:
        session.execute(text("DELETE FROM product_variant WHERE id = :id"), {"id": gone.variants[0].id})
    answer = storefront.post(f"/carts/{cart_id}/complete")
    if left:
        assert (answer.status_code, answer.json()["message"]) == (400, MISSING)
        assert open_session(storefront, cart_id, "pp_system_default").status_code == 200
        answer = storefront.post(f"/carts/{cart_id}/complete")
    order = answer.json()["order"]
    assert order["total"] * 100 == left
    assert read_rows("SELECT amount_cents FROM payment") == [(left,)]
