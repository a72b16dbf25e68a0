"""A shop with somebody in every role and one of everything, for the tests that walk all routes."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx2
import pytest
from sqlalchemy import select, text

from app.catalogue.service import create_category
from app.core.auth import hash_password
from app.core.db import unit_of_work
from app.payments.models import Payment, Refund
from app.staff.create_key import create_secret_key
from app.staff.queries import get_by_email
from app.staff.rules import Role
from app.staff.service import accept_invitation, invite
from tests.api.judge import Rows
from tests.api.walk import Sampler, Step
from tests.api.world_back_shop import add_back_shop, add_invoice
from tests.factories.catalogue import make_product
from tests.factories.shipping import make_shipping_option
from tests.factories.shop import make_shop
from tests.shop_front import ADDRESS, FakeBrevo, FakeStripe

PASSWORD = "un long mot de passe"
OWNER, OTHER, STAFF = "jeanne@example.com", "paul@example.com", "gerante@boutique.example"
# Of the owner alone: in no answer to anybody else.
SECRET_STREET = "7 impasse du Secret"
SECRET_ADDRESS = {**ADDRESS, "address_1": SECRET_STREET}
ADMIN_ACCESS = ("staff", "staff_writing", "owner", "person")
Headers = Mapping[str, str]


@dataclass
class World:
    """Who is there, and the ids of what is there by the word before them in a path."""

    client: httpx2.Client
    key: Headers
    ids: dict[str, str] = field(default_factory=dict)
    bodies: dict[str, object] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    rows: Rows = field(default_factory=Rows)

    def headers(self, role: str) -> Headers:
        """The key, and the token of somebody."""
        return {**self.key, "authorization": f"Bearer {self.tokens[role]}"}

    def best_headers(self, step: Step) -> Headers:
        """Those that come furthest into a route."""
        return self.headers("staff" if step.access in ADMIN_ACCESS else "customer")

    def knows(self, step: Step) -> bool:
        """Whether there is something at the path."""
        return all(word in self.ids for word, _ in step.parameters)

    def renew(self) -> None:
        """Things as they were: earlier calls may have sold, emptied or completed them."""
        add_things(self)
        self.rows = Rows()

    @property
    def sampler(self) -> Sampler:
        """Writes bodies that name what is there."""
        return Sampler(self.bodies)

    def post(self, path: str, body: object = None, role: str | None = None) -> dict[str, object]:
        """A call that must succeed; gives the answer."""
        headers = self.headers(role) if role else self.key
        answer = self.client.post(path, json=body, headers=headers)
        assert answer.status_code < 300, f"{path}: {answer.text}"
        found: dict[str, object] = answer.json()
        return found


@pytest.fixture
def world(quick_client: httpx2.Client, vendors: tuple[FakeStripe, FakeBrevo]) -> World:
    """The shop, its people and their things, made through HTTP wherever there is a route."""
    with unit_of_work("test") as session:
        shop = make_shop(session)
        category = create_category(session, "Montures", "montures")
        product = make_product(session, shop.channel.id, stock=1_000, category_ids=(category.id,))
        option = make_shipping_option(session, shop.region.id)
        world = World(quick_client, shop.headers)
        world.ids |= {
            "regions": shop.region.id,
            "products": product.id,
            "product-categories": category.id,
            "product-options": product.options[0].id,
            "shipping-options": option.id,
        }
        world.bodies |= {
            "region_id": shop.region.id,
            "sales_channel_id": shop.channel.id,
            "variant_id": product.variants[0].id,
            "option_id": option.id,
        }
    world.bodies |= {"country_code": "fr", "currency_code": "eur", "email": OWNER, "password": PASSWORD}
    world.bodies |= {"provider_id": "pp_system_default", "identifier": OWNER}
    add_staff(world)
    for name, email in (("customer", OWNER), ("other", OTHER)):
        add_customer(world, name, email)
    add_address(world)
    world.ids["orders"] = place_order(world, "customer")
    add_refund(world)
    add_things(world)
    add_back_shop(world)
    add_invoice(world, place_order(world))
    return world


def add_refund(world: World) -> None:
    """The money of the order came, and somebody must say whether a euro of it goes back."""
    with unit_of_work("test") as session:
        payment = session.scalars(select(Payment)).one()
        payment.captured_at, payment.refund_committed_cents = payment.created_at, 100
        details = {"status": "awaiting_approval", "reason": "not_shipped", "amount_cents": 100}
        session.add(Refund(id="ref_of_the_world", payment_id=payment.id, currency_code="eur", **details))
        world.ids |= {"payments": payment.id, "refunds": "ref_of_the_world"}
    world.bodies["refund_reason_id"] = "not_shipped"


def add_staff(world: World) -> None:
    """One of each role, logged in (`staff` is the owner), and a program with a key."""
    people: tuple[tuple[str, str, Role], ...] = (
        ("staff", STAFF, "owner"),
        ("clerk", "vendeur@boutique.example", "staff"),
        ("reader", "lecteur@boutique.example", "readonly"),
        ("leaving", "stagiaire@boutique.example", "readonly"),
    )
    for name, email, role in people:
        with unit_of_work("test") as session:
            token = invite(session, email, role)
            assert token is not None
            accept_invitation(session, token, hash_password(PASSWORD))
        world.tokens[name] = str(world.post("/auth/user/emailpass", {"email": email, "password": PASSWORD})["token"])
    with unit_of_work("test") as session:
        world.tokens["program"] = create_secret_key(session, "Caisse", "staff").token
        world.ids["api-keys"] = create_secret_key(session, "Ancienne caisse", "staff").key.id
        invite(session, "invitee@boutique.example", "staff")
        session.flush()
        world.ids["invites"] = get_by_email(session, "invitee@boutique.example").id
        world.ids["users"] = get_by_email(session, "stagiaire@boutique.example").id


def add_customer(world: World, name: str, email: str) -> None:
    """Signed up as a storefront does it, and logged in."""
    credentials = {"email": email, "password": PASSWORD}
    world.tokens["unfinished"] = str(world.post("/auth/customer/emailpass/register", credentials)["token"])
    world.post("/store/customers", {"email": email, "first_name": name}, "unfinished")
    world.tokens[name] = str(world.post("/auth/customer/emailpass", credentials)["token"])
    unfinished = {"email": f"jamais.{email}", "password": PASSWORD}
    world.tokens["unfinished"] = str(world.post("/auth/customer/emailpass/register", unfinished)["token"])


def add_address(world: World) -> None:
    """The owner's, in the book."""
    customer = world.post("/store/customers/me/addresses", SECRET_ADDRESS, "customer")["customer"]
    assert isinstance(customer, dict)
    world.ids["addresses"] = str(customer["addresses"][0]["id"])


def add_things(world: World) -> None:
    """A cart on its way to be an order, and an address in the book."""
    world.ids["carts"] = fill_cart(world)
    with unit_of_work("test") as session:
        find = text("SELECT id FROM cart_line WHERE cart_id = :cart_id")
        world.ids["line-items"] = str(session.scalar(find, {"cart_id": world.ids["carts"]}))
    world.bodies |= {"cart_id": world.ids["carts"], "order_id": world.ids["orders"], "shipping_address": ADDRESS}
    world.ids["payment-collections"] = open_collection(world, world.ids["carts"])


def fill_cart(world: World, role: str | None = None) -> str:
    """A cart with two pieces, an address and a way to be sent."""
    item = {"variant_id": world.bodies["variant_id"], "quantity": 2}
    address = SECRET_ADDRESS if role else ADDRESS
    given = {"region_id": world.bodies["region_id"], "email": OWNER, "items": [item], "shipping_address": address}
    cart = world.post("/store/carts", given, role)["cart"]
    assert isinstance(cart, dict)
    world.post(f"/store/carts/{cart['id']}/shipping-methods", {"option_id": world.bodies["option_id"]}, role)
    return str(cart["id"])


def open_collection(world: World, cart_id: str) -> str:
    """What the cart owes."""
    collection = world.post("/store/payment-collections", {"cart_id": cart_id})["payment_collection"]
    assert isinstance(collection, dict)
    return str(collection["id"])


def place_order(world: World, role: str | None = None) -> str:
    """An order to be paid by hand."""
    cart_id = fill_cart(world, role)
    sessions = f"/store/payment-collections/{open_collection(world, cart_id)}/payment-sessions"
    world.post(sessions, {"provider_id": "pp_system_default"}, role)
    completed = world.post(f"/store/carts/{cart_id}/complete", role=role)
    assert completed["type"] == "order", completed
    order = completed["order"]
    assert isinstance(order, dict)
    return str(order["id"])
