"""A whole purchase as the storefront makes it, ten requests; and the one sale a second that runs beside everything."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from bench.wire import Client, Json, WrongAnswer, with_query

MANUAL = "pp_system_default"
STRIPE = "pp_stripe_stripe"
ADDRESS = {
    "first_name": "Jeanne",
    "last_name": "Martin",
    "address_1": "12 rue de la Paix",
    "city": "Paris",
    "postal_code": "75002",
    "country_code": "fr",
    "phone": "+33 1 99 00 12 34",
}
# What the Next.js starter asks of a cart, literally (store-api §2).
CART_FIELDS = (
    "*items, *region, *items.product, *items.variant, *items.thumbnail, *items.metadata, +items.total, *promotions, "
    "+shipping_methods.name"
)


@dataclass(frozen=True)
class Goods:
    """What a buyer needs to know of the shop."""

    region_id: str
    shipping_option_id: str
    variant_ids: Sequence[str]


def open_cart(client: Client, goods: Goods, first: str, second: str, email: str) -> str:
    """The first requests: a cart, two lines, the addresses, the ways to send, the one chosen; the cart's id."""
    cart_id = _id_of(client.post("/store/carts", {"region_id": goods.region_id}).json(), "cart")
    for variant_id in (first, second):
        client.post(f"/store/carts/{cart_id}/line-items", {"variant_id": variant_id, "quantity": 1})
    client.post(f"/store/carts/{cart_id}", {"email": email, "shipping_address": ADDRESS, "billing_address": ADDRESS})
    client.get(f"/store/shipping-options?cart_id={cart_id}")
    client.post(f"/store/carts/{cart_id}/shipping-methods", {"option_id": goods.shipping_option_id})
    return cart_id


def open_payment(client: Client, goods: Goods, cart_id: str, provider_id: str) -> Json:
    """The next three: the ways to pay, the payment collection, one attempt; the collection."""
    client.get(f"/store/payment-providers?region_id={goods.region_id}")
    collection_id = _id_of(client.post("/store/payment-collections", {"cart_id": cart_id}).json(), "payment_collection")
    path = f"/store/payment-collections/{collection_id}/payment-sessions"
    answer = client.post(path, {"provider_id": provider_id}).json()
    collection: Json = answer["payment_collection"]  # type: ignore[assignment]
    return collection


def buy(client: Client, goods: Goods, first: str, second: str, email: str = "jeanne@example.com") -> str:
    """All ten; the order's id."""
    cart_id = open_cart(client, goods, first, second, email)
    open_payment(client, goods, cart_id, MANUAL)
    answer = client.post(f"/store/carts/{cart_id}/complete").json()
    if answer.get("type") != "order":
        raise WrongAnswer(f"the purchase ended as {answer.get('type')}: {answer.get('error')}")
    return _id_of(answer, "order")


def _id_of(document: Json, key: str) -> str:
    thing = document[key]
    if not isinstance(thing, dict):
        raise WrongAnswer(f"no {key} in the answer")
    return str(thing["id"])


def cart_path(cart_id: str) -> str:
    """How the starter reads a cart."""
    return with_query(f"/store/carts/{cart_id}", fields=CART_FIELDS)


@dataclass
class Sales:
    """One purchase a second, each of a product that the measured list shows: the worst a sale can do to a cache."""

    client: Client
    goods: Goods
    shown: Sequence[str]
    done: int = 0
    is_under_way: bool = False
    failure: BaseException | None = None
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> "Sales":
        self._thread = threading.Thread(target=self._run, name="sales", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=30)
        self.client.close()

    def check(self) -> None:
        """Raises what stopped the sales: without them the figures would be others."""
        if self.failure is not None:
            raise WrongAnswer(f"the sale beside the measurement failed: {self.failure}") from self.failure

    def _run(self) -> None:
        next_at = time.monotonic()
        try:
            while not self._stop.wait(max(0.0, next_at - time.monotonic())):
                variant_id = self.shown[self.done % len(self.shown)]
                self.is_under_way = True
                buy(self.client, self.goods, variant_id, self.goods.variant_ids[-1], "acheteur@example.com")
                self.done, self.is_under_way = self.done + 1, False
                next_at = max(next_at + 1.0, time.monotonic())
        except (OSError, WrongAnswer, KeyError) as failure:
            self.failure = failure


def repeated(act: Callable[[], object], count: int) -> list[float]:
    """Do it so many times, one after the other; the milliseconds of each."""
    took = []
    for _ in range(count):
        began = time.perf_counter()
        act()
        took.append((time.perf_counter() - began) * 1000)
    return took
