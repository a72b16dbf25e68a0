"""POST /store/carts/:id: e-mail, addresses, region, metadata."""

from datetime import UTC, date, datetime
from decimal import Decimal

import time_machine

from app.carts.models import Cart
from app.catalogue.models import ProductVariant
from app.core.clock import utc_now
from app.core.db import unit_of_work
from app.pricing.service import set_price
from app.shop.service import create_region
from tests.factories.shipping import make_shipping_option
from tests.factories.shop import make_tax_rate
from tests.factories.storefront import Storefront


def test_an_unknown_cart_is_not_found(storefront: Storefront) -> None:
    for answer in (storefront.get("/carts/cart_x"), storefront.post("/carts/cart_x", {"email": "a@example.com"})):
        assert (answer.status_code, answer.json()["type"]) == (404, "not_found")
        assert answer.json()["message"] == "Cart with id 'cart_x' not found"


def test_what_is_absent_stays(storefront: Storefront) -> None:
    cart_id = storefront.cart_id()
    whole = {"email": "Jeanne@Example.com", "metadata": {"a": 1}, "shipping_address": {"city": "Lyon", "phone": "1"}}
    assert storefront.post(f"/carts/{cart_id}", whole).status_code == 200
    cart = storefront.post(f"/carts/{cart_id}", {"metadata": {"b": [2]}}).json()["cart"]
    assert (cart["email"], cart["shipping_address"]["city"], cart["metadata"]) == (
        "jeanne@example.com", "Lyon", {"a": 1, "b": [2]},
    )  # fmt: skip
    assert cart == storefront.post(f"/carts/{cart_id}").json()["cart"] | {"updated_at": cart["updated_at"]}
    cart = storefront.post(f"/carts/{cart_id}", {"email": None, "metadata": {"a": ""}}).json()["cart"]
    assert (cart["email"], cart["customer_id"], cart["customer"]) == (None, None, None)
    assert cart["metadata"] == {"b": [2]}
    assert storefront.post(f"/carts/{cart_id}", {"metadata": None}).json()["cart"]["metadata"] is None


def test_an_address_is_whole_or_changed_by_its_id(storefront: Storefront) -> None:
    cart_id = storefront.cart_id()
    path = f"/carts/{cart_id}"
    first = storefront.post(path, {"shipping_address": {"city": "Lyon", "last_name": "Dupont"}}).json()["cart"]
    address_id = first["shipping_address"]["id"]
    changed = storefront.post(path, {"shipping_address": {"id": address_id, "city": "Brest"}}).json()["cart"]
    assert (changed["shipping_address"]["city"], changed["shipping_address"]["last_name"]) == ("Brest", "Dupont")
    whole = storefront.post(path, {"shipping_address": {"city": "Lille"}}).json()["cart"]
    assert (whole["shipping_address"]["city"], whole["shipping_address"]["last_name"]) == ("Lille", None)
    assert whole["shipping_address"]["country_code"] == "fr"
    foreign = storefront.post(path, {"shipping_address": {"id": "caaddr_x", "city": "Nice"}})
    assert (foreign.status_code, foreign.json()["message"]) == (400, "Address with id: caaddr_x was not found")
    none = storefront.post(path, {"shipping_address": None, "billing_address": {"city": "Rome"}}).json()["cart"]
    assert (none["shipping_address"], none["shipping_address_id"]) == (None, None)
    assert none["billing_address"]["city"] == "Rome"


def test_a_country_outside_the_region_changes_nothing(storefront: Storefront) -> None:
    cart_id = storefront.cart_id()
    before = storefront.get(f"/carts/{cart_id}").json()
    answer = storefront.post(
        f"/carts/{cart_id}", {"email": "a@example.com", "shipping_address": {"country_code": "us"}}
    )
    assert (answer.status_code, answer.json()["message"]) == (400, "Country with code us is not within region France")
    assert storefront.get(f"/carts/{cart_id}").json() == before


def test_no_vat_is_shown_before_the_country(storefront: Storefront) -> None:
    variant = storefront.product().variants[0]
    option = storefront.shipping_option()
    cart_id = storefront.cart_id((variant.id, 2))
    storefront.post(f"/carts/{cart_id}/shipping-methods", {"option_id": option.id})
    cart = storefront.post(f"/carts/{cart_id}", {"shipping_address": None}).json()["cart"]
    assert (cart["total"], cart["subtotal"], cart["tax_total"]) == (702.9, 702.9, 0)
    assert (cart["items"][0]["tax_lines"], cart["shipping_methods"][0]["tax_lines"]) == ([], [])
    cart = storefront.post(f"/carts/{cart_id}", {"shipping_address": {"country_code": "fr"}}).json()["cart"]
    assert (cart["total"], cart["subtotal"], cart["tax_total"]) == (702.9, 585.75, 117.15)
    assert (cart["item_subtotal"], cart["shipping_subtotal"]) == (581.67, 4.08)
    assert (cart["item_tax_total"], cart["shipping_tax_total"]) == (116.33, 0.82)


def test_a_rate_is_in_force_from_its_day_in_paris(storefront: Storefront) -> None:
    variant = storefront.product(price_cents=12_100).variants[0]
    with unit_of_work("test") as session:
        make_tax_rate(session, code="fr-21", rate=Decimal("21.00"), valid_from_on=date(2027, 1, 1))
    evening, next_year = datetime(2026, 12, 31, 22, 59, tzinfo=UTC), datetime(2026, 12, 31, 23, 1, tzinfo=UTC)
    with time_machine.travel(evening, tick=True):
        cart_id = storefront.cart_id((variant.id, 1))
    seen = {}
    for instant in (evening, next_year):
        with time_machine.travel(instant, tick=True):
            cart = storefront.get(f"/carts/{cart_id}").json()["cart"]
        seen[cart["items"][0]["tax_lines"][0]["code"]] = (cart["subtotal"], cart["total"])
    assert seen == {"fr-20": (100.83, 121), "fr-21": (100, 121)}


def test_another_region_prices_anew(storefront: Storefront) -> None:
    variant = storefront.product().variants[0]
    option = storefront.shipping_option()
    cart_id = storefront.cart_id((variant.id, 1))
    storefront.post(f"/carts/{cart_id}/shipping-methods", {"option_id": option.id})
    with unit_of_work("test") as session:
        swiss = create_region(session, "Suisse", "chf", ["ch", "li"])
    unpriced = storefront.post(f"/carts/{cart_id}", {"region_id": swiss.id})
    assert unpriced.json()["message"] == f"Variants with IDs {variant.id} do not have a price"
    with unit_of_work("test") as session:
        assert session.get_one(ProductVariant, variant.id).sku == "AURA-NOIR"
        set_price(session, variant.id, "chf", 38_000)
    cart = storefront.post(f"/carts/{cart_id}", {"region_id": swiss.id}).json()["cart"]
    assert (cart["region_id"], cart["currency_code"], cart["shipping_address"]) == (swiss.id, "chf", None)
    assert (cart["items"][0]["unit_price"], cart["total"], cart["shipping_methods"]) == (380, 380, [])
    back = storefront.post(
        f"/carts/{cart_id}", {"region_id": storefront.shop.region.id, "shipping_address": {"city": "Metz"}}
    ).json()["cart"]
    assert (back["total"], back["shipping_address"]["country_code"], back["shipping_address"]["city"]) == (
        349, "fr", "Metz",
    )  # fmt: skip
    assert storefront.post(f"/carts/{cart_id}", {"region_id": "reg_x"}).status_code == 404


def test_a_completed_cart_is_only_read(storefront: Storefront) -> None:
    variant = storefront.product().variants[0]
    option = storefront.shipping_option()
    cart_id = storefront.cart_id((variant.id, 1))
    before = storefront.get(f"/carts/{cart_id}").json()["cart"]
    line_path = f"/carts/{cart_id}/line-items/{before['items'][0]['id']}"
    with unit_of_work("test") as session:
        session.get_one(Cart, cart_id).completed_at = utc_now()
    before = storefront.get(f"/carts/{cart_id}").json()["cart"]
    assert before["completed_at"] is not None
    for answer in (
        storefront.post(f"/carts/{cart_id}", {"email": "a@example.com"}),
        storefront.post(f"/carts/{cart_id}/line-items", {"variant_id": variant.id, "quantity": 1}),
        storefront.post(line_path, {"quantity": 2}),
        storefront.delete(line_path),
        storefront.post(f"/carts/{cart_id}/shipping-methods", {"option_id": option.id}),
    ):
        assert (answer.status_code, answer.json()["type"]) == (400, "invalid_data")
        assert answer.json()["message"] == f"Cart {cart_id} is already completed."
    assert storefront.get(f"/carts/{cart_id}").json()["cart"] == before


def test_a_completed_cart_tells_no_stranger_where_somebody_lives(storefront: Storefront) -> None:
    cart_id = storefront.cart_id()
    address = {"first_name": "Jeanne", "address_1": "12 rue de la Paix", "city": "Paris", "postal_code": "75002"}
    body = {"email": "jeanne@example.com", "shipping_address": address, "billing_address": address}
    cart = storefront.post(f"/carts/{cart_id}", body).json()["cart"]
    assert cart["shipping_address"]["address_1"] == "12 rue de la Paix"
    with unit_of_work("test") as session:
        option = make_shipping_option(session, storefront.shop.region.id, code="std", name="Standard", amount_cents=490)
    way = {"option_id": option.id, "data": {"relay": "Tabac du coin"}}
    cart = storefront.post(f"/carts/{cart_id}/shipping-methods", way).json()["cart"]
    assert cart["shipping_methods"][0]["data"] == {"relay": "Tabac du coin"}
    with unit_of_work("test") as session:
        session.get_one(Cart, cart_id).completed_at = utc_now()
    cart = storefront.get(f"/carts/{cart_id}").json()["cart"]
    for kind in ("shipping_address", "billing_address"):
        shown = cart[kind]
        assert (shown["first_name"], shown["address_1"], shown["city"], shown["postal_code"]) == (
            "J***", "1***", "P***", "7***",
        )  # fmt: skip
    assert cart["shipping_address"]["country_code"] == "fr"
    assert (cart["email"], cart["customer"]["email"]) == ("j***@example.com", "j***@example.com")
    assert cart["shipping_methods"][0]["data"] == {}, "the shop at the corner says where, too"
