"""Lines of a cart: add, update, delete."""

import pytest

from app.core.db import unit_of_work
from app.pricing.service import set_price
from tests.factories.catalogue import make_product
from tests.factories.promotions import make_promotion
from tests.factories.storefront import Storefront


def quantities(storefront: Storefront, cart_id: str) -> list[int]:
    return [line["quantity"] for line in storefront.get(f"/carts/{cart_id}").json()["cart"]["items"]]


def test_the_same_variant_and_metadata_share_a_line(storefront: Storefront) -> None:
    product = storefront.product(colours=("Noir", "Vert"))
    black, green = (variant.id for variant in product.variants)
    path = f"/carts/{storefront.cart_id((black, 1))}/line-items"
    for body in (
        {"variant_id": green, "quantity": 1},
        {"variant_id": black, "quantity": 2},
        {"variant_id": black, "quantity": 1, "metadata": {"gravure": "J"}},
        {"variant_id": black, "quantity": 1, "metadata": {}},
        {"variant_id": black, "quantity": 3, "metadata": {"gravure": "J"}},
    ):
        answer = storefront.post(path, body)
        assert answer.status_code == 200, answer.text
    items = answer.json()["cart"]["items"]
    assert [(line["variant_title"], line["quantity"], line["metadata"]) for line in items] == [
        ("Noir", 4, {}),
        ("Vert", 1, {}),
        ("Noir", 4, {"gravure": "J"}),
    ]
    assert answer.json()["cart"]["total"] == 9 * 349


def test_pieces_are_counted_over_all_lines(storefront: Storefront) -> None:
    variant = storefront.product(stock=5).variants[0].id
    cart_id = storefront.cart_id((variant, 3))
    path = f"/carts/{cart_id}/line-items"
    too_many = storefront.post(path, {"variant_id": variant, "quantity": 3, "metadata": {"gravure": "J"}})
    assert (too_many.status_code, too_many.json()["type"], too_many.json()["code"]) == (
        400, "not_allowed", "insufficient_inventory",
    )  # fmt: skip
    assert too_many.json()["message"] == "Some variant does not have the required inventory"
    assert quantities(storefront, cart_id) == [3]
    assert storefront.post(path, {"variant_id": variant, "quantity": 2}).status_code == 200
    assert quantities(storefront, cart_id) == [5]


def test_pieces_that_are_not_counted_never_run_out(storefront: Storefront) -> None:
    with unit_of_work("test") as session:
        product = make_product(session, storefront.shop.channel.id, price_cents=100, manages_stock=False, stock=0)
    assert quantities(storefront, storefront.cart_id((product.variants[0].id, 9_999))) == [9_999]


def test_a_line_is_updated(storefront: Storefront) -> None:
    variant = storefront.product(stock=5).variants[0].id
    cart_id = storefront.cart_id((variant, 1))
    line_id = storefront.get(f"/carts/{cart_id}").json()["cart"]["items"][0]["id"]
    path = f"/carts/{cart_id}/line-items/{line_id}"
    line = storefront.post(path, {"quantity": 5, "metadata": {"gravure": "J"}}).json()["cart"]["items"][0]
    assert (line["id"], line["quantity"], line["metadata"], line["total"]) == (line_id, 5, {"gravure": "J"}, 1745)
    refused = storefront.post(path, {"quantity": 6})
    assert (refused.status_code, refused.json()["code"]) == (400, "insufficient_inventory")
    assert storefront.post(path, {"quantity": 2}).json()["cart"]["items"][0]["metadata"] == {"gravure": "J"}
    emptied = storefront.post(path, {"quantity": 0})
    assert (emptied.status_code, emptied.json()["cart"]["items"]) == (200, [])
    gone = storefront.post(path, {"quantity": 1})
    assert (gone.status_code, gone.json()["message"]) == (404, f"Line item with id: {line_id} was not found")


def test_a_line_is_deleted(storefront: Storefront) -> None:
    variant = storefront.product().variants[0].id
    cart_id, other_id = storefront.cart_id((variant, 1)), storefront.cart_id((variant, 1))
    line_id = storefront.get(f"/carts/{cart_id}").json()["cart"]["items"][0]["id"]
    assert storefront.delete(f"/carts/{other_id}/line-items/{line_id}").status_code == 404
    answer = storefront.delete(f"/carts/{cart_id}/line-items/{line_id}").json()
    assert (answer["id"], answer["object"], answer["deleted"]) == (line_id, "line-item", True)
    assert (answer["parent"]["id"], answer["parent"]["items"], answer["parent"]["total"]) == (cart_id, [], 0)
    assert storefront.delete(f"/carts/{cart_id}/line-items/{line_id}").status_code == 404
    assert quantities(storefront, other_id) == [1]


def test_a_line_keeps_its_price_until_the_cart_is_changed(storefront: Storefront) -> None:
    variant = storefront.product().variants[0].id
    cart_id = storefront.cart_id((variant, 1))
    with unit_of_work("test") as session:
        set_price(session, variant, "eur", 39_900)
    assert storefront.get(f"/carts/{cart_id}").json()["cart"]["total"] == 349
    added = storefront.post(f"/carts/{cart_id}/line-items", {"variant_id": variant, "quantity": 1}).json()["cart"]
    assert (added["items"][0]["unit_price"], added["total"]) == (399, 798)


@pytest.mark.parametrize("quantity", [3, 1])
def test_another_quantity_costs_what_it_costs_today(storefront: Storefront, quantity: int) -> None:
    """One piece at the price of a sale that is over does not open it for as many as there are."""
    variant = storefront.product().variants[0].id
    cart_id = storefront.cart_id((variant, 2))
    line_id = storefront.get(f"/carts/{cart_id}").json()["cart"]["items"][0]["id"]
    with unit_of_work("test") as session:
        set_price(session, variant, "eur", 39_900)
    cart = storefront.post(f"/carts/{cart_id}/line-items/{line_id}", {"quantity": quantity}).json()["cart"]
    assert (cart["items"][0]["unit_price"], cart["total"]) == (399, 399 * quantity)


def test_a_price_is_ours_to_say(storefront: Storefront) -> None:
    variant = storefront.product().variants[0].id
    cart_id = storefront.cart_id()
    answer = storefront.post(f"/carts/{cart_id}/line-items", {"variant_id": variant, "quantity": 1, "unit_price": 1})
    assert (answer.status_code, answer.json()["message"]) == (400, "Invalid request: Unrecognized fields: 'unit_price'")
    assert quantities(storefront, cart_id) == []


def test_a_cart_has_limits(storefront: Storefront) -> None:
    with unit_of_work("test") as session:
        channel = storefront.shop.channel.id
        dear = make_product(session, channel, handle="cher", price_cents=99_990_000, stock=20_000).variants[0].id
        cheap = make_product(session, channel, price_cents=1, stock=20_000).variants[0].id
    cart_id = storefront.cart_id((dear, 1), (cheap, 9_999))
    path = f"/carts/{cart_id}/line-items"
    assert storefront.post(path, {"variant_id": dear, "quantity": 1}).json()["code"] == "cart_too_large"
    assert storefront.post(path, {"variant_id": cheap, "quantity": 2}).json()["code"] == "cart_too_large"
    assert quantities(storefront, cart_id) == [1, 9_999]


def test_a_sum_that_no_number_of_the_database_holds_is_too_large(storefront: Storefront) -> None:
    """Codes are worked out before the total is looked at: neither a minimum nor a reduction may break on it."""
    with unit_of_work("test") as session:
        dear = (
            make_product(session, storefront.shop.channel.id, handle="cher", price_cents=99_990_000, stock=20_000)
            .variants[0]
            .id
        )
        make_promotion(session, "TOUT", percentage="100")
    many = {"items": [{"variant_id": dear, "quantity": 10_000}], "promo_codes": ["tout"]}
    assert storefront.post("/carts", many).json()["code"] == "cart_too_large"
    cart_id = storefront.cart_id((dear, 1))
    storefront.post(f"/carts/{cart_id}/promotions", {"promo_codes": ["tout"]})
    answer = storefront.post(f"/carts/{cart_id}/line-items", {"variant_id": dear, "quantity": 9_000})
    assert answer.json()["code"] == "cart_too_large"
    assert quantities(storefront, cart_id) == [1]
