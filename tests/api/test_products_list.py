"""GET /store/products: what is published in the key's channel, with prices, pieces and pictures."""

from app.core.db import unit_of_work
from app.shop.service import create_region, create_sales_channel
from tests.factories.catalogue import make_product
from tests.factories.storefront import Storefront

# What the starter asks for, its last comma included (store-api §2).
STARTER_FIELDS = "*variants.calculated_price,+variants.inventory_quantity,*variants.images,+metadata,+tags,"


def handles(storefront: Storefront, **params: str | int | list[str]) -> list[str]:
    answer = storefront.get("/products", **params)
    assert answer.status_code == 200, answer.text
    return [product["handle"] for product in answer.json()["products"]]


def test_a_product_has_what_the_starter_reads(storefront: Storefront) -> None:
    product = storefront.product(colours=("Noir", "Vert"), stock=3)
    region_id = storefront.shop.region.id
    body = storefront.get("/products", region_id=region_id, fields=STARTER_FIELDS, limit=12, offset=0).json()
    assert (body["count"], body["offset"], body["limit"]) == (1, 0, 12)
    shown = body["products"][0]
    assert (shown["id"], shown["title"], shown["handle"]) == (product.id, "Aura", "aura")
    assert shown["thumbnail"] == "http://127.0.0.1:9000/static/aura-1.webp"
    assert [image["rank"] for image in shown["images"]] == [0, 1]
    assert shown["metadata"] == {"collection": "hiver"}
    assert (shown["tags"], shown["type"], shown["collection"], shown["collection_id"]) == ([], None, None, None)
    assert [value["value"] for value in shown["options"][0]["values"]] == ["Noir", "Vert"]
    assert [variant["title"] for variant in shown["variants"]] == ["Noir", "Vert"]


def test_a_variant_has_its_options_price_and_pieces(storefront: Storefront) -> None:
    storefront.product(colours=("Noir", "Vert"), stock=3)
    asked = {"region_id": storefront.shop.region.id, "fields": STARTER_FIELDS}
    product = storefront.get("/products", **asked).json()["products"][0]
    green = product["variants"][1]
    assert (green["sku"], green["manage_inventory"], green["inventory_quantity"]) == ("AURA-VERT", True, 3)
    assert len(green["images"]) == 2
    assert [(entry["option_id"], entry["value"], entry["option"]["title"]) for entry in green["options"]] == [
        (product["options"][0]["id"], "Vert", "Couleur")
    ]
    price = green["calculated_price"]
    assert price["calculated_amount"] == price["original_amount"] == 349
    assert (price["currency_code"], price["is_calculated_price_tax_inclusive"]) == ("eur", True)
    assert price["calculated_price"]["price_list_type"] is None
    assert "calculated_amount_without_tax" not in price


def test_the_country_splits_the_price(storefront: Storefront) -> None:
    storefront.product(price_cents=29_990)
    product = storefront.get("/products", country_code="FR").json()["products"][0]
    price = product["variants"][0]["calculated_price"]
    assert (price["calculated_amount"], price["calculated_amount_with_tax"]) == (299.9, 299.9)
    assert (price["calculated_amount_without_tax"], price["original_amount_without_tax"]) == (249.92, 249.92)


def test_a_price_is_that_of_the_region(storefront: Storefront) -> None:
    storefront.product()
    with unit_of_work("test") as session:
        swiss = create_region(session, "Suisse", "chf", ["ch"])
    variant = storefront.get("/products", region_id=swiss.id).json()["products"][0]["variants"][0]
    assert "calculated_price" not in variant
    unknown = storefront.get("/products", region_id="reg_x")
    assert (unknown.status_code, unknown.json()["type"]) == (400, "invalid_data")
    cart_id = storefront.cart_id()
    variant = storefront.get("/products", cart_id=cart_id).json()["products"][0]["variants"][0]
    price = variant["calculated_price"]
    assert (price["currency_code"], price["calculated_amount_without_tax"]) == ("eur", 290.83)


def test_pieces_that_are_not_counted_have_no_number(storefront: Storefront) -> None:
    with unit_of_work("test") as session:
        make_product(session, storefront.shop.channel.id, manages_stock=False, stock=0)
    variant = storefront.get("/products", fields=STARTER_FIELDS).json()["products"][0]["variants"][0]
    assert variant["manage_inventory"] is False
    assert "inventory_quantity" not in variant


def test_only_published_products_of_the_channel_are_there(storefront: Storefront) -> None:
    storefront.product()
    with unit_of_work("test") as session:
        other = create_sales_channel(session, "Salon")
        make_product(session, other.id, handle="salon")
        make_product(session, storefront.shop.channel.id, handle="brouillon", status="draft")
        make_product(session, storefront.shop.channel.id, handle="retiree", status="archived")
    assert handles(storefront) == ["aura"]
    assert handles(storefront, handle="brouillon") == []
    assert handles(storefront, sales_channel_id=storefront.shop.channel.id) == ["aura"]
    foreign = storefront.get("/products", sales_channel_id=other.id)
    assert (foreign.status_code, foreign.json()["message"]) == (
        400,
        "Requested sales channel is not part of the publishable key",
    )
    refused = storefront.get("/products", status="draft")
    assert (refused.status_code, refused.json()["message"]) == (400, "Invalid request: Unrecognized fields: 'status'")


def test_products_are_paged(storefront: Storefront) -> None:
    for handle in ("c", "a", "b"):
        storefront.product(handle=handle)
    assert handles(storefront) == ["c", "a", "b"]
    assert handles(storefront, order="handle") == ["a", "b", "c"]
    assert handles(storefront, order="-title", limit=2) == ["c", "b"]
    assert handles(storefront, order="handle", limit=2, offset=2) == ["c"]
    assert handles(storefront, offset=3) == []
    empty = storefront.get("/products", limit=0).json()
    assert (empty["products"], empty["count"], empty["limit"]) == ([], 3, 0)


def test_a_malformed_query_is_refused(storefront: Storefront) -> None:
    for query in ("limit=-1", "offset=-1", "order=price", "order=variants", "limit=", "id=" + "x" * 200, "q=%00"):
        answer = storefront.client.get(f"/store/products?{query}", headers=storefront.shop.headers)
        assert (answer.status_code, answer.json()["type"]) == (400, "invalid_data"), query


def test_products_are_filtered_in_every_spelling_of_an_array(storefront: Storefront) -> None:
    ids = {handle: storefront.product(handle=handle).id for handle in ("a", "b", "c")}
    for query in (
        f"id[0]={ids['a']}&id[1]={ids['c']}",
        f"id%5B0%5D={ids['a']}&id%5B1%5D={ids['c']}",
        f"id[]={ids['a']},{ids['c']}",
        f"id={ids['a']}&id={ids['c']}",
    ):
        answer = storefront.client.get(f"/store/products?{query}", headers=storefront.shop.headers).json()
        assert [product["handle"] for product in answer["products"]] == ["a", "c"], query
    assert handles(storefront, handle="b") == ["b"]
    assert handles(storefront, title=["A", "B"]) == ["a", "b"]
    assert handles(storefront, id="prod_x") == []
    assert handles(storefront, is_giftcard="false", limit=100) == ["a", "b", "c"]
    for grouped in ({"collection_id": "pcol_1"}, {"tag_id": "ptag_1"}, {"is_giftcard": "true"}):
        assert handles(storefront, **grouped) == []


SEARCHES = {
    "AURA": ["aura"],
    "legere": ["aura", "lyre"],
    "Légère": ["aura", "lyre"],
    "lyre-n": ["lyre"],
    "%": [],
    "_": [],
    "nothing": [],
    "": ["aura", "lyre"],
    "  ": ["aura", "lyre"],
}


def test_a_search_ignores_accents_and_capitals(storefront: Storefront) -> None:
    storefront.product()
    storefront.product(handle="lyre")
    assert {text: handles(storefront, q=text) for text in SEARCHES} == SEARCHES


def test_one_product(storefront: Storefront) -> None:
    product = storefront.product()
    with unit_of_work("test") as session:
        draft = make_product(session, storefront.shop.channel.id, handle="brouillon", status="draft")
    answer = storefront.get(f"/products/{product.id}", fields=STARTER_FIELDS)
    assert answer.json() == {"product": storefront.get("/products", fields=STARTER_FIELDS).json()["products"][0]}
    for product_id in ("prod_x", draft.id):
        missing = storefront.get(f"/products/{product_id}")
        assert (missing.status_code, missing.json()["type"]) == (404, "not_found")
        assert missing.json()["message"] == f"Product with id: {product_id} was not found"
