"""GET /store/regions: the middleware of every page of the starter reads it."""

from app.core.db import unit_of_work
from app.shop.service import create_region
from tests.factories.storefront import Storefront


def test_a_region_has_its_whole_shape(storefront: Storefront) -> None:
    answer = storefront.get("/regions")
    assert answer.status_code == 200
    body = answer.json()
    assert (body["count"], body["offset"], body["limit"]) == (1, 0, 50)
    region = body["regions"][0]
    assert region == {
        "id": storefront.shop.region.id,
        "name": "France",
        "currency_code": "eur",
        "automatic_taxes": True,
        "metadata": None,
        "created_at": region["created_at"],
        "updated_at": region["updated_at"],
        "deleted_at": None,
        "countries": [
            {
                "iso_2": "fr",
                "iso_3": "fra",
                "num_code": "250",
                "name": "FRANCE",
                "display_name": "France",
                "region_id": storefront.shop.region.id,
            }
        ],
    }
    assert region["created_at"].endswith("Z")
    assert len(region["created_at"]) == len("2026-11-20T20:42:26.990Z")


def test_regions_are_paged_filtered_and_ordered(storefront: Storefront) -> None:
    with unit_of_work("test") as session:
        create_region(session, "Benelux", "eur", ["be", "lu", "nl"])
        create_region(session, "Suisse", "chf", ["ch"])

    def names(**params: str | int | list[str]) -> list[str]:
        return [region["name"] for region in storefront.get("/regions", **params).json()["regions"]]

    assert names(order="name") == ["Benelux", "France", "Suisse"]
    assert names(order="-name", limit=2) == ["Suisse", "France"]
    assert names(order="name", limit=1, offset=1) == ["France"]
    assert names(currency_code="CHF") == ["Suisse"]
    assert names(q="ene") == ["Benelux"]
    assert names(id=[storefront.shop.region.id]) == ["France"]
    assert names(limit=0) == []
    assert storefront.get("/regions", limit=0).json()["count"] == 3
    benelux = storefront.get("/regions", name="Benelux").json()["regions"][0]
    assert [country["iso_2"] for country in benelux["countries"]] == ["be", "lu", "nl"]


def test_one_region(storefront: Storefront) -> None:
    answer = storefront.get(f"/regions/{storefront.shop.region.id}")
    assert answer.json() == {"region": storefront.get("/regions").json()["regions"][0]}
    missing = storefront.get("/regions/reg_x")
    assert (missing.status_code, missing.json()["type"]) == (404, "not_found")
    assert missing.json()["message"] == "Region with id: reg_x was not found"


MALFORMED = {
    "limit=-1": "Value for field 'limit' too small, expected at least: '0'",
    "limit=1.5": "Expected type: 'number' for field 'limit', got: 'string'",
    "limit=99999999999999999999": "Value for field 'limit' too big, expected at most: '1000'",
    "offset=x": "Expected type: 'number' for field 'offset', got: 'string'",
    "foo=1": "Unrecognized fields: 'foo'",
    "foo=1&bar=2": "Unrecognized fields: 'foo, bar'",
    "created_at[$gt]=2026": "Unrecognized fields: 'created_at[$gt]'",
}


def test_a_malformed_query_is_refused(storefront: Storefront) -> None:
    for query, message in MALFORMED.items():
        answer = storefront.client.get(f"/store/regions?{query}", headers=storefront.shop.headers)
        assert answer.status_code == 400
        assert (answer.json()["type"], answer.json()["message"]) == ("invalid_data", f"Invalid request: {message}")


def test_an_order_by_anything_else_is_refused(storefront: Storefront) -> None:
    assert storefront.get("/regions", order="currency_code").status_code == 400
