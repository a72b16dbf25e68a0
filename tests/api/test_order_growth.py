"""Thousands of customers, carts and orders: whatever buys or shows what was bought finds its rows by an index."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import psycopg
import pytest
from sqlalchemy import text

from app.core.auth import hash_token
from app.core.db import get_engine, unit_of_work
from app.core.ids import new_id
from bench.copies import copy
from bench.purchase import Goods
from bench.shop import MEMBER, Shop, Size, customer_template, order_template
from tests.factories.account import PASSWORD, Person
from tests.factories.orders import ADDRESS, make_order, mark_pieces
from tests.factories.promotions import make_promotion
from tests.factories.shipping import make_shipping_option
from tests.factories.storefront import Storefront
from tests.plans import explained, read_sequentially
from tests.shop_front import read_rows

SIZE = Size(products=1, orders=4_000, customers=2_000)
GROWING_ROWS = 1_500
GROWN = "SELECT relname FROM pg_class WHERE relkind = 'r' AND reltuples > :rows"
TOKEN = "le mot du courriel"
NONE: frozenset[str] = frozenset()
Call = Callable[[], object]


@dataclass(frozen=True)
class GrownShop:
    """A storefront and a member of a shop that has sold for years."""

    storefront: Storefront
    person: Person
    token: str
    variant_id: str
    option_id: str
    way_back_id: str
    order_id: str
    line_id: str
    growing: frozenset[str]

    def post(self, path: str, body: object = None, token: str | None = None) -> dict[str, object]:
        """POST as the member, or with another token; what the answer holds."""
        answer = self.person.post(path, body, token or self.token)
        assert answer.status_code in (200, 201), (path, answer.text)
        found: dict[str, object] = answer.json() if answer.text.startswith("{") else {}
        return found

    def get(self, path: str) -> None:
        """GET as the member."""
        answer = self.person.get(path, self.token)
        assert answer.status_code == 200, (path, answer.text)

    def find_scans(self, call: Call) -> set[str]:
        """The growing tables that a call goes through from end to end."""
        with explained() as plans:
            call()
        assert plans
        return read_sequentially(plans) & self.growing


@pytest.fixture
def grown(storefront: Storefront, person: Person, environment: dict[str, str]) -> GrownShop:
    """One order of a member, then thousands of copies with all that hangs on them; statistics are fresh."""
    token = person.sign_up(MEMBER)
    person.post("/store/customers/me/addresses", dict(ADDRESS), token)
    variant = storefront.product(stock=1_000).variants[0].id
    option = storefront.shipping_option().id
    customer_id = str(person.me(token).json()["customer"]["id"])
    with unit_of_work("test") as session:
        back = make_shipping_option(session, storefront.shop.region.id, code="retour", is_return=True)
        order = make_order(session, storefront.shop, (variant, 2), option_id=option, email=MEMBER)
        order.customer_id = customer_id
        mark_pieces(session, order.lines[0].id, fulfilled=2, shipped=2, delivered=2)
        make_promotion(session, "DIX")
        shop = GrownShop(storefront, person, token, variant, option, back.id, order.id, order.lines[0].id, frozenset())
    multiply(shop, environment["DATABASE_URL"].replace("postgresql+psycopg://", "postgresql://"))
    with get_engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
        growing = frozenset(connection.scalars(text(GROWN), {"rows": GROWING_ROWS}))
    return replace(shop, growing=growing)


def multiply(shop: GrownShop, address: str) -> None:
    """As the bench does it."""
    goods = Goods(shop.storefront.shop.region.id, shop.option_id, (shop.variant_id,))
    sold = Shop("", goods, shop.order_id, "", {}, "")
    with psycopg.connect(address) as connection:
        copy(connection, customer_template(), 1, SIZE.customers)
        copy(connection, order_template(sold, SIZE), 1, SIZE.orders)
        connection.execute('UPDATE order_number SET last_number = (SELECT max(display_id) FROM "order")')


def buying(grown: GrownShop) -> dict[str, Call]:
    """From an empty cart to an order, step by step: each call needs the one before."""
    cart: dict[str, object] = {}
    session = {"provider_id": "pp_system_default"}
    item = {"variant_id": grown.variant_id, "quantity": 1}
    address = {"email": MEMBER, "shipping_address": ADDRESS, "billing_address": ADDRESS}

    def create() -> None:
        cart.update(grown.post("/store/carts", {"items": [item]})["cart"])  # type: ignore[call-overload]

    def owe() -> None:
        collection = grown.post("/store/payment-collections", {"cart_id": cart["id"]})["payment_collection"]
        cart["owed"] = collection["id"]  # type: ignore[index]

    def at_cart(end: str, body: object = None) -> Call:
        return lambda: grown.post(f"/store/carts/{cart['id']}{end}", body)

    return {
        "create a cart": create,
        "read it": lambda: grown.get(f"/store/carts/{cart['id']}"),
        "add a line": at_cart("/line-items", item),
        "say where to": at_cart("", address),
        "make it one's own": at_cart("/customer"),
        "a code": at_cart("/promotions", {"promo_codes": ["DIX"]}),
        "ways to send": lambda: grown.get(f"/store/shipping-options?cart_id={cart['id']}"),
        "choose one": at_cart("/shipping-methods", {"option_id": grown.option_id}),
        "what is owed": owe,
        "an attempt to pay": lambda: grown.post(f"/store/payment-collections/{cart['owed']}/payment-sessions", session),
        "complete it": at_cart("/complete"),
    }


def coming_back(grown: GrownShop) -> dict[str, Call]:
    """What customers ask later, and how they come in."""
    body = {
        "order_id": grown.order_id,
        "items": [{"id": grown.line_id, "quantity": 1}],
        "return_shipping": {"option_id": grown.way_back_id},
    }
    login = {"email": MEMBER, "password": PASSWORD}
    return {
        "an order": lambda: grown.get(f"/store/orders/{grown.order_id}"),
        "one's orders": lambda: grown.get("/store/orders?limit=10&order=-created_at"),
        "a return": lambda: grown.post("/store/returns", body),
        "asking for an order": lambda: ask_for_a_guests_order(grown),
        "who am I": lambda: grown.get("/store/customers/me"),
        "address book": lambda: grown.get("/store/customers/me/addresses"),
        "another address": lambda: grown.post("/store/customers/me/addresses", dict(ADDRESS)),
        "log in": lambda: grown.post("/auth/customer/emailpass", login),
        "forget a password": lambda: grown.post("/auth/customer/emailpass/reset-password", {"identifier": MEMBER}),
        "choose a password": lambda: choose_a_password(grown),
        "sign up": lambda: grown.person.sign_up("nouvelle@example.com"),
    }


def ask_for_a_guests_order(grown: GrownShop) -> None:
    with unit_of_work("test") as session:
        order = make_order(
            session, grown.storefront.shop, (grown.variant_id, 1), option_id=grown.option_id, email="paul@example.com"
        )
    grown.post(f"/store/orders/{order.id}/transfer/request", {})


def choose_a_password(grown: GrownShop) -> None:
    with unit_of_work("test") as session:
        session.execute(
            text(
                "INSERT INTO password_reset (id, identity_id, token_hash, expires_at)"
                " SELECT :id, id, :hash, now() + interval '1 hour' FROM auth_identity"
                " WHERE email = 'cliente-7@example.com'"
            ),
            {"id": new_id("pwreset"), "hash": hash_token(TOKEN)},
        )
    grown.post("/auth/customer/emailpass/update", {"password": "un autre mot de passe"}, TOKEN)


def test_nothing_that_buys_reads_a_growing_table_through(grown: GrownShop) -> None:
    assert {"order", "order_line", "cart", "cart_line", "customer", "auth_identity", "payment_session"} <= grown.growing
    for calls in (buying(grown), coming_back(grown)):
        found = {name: grown.find_scans(call) for name, call in calls.items()}
        assert found == dict.fromkeys(found, NONE)
    # The control: without its index one's own orders are looked for among all, and this test sees it.
    with unit_of_work("test") as session:
        session.execute(text("DROP INDEX ix_order_customer_id_created_at"))
    assert grown.find_scans(lambda: grown.get("/store/orders")) == {"order"}
    assert read_rows('SELECT count(*) >= 4000 FROM "order"') == [(True,)]
