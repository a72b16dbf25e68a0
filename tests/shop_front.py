"""A shop one can buy in: the two fake vendors over HTTP, the application on a real address, a storefront's calls.

The application runs in a thread of the test process: quick, and its clock, settings and database are the test's. What
must be killed runs as processes instead (tests/api/test_kill.py).
"""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx2
import pytest
import uvicorn
from fastapi import FastAPI
from sqlalchemy import text

from app.core.db import unit_of_work
from app.core.settings import get_settings
from app.dev.fake_brevo.app import create_app as create_fake_brevo
from app.dev.fake_stripe.app import GivenEndpoint
from app.dev.fake_stripe.app import create_app as create_fake_stripe
from app.dev.loopback import Served, start_serving
from app.payments.event_types import HANDLED_EVENT_TYPES
from tests.factories.catalogue import make_product
from tests.factories.shipping import make_shipping_option
from tests.factories.shop import make_shop
from tests.processes import NO_AUTHORITIES, shared_socket, url_of, wait_until_serving
from tests.services import ENVIRONMENT
from tests.waiting import wait_until

Json = dict[str, object]
Observer = Callable[[str], None]
WEBHOOK_SECRET = ENVIRONMENT["STRIPE_WEBHOOK_SECRET"]
# A second try soon, then patience: what a test kills comes back within that time.
RETRY_SECONDS = (0.2, 0.5, 1.0, 2.0, *(4.0,) * 30)
ADDRESS = {
    "first_name": "Jeanne",
    "last_name": "Martin",
    "address_1": "12 rue de la Paix",
    "address_2": "",
    "city": "Paris",
    "postal_code": "75002",
    "country_code": "fr",
    "phone": "+33 1 99 00 12 34",
}


@dataclass
class Vendor:
    """A fake vendor as a test sees it."""

    url: str
    observers: list[Observer] = field(default_factory=list)

    def observe(self, operation: str) -> None:
        """Called by the fake during each of its calls, before it answers."""
        for observer in list(self.observers):
            observer(operation)

    def get(self, path: str) -> list[Json]:
        """What one of the controls lists."""
        answer = httpx2.get(f"{self.url}{path}", timeout=10, verify=NO_AUTHORITIES)
        assert answer.status_code == 200, answer.text
        found: list[Json] = answer.json()
        return found

    def post(self, path: str, **given: object) -> Json:
        """Turn one of the controls."""
        answer = httpx2.post(f"{self.url}{path}", json=given, timeout=10, verify=NO_AUTHORITIES)
        assert answer.status_code == 200, answer.text
        turned: Json = answer.json()
        return turned

    def break_down(self, operation: str, kind: str, **more: object) -> None:
        """Have calls of this operation go wrong."""
        assert httpx2.post(
            f"{self.url}/_test/faults",
            json={"operation": operation, "kind": kind, **more},
            timeout=10,
            verify=NO_AUTHORITIES,
        ).is_success

    def recover(self) -> None:
        """Forget the faults that were not played yet."""
        assert httpx2.delete(f"{self.url}/_test/faults", timeout=10, verify=NO_AUTHORITIES).is_success

    def calls(self, operation: str) -> list[Json]:
        """The calls of one operation, oldest first."""
        return [call for call in self.get("/_test/requests") if call["operation"] == operation]


class FakeStripe(Vendor):
    """What a customer and a bank do."""

    def pay(self, intent_id: str, *, deliver: bool = True) -> Json:
        """The customer pays; the webhook leaves unless told otherwise."""
        return self.post(f"/_test/payment_intents/{intent_id}/confirm", deliver=deliver)

    def fail(self, intent_id: str, *, deliver: bool = True) -> Json:
        """The bank says no."""
        return self.post(f"/_test/payment_intents/{intent_id}/fail", deliver=deliver)

    def ask_customer(self, intent_id: str) -> None:
        """The bank wants to see its customer (3-D Secure); the browser confirmed with such a card."""
        given = {"payment_method": "pm_card_authenticationRequired", "return_url": "https://shop.example.com"}
        headers = {"Authorization": f"Bearer {ENVIRONMENT['STRIPE_SECRET_KEY']}"}
        path = f"{self.url}/v1/payment_intents/{intent_id}/confirm"
        assert httpx2.post(path, data=given, headers=headers, timeout=10, verify=NO_AUTHORITIES).status_code == 200

    def find_delivery(self, event_type: str) -> Json | None:
        """The newest delivery of such an event that was acknowledged."""
        answered = [each for each in self.get("/_test/deliveries") if each["state"] == "done"]
        return next((each for each in reversed(answered) if self.type_of(str(each["event"])) == event_type), None)

    def type_of(self, event_id: str) -> str:
        """What happened, by the id of the event."""
        return str(self.read_event(event_id)["type"])

    def read_event(self, event_id: str) -> Json:
        """The event as the API gives it."""
        return self.read_object(f"events/{event_id}")

    def read_object(self, path: str) -> Json:
        """Any object as the API gives it, by its path below `/v1`."""
        headers = {"Authorization": f"Bearer {ENVIRONMENT['STRIPE_SECRET_KEY']}"}
        answer = httpx2.get(f"{self.url}/v1/{path}", headers=headers, timeout=10, verify=NO_AUTHORITIES)
        assert answer.status_code == 200, answer.text
        found: Json = answer.json()
        return found

    def is_everything_delivered(self) -> bool:
        """Whether every event that left was acknowledged."""
        return all(each["state"] == "done" for each in self.get("/_test/deliveries"))

    def wait_until_delivered(self) -> None:
        """Until every event that left was acknowledged."""
        wait_until(self.is_everything_delivered, 30, "webhooks arrive")


class FakeBrevo(Vendor):
    """What was mailed."""

    def mails(self) -> list[Json]:
        """The accepted mails, oldest first."""
        return self.get("/_test/messages")


@dataclass(frozen=True)
class Goods:
    """What a test needs to know of the shop."""

    headers: dict[str, str]
    region_id: str
    variant_id: str
    shipping_option_id: str


@dataclass(frozen=True)
class Attempt:
    """An opened payment session."""

    collection_id: str
    session_id: str
    intent_id: str


class Buyer:
    """The calls of a buyer's storefront, in the order a purchase makes them."""

    def __init__(self, url: str, goods: Goods, trust: ssl.SSLContext | None = None) -> None:
        self.goods = goods
        self.http = httpx2.Client(base_url=url, headers=goods.headers, timeout=30, verify=trust or NO_AUTHORITIES)

    def post(self, path: str, **given: object) -> httpx2.Response:
        """Any call."""
        return self.http.post(path, json=given)

    def fill_cart(self, quantity: int = 1, *, email: str = "jeanne@example.com", locale: str | None = None) -> str:
        """A cart with pieces, e-mail, address and a way to send; gives its id."""
        item = {"variant_id": self.goods.variant_id, "quantity": quantity}
        given = {"region_id": self.goods.region_id, "email": email, "items": [item], "shipping_address": ADDRESS}
        made = self.post("/store/carts", **given, **({"locale": locale} if locale else {}))
        assert made.status_code == 200, made.text
        cart_id = str(made.json()["cart"]["id"])
        chosen = self.post(f"/store/carts/{cart_id}/shipping-methods", option_id=self.goods.shipping_option_id)
        assert chosen.status_code == 200, chosen.text
        return cart_id

    def open_collection(self, cart_id: str) -> str:
        """What the cart owes; gives its id."""
        made = self.post("/store/payment-collections", cart_id=cart_id)
        assert made.status_code == 200, made.text
        return str(made.json()["payment_collection"]["id"])

    def ask_for_session(self, collection_id: str, provider_id: str = "pp_stripe_stripe") -> httpx2.Response:
        """Open an attempt to pay."""
        return self.post(f"/store/payment-collections/{collection_id}/payment-sessions", provider_id=provider_id)

    def open_session(self, cart_id: str) -> Attempt:
        """The payment collection and a card session of it."""
        collection_id = self.open_collection(cart_id)
        answer = self.ask_for_session(collection_id)
        assert answer.status_code == 200, answer.text
        session = answer.json()["payment_collection"]["payment_sessions"][0]
        return Attempt(collection_id, session["id"], session["data"]["id"])

    def complete(self, cart_id: str) -> httpx2.Response:
        """As the SDK does it: no body at all, and a JSON content type."""
        return self.http.post(f"/store/carts/{cart_id}/complete", headers={"content-type": "application/json"})

    def show_order(self, order_id: str) -> httpx2.Response:
        """The confirmation page."""
        return self.http.get(f"/store/orders/{order_id}")


def start_in_thread(app: FastAPI, listener: socket.socket) -> Served:
    """Serve the application on a socket from now on; the caller ends it."""
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, ws="none"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    wait_until_serving(url_of(listener))
    return Served(url_of(listener), server, thread)


@contextmanager
def serving_in_thread(app: FastAPI, listener: socket.socket) -> Iterator[str]:
    """Serve the application on a socket while the block runs; gives the address."""
    served = start_in_thread(app, listener)
    try:
        yield served.url
    finally:
        served.end()
        served.wait()


def change_settings(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    """Other settings for this process, from its next look at them on."""
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    get_settings.cache_clear()


@pytest.fixture
def web_socket() -> Iterator[socket.socket]:
    """Where the application will listen; the fake Stripe knows it from its start."""
    with shared_socket() as listener:
        yield listener


@pytest.fixture
def served(environment: dict[str, str]) -> Iterator[list[Served]]:
    """What the test's process serves; ended together, since ending is mostly waiting."""
    started: list[Served] = []
    yield started
    for each in started:
        each.end()
    for each in started:
        each.wait()


@pytest.fixture
def vendors(
    environment: dict[str, str], served: list[Served], web_socket: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> tuple[FakeStripe, FakeBrevo]:
    """Both fakes, and the settings that lead to them."""
    stripe, brevo = FakeStripe(""), FakeBrevo("")
    given = GivenEndpoint(f"{url_of(web_socket)}/stripe/webhook", WEBHOOK_SECRET, tuple(sorted(HANDLED_EVENT_TYPES)))
    fake_stripe = create_fake_stripe(given=given, observer=stripe.observe, retry_seconds=RETRY_SECONDS)
    for vendor, app in ((stripe, fake_stripe), (brevo, create_fake_brevo(observer=brevo.observe))):
        served.append(start_serving(app))
        vendor.url = served[-1].url
    addresses = {"STRIPE_API_BASE": stripe.url, "BREVO_API_BASE": brevo.url}
    environment |= addresses
    change_settings(monkeypatch, **addresses)
    return stripe, brevo


@pytest.fixture
def fake_stripe(vendors: tuple[FakeStripe, FakeBrevo]) -> FakeStripe:
    """The fake Stripe; its webhooks go to the application."""
    return vendors[0]


@pytest.fixture
def fake_brevo(vendors: tuple[FakeStripe, FakeBrevo]) -> FakeBrevo:
    """The fake Brevo."""
    return vendors[1]


@pytest.fixture
def goods(environment: dict[str, str]) -> Goods:
    """A shop in France with one product at 349,00 €, ten pieces of it, and a delivery at 4,90 €."""
    with unit_of_work("test") as session:
        shop = make_shop(session)
        product = make_product(session, shop.channel.id)
        option = make_shipping_option(session, shop.region.id)
        return Goods(shop.headers, shop.region.id, product.variants[0].id, option.id)


@pytest.fixture
def buyer(
    app: FastAPI,
    vendors: tuple[FakeStripe, FakeBrevo],
    served: list[Served],
    goods: Goods,
    web_socket: socket.socket,
) -> Iterator[Buyer]:
    """Somebody before the running application."""
    served.append(start_in_thread(app, web_socket))
    buyer = Buyer(served[-1].url, goods)
    yield buyer
    buyer.http.close()


def read_state() -> dict[str, int]:
    """What a refused action must leave as it was: rows of money, stock, orders, mails, and jobs asked for."""
    counts = {
        "orders": 'SELECT count(*) FROM "order"',
        "payments": "SELECT count(*) FROM payment",
        "refunds": "SELECT count(*) FROM refund",
        "stock": "SELECT sum(stocked_quantity) FROM stock_level",
        "movements": "SELECT count(*) FROM stock_movement",
        "mails": "SELECT count(*) FROM message",
        "jobs": "SELECT count(*) FROM procrastinate_jobs",
        "events": "SELECT count(*) FROM payment_event",
        "completed_carts": "SELECT count(*) FROM cart WHERE completed_at IS NOT NULL",
    }
    with unit_of_work("test") as session:
        return {name: int(session.scalar(text(query)) or 0) for name, query in counts.items()}


def read_rows(query: str, **values: object) -> list[tuple[object, ...]]:
    """Rows of the database, as plain tuples."""
    with unit_of_work("test") as session:
        return [tuple(row) for row in session.execute(text(query), values)]
