"""GET /store/shipping-options and POST /store/carts/:id/shipping-methods."""

from app.core.db import unit_of_work
from app.shipping.models import ShippingOption
from app.shop.service import create_region
from tests.factories.shipping import make_shipping_option
from tests.factories.storefront import Storefront


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
