"""PostgreSQL is stopped under a running shop: nothing is acknowledged, and everything is done once it is back."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from app.dev.postgres import Cluster, start_cluster
from tests.processes import Processes, url_of
from tests.rows import row
from tests.services import migrate
from tests.shop_front import Buyer, FakeBrevo, FakeStripe, Goods, Json, read_rows
from tests.stripe_news import deliver, event_about, intent_of_nobody
from tests.waiting import wait_until

FOLDER, NAME = "stopped", "shop"


@pytest.fixture
def cluster(service_home: Path) -> Iterator[Cluster]:
    """A server of this test alone, with a migrated database: the other tests go on with theirs."""
    cluster = start_cluster(service_home / FOLDER)
    cluster.create_database(NAME)
    migrate(cluster.url(NAME))
    yield cluster
    cluster.stop()


@pytest.fixture
def database_url(cluster: Cluster) -> str:
    """Where everything of this file happens."""
    return cluster.url(NAME)


def list_tries(stripe: FakeStripe) -> list[Json]:
    """What each try of each delivery met."""
    return [tried for each in stripe.get("/_test/deliveries") for tried in cast(list[Json], each["tries"])]


@row("S1-014", "S1-015", "S4-022", "S4-029")
def test_an_event_is_not_acknowledged_without_its_database_and_applied_once_it_is_back(
    cluster: Cluster,
    service_home: Path,
    processes: Processes,
    web_socket: socket.socket,
    goods: Goods,
    fake_stripe: FakeStripe,
    fake_brevo: FakeBrevo,
) -> None:
    processes.serve_and_wait(web_socket)
    processes.work()
    buyer = Buyer(url_of(web_socket), goods)
    cart_id = buyer.fill_cart()
    attempt = buyer.open_session(cart_id)

    cluster.stop()
    fake_stripe.pay(attempt.intent_id)
    wait_until(lambda: len(list_tries(fake_stripe)) >= 2, 30, "Stripe tries again")
    assert {tried["status"] for tried in list_tries(fake_stripe)} == {500}
    refused = deliver(buyer, event_about(intent_of_nobody()))
    assert (refused.status_code, refused.json()["requestId"]) == (500, refused.headers["x-request-id"])
    assert buyer.http.get("/health").status_code == 200
    without = buyer.http.get("/health/db")
    assert (without.status_code, without.json()["cause"]) == (503, "refused")
    assert buyer.http.get("/health/ready").status_code == 503

    start_cluster(service_home / FOLDER, port=cluster.port)
    fake_stripe.wait_until_delivered()
    assert read_rows("SELECT state, source, attempts FROM payment_event") == [("processed", "webhook", 1)]
    assert buyer.complete(cart_id).json()["type"] == "order"
    assert read_rows('SELECT count(*) FROM "order"') == [(1,)]
    wait_until(fake_brevo.mails, 60, "the worker finds its database again")
    assert len(fake_brevo.mails()) == 1
    buyer.http.close()
