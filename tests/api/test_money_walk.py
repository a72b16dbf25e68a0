"""Every amount on the wire is a JSON number in its currency's units, equals the cents of the database, and adds up."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from app.core.db import unit_of_work
from tests.api.money_fields import KNOWN, Amount, amounts, cents_of, unknown_numbers
from tests.factories.catalogue import make_product
from tests.factories.orders import mark_pieces
from tests.factories.promotions import make_promotion
from tests.factories.shipping import make_shipping_option
from tests.factories.shop import MadeShop, make_shop, make_tax_rate
from tests.proofs import proof_size
from tests.shop_front import ADDRESS, read_rows

Json = Mapping[str, object]
EMAIL = "jeanne@example.com"
# Currency, its decimals, a country that the shop sends to, its VAT.
CURRENCIES = (("jpy", 0, "be", "21.00"), ("eur", 2, "fr", "20.00"), ("kwd", 3, "de", "19.00"))


@dataclass(frozen=True)
class Basket:
    """What one example buys."""

    price_cents: int
    quantity: int
    carriage_cents: int
    percentage: int
    reduction_cents: int


baskets = st.builds(
    Basket,
    price_cents=st.integers(1, 9_999_999) | st.sampled_from([1, 7, 100, 34_900, 99_999]),
    quantity=st.integers(1, 9),
    carriage_cents=st.integers(0, 99_999) | st.sampled_from([0, 1, 490]),
    percentage=st.integers(1, 99),
    reduction_cents=st.integers(1, 5_000),
)


class Till:
    """One shop in one currency; keeps every answer that it saw."""

    def __init__(self, client: TestClient, shop: MadeShop, digits: int, country_code: str) -> None:
        self.client, self.shop, self.digits = client, shop, digits
        self.address = {**ADDRESS, "country_code": country_code}
        self.number = 0

    def call(self, method: str, path: str, body: object = None) -> Json:
        """A call that must succeed; every amount in the answer is known."""
        answer = self.client.request(method, f"/store{path}", json=body, headers=self.shop.headers)
        assert answer.status_code < 300, f"{path}: {answer.text}"
        shown: Json = answer.json()
        assert list(unknown_numbers(dict(shown), KNOWN)) == [], path
        return shown

    def walk(self, kind: str, shown: object) -> dict[str, int]:
        """The cents of every amount of this object and of what hangs below it, by place."""
        assert isinstance(shown, dict)
        return {amount.at: cents_of(amount, self.digits) for amount in amounts(kind, shown)}

    def cents(self, value: object) -> int:
        """One amount."""
        return cents_of(Amount("amount", value), self.digits)


@pytest.mark.parametrize(("currency", "digits", "country", "rate"), CURRENCIES)
def test_every_amount_is_the_cents_of_the_database(
    client: TestClient, environment: dict[str, str], currency: str, digits: int, country: str, rate: str
) -> None:
    with unit_of_work("test") as session:
        shop = make_shop(session, currency_code=currency, countries=(country,))
        if country != "fr":
            make_tax_rate(session, country_code=country, code="vat", name="VAT", rate=Decimal(rate))
    till = Till(client, shop, digits, country)

    @settings(
        max_examples=proof_size(6, 200),
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(basket=baskets)
    def go_shopping(basket: Basket) -> None:
        buy_and_check(till, basket)

    go_shopping()


def buy_and_check(till: Till, basket: Basket) -> None:
    """From the shelf to the return, each answer walked."""
    till.number += 1
    name, currency = f"n{till.number}", till.shop.region.currency_code
    with unit_of_work("test") as session:
        product = make_product(
            session, till.shop.channel.id, handle=name, price_cents=basket.price_cents, currency_code=currency
        )
        variant_id = product.variants[0].id
        option = make_shipping_option(session, till.shop.region.id, code=name, amount_cents=basket.carriage_cents)
        back = make_shipping_option(session, till.shop.region.id, code=f"{name}-r", amount_cents=0, is_return=True)
        make_promotion(session, f"P{name}", percentage=str(basket.percentage))
        make_promotion(session, f"F{name}", amount_cents=basket.reduction_cents, currency_code=currency)
    check_shelf(till, product.id, basket)
    cart_id = fill_cart(till, variant_id, basket, [f"P{name}", f"F{name}"], option.id)
    cart = check_cart(till, cart_id, basket)
    order = place_order(till, cart_id)
    check_order(till, order, cart)
    check_return(till, order, back.id)


def check_shelf(till: Till, product_id: str, basket: Basket) -> None:
    """The price of a product, with and without tax."""
    country = till.address["country_code"]
    query = f"region_id={till.shop.region.id}&country_code={country}&fields=*variants.calculated_price"
    product = till.call("GET", f"/products/{product_id}?{query}")["product"]
    seen = till.walk("product", product)
    assert len(seen) == 6
    assert seen["product.variants.0.calculated_price.0.calculated_amount"] == basket.price_cents
    assert seen["product.variants.0.calculated_price.0.calculated_amount_with_tax"] == basket.price_cents
    assert seen["product.variants.0.calculated_price.0.calculated_amount_without_tax"] <= basket.price_cents


def fill_cart(till: Till, variant_id: str, basket: Basket, codes: list[str], option_id: str) -> str:
    """A cart with an address, both promotions and a way to send."""
    item = {"variant_id": variant_id, "quantity": basket.quantity}
    given = {"email": EMAIL, "items": [item], "shipping_address": till.address, "promo_codes": codes}
    cart = till.call("POST", "/carts", given)["cart"]
    assert isinstance(cart, dict)
    cart_id = str(cart["id"])
    options = till.call("GET", f"/shipping-options?cart_id={cart_id}")["shipping_options"]
    assert isinstance(options, list)
    (chosen,) = [each for each in options if each["id"] == option_id]
    assert till.walk("shipping_option", chosen)["shipping_option.amount"] == basket.carriage_cents
    till.call("POST", f"/carts/{cart_id}/shipping-methods", {"option_id": option_id})
    return cart_id


def check_cart(till: Till, cart_id: str, basket: Basket) -> dict[str, int]:
    """The cart's amounts, against the rows and against each other."""
    cart = till.call("GET", f"/carts/{cart_id}?fields=*items,*promotions")["cart"]
    seen = till.walk("cart", cart)
    (line,) = read_rows("SELECT unit_price_cents FROM cart_line WHERE cart_id = :id", id=cart_id)
    assert (seen["cart.items.0.unit_price"],) == line == (basket.price_cents,)
    assert seen["cart.original_item_total"] == basket.price_cents * basket.quantity
    assert seen["cart.original_shipping_total"] == seen["cart.shipping_methods.0.amount"] == basket.carriage_cents
    assert seen["cart.discount_total"] > 0
    assert seen["cart.total"] >= 0
    check_identities(seen, "cart")
    return seen


def check_identities(seen: Mapping[str, int], name: str) -> None:
    """What store-api §1 demands exactly in cents, and that lines add up to their cart."""

    def of(field: str) -> int:
        return seen[f"{name}.{field}"]

    assert of("total") == of("subtotal") + of("tax_total") - of("discount_subtotal") - of("credit_line_total")
    assert of("total") == of("item_total") + of("shipping_total")
    assert of("subtotal") == of("item_subtotal") + of("shipping_subtotal")
    assert of("tax_total") == of("item_tax_total") + of("shipping_tax_total")
    assert of("discount_total") == of("discount_subtotal") + of("discount_tax_total")
    assert of("discount_total") == of("item_discount_total") + of("shipping_discount_total")
    assert of("original_total") == of("original_subtotal") + of("original_tax_total")
    assert of("original_total") == of("original_item_total") + of("original_shipping_total")
    assert of("original_total") - of("discount_total") == of("total")
    for part, whole in (("items", "item"), ("shipping_methods", "shipping")):
        for field in ("total", "subtotal", "tax_total", "discount_total"):
            assert of(f"{part}.0.{field}") == of(f"{whole}_{field}"), f"{part}.{field}"
        adjusted = sum(cents for at, cents in seen.items() if at.startswith(f"{name}.{part}.0.adjustments."))
        assert adjusted == of(f"{part}.0.discount_total")


def place_order(till: Till, cart_id: str) -> Json:
    """Pay by transfer; gives the order as the buyer's page shows it."""
    collection = till.call("POST", "/payment-collections", {"cart_id": cart_id})["payment_collection"]
    assert isinstance(collection, dict)
    path = f"/payment-collections/{collection['id']}/payment-sessions"
    # Nothing to pay is settled by the shop itself.
    provider = "pp_system_default"
    opened = till.call("POST", path, {"provider_id": provider})["payment_collection"]
    seen = till.walk("payment_collection", opened)
    rows = read_rows("SELECT amount_cents FROM payment_collection WHERE id = :id", id=collection["id"])
    assert rows == [(seen["payment_collection.amount"],)]
    assert seen["payment_collection.payment_sessions.0.amount"] == seen["payment_collection.amount"]
    completed = till.call("POST", f"/carts/{cart_id}/complete")
    assert completed["type"] == "order", completed
    order = completed["order"]
    assert isinstance(order, dict)
    fields = "*payment_collections.payments,*items,*items.variant"
    shown = till.call("GET", f"/orders/{order['id']}?fields={fields}")["order"]
    assert isinstance(shown, dict)
    return shown


def check_order(till: Till, order: Json, cart: Mapping[str, int]) -> None:
    """The order owes what its cart did, to the cent and in every field."""
    seen = till.walk("order", order)
    assert read_rows('SELECT total_cents FROM "order" WHERE id = :id', id=order["id"]) == [(seen["order.total"],)]
    check_identities(seen, "order")
    same = {at: cents for at, cents in cart.items() if at.count(".") == 1}
    assert {at: seen[at.replace("cart.", "order.")] for at in same} == same
    assert seen["order.summary.0.original_order_total"] == seen["order.total"]


def check_return(till: Till, order: Json, option_id: str) -> None:
    """A return of one piece."""
    items = order["items"]
    assert isinstance(items, list)
    with unit_of_work("test") as session:
        quantity = int(items[0]["quantity"])
        mark_pieces(session, items[0]["id"], fulfilled=quantity, shipped=quantity, delivered=quantity)
    body = {
        "order_id": order["id"],
        "email": EMAIL,
        "items": [{"id": items[0]["id"], "quantity": 1}],
        "return_shipping": {"option_id": option_id},
    }
    till.walk("return", till.call("POST", "/returns", body)["return"])


def test_a_wrong_amount_is_seen() -> None:
    for value in ("349", None, True, 349.001, 0.1 + 0.2):
        with pytest.raises(AssertionError):
            cents_of(Amount("cart.total", value), 2)
    assert [cents_of(Amount("x", value), 2) for value in (349, 349.0, 4.9, -0.01)] == [34_900, 34_900, 490, -1]
    assert list(unknown_numbers({"cart": {"surprise_fee": 1, "quantity": 2, "metadata": {"a": 1}}}, KNOWN)) == [
        ".cart.surprise_fee"
    ]
    assert [amount.at for amount in amounts("way_back", {})] == ["way_back.amount"]
