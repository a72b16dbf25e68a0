"""What a cart's answer holds: all of the contract, or what `fields` names."""

from typing import Any

import pytest

from app.core.db import unit_of_work
from app.store_api.shapes_cart import CartOut, LineOut, ShippingMethodOut
from tests.factories.promotions import make_promotion
from tests.factories.storefront import Storefront

STARTER = (
    "*items, *region, *items.product, *items.variant, *items.thumbnail, *items.metadata, +items.total, *promotions, "
    "+shipping_methods.name"
)
OPTIONAL = {"product", "variant", "payment_collection"}
Cart = dict[str, Any]


@pytest.fixture
def cart_id(storefront: Storefront) -> str:
    """A cart with everything in it."""
    with unit_of_work("test") as session:
        make_promotion(session)
    option = storefront.shipping_option()
    cart_id = storefront.cart_id((storefront.product().variants[0].id, 2))
    address = {"city": "Lyon", "country_code": "fr", "metadata": {"floor": 3}}
    body = {"email": "jeanne@example.com", "shipping_address": address, "billing_address": address}
    storefront.post(f"/carts/{cart_id}", body | {"promo_codes": ["DIX"]})
    storefront.post(f"/carts/{cart_id}/shipping-methods", {"option_id": option.id})
    return cart_id


def read(storefront: Storefront, cart_id: str, fields: str | None = None) -> Cart:
    answer = storefront.get(f"/carts/{cart_id}", **({"fields": fields} if fields else {}))
    assert answer.status_code == 200, answer.text
    cart: Cart = answer.json()["cart"]
    return cart


def test_the_answer_is_the_documented_shape(storefront: Storefront, cart_id: str) -> None:
    for fields in (None, "*items.product,*items.variant.product"):
        cart = read(storefront, cart_id, fields)
        CartOut.model_validate(cart)
        assert set(cart) == set(CartOut.model_fields) - OPTIONAL
        assert set(cart["items"][0]) == set(LineOut.model_fields) - (OPTIONAL if fields is None else set())
        assert set(cart["shipping_methods"][0]) == set(ShippingMethodOut.model_fields)
    assert cart["items"][0]["variant"]["product"]["id"] == cart["items"][0]["product"]["id"]
    assert cart["shipping_address"]["metadata"] == {"floor": 3}


def test_what_the_starter_asks(storefront: Storefront, cart_id: str) -> None:
    cart = read(storefront, cart_id, STARTER)
    (line,) = cart["items"]
    assert (line["product"]["handle"], line["variant"]["sku"], line["total"]) == ("aura", "AURA-NOIR", 628.2)
    assert (line["thumbnail"], line["metadata"]) == ("http://127.0.0.1:9000/static/aura-1.webp", {})
    assert cart["region"]["countries"][0]["iso_2"] == "fr"
    assert cart["shipping_methods"][0]["name"] == "Livraison standard"
    assert cart["promotions"][0]["code"] == "DIX"
    assert (cart["total"], cart["shipping_total"]) == (633.1, 4.9)


def test_only_what_is_named(storefront: Storefront, cart_id: str) -> None:
    assert read(storefront, cart_id, "id,region_id") == {"id": cart_id, "region_id": storefront.shop.region.id}
    cart = read(storefront, cart_id, "total,items.id,items.variant.sku")
    (line,) = cart["items"]
    assert cart == {"id": cart_id, "total": 633.1, "items": [line]}
    assert line == {"id": line["id"], "variant": {"id": line["variant"]["id"], "sku": "AURA-NOIR"}}
    without = read(storefront, cart_id, "-items,-region")
    assert set(CartOut.model_fields) - OPTIONAL - set(without) == {"items", "region"}


@pytest.mark.parametrize("fields", ["id,total", "*items.product"])
def test_every_call_on_a_cart_takes_fields(storefront: Storefront, cart_id: str, fields: str) -> None:
    query = f"?fields={fields}"
    line_id = read(storefront, cart_id)["items"][0]["id"]
    variant_id = read(storefront, cart_id)["items"][0]["variant_id"]
    option_id = read(storefront, cart_id)["shipping_methods"][0]["shipping_option_id"]
    answers = [
        storefront.post(f"/carts{query}", {}),
        storefront.get(f"/carts/{cart_id}", fields=fields),
        storefront.post(f"/carts/{cart_id}{query}", {}),
        storefront.post(f"/carts/{cart_id}/taxes{query}"),
        storefront.post(f"/carts/{cart_id}/promotions{query}", {"promo_codes": ["DIX"]}),
        storefront.delete(f"/carts/{cart_id}/promotions{query}", {"promo_codes": ["AUTRE"]}),
        storefront.post(f"/carts/{cart_id}/line-items{query}", {"variant_id": variant_id, "quantity": 1}),
        storefront.post(f"/carts/{cart_id}/line-items/{line_id}{query}", {"quantity": 2}),
        storefront.post(f"/carts/{cart_id}/shipping-methods{query}", {"option_id": option_id}),
        storefront.delete(f"/carts/{cart_id}/line-items/{line_id}{query}"),
    ]
    for answer in answers:
        assert answer.status_code == 200, answer.text
        cart = answer.json().get("cart") or answer.json()["parent"]
        if fields == "id,total":
            assert set(cart) == {"id", "total"}
        else:
            assert all("product" in line and "variant" not in line for line in cart["items"])
    assert answers[-1].json()["deleted"] is True
    assert (answers[-1].json()["object"], answers[-1].json()["id"]) == ("line-item", line_id)
