"""An order that exists before its payment, and Stripe's page for it, as a test handles them."""

from dataclasses import dataclass

import httpx2

from tests.shop_front import Buyer, FakeStripe, Json, read_rows


@dataclass(frozen=True)
class Opened:
    """An order with an open page."""

    order_id: str
    page_id: str
    url: str


def ask_for_order(buyer: Buyer, cart_id: str) -> httpx2.Response:
    """Make an order of a cart."""
    return buyer.post("/v1/orders", cart_id=cart_id)


def place(buyer: Buyer, quantity: int = 1, **more: str) -> str:
    """An order of so many pieces, to be paid by link; gives its id."""
    answer = ask_for_order(buyer, buyer.fill_cart(quantity, **more))
    assert answer.status_code == 200, answer.text
    return str(answer.json()["order"]["id"])


def ask_for_page(buyer: Buyer, order_id: str, **given: str) -> httpx2.Response:
    """Whoever has the link wants to pay."""
    return buyer.http.post(f"/v1/orders/{order_id}/checkout", json=given)


def open_page(buyer: Buyer, order_id: str | None = None, quantity: int = 1) -> Opened:
    """Stripe's page for an order."""
    order_id = order_id or place(buyer, quantity)
    answer = ask_for_page(buyer, order_id)
    assert answer.status_code == 200, answer.text
    shown = answer.json()
    return Opened(order_id, shown["checkout_session_id"], shown["url"])


def turn(stripe: FakeStripe, page_id: str, act: str, **given: object) -> Json:
    """What the customer (`pay`, `fail`), the bank (`settle`) or time (`expire`) does on the page."""
    return stripe.post(f"/_test/checkout_sessions/{page_id}/{act}", **given)


def show(buyer: Buyer, order_id: str) -> Json:
    """The order behind its link."""
    answer = buyer.http.get(f"/v1/orders/{order_id}")
    assert answer.status_code == 200, answer.text
    shown: Json = answer.json()["order"]
    return shown


def read_reserved() -> int:
    """Pieces that are promised to somebody now."""
    ((promised,),) = read_rows("SELECT coalesce(sum(reserved_quantity), 0) FROM stock_level")
    return int(str(promised))
