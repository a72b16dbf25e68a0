"""`fields` on products: what is left out costs nothing and is not there, what is named is."""

import pytest

from app.catalogue.rules import NewOption, NewProduct, NewVariant
from app.catalogue.service import create_category, create_product
from app.core.db import unit_of_work
from app.pricing.service import set_price
from tests.factories.storefront import Storefront

OWN = {
    "id",
    "title",
    "handle",
    "subtitle",
    "description",
    "thumbnail",
    "is_giftcard",
    "discountable",
    "collection_id",
    "type_id",
    "weight",
    "length",
    "height",
    "width",
    "hs_code",
    "origin_country",
    "mid_code",
    "material",
    "created_at",
    "updated_at",
}
RELATIONS = {"type", "collection", "options", "tags", "images", "variants"}
VARIANT = {
    "id",
    "title",
    "sku",
    "barcode",
    "ean",
    "upc",
    "allow_backorder",
    "manage_inventory",
    "variant_rank",
    "thumbnail",
    "hs_code",
    "origin_country",
    "mid_code",
    "material",
    "weight",
    "length",
    "height",
    "width",
    "metadata",
    "product_id",
    "created_at",
    "updated_at",
    "deleted_at",
    "options",
    "calculated_price",
}


@pytest.fixture
def product_id(storefront: Storefront) -> str:
    """A product with two variants, one of them with a picture of its own."""
    with unit_of_work("test") as session:
        shelf = create_category(session, "Lunettes", "lunettes")
        internal = create_category(session, "Réassort", "reassort", is_internal=True)
        new = NewProduct(
            "Aura",
            "aura",
            (
                NewVariant(
                    "Noir", {"Couleur": "Noir"}, sku="A-N", weight_grams=31, image_urls=("/static/noir.webp",), ean="98"
                ),
                NewVariant("Vert", {"Couleur": "Vert"}, details={"lot": "7"}),
            ),
            (NewOption("Couleur", ("Noir", "Vert")),),
            status="published",
            image_urls=("/static/noir.webp", "/static/vert.webp"),
            category_ids=(shelf.id, internal.id),
            sales_channel_ids=(storefront.shop.channel.id,),
            details={"brand": "Aura", "warranty_years": 2},
            weight_grams=40,
            hs_code="9004",
        )
        product = create_product(session, new)
        for variant in product.variants:
            set_price(session, variant.id, "eur", 34_900)
    return product.id


def show(storefront: Storefront, product_id: str, **params: str) -> dict[str, object]:
    answer = storefront.get(f"/products/{product_id}", **params)
    assert answer.status_code == 200, answer.text
    shown: dict[str, object] = answer.json()["product"]
    return shown


def variants(shown: dict[str, object]) -> list[dict[str, object]]:
    found = shown["variants"]
    assert isinstance(found, list)
    return found


def test_the_defaults_are_those_of_medusa(storefront: Storefront, product_id: str) -> None:
    shown = show(storefront, product_id)
    assert set(shown) == OWN | RELATIONS
    assert [set(variant) for variant in variants(shown)] == [VARIANT, VARIANT]
    black, green = variants(shown)
    assert (shown["weight"], shown["hs_code"], shown["length"]) == (40, "9004", None)
    assert (black["weight"], black["ean"], black["allow_backorder"], green["weight"]) == (31, "98", False, None)
    assert (green["variant_rank"], green["metadata"], green["sku"]) == (1, {"lot": "7"}, None)


def test_prefixes_change_the_defaults(storefront: Storefront, product_id: str) -> None:
    added = show(storefront, product_id, fields="+metadata, +status,*categories,-description,-variants.sku,")
    assert set(added) == (OWN | RELATIONS | {"metadata", "status", "categories"}) - {"description"}
    assert (added["metadata"], added["status"]) == ({"brand": "Aura", "warranty_years": 2}, "published")
    assert [category["handle"] for category in added["categories"]] == ["lunettes"]  # type: ignore[attr-defined]
    assert set(variants(added)[0]) == VARIANT - {"sku"}
    less = show(storefront, product_id, fields="-variants,-options,-images,-tags,-type,-collection")
    assert set(less) == OWN


def test_names_replace_the_defaults(storefront: Storefront, product_id: str) -> None:
    assert show(storefront, product_id, fields="handle") == {"id": product_id, "handle": "aura"}
    assert show(storefront, product_id, fields="id,unknown,*strange,variants.none") == {
        "id": product_id,
        "variants": [{"id": variant["id"]} for variant in variants(show(storefront, product_id))],
    }
    titles = show(storefront, product_id, fields="title,variants.title,variants.options.value,options.title")
    assert set(titles) == {"id", "title", "variants", "options"}
    assert [set(variant) for variant in variants(titles)] == [{"id", "title", "options"}] * 2
    assert [set(option) for option in titles["options"]] == [{"id", "title"}]  # type: ignore[attr-defined]
    own = show(storefront, product_id, fields="id,*variants")
    assert set(variants(own)[0]) == VARIANT - {"options"}


def test_pictures_and_pieces_of_variants_come_when_named(storefront: Storefront, product_id: str) -> None:
    shown = show(storefront, product_id, fields="*variants.images,+variants.inventory_quantity")
    black, green = variants(shown)
    assert [image["url"].rpartition("/")[2] for image in black["images"]] == ["noir.webp"]  # type: ignore[attr-defined]
    assert green["images"] == shown["images"]
    assert (black["inventory_quantity"], green["inventory_quantity"]) == (0, 0)
    assert shown["images"][0] == {  # type: ignore[index]
        "id": black["images"][0]["id"],  # type: ignore[index]
        "url": "http://127.0.0.1:9000/static/noir.webp",
        "rank": 0,
        "metadata": None,
        "product_id": product_id,
    }


def test_a_list_and_one_show_the_same(storefront: Storefront, product_id: str) -> None:
    for fields in (
        "",
        "*",
        "handle",
        "+metadata,*categories",
        "*variants.calculated_price,*variants.images",
        "variants.title",
    ):
        one = show(storefront, product_id, fields=fields, country_code="fr")
        assert storefront.get("/products", fields=fields, country_code="fr").json()["products"] == [one], fields


def test_odd_fields_are_no_error(storefront: Storefront, product_id: str) -> None:
    for fields in (
        ",",
        "*",
        "+",
        "-",
        "**",
        "-id",
        "a.b.c.d.e",
        "*variants.*",
        "." * 500,
        "é,ß,🕶",
        "+variants.calculated_price.x",
    ):
        assert show(storefront, product_id, fields=fields)["id"] == product_id, fields
