"""GET /store/orders: the orders of whoever is logged in, whole and for ever; nobody else's."""

from dataclasses import dataclass
from datetime import timedelta

import httpx2
import pytest
from sqlalchemy import text

from app.core.clock import utc_now
from app.core.db import unit_of_work
from tests.factories.account import Person
from tests.factories.orders import make_order, mark_pieces
from tests.factories.storefront import Storefront
from tests.shop_front import read_rows
from tests.statements import counted_statements

JEANNE, PAUL = "jeanne@example.com", "paul@example.com"
DEFAULTS = {
    "id", "status", "summary", "display_id", "custom_display_id", "total", "currency_code", "metadata", "created_at",
    "updated_at", "version", "items", "payment_status", "fulfillment_status",
}  # fmt: skip
STARTER = "*items,+items.metadata,*items.variant,*items.product"


@dataclass(frozen=True)
class Account:
    """Somebody who is logged in."""

    person: Person
    token: str
    customer_id: str

    def get(self, path: str) -> httpx2.Response:
        """GET below `/store`, logged in."""
        return self.person.get(f"/store{path}", self.token)

    def list_ids(self, query: str = "") -> list[str]:
        """The orders that a query finds."""
        answer = self.get(f"/orders?{query}")
        assert answer.status_code == 200, answer.text
        return [order["id"] for order in answer.json()["orders"]]


def sign_up(person: Person, email: str) -> Account:
    token = person.sign_up(email)
    return Account(person, token, str(person.me(token).json()["customer"]["id"]))


@pytest.fixture
def jeanne(person: Person) -> Account:
    return sign_up(person, JEANNE)


@pytest.fixture
def variant_id(storefront: Storefront) -> str:
    return storefront.product(stock=100).variants[0].id


def place(storefront: Storefront, variant_id: str, owner: Account, days_ago: int = 0, quantity: int = 1) -> str:
    """An order of this account."""
    known = read_rows("SELECT id FROM shipping_option LIMIT 1")
    option_id = str(known[0][0]) if known else storefront.shipping_option().id
    with unit_of_work("test") as session:
        order = make_order(
            session,
            storefront.shop,
            (variant_id, quantity),
            option_id=option_id,
            customer_id=owner.customer_id,
            created_at=utc_now() - timedelta(days=days_ago),
        )
        return order.id


def test_only_ones_own_orders(storefront: Storefront, person: Person, jeanne: Account, variant_id: str) -> None:
    mine = place(storefront, variant_id, jeanne)
    paul = sign_up(person, PAUL)
    his = place(storefront, variant_id, paul)
    assert (jeanne.list_ids(), paul.list_ids()) == ([mine], [his])
    assert jeanne.list_ids(f"id={his}") == []
    page = jeanne.get("/orders").json()
    assert (page["count"], page["offset"], page["limit"]) == (1, 0, 50)


def test_nobody_is_told_of_orders_without_login(
    storefront: Storefront, person: Person, jeanne: Account, variant_id: str
) -> None:
    place(storefront, variant_id, jeanne)
    for token in (None, "nonsense"):
        answer = person.get("/store/orders", token)
        assert (answer.status_code, answer.json()["message"]) == (401, "Unauthorized")


def test_the_list_has_medusas_fields_and_those_that_are_asked_for(
    storefront: Storefront, jeanne: Account, variant_id: str
) -> None:
    place(storefront, variant_id, jeanne, quantity=2)
    (order,) = jeanne.get("/orders").json()["orders"]
    assert order.keys() == DEFAULTS
    assert (order["total"], order["payment_status"], order["fulfillment_status"]) == (
        702.9,
        "authorized",
        "not_fulfilled",
    )
    (line,) = order["items"]
    assert (line["title"], line["quantity"], line["total"], line["detail"]["quantity"]) == ("Aura", 2, 698, 2)
    assert not {"product", "variant"} & line.keys()
    (order,) = jeanne.get(f"/orders?limit=10&offset=0&order=-created_at&fields={STARTER}").json()["orders"]
    assert order.keys() == DEFAULTS
    (line,) = order["items"]
    assert (line["product"]["handle"], line["variant"]["id"], line["metadata"]) == ("aura", variant_id, {})
    (order,) = jeanne.get("/orders?fields=email,shipping_address.city").json()["orders"]
    assert order == {
        "id": order["id"],
        "email": JEANNE,
        "shipping_address": {"id": order["shipping_address"]["id"], "city": "Paris"},
    }


def test_pages_and_orders(storefront: Storefront, jeanne: Account, variant_id: str) -> None:
    old, middle, new = (place(storefront, variant_id, jeanne, days_ago=days) for days in (40, 20, 0))
    assert jeanne.list_ids() == jeanne.list_ids("order=created_at") == [old, middle, new]
    assert jeanne.list_ids("order=-created_at") == [new, middle, old]
    assert jeanne.list_ids("order=-display_id&limit=1&offset=1") == [middle]
    assert jeanne.list_ids(f"id[0]={new}&id[1]={old}") == [old, new]
    assert jeanne.list_ids("offset=3") == []
    empty = jeanne.get("/orders?limit=0").json()
    assert (empty["orders"], empty["count"]) == ([], 3)


def test_filters_of_the_status(storefront: Storefront, jeanne: Account, variant_id: str) -> None:
    pending, looked_at = place(storefront, variant_id, jeanne), place(storefront, variant_id, jeanne)
    with unit_of_work("test") as session:
        session.execute(text("UPDATE \"order\" SET status = 'requires_action' WHERE id = :id"), {"id": looked_at})
    assert jeanne.list_ids("status=pending") == [pending]
    assert jeanne.list_ids("status[]=pending&status[]=requires_action") == [pending, looked_at]


@pytest.mark.parametrize(
    "query", ["limit=-1", "order=total", "order=email", "status=lost", "customer_id=cus_x", "q=aura", "offset=x"]
)
def test_what_cannot_be_asked_is_a_400(jeanne: Account, query: str) -> None:
    answer = jeanne.get(f"/orders?{query}")
    assert (answer.status_code, answer.json()["type"]) == (400, "invalid_data")
    assert answer.json()["message"].startswith("Invalid request: ")


def test_its_customer_sees_an_order_whole_for_ever_and_nobody_else(
    storefront: Storefront, person: Person, jeanne: Account, variant_id: str
) -> None:
    order_id = place(storefront, variant_id, jeanne, days_ago=31)
    paul = sign_up(person, PAUL)
    own = jeanne.get(f"/orders/{order_id}").json()["order"]
    assert (own["email"], own["shipping_address"]["address_1"], own["billing_address"]["last_name"]) == (
        JEANNE, "12 rue de la Paix", "Martin"
    )  # fmt: skip
    for answer in (paul.get(f"/orders/{order_id}"), storefront.get(f"/orders/{order_id}")):
        assert (answer.status_code, answer.json()["message"]) == (404, f"Order id not found: {order_id}")
    with unit_of_work("test") as session:
        session.execute(text('UPDATE "order" SET created_at = now()'))
    for answer in (paul.get(f"/orders/{order_id}"), storefront.get(f"/orders/{order_id}")):
        order = answer.json()["order"]
        assert (order["email"], order["shipping_address"]["address_1"]) == ("j***@example.com", "1***")


def test_the_statements_do_not_grow_with_the_orders(storefront: Storefront, jeanne: Account, variant_id: str) -> None:
    def count(query: str) -> int:
        with counted_statements() as sent:
            assert jeanne.get(f"/orders?{query}").status_code == 200
        return len(sent)

    place(storefront, variant_id, jeanne)
    jeanne.get("/orders")  # the key is known from here on
    one = (count(""), count(f"fields={STARTER}"))
    for _ in range(4):
        place(storefront, variant_id, jeanne, quantity=2)
    assert (count(""), count(f"fields={STARTER}")) == one
    assert one[1] == one[0] + 1
    assert one[0] <= 10


def test_what_became_of_the_pieces(storefront: Storefront, jeanne: Account, variant_id: str) -> None:
    """The life of an order, as far as its facts go (store-api §8)."""
    order_id = place(storefront, variant_id, jeanne, quantity=3)
    line_id = str(jeanne.get(f"/orders/{order_id}").json()["order"]["items"][0]["id"])
    for pieces, status in (
        ({"fulfilled": 1}, "partially_fulfilled"),
        ({"fulfilled": 3}, "fulfilled"),
        ({"fulfilled": 3, "shipped": 2}, "partially_shipped"),
        ({"shipped": 3}, "shipped"),
        ({"delivered": 1}, "partially_delivered"),
        ({"delivered": 3}, "delivered"),
    ):
        with unit_of_work("test") as session:
            mark_pieces(session, line_id, **pieces)
        assert jeanne.get(f"/orders/{order_id}").json()["order"]["fulfillment_status"] == status
    with unit_of_work("test") as session:
        mark_pieces(session, line_id, return_requested=1)
    order = jeanne.get(f"/orders/{order_id}").json()["order"]
    (line,) = order["items"]
    assert (line["total"], line["fulfilled_total"], line["shipped_total"], line["return_requested_total"]) == (
        1047, 1047, 1047, 349
    )  # fmt: skip
    assert (line["refundable_total"], line["refundable_total_per_unit"], line["write_off_total"]) == (698, 349, 0)
    assert (order["total"], order["summary"]["pending_difference"]) == (1051.9, 702.9)
