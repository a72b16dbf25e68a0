"""GET /store/product-options: the options of what is shown, and their values."""

import pytest
from sqlalchemy import text

from app.core.db import unit_of_work
from app.shop.service import create_sales_channel
from tests.factories.catalogue import make_product
from tests.factories.storefront import Storefront


@pytest.fixture
def option_id(storefront: Storefront) -> str:
    """That of the one product which this storefront shows; a draft and another channel's have some too."""
    with unit_of_work("test") as session:
        here, other = storefront.shop.channel.id, create_sales_channel(session, "Salon").id
        make_product(session, here, handle="brouillon", status="draft")
        make_product(session, other, handle="salon")
        return make_product(session, here, colours=("Noir", "Écaille")).options[0].id


def test_the_options_of_what_is_shown(storefront: Storefront, option_id: str) -> None:
    body = storefront.get("/product-options").json()
    assert (body["count"], body["offset"], body["limit"]) == (1, 0, 50)
    (option,) = body["product_options"]
    product = storefront.get("/products").json()["products"][0]
    (shown,) = product["options"]
    assert option == {
        **shown,
        "is_exclusive": True,
        "created_at": product["created_at"],
        "updated_at": product["updated_at"],
        "deleted_at": None,
    }
    assert [value["value"] for value in option["values"]] == ["Noir", "Écaille"]
    assert storefront.get(f"/product-options/{option_id}").json() == {"product_option": option}


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        ({"title": "Couleur"}, 1),
        ({"title": ["Taille", "Couleur"]}, 1),
        ({"title": "Taille"}, 0),
        ({"q": "COUL"}, 1),
        ({"q": "taille"}, 0),
        ({"id": "opt_none"}, 0),
        ({"is_exclusive": "true"}, 1),
        ({"is_exclusive": "false"}, 0),
        ({"created_at[$gt]": "2999-01-01"}, 0),
        ({"order": "-created_at"}, 1),
    ],
)
def test_filters(storefront: Storefront, option_id: str, asked: dict[str, str], count: int) -> None:
    body = storefront.get("/product-options", **asked).json()
    assert (body["count"], len(body["product_options"])) == (count, count)


def test_pages_orders_and_fields(storefront: Storefront, option_id: str) -> None:
    nova = storefront.product(handle="nova").options[0]
    other = nova.id
    with unit_of_work("test") as session:
        session.execute(text("UPDATE product_option SET title = 'Teinte' WHERE id = :id"), {"id": other})

    def listed(**asked: str | int) -> list[str]:
        return [each["id"] for each in storefront.get("/product-options", **asked).json()["product_options"]]

    assert listed() == sorted([option_id, other])
    assert (listed(order="title"), listed(order="-title")) == ([option_id, other], [other, option_id])
    assert (listed(order="title", limit=1, offset=1), listed(limit=0), listed(offset=2)) == ([other], [], [])
    assert storefront.get("/product-options", fields="title,values.value", id=other).json()["product_options"] == [
        {"id": other, "title": "Teinte", "values": [{"id": nova.values[0].id, "value": "Noir"}]}
    ]


def test_what_is_not_shown_is_not_found(storefront: Storefront, option_id: str) -> None:
    hidden = "SELECT id FROM product_option WHERE id <> :shown"
    with unit_of_work("test") as session:
        others = list(session.scalars(text(hidden), {"shown": option_id}))
    assert len(others) == 2
    for each in (*others, "opt_none"):
        refused = storefront.get(f"/product-options/{each}")
        assert (refused.status_code, refused.json()["code"]) == (404, "option_not_found")
        assert refused.json()["message"] == f"Product option with id: {each} was not found"
