"""What a purchase knows from the process itself: true from a second after the commit on, whatever the listener does."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from app.core.db import unit_of_work
from app.core.tagged_cache import get_tagged_cache
from app.main import create_app
from app.shipping.queries import find_kept_option
from tests.factories.shop import MadeShop
from tests.factories.storefront import Storefront
from tests.shop_front import ADDRESS, read_rows
from tests.waiting import wait_until

SECOND = 1.0
PATIENCE = 20.0
LISTENER = "application_name = 'comptoir-changes' AND datname = current_database()"


@pytest.fixture
def storefront(environment: dict[str, str], shop: MadeShop) -> Iterator[Storefront]:
    """Before an application that hears of changes and keeps what it reads, as a web process does."""
    with TestClient(create_app(keeps_answers=True), raise_server_exceptions=False) as client:
        wait_until(lambda: get_tagged_cache().current_since > 0, PATIENCE, "changes are heard")
        yield Storefront(client, shop)


def change(statement: str) -> None:
    """Committed, and the second that answers may take to show it has passed."""
    with unit_of_work("test") as session:
        session.execute(text(statement))
    due = time.monotonic() + SECOND
    wait_until(lambda: time.monotonic() > due, PATIENCE, "a second passes")


def fill_cart(storefront: Storefront) -> tuple[str, str]:
    """A cart that is ready to be paid, and its way to be sent, which the process keeps from now on."""
    variant, option = storefront.product().variants[0].id, storefront.shipping_option()
    cart_id = storefront.cart_id((variant, 1))
    storefront.post(f"/carts/{cart_id}", {"email": "jeanne@example.com", "shipping_address": ADDRESS})
    chosen = storefront.post(f"/carts/{cart_id}/shipping-methods", {"option_id": option.id})
    assert chosen.json()["cart"]["total"] == 353.9
    return cart_id, option.id


@pytest.mark.parametrize("is_heard", [True, False])
def test_a_purchase_is_at_todays_carriage_and_vat_whoever_keeps_them(storefront: Storefront, *, is_heard: bool) -> None:
    """Heard at once; of a listener that hangs, nothing is believed after the second."""
    cart_id, option_id = fill_cart(storefront)
    wait_until(lambda: is_kept(storefront, cart_id, option_id), PATIENCE, "the way to send is kept")
    with ExitStack() as stack:
        for (pid,) in [] if is_heard else read_rows(f"SELECT pid FROM pg_stat_activity WHERE {LISTENER}"):  # noqa: S608
            stack.callback(os.kill, int(str(pid)), signal.SIGCONT)
            os.kill(int(str(pid)), signal.SIGSTOP)
        change("UPDATE shipping_option SET amount_cents = 290; UPDATE tax_rate SET rate = 10")
        collection = storefront.post("/payment-collections", {"cart_id": cart_id}).json()["payment_collection"]
        sessions = f"/payment-collections/{collection['id']}/payment-sessions"
        opened = storefront.post(sessions, {"provider_id": "pp_system_default"}).json()["payment_collection"]
        order = storefront.post(f"/carts/{cart_id}/complete").json()["order"]
    assert (opened["amount"], order["total"], order["shipping_total"]) == (351.9, 351.9, 2.9)
    assert order["tax_total"] == 31.99
    assert read_rows("SELECT DISTINCT tax_rate::int FROM order_line") == [(10,)]


def is_kept(storefront: Storefront, cart_id: str, option_id: str) -> bool:
    """Whether reading the ways to send leaves this one in the process."""
    storefront.post(f"/shipping-options/{option_id}/calculate", {"cart_id": cart_id})
    return get_tagged_cache().get((find_kept_option, option_id), tuple) is not None


def test_without_the_trigger_the_old_carriage_would_stay(storefront: Storefront) -> None:
    """The control: what is kept is what a purchase reads."""
    cart_id, option_id = fill_cart(storefront)
    wait_until(lambda: is_kept(storefront, cart_id, option_id), PATIENCE, "the way to send is kept")
    change("ALTER TABLE shipping_option DISABLE TRIGGER tell_update; UPDATE shipping_option SET amount_cents = 290")
    cart = storefront.post(f"/carts/{cart_id}", {"locale": "fr"}).json()["cart"]
    assert cart["total"] == 353.9
    get_tagged_cache().forget_all()
    cart = storefront.post(f"/carts/{cart_id}", {"locale": "fr"}).json()["cart"]
    assert cart["total"] == 351.9
