"""Which price a cart has: today's after every change of what is in it, and nobody pays more than they saw."""

import pytest
from sqlalchemy import text

from app.core.db import unit_of_work
from app.pricing.service import set_price
from tests.factories.pricing import make_price_list
from tests.factories.promotions import make_promotion
from tests.factories.storefront import Storefront
from tests.in_process import RunJobs
from tests.shop_front import ADDRESS, Buyer, FakeStripe, read_rows

LOWER, HIGHER = 29_900, 39_900
RISEN = (
    "Le total de votre panier est maintenant de 403.90 EUR : vérifiez-le avant de payer. / "
    "Your cart now comes to 403.90 EUR: please check it before paying."
)


def ask(variant_id: str, amount_cents: int) -> None:
    """The shop asks another price from now on."""
    with unit_of_work("test") as session:
        set_price(session, variant_id, "eur", amount_cents, confirmed=True)


def total(buyer: Buyer, cart_id: str) -> object:
    """What the cart shows."""
    return buyer.http.get(f"/store/carts/{cart_id}").json()["cart"]["total"]


@pytest.mark.parametrize("price_cents", [LOWER, HIGHER])
@pytest.mark.parametrize("change", ["add", "lower", "remove"])
def test_whatever_changes_the_lines_brings_all_of_them_to_todays_prices(
    storefront: Storefront, change: str, price_cents: int
) -> None:
    """A price that is over is nobody's for as long as they keep a cart in use; a lower one is everybody's."""
    variant, other = (storefront.product(handle=handle).variants[0].id for handle in ("aura", "nova"))
    cart_id = storefront.cart_id((variant, 1), (other, 2))
    path = f"/carts/{cart_id}/line-items"
    line_id = storefront.get(f"/carts/{cart_id}").json()["cart"]["items"][1]["id"]
    ask(variant, price_cents)
    assert storefront.get(f"/carts/{cart_id}").json()["cart"]["items"][0]["unit_price"] == 349
    match change:
        case "add":
            cart = storefront.post(path, {"variant_id": other, "quantity": 1}).json()["cart"]
        case "lower":
            cart = storefront.post(f"{path}/{line_id}", {"quantity": 1}).json()["cart"]
        case _:
            cart = storefront.delete(f"{path}/{line_id}").json()["parent"]
    assert cart["items"][0]["unit_price"] * 100 == price_cents
    assert storefront.get(f"/carts/{cart_id}").json()["cart"]["total"] == cart["total"]


def test_a_line_whose_price_is_gone_stops_no_other_change(storefront: Storefront) -> None:
    variant, other = (storefront.product(handle=handle).variants[0].id for handle in ("aura", "nova"))
    cart_id = storefront.cart_id((variant, 1), (other, 2))
    with unit_of_work("test") as session:
        elsewhere = "UPDATE price SET currency_code = 'chf' WHERE variant_id = :id"
        session.execute(text(elsewhere), {"id": variant})
    first, second = storefront.get(f"/carts/{cart_id}").json()["cart"]["items"]
    lowered = storefront.post(f"/carts/{cart_id}/line-items/{second['id']}", {"quantity": 1}).json()["cart"]
    assert [(item["unit_price"], item["quantity"]) for item in lowered["items"]] == [(349, 1), (349, 1)]
    collection = storefront.post("/payment-collections", {"cart_id": cart_id}).json()["payment_collection"]
    sessions = f"/payment-collections/{collection['id']}/payment-sessions"
    refused = storefront.post(sessions, {"provider_id": "pp_system_default"})
    assert (refused.status_code, refused.json()["message"]) == (
        400,
        f"Variants with IDs {variant} do not have a price",
    )
    assert storefront.delete(f"/carts/{cart_id}/line-items/{first['id']}").json()["parent"]["total"] == 349
    assert storefront.post(sessions, {"provider_id": "pp_system_default"}).status_code == 200


def test_opening_a_payment_takes_a_lower_price_over(buyer: Buyer) -> None:
    """The price of the shop's pages binds it, also where a cart was filled before."""
    cart_id = buyer.fill_cart()
    collection_id = buyer.open_collection(cart_id)
    ask(buyer.goods.variant_id, LOWER)
    collection = buyer.ask_for_session(collection_id).json()["payment_collection"]
    assert collection["amount"] == collection["payment_sessions"][0]["amount"] == total(buyer, cart_id) == 303.9


def test_a_reduction_that_began_meanwhile_is_shown_as_one(buyer: Buyer) -> None:
    cart_id = buyer.fill_cart()
    with unit_of_work("test") as session:
        make_price_list(session, buyer.goods.variant_id, LOWER)
    buyer.open_session(cart_id)
    (item,) = buyer.http.get(f"/store/carts/{cart_id}").json()["cart"]["items"]
    assert (item["unit_price"], item["compare_at_unit_price"]) == (299, 349)


@pytest.mark.parametrize("provider_id", ["pp_stripe_stripe", "pp_system_default"])
def test_a_higher_price_is_shown_before_it_is_asked_for(
    buyer: Buyer, fake_stripe: FakeStripe, provider_id: str
) -> None:
    cart_id = buyer.fill_cart()
    collection_id = buyer.open_collection(cart_id)
    ask(buyer.goods.variant_id, HIGHER)
    assert total(buyer, cart_id) == 353.9
    answer = buyer.ask_for_session(collection_id, provider_id)
    body = answer.json()
    assert (answer.status_code, body["type"], body["code"], body["message"]) == (
        400, "not_allowed", "total_risen", RISEN
    )  # fmt: skip
    assert fake_stripe.get("/_test/requests") == []
    assert read_rows("SELECT count(*) FROM payment_session") == [(0,)]
    assert read_rows("SELECT reserved_quantity FROM stock_level") == [(0,)]
    assert total(buyer, cart_id) == 403.9
    collection = buyer.ask_for_session(collection_id, provider_id).json()["payment_collection"]
    assert collection["payment_sessions"][0]["amount"] == 403.9


def test_a_collection_that_is_asked_for_again_hides_no_rise(buyer: Buyer) -> None:
    """Storefronts ask for it and for a session in one go, and show the cart afterwards."""
    cart_id = buyer.fill_cart()
    ask(buyer.goods.variant_id, HIGHER)
    collection = buyer.post("/store/payment-collections", cart_id=cart_id).json()["payment_collection"]
    assert collection["amount"] == total(buyer, cart_id) == 353.9
    assert buyer.ask_for_session(collection["id"]).json()["code"] == "total_risen"


def test_between_payment_and_order_no_price_changes(buyer: Buyer, fake_stripe: FakeStripe) -> None:
    card, transfer = buyer.fill_cart(), buyer.fill_cart()
    attempt = buyer.open_session(card)
    buyer.ask_for_session(buyer.open_collection(transfer), "pp_system_default")
    ask(buyer.goods.variant_id, HIGHER)
    fake_stripe.pay(attempt.intent_id, deliver=False)
    for cart_id in (card, transfer):
        assert total(buyer, cart_id) == 353.9
        order = buyer.complete(cart_id).json()["order"]
        assert (order["total"], order["status"]) == (353.9, "pending")


def test_another_attempt_after_a_rise_ends_the_one_at_the_old_price(
    buyer: Buyer, fake_stripe: FakeStripe, run_jobs: RunJobs
) -> None:
    cart_id = buyer.fill_cart()
    attempt = buyer.open_session(cart_id)
    ask(buyer.goods.variant_id, HIGHER)
    assert buyer.ask_for_session(attempt.collection_id).json()["code"] == "total_risen"
    assert read_rows("SELECT status, superseded_at IS NOT NULL FROM payment_session") == [("canceled", True)]
    assert read_rows("SELECT reserved_quantity FROM stock_level") == [(0,)]
    assert run_jobs() == []
    assert len(fake_stripe.calls("payment_intents.cancel")) == 1


def test_what_cost_nothing_when_it_was_put_in_is_not_had_for_nothing(storefront: Storefront) -> None:
    """Nobody opens a payment for nothing: completing is when its prices come to today's."""
    product, option = storefront.product(price_cents=0), storefront.shipping_option(amount_cents=0)
    variant = product.variants[0].id
    cart_id = storefront.cart_id((variant, 2))
    storefront.post(f"/carts/{cart_id}", {"email": "jeanne@example.com", "shipping_address": ADDRESS})
    storefront.post(f"/carts/{cart_id}/shipping-methods", {"option_id": option.id})
    ask(variant, LOWER)
    answer = storefront.post(f"/carts/{cart_id}/complete")
    assert (answer.status_code, answer.json()["code"]) == (400, "total_risen")
    cart = storefront.get(f"/carts/{cart_id}").json()["cart"]
    assert (cart["total"], cart["completed_at"]) == (598, None)
    assert read_rows('SELECT count(*) FROM "order"') == [(0,)]
    missing = storefront.post(f"/carts/{cart_id}/complete")
    assert missing.json()["message"] == "Payment collection has not been initiated for cart"
    ask(variant, 0)
    collection = storefront.post("/payment-collections", {"cart_id": cart_id}).json()["payment_collection"]
    provider = {"provider_id": "pp_stripe_stripe"}
    assert storefront.post(f"/payment-collections/{collection['id']}/payment-sessions", provider).status_code == 200
    assert storefront.post(f"/carts/{cart_id}/complete").json()["order"]["total"] == 0


@pytest.mark.parametrize("price_cents", [LOWER, HIGHER])
def test_what_a_promotion_pays_whole_is_had_at_todays_price(buyer: Buyer, price_cents: int) -> None:
    """It still costs nothing, so that nobody needs to be told; the order says what was taken off today's price."""
    with unit_of_work("test") as session:
        make_promotion(session, "TOUT", percentage="100")
        make_promotion(session, "PORT", percentage="100", target_type="shipping_methods")
    cart_id = buyer.fill_cart()
    buyer.post(f"/store/carts/{cart_id}/promotions", promo_codes=["tout", "port"])
    assert total(buyer, cart_id) == 0
    ask(buyer.goods.variant_id, price_cents)
    answer = buyer.complete(cart_id)
    assert answer.status_code == 200, answer.text
    order = answer.json()["order"]
    ((adjustment,),) = (item["adjustments"] for item in order["items"])
    assert (order["total"], adjustment["amount"] * 100, order["item_total"]) == (0, price_cents, 0)


def test_what_costs_nothing_is_not_bought_without_the_way_to_send_that_was_chosen(storefront: Storefront) -> None:
    product, option = storefront.product(price_cents=0), storefront.shipping_option(amount_cents=0)
    cart_id = storefront.cart_id((product.variants[0].id, 2))
    storefront.post(f"/carts/{cart_id}", {"email": "jeanne@example.com", "shipping_address": ADDRESS})
    storefront.post(f"/carts/{cart_id}/shipping-methods", {"option_id": option.id})
    with unit_of_work("test") as session:
        session.execute(text("UPDATE shipping_option SET is_active = false"))
    answer = storefront.post(f"/carts/{cart_id}/complete")
    assert (answer.status_code, answer.json()["code"]) == (400, "shipping_method_missing")
    assert storefront.get(f"/carts/{cart_id}").json()["cart"]["shipping_methods"] == []
    assert read_rows('SELECT count(*) FROM "order"') == [(0,)]
