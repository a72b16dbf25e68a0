"""GET /store/collections, /product-tags, /product-types, /currencies, /locales: the rest of a storefront's menus."""

import pytest

from app.catalogue.service import create_collection, create_tag, create_type
from app.catalogue.update_product import ProductChanges, update_product
from app.core.db import unit_of_work
from app.shop.service import create_region, create_sales_channel
from tests.factories.catalogue import make_product
from tests.factories.storefront import Storefront

Ids = dict[str, str]


@pytest.fixture
def ids(storefront: Storefront) -> Ids:
    """A collection, a tag and a type, each of a published product, a draft and one of another channel; more of each."""
    with unit_of_work("test") as session:
        winter = create_collection(session, "Hiver", "hiver", details={"colour": "blue"})
        summer = create_collection(session, "Été", "ete")
        new, old = create_tag(session, "nouveau"), create_tag(session, "démodé")
        glasses, case = create_type(session, "lunettes"), create_type(session, "étui")
        other = create_sales_channel(session, "Salon")
        here = storefront.shop.channel.id
        shown = [
            make_product(session, here),
            make_product(session, here, handle="brouillon", status="draft"),
            make_product(session, here, handle="retiree", status="archived"),
            make_product(session, other.id, handle="salon"),
        ]
        changes = ProductChanges(collection_id=winter.id, type_id=glasses.id, tag_ids=(new.id,))
        for product in shown:
            update_product(session, product.id, changes)
    return {
        "winter": winter.id,
        "summer": summer.id,
        "new": new.id,
        "old": old.id,
        "glasses": glasses.id,
        "case": case.id,
    }


def test_collections_newest_first(storefront: Storefront, ids: Ids) -> None:
    body = storefront.get("/collections").json()
    assert (body["count"], body["offset"], body["limit"]) == (2, 0, 10)
    assert [set(each) for each in body["collections"]] == [
        {"id", "title", "handle", "created_at", "updated_at", "deleted_at"}
    ] * 2
    assert [each["handle"] for each in storefront.get("/collections", order="handle").json()["collections"]] == [
        "ete",
        "hiver",
    ]
    winter = storefront.get(f"/collections/{ids['winter']}", fields="+metadata").json()["collection"]
    assert (winter["title"], winter["metadata"], winter["deleted_at"]) == ("Hiver", {"colour": "blue"}, None)


GROUPS = {
    "collections": ("collections", "collection", "winter", "Collection with id: nope was not found"),
    "product-tags": ("product_tags", "product_tag", "new", "Product tag with id: nope was not found"),
    "product-types": ("product_types", "product_type", "glasses", "Product type with id: nope was not found"),
}


@pytest.mark.parametrize("path", GROUPS)
def test_no_draft_and_nothing_of_another_channel_is_in_a_group(storefront: Storefront, ids: Ids, path: str) -> None:
    plural, singular, name, _ = GROUPS[path]
    (shown,) = storefront.get(f"/{path}", id=ids[name], fields="*products").json()[plural]
    assert [product["handle"] for product in shown["products"]] == ["aura"]
    assert "variants" not in shown["products"][0]
    assert storefront.get(f"/{path}/{ids[name]}", fields="*products").json() == {singular: shown}
    deep = storefront.get(f"/{path}/{ids[name]}", fields="id,products.title,products.variants.sku").json()[singular]
    assert deep["products"] == [
        {
            "id": shown["products"][0]["id"],
            "title": "Aura",
            "variants": [{"id": deep["products"][0]["variants"][0]["id"], "sku": "AURA-NOIR"}],
        }
    ]
    assert "products" not in storefront.get(f"/{path}/{ids[name]}").json()[singular]


@pytest.mark.parametrize("path", GROUPS)
def test_an_unknown_group_is_not_found(storefront: Storefront, ids: Ids, path: str) -> None:
    missing = storefront.get(f"/{path}/nope")
    assert (missing.status_code, missing.json()["type"]) == (404, "not_found")
    assert missing.json()["message"] == GROUPS[path][3]


def test_groups_are_filtered_and_paged(storefront: Storefront, ids: Ids) -> None:
    def values(path: str, **params: str | int | list[str]) -> list[str]:
        body = storefront.get(f"/{path}", **params).json()
        return [each["value"] for each in body[path.replace("-", "_")]]

    assert values("product-tags") == ["démodé", "nouveau"]
    assert values("product-tags", q="DEMODE") == values("product-tags", value="démodé") == ["démodé"]
    assert values("product-tags", id=[ids["old"], "ptag_x"]) == ["démodé"]
    assert values("product-types", order="-value", limit=1) == ["étui"]
    assert values("product-types", **{"created_at[$gt]": "2999-01-01"}) == []
    assert values("product-types", limit=0) == []
    found = storefront.get("/collections", q="ete", fields="title").json()
    assert found == {"collections": [{"id": ids["summer"], "title": "Été"}], "count": 1, "offset": 0, "limit": 10}
    assert storefront.get("/collections", title="Hiver", handle="hiver").json()["count"] == 1


def test_currencies_are_those_of_the_regions(storefront: Storefront) -> None:
    with unit_of_work("test") as session:
        create_region(session, "Suisse", "chf", ["ch"])
        create_region(session, "Grande-Bretagne", "gbp", ["gb"])
    body = storefront.get("/currencies").json()
    assert [each["code"] for each in body["currencies"]] == ["chf", "eur", "gbp"]
    assert (body["count"], body["limit"]) == (3, 50)
    euro = storefront.get("/currencies/EUR").json()["currency"]
    assert euro == {
        "code": "eur",
        "symbol": "€",
        "symbol_native": "€",
        "name": "Euro",
        "decimal_digits": 2,
        "rounding": 0,
    }
    pound = storefront.get("/currencies/gbp", fields="code,name").json()["currency"]
    assert pound == {"code": "gbp", "name": "British Pound"}
    assert [each["code"] for each in storefront.get("/currencies", q="franc").json()["currencies"]] == ["chf"]
    assert [each["code"] for each in storefront.get("/currencies", code="eur").json()["currencies"]] == ["eur"]
    missing = storefront.get("/currencies/usd")
    assert (missing.status_code, missing.json()["message"]) == (404, "Currency with code: usd was not found")


def test_there_is_no_list_of_languages(storefront: Storefront) -> None:
    missing = storefront.get("/locales")
    assert (missing.status_code, missing.json()["type"]) == (404, "not_found")
