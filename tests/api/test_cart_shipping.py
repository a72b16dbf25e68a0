"""GET /store/shipping-options and POST /store/carts/:id/shipping-methods."""

import pytest
from sqlalchemy import text

from app.core.db import unit_of_work
from app.shipping.models import ShippingOption
from app.shipping.rules import Destination, PriceStep
from app.shop.service import create_region
from tests.factories.catalogue import make_product
from tests.factories.shipping import make_location, make_shipping_option
from tests.factories.storefront import Storefront
from tests.shop_front import read_rows

UNFIT = (400, "Shipping Options are invalid for cart.")


def list_codes(storefront: Storefront, cart_id: str, **params: str) -> list[str]:
    """The options a cart is offered, in order."""
    answer = storefront.get("/shipping-options", cart_id=cart_id, **params)
    assert answer.status_code == 200, answer.text
    return [option["type"]["code"] for option in answer.json()["shipping_options"]]


def test_the_options_of_the_carts_region(storefront: Storefront) -> None:
    standard = storefront.shipping_option()
    express = storefront.shipping_option(code="express", amount_cents=990)
    with unit_of_work("test") as session:
        swiss = create_region(session, "Suisse", "chf", ["ch"])
        make_shipping_option(session, swiss.id)
        closed = make_shipping_option(session, storefront.shop.region.id, code="coursier")
        session.get_one(ShippingOption, closed.id).is_active = False
    answer = storefront.get("/shipping-options", cart_id=storefront.cart_id()).json()
    assert list(answer) == ["shipping_options"]
    options = answer["shipping_options"]
    assert {(option["id"], option["amount"]) for option in options} == {(standard.id, 4.9), (express.id, 9.9)}


def test_an_option_has_what_the_starter_reads(storefront: Storefront) -> None:
    storefront.shipping_option()
    option = storefront.get("/shipping-options", cart_id=storefront.cart_id()).json()["shipping_options"][0]
    assert (option["name"], option["price_type"], option["is_tax_inclusive"]) == ("Livraison standard", "flat", True)
    assert option["prices"] == [
        {"id": option["prices"][0]["id"], "currency_code": "eur", "amount": 4.9, "price_rules": []}
    ]
    assert option["service_zone"]["fulfillment_set"]["type"] == "shipping"
    assert option["calculated_price"]["calculated_amount"] == 4.9
    assert option["calculated_price"]["calculated_amount_without_tax"] == 4.08
    assert (option["insufficient_inventory"], option["rules"], option["data"]) == (False, [], {})


def test_a_cart_is_needed(storefront: Storefront) -> None:
    missing = storefront.get("/shipping-options")
    assert (missing.status_code, missing.json()["message"]) == (400, "Invalid request: Field 'cart_id' is required")
    unknown = storefront.get("/shipping-options", cart_id="cart_x")
    assert (unknown.status_code, unknown.json()["message"]) == (404, "Cart with id 'cart_x' not found")
    returns = storefront.get("/shipping-options", cart_id=storefront.cart_id(), is_return="true")
    assert returns.json() == {"shipping_options": []}


def test_one_choice_replaces_the_other(storefront: Storefront) -> None:
    variant = storefront.product().variants[0].id
    standard, express = storefront.shipping_option(), storefront.shipping_option(code="express", amount_cents=990)
    cart_id = storefront.cart_id((variant, 2))
    path = f"/carts/{cart_id}/shipping-methods"
    cart = storefront.post(path, {"option_id": standard.id}).json()["cart"]
    assert (cart["total"], cart["shipping_total"], cart["shipping_subtotal"]) == (702.9, 4.9, 4.08)
    cart = storefront.post(path, {"option_id": express.id, "data": {}}).json()["cart"]
    assert [(method["name"], method["amount"], method["total"]) for method in cart["shipping_methods"]] == [
        ("Livraison express", 9.9, 9.9)
    ]
    assert cart["total"] == cart["item_total"] + cart["shipping_total"] == 707.9


def test_an_unfit_option_is_refused(storefront: Storefront) -> None:
    closed = storefront.shipping_option()
    with unit_of_work("test") as session:
        session.get_one(ShippingOption, closed.id).is_active = False
        swiss = create_region(session, "Suisse", "chf", ["ch"])
        foreign = make_shipping_option(session, swiss.id)
    cart_id = storefront.cart_id()
    for option_id in (closed.id, foreign.id, "so_x"):
        answer = storefront.post(f"/carts/{cart_id}/shipping-methods", {"option_id": option_id})
        assert (answer.status_code, answer.json()["message"]) == (400, "Shipping Options are invalid for cart.")
    assert storefront.get(f"/carts/{cart_id}").json()["cart"]["shipping_methods"] == []


def test_what_is_owed_follows_the_cart(storefront: Storefront) -> None:
    variant = storefront.product().variants[0].id
    cart_id = storefront.cart_id((variant, 1))
    collection = storefront.post("/payment-collections", {"cart_id": cart_id}).json()["payment_collection"]
    session_path = f"/payment-collections/{collection['id']}/payment-sessions"
    assert storefront.post(session_path, {"provider_id": "pp_system_default"}).status_code == 200
    cart = storefront.get(f"/carts/{cart_id}").json()["cart"]
    assert cart["payment_collection"]["amount"] == 349
    assert [attempt["amount"] for attempt in cart["payment_collection"]["payment_sessions"]] == [349]
    option = storefront.shipping_option()
    cart = storefront.post(f"/carts/{cart_id}/shipping-methods", {"option_id": option.id}).json()["cart"]
    assert (cart["payment_collection"]["id"], cart["payment_collection"]["amount"]) == (collection["id"], 353.9)
    assert cart["payment_collection"]["payment_sessions"] == []


def test_the_price_falls_with_what_the_goods_come_to(storefront: Storefront) -> None:
    variant = storefront.product(price_cents=2_000).variants[0].id
    option = storefront.shipping_option(free_from_cents=5_000)
    cart_id = storefront.cart_id((variant, 2))
    (shown,) = storefront.get("/shipping-options", cart_id=cart_id).json()["shipping_options"]
    assert (shown["amount"], shown["calculated_price"]["calculated_amount"]) == (4.9, 4.9)
    plain, free = shown["prices"]
    assert (plain["amount"], plain["price_rules"]) == (4.9, [])
    (rule,) = free["price_rules"]
    assert (free["amount"], rule["attribute"], rule["operator"], rule["value"]) == (0, "item_total", "gte", "50")
    path = f"/carts/{cart_id}"
    cart = storefront.post(f"{path}/shipping-methods", {"option_id": option.id}).json()["cart"]
    assert (cart["item_total"], cart["shipping_total"], cart["total"]) == (40, 4.9, 44.9)
    line_id = cart["items"][0]["id"]
    cart = storefront.post(f"{path}/line-items/{line_id}", {"quantity": 3}).json()["cart"]
    assert (cart["item_total"], cart["shipping_total"], cart["total"]) == (60, 0, 60)
    assert storefront.get("/shipping-options", cart_id=cart_id).json()["shipping_options"][0]["amount"] == 0
    cart = storefront.delete(f"{path}/line-items/{line_id}").json()["parent"]
    assert (cart["item_total"], cart["shipping_total"], cart["total"]) == (0, 4.9, 4.9)


def test_what_is_owed_follows_the_carriage_that_became_free(storefront: Storefront) -> None:
    variant = storefront.product(price_cents=2_000).variants[0].id
    option = storefront.shipping_option(free_from_cents=5_000)
    cart_id = storefront.cart_id((variant, 2))
    storefront.post(f"/carts/{cart_id}/shipping-methods", {"option_id": option.id})
    storefront.post("/payment-collections", {"cart_id": cart_id})
    cart = storefront.post(f"/carts/{cart_id}/line-items", {"variant_id": variant, "quantity": 1}).json()["cart"]
    assert cart["payment_collection"]["amount"] == cart["total"] == 60


@pytest.fixture
def heavy(storefront: Storefront) -> str:
    """A variant of 700 g."""
    with unit_of_work("test") as session:
        product = make_product(session, storefront.shop.channel.id, handle="enclume")
        product.variants[0].weight_grams = 700
        return product.variants[0].id


def test_the_weight_may_make_the_price(storefront: Storefront, heavy: str) -> None:
    with unit_of_work("test") as session:
        steps = (PriceStep(690, from_weight_grams=1_001), PriceStep(990, from_weight_grams=5_001))
        option = make_shipping_option(
            session, storefront.shop.region.id, steps=steps, free_from_cents=5_000_000, max_weight_grams=6_500
        )
    path = f"/shipping-options/{option.id}/calculate"
    for quantity, amount in ((1, 4.9), (2, 6.9), (8, 9.9)):
        cart_id = storefront.cart_id((heavy, quantity))
        answer = storefront.post(path, {"cart_id": cart_id, "data": {}})
        assert answer.status_code == 200, answer.text
        assert (answer.json()["shipping_option"]["id"], answer.json()["shipping_option"]["amount"]) == (
            option.id,
            amount,
        )
        (listed,) = storefront.get("/shipping-options", cart_id=cart_id).json()["shipping_options"]
        assert (listed["price_type"], listed["amount"]) == ("calculated", amount)
        assert [price["price_rules"][0]["value"] for price in listed["prices"]] == ["50000"]
        cart = storefront.post(f"/carts/{cart_id}/shipping-methods", {"option_id": option.id}).json()["cart"]
        assert cart["shipping_total"] == amount
    too_heavy = storefront.cart_id((heavy, 10))
    assert list_codes(storefront, too_heavy) == []
    refused = storefront.post(path, {"cart_id": too_heavy})
    assert (refused.status_code, refused.json()["message"]) == UNFIT


def test_calculating_wants_an_option_and_a_cart_that_exist(storefront: Storefront) -> None:
    option = storefront.shipping_option()
    cart_id = storefront.cart_id()
    asked = {
        "so_x": ({"cart_id": cart_id}, 404, "Shipping option with id: so_x was not found"),
        option.id: ({"cart_id": "cart_x"}, 404, "Cart with id 'cart_x' not found"),
    }
    for option_id, (body, status, message) in asked.items():
        answer = storefront.post(f"/shipping-options/{option_id}/calculate", body)
        assert (answer.status_code, answer.json()["message"]) == (status, message)
    flat = storefront.post(f"/shipping-options/{option.id}/calculate", {"cart_id": cart_id})
    assert flat.json()["shipping_option"]["amount"] == 4.9
    extra = storefront.post(f"/shipping-options/{option.id}/calculate", {"cart_id": cart_id, "amount": 0})
    assert (extra.status_code, extra.json()["message"]) == (400, "Invalid request: Unrecognized fields: 'amount'")


@pytest.mark.parametrize(
    ("postal_code", "codes"),
    [(None, ["standard", "coursier"]), ("75002", ["standard", "coursier"]), ("69001", ["standard"]), ("20000", [])],
)
def test_options_go_by_the_address(storefront: Storefront, postal_code: str | None, codes: list[str]) -> None:
    standard = storefront.shipping_option()
    with unit_of_work("test") as session:
        paris = (Destination("fr", postal_prefix="75"),)
        make_shipping_option(session, storefront.shop.region.id, code="coursier", rank=1, destinations=paris)
    cart_id = storefront.cart_id()
    address = {"country_code": "fr", "postal_code": postal_code}
    storefront.post(f"/carts/{cart_id}", {"shipping_address": address})
    assert list_codes(storefront, cart_id) == codes
    answer = storefront.post(f"/carts/{cart_id}/shipping-methods", {"option_id": standard.id})
    assert answer.status_code == (200 if "standard" in codes else 400)


def test_a_choice_that_no_longer_goes_there_is_dropped(storefront: Storefront) -> None:
    """Corsica's VAT is not the mainland's: no parcel goes there (french-rules §2.2)."""
    option = storefront.shipping_option()
    cart_id = storefront.cart_id((storefront.product().variants[0].id, 1))
    assert storefront.post(f"/carts/{cart_id}/shipping-methods", {"option_id": option.id}).status_code == 200
    ajaccio = {"shipping_address": {"country_code": "fr", "postal_code": "20000", "city": "Ajaccio"}}
    cart = storefront.post(f"/carts/{cart_id}", ajaccio).json()["cart"]
    assert (cart["shipping_methods"], cart["shipping_total"], cart["total"]) == ([], 0, 349)
    answer = storefront.post(f"/carts/{cart_id}/shipping-methods", {"option_id": option.id})
    assert (answer.status_code, answer.json()["message"]) == UNFIT
    assert read_rows("SELECT count(*) FROM cart_shipping_method") == [(0,)]


def test_goods_may_be_picked_up(storefront: Storefront) -> None:
    variant = storefront.product(stock=3).variants[0].id
    with unit_of_work("test") as session:
        location = make_location(session)
        make_shipping_option(
            session, storefront.shop.region.id, code="retrait", kind="pickup", amount_cents=0, location_id=location.id
        )
    cart_id = storefront.cart_id((variant, 3))
    corsican = {"shipping_address": {"country_code": "fr", "postal_code": "20000"}}
    storefront.post(f"/carts/{cart_id}", corsican)
    (option,) = storefront.get("/shipping-options", cart_id=cart_id).json()["shipping_options"]
    places = option["service_zone"]["fulfillment_set"]
    assert (places["type"], places["location"]["id"]) == ("pickup", location.id)
    address = places["location"]["address"]
    assert (address["company"], address["address_1"], address["postal_code"], address["city"]) == (
        "Boutique du Marais", "3 rue des Rosiers", "75004", "Paris"
    )  # fmt: skip
    assert option["insufficient_inventory"] is False
    with unit_of_work("test") as session:
        session.execute(text("UPDATE stock_level SET stocked_quantity = 2"))
    (option,) = storefront.get("/shipping-options", cart_id=cart_id).json()["shipping_options"]
    assert option["insufficient_inventory"] is True


def test_ways_back_are_a_list_of_their_own(storefront: Storefront) -> None:
    storefront.shipping_option()
    with unit_of_work("test") as session:
        back = make_shipping_option(session, storefront.shop.region.id, code="retour", is_return=True)
    cart_id = storefront.cart_id()
    assert list_codes(storefront, cart_id) == ["standard"]
    assert list_codes(storefront, cart_id, is_return="true") == ["retour"]
    answer = storefront.post(f"/carts/{cart_id}/shipping-methods", {"option_id": back.id})
    assert (answer.status_code, answer.json()["message"]) == UNFIT


def test_options_come_in_the_order_of_the_shop(storefront: Storefront) -> None:
    with unit_of_work("test") as session:
        for rank, code in ((2, "c"), (0, "a"), (1, "b")):
            make_shipping_option(session, storefront.shop.region.id, code=code, rank=rank)
    assert list_codes(storefront, storefront.cart_id()) == ["a", "b", "c"]


def test_only_the_asked_fields_of_an_option(storefront: Storefront) -> None:
    option = storefront.shipping_option()
    answer = storefront.get("/shipping-options", cart_id=storefront.cart_id(), fields="name,amount").json()
    assert answer == {"shipping_options": [{"id": option.id, "name": "Livraison standard", "amount": 4.9}]}
