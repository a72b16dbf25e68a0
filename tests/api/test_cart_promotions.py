"""Promotion codes in a cart: what they take off, cent by cent, and when they are refused."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx2
import pytest
import time_machine
from sqlalchemy import text

from app.catalogue.models import Product
from app.catalogue.service import create_category
from app.core.clock import utc_now
from app.core.db import unit_of_work
from app.pricing.service import set_price
from app.promotions.models import Promotion
from app.shop.service import create_region
from tests.factories.catalogue import make_product
from tests.factories.promotions import make_promotion
from tests.factories.shipping import make_shipping_option
from tests.factories.storefront import Storefront
from tests.shop_front import read_rows
from tests.statements import counted_statements

Cart = dict[str, Any]
LINKS = "SELECT p.code FROM cart_promotion c JOIN promotion p ON p.id = c.promotion_id ORDER BY p.code"
ADJUSTMENTS = "SELECT code, amount_cents FROM cart_line_adjustment ORDER BY code, amount_cents"


def promote(code: str = "DIX", **over: object) -> Promotion:
    """Make a promotion."""
    with unit_of_work("test") as session:
        return make_promotion(session, code, **over)  # type: ignore[arg-type]


@pytest.fixture
def product(storefront: Storefront) -> Product:
    """A thing of 349.00 € in two colours."""
    return storefront.product(colours=("Noir", "Vert"))


@pytest.fixture
def cart_id(storefront: Storefront, product: Product) -> str:
    """Three of them: 1047.00 €."""
    return storefront.cart_id((product.variants[0].id, 3))


def type_codes(storefront: Storefront, cart_id: str, *codes: str) -> Cart:
    """The cart with these codes and no others."""
    answer = storefront.post(f"/carts/{cart_id}", {"promo_codes": list(codes)})
    assert answer.status_code == 200, answer.text
    cart: Cart = answer.json()["cart"]
    return cart


def assert_refused(answer: httpx2.Response, code: str) -> None:
    """In the same words whatever is wrong with the code."""
    assert (answer.status_code, answer.json()["type"], answer.json()["code"]) == (
        400, "invalid_data", "invalid_promotion_code"
    )  # fmt: skip
    assert answer.json()["message"] == f"The promotion code {code} is invalid"


def amounts(cart: Cart, *names: str) -> list[object]:
    return [cart[name] for name in names]


def test_the_example_of_the_reference(storefront: Storefront, cart_id: str) -> None:
    promotion = promote()
    cart = type_codes(storefront, cart_id, "DIX")
    assert amounts(cart, "discount_total", "discount_subtotal", "discount_tax_total") == [104.7, 87.25, 17.45]
    assert amounts(cart, "total", "subtotal", "tax_total") == [942.3, 872.5, 157.05]
    assert amounts(cart, "original_total", "original_subtotal", "original_tax_total") == [1047, 872.5, 174.5]
    assert amounts(cart, "item_total", "item_subtotal", "item_tax_total", "item_discount_total") == [
        942.3, 872.5, 157.05, 104.7
    ]  # fmt: skip
    (line,) = storefront.get(f"/carts/{cart_id}").json()["cart"]["items"]
    assert amounts(line, "total", "original_total", "discount_total", "subtotal", "tax_total") == [
        942.3, 1047, 104.7, 872.5, 157.05
    ]  # fmt: skip
    (adjustment,) = line["adjustments"]
    assert adjustment == {
        "id": adjustment["id"],
        "code": "DIX",
        "promotion_id": promotion.id,
        "amount": 104.7,
        "is_tax_inclusive": True,
    }
    assert line["tax_lines"][0]["total"] == 157.05
    assert line["tax_lines"][0]["subtotal"] == 174.5


def test_a_cart_shows_its_promotions(storefront: Storefront, cart_id: str) -> None:
    promotion = promote()
    cart = type_codes(storefront, cart_id, "DIX")
    assert cart["promotions"] == [
        {
            "id": promotion.id,
            "code": "DIX",
            "type": "standard",
            "is_automatic": False,
            "is_tax_inclusive": True,
            "application_method": {
                "id": promotion.id.replace("promo_", "proappmet_"),
                "type": "percentage",
                "value": 10,
                "currency_code": None,
                "target_type": "items",
                "allocation": "across",
                "max_quantity": None,
            },
        }
    ]


def test_without_a_country_the_discount_has_no_vat(storefront: Storefront, product: Product) -> None:
    with unit_of_work("test") as session:
        region = create_region(session, "Benelux", "eur", ["be", "lu"])
    promote()
    body = {
        "region_id": region.id,
        "promo_codes": ["dix"],
        "items": [{"variant_id": product.variants[0].id, "quantity": 3}],
    }
    cart = storefront.post("/carts", body).json()["cart"]
    assert amounts(cart, "total", "subtotal", "tax_total") == [942.3, 1047, 0]
    assert amounts(cart, "discount_total", "discount_subtotal", "discount_tax_total") == [104.7, 104.7, 0]


def test_a_code_is_typed_as_one_likes_and_shown_as_it_was_made(storefront: Storefront, cart_id: str) -> None:
    promote("Été-10")
    cart = type_codes(storefront, cart_id, "  éTÉ-10 ")
    assert [each["code"] for each in cart["promotions"]] == ["Été-10"]
    assert cart["discount_total"] == 104.7


DAY = timedelta(days=1)
UNFIT: list[Callable[[], dict[str, object]]] = [
    lambda: {"status": "draft"},
    lambda: {"status": "inactive"},
    lambda: {"starts_at": utc_now() + DAY},
    lambda: {"starts_at": utc_now() - 2 * DAY, "ends_at": utc_now() - DAY},
    lambda: {"percentage": "5", "currency_code": "usd"},
    lambda: {"amount_cents": 500, "currency_code": "usd"},
    lambda: {"minimum_item_total_cents": 104_701},
]


@pytest.mark.parametrize("over", UNFIT)
def test_what_gives_nothing_is_refused_and_never_said_why(
    storefront: Storefront, cart_id: str, over: Callable[[], dict[str, object]]
) -> None:
    promote("NON", **over())
    promote()
    type_codes(storefront, cart_id, "DIX")
    before = storefront.get(f"/carts/{cart_id}").json()["cart"]
    assert_refused(storefront.post(f"/carts/{cart_id}", {"promo_codes": ["DIX", "NON"]}), "NON")
    assert_refused(storefront.post(f"/carts/{cart_id}/promotions", {"promo_codes": ["NON"]}), "NON")
    assert_refused(storefront.post(f"/carts/{cart_id}/promotions", {"promo_codes": ["FAUX"]}), "FAUX")
    assert storefront.get(f"/carts/{cart_id}").json()["cart"] == before
    assert read_rows(LINKS) == [("DIX",)]


def test_a_code_whose_uses_are_gone_is_refused(storefront: Storefront, cart_id: str) -> None:
    promote("UNE", usage_limit=1)
    with unit_of_work("test") as session:
        session.execute(text("UPDATE promotion SET used_count = 1"))
    assert_refused(storefront.post(f"/carts/{cart_id}", {"promo_codes": ["une"]}), "une")
    assert_refused(storefront.post("/carts", {"promo_codes": ["UNE"]}), "UNE")
    assert read_rows("SELECT count(*) FROM cart") == [(1,)]


def test_update_replaces_the_codes_and_an_empty_list_clears_them(storefront: Storefront, cart_id: str) -> None:
    promote()
    promote("CADEAU", amount_cents=500)
    assert type_codes(storefront, cart_id, "DIX")["discount_total"] == 104.7
    assert type_codes(storefront, cart_id, "DIX", "CADEAU", "dix")["discount_total"] == 109.7
    assert (
        storefront.post(f"/carts/{cart_id}", {"email": "jeanne@example.com"}).json()["cart"]["discount_total"] == 109.7
    )
    cart = type_codes(storefront, cart_id, "CADEAU")
    assert [each["code"] for each in cart["promotions"]] == ["CADEAU"]
    assert cart["discount_total"] == 5
    cart = type_codes(storefront, cart_id)
    assert (cart["promotions"], cart["discount_total"], cart["total"]) == ([], 0, 1047)
    assert read_rows("SELECT count(*) FROM cart_line_adjustment") == [(0,)]


def test_codes_are_added_and_taken_out(storefront: Storefront, cart_id: str) -> None:
    promote()
    promote("CADEAU", amount_cents=500)
    path = f"/carts/{cart_id}/promotions"
    added = storefront.post(path, {"promo_codes": ["DIX"]}).json()["cart"]
    assert added["discount_total"] == 104.7
    assert storefront.post(path, {"promo_codes": ["CADEAU", "DIX"]}).json()["cart"]["discount_total"] == 109.7
    removed = storefront.delete(path, {"promo_codes": ["dix", "INCONNU"]}).json()["cart"]
    assert ([each["code"] for each in removed["promotions"]], removed["discount_total"]) == (["CADEAU"], 5)
    assert storefront.delete(path, {"promo_codes": []}).json()["cart"]["discount_total"] == 5
    for answer in (storefront.post(path), storefront.delete(path, {})):
        assert (answer.status_code, answer.json()["message"]) == (
            400, "Invalid request: Field 'promo_codes' is required"
        )  # fmt: skip
    for answer in (storefront.post("/carts/cart_x/promotions", {"promo_codes": []}),
                   storefront.delete("/carts/cart_x/promotions", {"promo_codes": []})):  # fmt: skip
        assert (answer.status_code, answer.json()["message"]) == (404, "Cart with id 'cart_x' not found")


def test_a_code_waits_below_its_minimum_and_comes_back(storefront: Storefront, product: Product) -> None:
    promote("GROS", minimum_item_total_cents=60_000)
    cart_id = storefront.cart_id((product.variants[0].id, 2))
    cart = type_codes(storefront, cart_id, "GROS")
    line_id = cart["items"][0]["id"]
    assert cart["discount_total"] == 69.8
    one = storefront.post(f"/carts/{cart_id}/line-items/{line_id}", {"quantity": 1}).json()["cart"]
    assert ([each["code"] for each in one["promotions"]], one["discount_total"]) == (["GROS"], 0)
    assert type_codes(storefront, cart_id, "GROS")["discount_total"] == 0  # what the cart has may wait
    two = storefront.post(f"/carts/{cart_id}/line-items/{line_id}", {"quantity": 2}).json()["cart"]
    assert two["discount_total"] == 69.8


def test_a_code_that_ends_leaves_the_cart_at_its_next_change(storefront: Storefront, cart_id: str) -> None:
    promote("VITE", ends_at=utc_now() + DAY)
    assert type_codes(storefront, cart_id, "VITE")["discount_total"] == 104.7
    with time_machine.travel(utc_now() + 2 * DAY, tick=True):
        assert storefront.get(f"/carts/{cart_id}").json()["cart"]["discount_total"] == 104.7
        cart = storefront.post(f"/carts/{cart_id}/taxes").json()["cart"]
        assert (cart["promotions"], cart["discount_total"]) == ([], 0)
        assert_refused(storefront.post(f"/carts/{cart_id}", {"promo_codes": ["VITE"]}), "VITE")
    assert read_rows(LINKS) == []


def test_a_promotion_of_the_shop_applies_by_itself(storefront: Storefront, cart_id: str) -> None:
    promote("AUTO", is_automatic=True, minimum_item_total_cents=100_000, percentage="20")
    cart = storefront.post(f"/carts/{cart_id}", {}).json()["cart"]
    assert ([each["code"] for each in cart["promotions"]], cart["discount_total"]) == (["AUTO"], 209.4)
    line_id = cart["items"][0]["id"]
    fewer = storefront.post(f"/carts/{cart_id}/line-items/{line_id}", {"quantity": 2}).json()["cart"]
    assert (fewer["promotions"], fewer["discount_total"]) == ([], 0)


def test_goods_that_are_never_discounted_get_nothing(storefront: Storefront, product: Product) -> None:
    other = storefront.product(handle="nova", price_cents=10_000)
    with unit_of_work("test") as session:
        session.get_one(Product, product.id).is_discountable = False
    promote()
    cart_id = storefront.cart_id((product.variants[0].id, 1), (other.variants[0].id, 1))
    cart = type_codes(storefront, cart_id, "DIX")
    assert cart["discount_total"] == 10
    assert [(line["is_discountable"], line["discount_total"]) for line in cart["items"]] == [(False, 0), (True, 10)]


def test_only_what_a_promotion_is_limited_to(storefront: Storefront) -> None:
    with unit_of_work("test") as session:
        shelf = create_category(session, "Lunettes", "lunettes")
        below = create_category(session, "Solaires", "solaires", parent_category_id=shelf.id)
        channel = storefront.shop.channel.id
        on_shelf = make_product(session, channel, handle="a", price_cents=1_000, category_ids=(shelf.id,))
        further_down = make_product(session, channel, handle="b", price_cents=2_000, category_ids=(below.id,))
        elsewhere = make_product(session, channel, handle="c", price_cents=4_000)
        make_promotion(session, "RAYON", percentage="50", category_ids=(shelf.id,))
        make_promotion(session, "UN", percentage="50", product_ids=(elsewhere.id,))
    cart_id = storefront.cart_id(*((each.variants[0].id, 1) for each in (on_shelf, further_down, elsewhere)))
    shown = type_codes(storefront, cart_id, "RAYON")
    assert [line["discount_total"] for line in shown["items"]] == [5, 10, 0]
    shown = type_codes(storefront, cart_id, "UN")
    assert [line["discount_total"] for line in shown["items"]] == [0, 0, 20]
    with unit_of_work("test") as session:
        session.execute(text("DELETE FROM promotion_scope"))
    assert storefront.post(f"/carts/{cart_id}", {}).json()["cart"]["discount_total"] == 0


def test_carriage_is_reduced_and_follows_the_reduced_goods(storefront: Storefront, cart_id: str) -> None:
    promote("PORT", percentage="50", target_type="shipping_methods")
    with unit_of_work("test") as session:
        option = make_shipping_option(session, storefront.shop.region.id, code="std", name="Standard", amount_cents=490)
    storefront.post(f"/carts/{cart_id}/shipping-methods", {"option_id": option.id, "data": {"relay": "R12"}})
    cart = type_codes(storefront, cart_id, "PORT")
    assert amounts(cart, "shipping_total", "shipping_discount_total", "original_shipping_total", "total") == [
        2.45, 2.45, 4.9, 1049.45
    ]  # fmt: skip
    (method,) = cart["shipping_methods"]
    assert (method["amount"], method["total"], method["data"]) == (4.9, 2.45, {"relay": "R12"})
    assert method["adjustments"][0]["amount"] == 2.45
    assert cart["discount_total"] == 2.45
    again = storefront.post(f"/carts/{cart_id}/shipping-methods", {"option_id": option.id}).json()["cart"]
    assert (len(again["shipping_methods"]), again["shipping_total"]) == (1, 2.45)


def test_promotions_together_never_take_more_than_there_is(storefront: Storefront, cart_id: str) -> None:
    promote("MOITIE", percentage="50")
    promote("TOUT", amount_cents=99_999_999, target_type="order")
    promote("ENCORE", amount_cents=500)
    cart = type_codes(storefront, cart_id, "TOUT", "MOITIE", "ENCORE")
    assert amounts(cart, "total", "discount_total", "tax_total", "subtotal", "discount_subtotal") == [
        0, 1047, 0, 872.5, 872.5
    ]  # fmt: skip
    assert read_rows(ADJUSTMENTS) in (
        [("MOITIE", 52_350), ("TOUT", 52_350)],
        [("ENCORE", 500), ("MOITIE", 52_350), ("TOUT", 51_850)],
    )


def test_a_change_of_a_promoted_cart_drops_the_attempts_to_pay(storefront: Storefront, cart_id: str) -> None:
    promote()
    collection = storefront.post("/payment-collections", {"cart_id": cart_id}).json()["payment_collection"]
    assert collection["amount"] == 1047
    path = f"/payment-collections/{collection['id']}/payment-sessions"
    assert storefront.post(path, {"provider_id": "pp_system_default"}).status_code == 200
    cart = type_codes(storefront, cart_id, "DIX")
    assert cart["payment_collection"]["amount"] == 942.3
    assert cart["payment_collection"]["payment_sessions"] == []


def test_a_region_of_another_currency_silences_an_amount(storefront: Storefront, product: Product) -> None:
    with unit_of_work("test") as session:
        swiss = create_region(session, "Suisse", "chf", ["ch"])
        from_shop = make_product(
            session, storefront.shop.channel.id, handle="chf", price_cents=10_000, currency_code="chf"
        )
        from_shop_id = from_shop.variants[0].id
        set_price(session, from_shop_id, "eur", 9_000)
    promote("CINQ", amount_cents=500)
    cart_id = storefront.cart_id((from_shop_id, 1))
    assert type_codes(storefront, cart_id, "CINQ")["discount_total"] == 5
    moved = storefront.post(f"/carts/{cart_id}", {"region_id": swiss.id}).json()["cart"]
    assert (moved["currency_code"], moved["discount_total"], moved["total"]) == ("chf", 0, 100)
    back = storefront.post(f"/carts/{cart_id}", {"region_id": storefront.shop.region.id}).json()["cart"]
    assert (back["discount_total"], back["total"]) == (5, 85)


def test_statements_do_not_grow_with_the_codes(storefront: Storefront, cart_id: str) -> None:
    for number in range(6):
        promote(f"CODE{number}", amount_cents=100)
    counts = []
    for codes in (["CODE0"], [f"CODE{number}" for number in range(6)]):
        type_codes(storefront, cart_id, *codes)
        with counted_statements() as sent:
            assert storefront.get(f"/carts/{cart_id}").status_code == 200
        counts.append(len(sent))
    assert counts[0] == counts[1]


def test_a_cart_holds_twenty_codes(storefront: Storefront, cart_id: str) -> None:
    codes = [promote(f"CODE{number}", amount_cents=1).code for number in range(21)]
    assert type_codes(storefront, cart_id, *codes[:20])["discount_total"] == 0.2
    answer = storefront.post(f"/carts/{cart_id}/promotions", {"promo_codes": codes[20:]})
    assert (answer.status_code, answer.json()["message"]) == (400, "A cart has at most 20 promotion codes")
    assert storefront.post(f"/carts/{cart_id}", {"promo_codes": codes}).status_code == 400
    assert storefront.get(f"/carts/{cart_id}").json()["cart"]["discount_total"] == 0.2


def test_percentages_have_two_decimals(storefront: Storefront, cart_id: str) -> None:
    promote("FIN", percentage="12.25")
    cart = type_codes(storefront, cart_id, "FIN")
    assert cart["discount_total"] == 128.26  # 128.2575
    assert cart["promotions"][0]["application_method"]["value"] == 12.25
