"""What a storefront sees of the demo shop through the Store API, and what it does not see."""

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from app.dev.demo_shop.table import read_table
from tests.rows import row
from tests.up.command import ROOT, Instance, get

TABLE = read_table()
STARTER_FIELDS = "*variants.calculated_price,+variants.inventory_quantity,*variants.images,+metadata,+tags,"
Json = dict[str, Any]  # whatever the wire brings: the assertions say what it must be


@pytest.fixture
def store(shop: Instance) -> Iterator[httpx2.Client]:
    """A storefront's client."""
    headers = {"x-publishable-api-key": shop.contract["publishable_key"]}
    with httpx2.Client(base_url=f"{shop.url}/store", headers=headers, timeout=20) as client:
        yield client


def ask(store: httpx2.Client, path: str, **params: str | int) -> Json:
    answer = store.get(path, params=params)
    assert answer.status_code == 200, answer.text
    document: Json = answer.json()
    return document


def post(store: httpx2.Client, path: str, **body: object) -> httpx2.Response:
    return store.post(path, json=body)


def find(store: httpx2.Client, handle: str) -> list[Json]:
    """The products of this handle, as the starter asks for a product's page."""
    region_id = str(ask(store, "/regions")["regions"][0]["id"])
    found = ask(store, "/products", handle=handle, region_id=region_id, country_code="fr", fields=STARTER_FIELDS)
    products: list[Json] = found["products"]
    return products


def fill_cart(store: httpx2.Client, handle: str, quantity: int = 1) -> Json:
    (product,) = find(store, handle)
    item = {"variant_id": product["variants"][0]["id"], "quantity": quantity}
    made = post(store, "/carts", items=[item], shipping_address={"country_code": "fr", "postal_code": "75002"})
    assert made.status_code == 200, made.text
    cart: Json = made.json()["cart"]
    return cart


def list_options(store: httpx2.Client, cart: Json) -> dict[str, float]:
    found = ask(store, "/shipping-options", cart_id=str(cart["id"]))["shipping_options"]
    return {str(option["name"]): float(str(option["amount"])) for option in found}


def test_a_draft_and_an_archived_product_are_not_there_a_sold_out_one_is(store: httpx2.Client, shop: Instance) -> None:
    assert find(store, shop.contract["draft_handle"]) == []
    assert find(store, "aura-premiere") == []
    (sold_out,) = find(store, shop.contract["sold_out_handle"])
    assert [variant["inventory_quantity"] for variant in sold_out["variants"]] == [0]
    item = {"variant_id": sold_out["variants"][0]["id"], "quantity": 1}
    refused = post(store, "/carts", items=[item])
    assert (refused.status_code, refused.json()["code"]) == (400, "insufficient_inventory")
    assert ask(store, "/products", limit=1)["count"] == len(TABLE.products) - 2


@row("S0-071")
def test_cents_in_the_table_are_euros_tax_included_on_the_wire(store: httpx2.Client, shop: Instance) -> None:
    for handle, cents in shop.contract["price_checks"].items():
        (product,) = find(store, handle)
        for variant in product["variants"]:
            price = variant["calculated_price"]
            assert price["calculated_amount"] == cents / 100
            assert price["is_calculated_price_tax_inclusive"] is True
            assert round(price["calculated_amount_without_tax"] * 1.2, 1) == round(cents / 100, 1)


@row("S0-072")
def test_the_products_of_the_runbook_carry_its_metadata(store: httpx2.Client, shop: Instance) -> None:
    for handle in shop.contract["price_checks"]:
        (product,) = find(store, handle)
        described = next(each.metadata for each in TABLE.products if each.handle == handle)
        assert product["metadata"] == described
        assert set(described) == {
            "brand", "product_family", "has_audio", "bluetooth", "lens_technology", "uv_protection", "frame_style",
            "warranty_years",
        }  # fmt: skip


def test_pictures_have_an_address_that_the_starter_shows_unchanged(store: httpx2.Client, shop: Instance) -> None:
    (aura,) = find(store, "aura")
    addresses = [aura["thumbnail"], *(image["url"] for image in aura["images"])]
    port = httpx2.URL(shop.url).port
    assert {address.partition("/static/")[0] for address in addresses} == {f"http://localhost:{port}"}


def test_the_curl_of_the_storefront_document_shows_prices_and_pieces(shop: Instance) -> None:
    text = (ROOT / "docs" / "storefront.md").read_text(encoding="utf-8")
    found = re.search(r'curl -H "([^:]+): pk_\.\.\." \\\n +"http://127\.0\.0\.1:9000(\S+)"', text)
    assert found
    status, body = get(shop.url, found[2], {found[1]: shop.contract["publishable_key"]})
    assert status == 200
    variants = [variant for product in json.loads(body)["products"] for variant in product["variants"]]
    assert all(variant["calculated_price"]["calculated_amount"] > 0 for variant in variants)
    assert {type(variant["inventory_quantity"]) for variant in variants} == {int}


def test_collections_types_and_tags_lead_to_their_products(store: httpx2.Client) -> None:
    collections = {each["handle"]: each["id"] for each in ask(store, "/collections")["collections"]}
    assert set(collections) == {"la-ville", "le-grand-air", "cadeaux"}
    shown = ask(store, "/products", collection_id=collections["le-grand-air"], fields="handle")["products"]
    assert {each["handle"] for each in shown} == {"nova", "lyra", "orion", "music-shield"}
    tags = {each["value"]: each["id"] for each in ask(store, "/product-tags", limit=100)["product_tags"]}
    sporty = ask(store, "/products", tag_id=tags["sport"], fields="handle")["products"]
    assert {each["handle"] for each in sporty} == {"orion", "music-shield"}
    types = {each["value"]: each["id"] for each in ask(store, "/product-types", limit=100)["product_types"]}
    assert ask(store, "/products", type_id=types["Livre"])["count"] == 3


def test_a_shelf_shows_the_shelves_inside_it(store: httpx2.Client) -> None:
    found = ask(store, "/product-categories", handle="lunettes-connectees", fields="*category_children,*products")
    (shelf,) = found["product_categories"]
    assert [child["name"] for child in shelf["category_children"]] == ["Sport", "Soleil", "Lecture"]
    handles = {product["handle"] for product in shelf["products"]}
    assert "aura" in handles
    assert not handles & {"prisme", "aura-premiere"}


def test_a_reduction_stands_beside_the_lowest_price_of_the_thirty_days_before(store: httpx2.Client) -> None:
    (lyra,) = find(store, "lyra")
    for variant in lyra["variants"]:
        price = variant["calculated_price"]
        assert (price["calculated_amount"], price["original_amount"]) == (259, 319)
        assert price["calculated_price"]["price_list_type"] == "sale"


def test_the_code_takes_a_tenth_off(store: httpx2.Client, shop: Instance) -> None:
    cart = fill_cart(store, "aura")
    given = post(store, f"/carts/{cart['id']}", promo_codes=[shop.contract["promo_code"]])
    assert given.status_code == 200, given.text
    discounted = given.json()["cart"]
    assert (discounted["discount_total"], discounted["item_total"]) == (34.9, 314.1)
    assert [promotion["code"] for promotion in discounted["promotions"]] == [shop.contract["promo_code"]]
    refused = post(store, f"/carts/{cart['id']}", promo_codes=["INCONNU"])
    assert refused.status_code == 400


def test_sending_is_free_from_a_hundred_euros_on(store: httpx2.Client) -> None:
    small, large = fill_cart(store, "chamoisines"), fill_cart(store, "chamoisines", 12)
    own = {"Livraison express": 9.9, "Retrait à l'atelier": 0}
    assert list_options(store, small) == {"Livraison standard": 4.9, **own}
    assert list_options(store, large) == {"Livraison standard": 0, **own}


def test_reasons_to_send_something_back(store: httpx2.Client) -> None:
    reasons = ask(store, "/return-reasons")["return_reasons"]
    assert {reason["value"] for reason in reasons} == {"changed_mind", "wrong_size", "wrong_item", "damaged"}
