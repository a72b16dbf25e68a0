"""GET /store/products: every filter in every spelling, where prices are shown, and what is refused."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from app.catalogue.models import Product
from app.catalogue.rules import NewOption, NewProduct, NewVariant
from app.catalogue.service import create_collection, create_tag, create_type
from app.core.db import unit_of_work
from app.shop.models import Shop
from tests.factories.catalogue import make_priced
from tests.factories.storefront import Storefront
from tests.rows import row

COLOURS = (NewOption("Couleur", ("Noir", "Vert")),)


def handles(storefront: Storefront, query: str) -> list[str]:
    answer = storefront.client.get(f"/store/products?{query}", headers=storefront.shop.headers)
    assert answer.status_code == 200, answer.text
    return [product["handle"] for product in answer.json()["products"]]


def refused(storefront: Storefront, path: str) -> tuple[int, str]:
    answer = storefront.client.get(f"/store{path}", headers=storefront.shop.headers)
    assert answer.json()["type"] == "invalid_data", answer.text
    return answer.status_code, answer.json()["message"]


@pytest.fixture
def ids(storefront: Storefront) -> dict[str, str]:
    """Three products: glasses in a collection, glasses with a tag, a gift card; their ids and those of their words."""
    channel = (storefront.shop.channel.id,)
    with unit_of_work("test") as session:
        winter, new = create_collection(session, "Hiver", "hiver"), create_tag(session, "nouveau")
        glasses = create_type(session, "lunettes")
        black, green = (NewVariant(colour, {"Couleur": colour}) for colour in ("Noir", "Vert"))
        aura = NewProduct("Aura", "aura", (black, green), COLOURS, status="published", sales_channel_ids=channel)
        nova = replace(aura, title="Nova", handle="nova", variants=(black,), tag_ids=(new.id,))
        card = NewProduct(
            "Carte", "carte", (NewVariant("50 €"),), status="published", sales_channel_ids=channel, is_giftcard=True
        )
        one, two = (
            make_priced(session, replace(new_product, collection_id=winter.id, type_id=glasses.id))
            for new_product in (replace(aura, external_id="erp-1"), nova)
        )
        make_priced(session, card)
        for month, product in enumerate((one, two), start=1):
            session.get_one(Product, product.id).created_at = datetime(2026, month, 1, tzinfo=UTC)
    return {"winter": winter.id, "new": new.id, "glasses": glasses.id, "colour": one.options[0].id}


def test_by_collection_tag_type_and_kind(storefront: Storefront, ids: dict[str, str]) -> None:
    assert handles(storefront, f"collection_id={ids['winter']}") == ["aura", "nova"]
    assert handles(storefront, f"collection_id[0]={ids['winter']}&tag_id[0]={ids['new']}&is_giftcard=false") == ["nova"]
    assert handles(storefront, f"type_id[]={ids['glasses']},ptyp_x") == ["aura", "nova"]
    assert handles(storefront, "tag_id=ptag_x") == []
    assert handles(storefront, "is_giftcard=true") == ["carte"]
    assert handles(storefront, "is_giftcard=false") == ["aura", "nova"]
    assert handles(storefront, "external_id=erp-1") == ["aura"]


def test_by_the_options_of_variants(storefront: Storefront, ids: dict[str, str]) -> None:
    value = "variants%5Boptions%5D%5Bvalue%5D"
    assert handles(storefront, f"variants[options][option_id]={ids['colour']}") == ["aura"]
    assert handles(storefront, f"{value}=Noir") == ["aura", "nova"]
    assert handles(storefront, f"{value}[0]=Vert&{value}[1]=Rose") == ["aura"]
    # Of one option, not of any: the colour of the first product has no such value.
    assert handles(storefront, f"variants[options][option_id]={ids['colour']}&{value}=Rose") == []


def test_by_the_values_that_a_shopper_ticks(storefront: Storefront, ids: dict[str, str]) -> None:
    """`option_value_id` of Medusa 2.21: one variant has a ticked value of each option; Noir is in S, Vert in L only."""
    sizes = (*COLOURS, NewOption("Taille", ("S", "L")))
    pairs = (("Noir", "S"), ("Vert", "L"))
    variants = tuple(NewVariant(" / ".join(pair), {"Couleur": pair[0], "Taille": pair[1]}) for pair in pairs)
    channel = (storefront.shop.channel.id,)
    with unit_of_work("test") as session:
        shirt = NewProduct("T-shirt", "t-shirt", variants, sizes, status="published", sales_channel_ids=channel)
        options = make_priced(session, shirt).options
        value = {value.value: value.id for option in options for value in option.values}

    def ticked(*names: str) -> list[str]:
        return handles(storefront, "&".join(f"option_value_id[{i}]={value[name]}" for i, name in enumerate(names)))

    assert ticked("Noir") == ticked("Noir", "Vert") == ticked("Noir", "S") == ["t-shirt"]
    assert ticked("Noir", "L") == []
    assert ticked("Noir", "L", "Vert") == ["t-shirt"]
    assert handles(storefront, f"option_value_id={value['S']}&is_giftcard=true") == []
    assert handles(storefront, "option_value_id=optval_x") == []
    assert handles(storefront, f"$or[0][option_value_id]={value['S']}&$or[1][handle]=nova") == ["nova", "t-shirt"]


def test_by_instants_with_every_operator(storefront: Storefront, ids: dict[str, str]) -> None:
    january, february = "2026-01-01T00:00:00.000Z", "2026-02-01"
    assert handles(storefront, f"created_at={january}") == ["aura"]
    assert handles(storefront, f"created_at[$eq]={january}") == ["aura"]
    assert handles(storefront, f"created_at[$ne]={january}&is_giftcard=false") == ["nova"]
    assert handles(storefront, f"created_at[$in][0]={january}&created_at[$in][1]={february}") == ["aura", "nova"]
    assert handles(storefront, f"created_at[$nin][]={january}&is_giftcard=false") == ["nova"]
    assert handles(storefront, f"created_at[$gt]={january}&created_at[$lte]={february}") == ["nova"]
    assert handles(storefront, f"created_at[$gte]={january}&created_at[$lt]={february}") == ["aura"]
    assert handles(storefront, f"created_at%5B%24gte%5D={february}&order=-created_at") == ["carte", "nova"]
    assert handles(storefront, "updated_at[$gt]=2020-01-01T00:00:00%2B01:00") == ["aura", "nova", "carte"]
    assert handles(storefront, "deleted_at[$gt]=2000-01-01") == []


def test_by_conditions_of_which_all_or_any_hold(storefront: Storefront, ids: dict[str, str]) -> None:
    assert handles(storefront, "$or[0][title]=Aura&$or[1][handle][0]=carte") == ["aura", "carte"]
    assert handles(storefront, f"$and[0][collection_id]={ids['winter']}&$and[1][tag_id]={ids['new']}") == ["nova"]
    assert handles(storefront, f"%24or%5B0%5D%5Btag_id%5D%5B%5D={ids['new']},x&%24or%5B1%5D%5Bis_giftcard%5D=true") == [
        "nova",
        "carte",
    ]
    # Several of one condition hold together; both lists, and what stands beside them, do so too.
    assert handles(storefront, "$or[0][title]=Aura&$or[0][handle]=nova") == []
    assert handles(storefront, "$or[0][title]=Aura&$or[1][title]=Nova&$and[0][handle]=nova") == ["nova"]
    assert handles(storefront, "$or[0][title]=Aura&$or[1][title]=Nova&is_giftcard=true") == []
    assert handles(storefront, "$or[0][created_at][$lt]=2026-02-01&$or[1][is_giftcard]=true&order=-handle") == [
        "carte",
        "aura",
    ]
    assert handles(storefront, "$or[0][q]=NOV&$or[1][q]=cart") == ["nova", "carte"]
    assert handles(storefront, "q=aura&$and[0][q]=nova") == []
    assert handles(storefront, "$or[7][title]=Aura&$or[3][q]= ") == ["aura", "nova", "carte"]


@row("S0-070")
def test_a_product_shows_its_collection_type_and_tags(storefront: Storefront, ids: dict[str, str]) -> None:
    nova = storefront.get("/products", handle="nova", fields="+external_id,*categories").json()["products"][0]
    assert (nova["collection_id"], nova["collection"]["handle"], nova["collection"]["title"]) == (
        ids["winter"],
        "hiver",
        "Hiver",
    )
    assert (nova["type_id"], nova["type"]["value"]) == (ids["glasses"], "lunettes")
    assert [(tag["id"], tag["value"], tag["metadata"]) for tag in nova["tags"]] == [(ids["new"], "nouveau", None)]
    assert nova["tags"][0]["created_at"].endswith("Z")
    assert (nova["external_id"], nova["categories"], nova["is_giftcard"], nova["discountable"]) == (
        None,
        [],
        False,
        True,
    )


MALFORMED = {
    "/products?created_at[$gt]=yesterday": "Expected type: 'date' for field 'created_at[$gt], 0', got: 'string'",
    "/products?created_at[$like]=2026": "Unrecognized fields: 'created_at[$like]'",
    "/products?$and[0][foo]=x": "Unrecognized fields: 'foo'",
    "/products?$and[0][limit]=1": "Unrecognized fields: 'limit'",
    "/products?$and[0][$or][0][id]=prod_x": "Unrecognized fields: '$or[0][id]'",
    "/products?$and=x": "Expected type: 'object' for field '$and, 0', got: 'string'",
    "/products?$or[0][is_giftcard]=perhaps": (
        "Expected type: 'boolean' for field '$or, 0, is_giftcard', got: 'string'"
    ),
    f"/products?{'&'.join(f'$or[{place}][title]=x' for place in range(11))}": (
        "Value for field '$or' too big, expected at most: '10'"
    ),
    "/products?$not[0][id]=prod_x": "Unrecognized fields: '$not[0][id]'",
    "/collections?$and[0][id]=pcol_x": "Unrecognized fields: '$and[0][id]'",
    "/products?variants[sku]=x": "Unrecognized fields: 'variants[sku]'",
    "/products?limit=-1": "Value for field 'limit' too small, expected at least: '0'",
    "/products?limit=1e3": "Expected type: 'number' for field 'limit', got: 'string'",
    "/products?limit=99999999999999999999": "Value for field 'limit' too big, expected at most: '1000'",
    "/products?offset=-1": "Value for field 'offset' too small, expected at least: '0'",
    "/products?is_giftcard=perhaps": "Expected type: 'boolean' for field 'is_giftcard', got: 'string'",
    "/products?foo=1&bar=2": "Unrecognized fields: 'foo, bar'",
    "/products/prod_x?handle=aura": "Unrecognized fields: 'handle'",
    "/collections?status=draft": "Unrecognized fields: 'status'",
    "/product-tags?limit=x": "Expected type: 'number' for field 'limit', got: 'string'",
    "/product-categories?include_ancestors_tree=2": (
        "Expected type: 'boolean' for field 'include_ancestors_tree', got: 'string'"
    ),
    "/product-variants?deleted_at[$gte]=never": "Expected type: 'date' for field 'deleted_at[$gte], 0', got: 'string'",
}


def test_a_malformed_query_is_refused_in_medusas_words(storefront: Storefront) -> None:
    assert {path: refused(storefront, path) for path in MALFORMED} == {
        path: (400, f"Invalid request: {message}") for path, message in MALFORMED.items()
    }


@pytest.mark.parametrize(
    "path", ["/products", "/collections", "/product-categories", "/product-tags", "/product-types"]
)
def test_an_order_by_what_is_not_there_is_refused(storefront: Storefront, path: str) -> None:
    for order in ("price", "variants.sku", "metadata", "-", "created_at,id", "é"):
        status, message = refused(storefront, f"{path}?order={order}")
        assert status == 400
        assert message.startswith("Invalid request: Expected: ''id', '-id', ")
        assert message.endswith(" for field 'order', but got: 'string'")


def test_prices_need_to_know_where(storefront: Storefront) -> None:
    storefront.product()
    with unit_of_work("test") as session:
        session.get_one(Shop, 1).default_region_id = None
    asked = "fields=*variants.calculated_price"
    status, message = refused(storefront, f"/products?{asked}")
    assert (status, message) == (400, "Missing required pricing context to calculate prices - region_id")
    product = storefront.get("/products").json()["products"][0]
    assert "calculated_price" not in product["variants"][0]
    region_id = storefront.shop.region.id
    priced = storefront.get("/products", region_id=region_id).json()["products"][0]
    assert priced["variants"][0]["calculated_price"]["calculated_amount"] == 349
    status, message = refused(storefront, f"/products?region_id=reg_x&{asked}")
    assert (status, message) == (400, "Region with id: reg_x not found when populating the pricing context")
    assert storefront.get("/products", cart_id="cart_x").status_code == 404
