"""Every secret changes while customers log in, buy and pay, and Stripe reports: no request fails, no event is lost.

Two web processes on one socket and a worker, restarted one by one (design §4.14). What signs tokens and cookies changes
in two rounds: a process that was not restarted yet would refuse what its neighbour signs with a secret it never heard
of, so the new one is accepted everywhere first (in the place of the previous one) and used from the second round on.
"""

import signal
import socket
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import cast

import httpx2
import pytest
from fastapi.testclient import TestClient

from app.core.auth import create_jwt, find_jwt_claims
from app.core.db import unit_of_work
from app.core.settings import ROTATING, Settings
from app.stock.service import receive
from tests.api.test_brevo_webhook import told
from tests.api.test_customer_session import open_session
from tests.factories.account import Person
from tests.processes import NO_AUTHORITIES, Processes, url_of
from tests.rows import row
from tests.services import ENVIRONMENT
from tests.shop_front import Buyer, FakeBrevo, FakeStripe, Goods, change_settings, read_rows
from tests.waiting import wait_until

OLD = {name: ENVIRONMENT[name] for name in ROTATING}
OLD_KEYS = {name: ENVIRONMENT[name] for name in ("STRIPE_SECRET_KEY", "BREVO_API_KEY")}
NEW = {
    "STRIPE_WEBHOOK_SECRET": "whsec_new_one_of_the_tests",
    "JWT_SECRET": "new-jwt-secret-of-the-tests-0123456789",
    "COOKIE_SECRET": "new-cookie-secret-of-the-tests-0123456789",
    "BREVO_WEBHOOK_TOKEN": "new-brevo-webhook-token-of-the-tests-0123456789",
}
NEW_KEYS = {"STRIPE_SECRET_KEY": "sk_test_new_one_of_the_tests", "BREVO_API_KEY": "new-key-of-the-tests"}
SIGNING = ("JWT_SECRET", "COOKIE_SECRET")
LATER, LONG_AGO = "2126-01-01T00:00:00Z", "2026-01-01T00:00:00Z"
ACCOUNTS = 4
# Each of these was done at least so often while secrets changed, or the test has shown little.
SMALLEST_LOAD = {"bought": 6, "logged in": 6, "kept": 30, "reported": 10}


def accepting(current: dict[str, str], beside: dict[str, str], until: str = LATER) -> dict[str, str]:
    """The settings with which `current` is used and `beside` accepted until then."""
    previous = {f"{name}_PREVIOUS": value for name, value in beside.items()}
    ends = {f"{name}_PREVIOUS_UNTIL": until for name in beside}
    return {**current, **previous, **ends}


def only(values: dict[str, str], names: tuple[str, ...]) -> dict[str, str]:
    return {name: values[name] for name in names}


@dataclass
class Shop:
    """The processes, and their way to other settings: one after the other, the socket stays open."""

    processes: Processes
    listener: socket.socket
    web: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    def start(self) -> None:
        """Two web processes and a worker."""
        self.web = [self.processes.serve_and_wait(self.listener) for _ in range(2)]
        self.worker = self.processes.work()

    def restart_web_with(self, settings: dict[str, str]) -> None:
        """One by one, each with these settings."""
        self.processes.environment |= settings
        for place, process in enumerate(self.web):
            process.terminate()
            assert process.wait(timeout=30) == -signal.SIGTERM
            self.web[place] = self.processes.serve_and_wait(self.listener)

    def restart_worker(self) -> None:
        """It signs nothing: the keys of the vendors are what it needs."""
        self.worker.terminate()
        assert self.worker.wait(timeout=30) == 0
        self.worker = self.processes.work()


@dataclass
class Traffic:
    """Customers who go on whatever happens; what they did, and what failed."""

    url: str
    goods: Goods
    stripe: FakeStripe
    token: str
    cookie: str
    shown_by_brevo: str = OLD["BREVO_WEBHOOK_TOKEN"]
    stopped: threading.Event = field(default_factory=threading.Event)
    done: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)

    def buy(self, _turn: int) -> None:
        """A cart, a payment, its order."""
        buyer = Buyer(self.url, self.goods)
        cart_id = buyer.fill_cart()
        self.stripe.pay(buyer.open_session(cart_id).intent_id)
        assert buyer.complete(cart_id).json()["type"] == "order"
        self.done["bought"] += 1
        buyer.http.close()

    def log_in(self, turn: int) -> None:
        """A token and a session, each shown to whichever process answers."""
        with self.visit() as person:
            token = person.token(f"client{turn % ACCOUNTS}@example.com")
            cookie = open_session(person, token)
        for _ in range(4):
            with self.visit() as person:
                assert person.me(token).status_code == person.me(cookie=cookie).status_code == 200
        self.done["logged in"] += 1

    def stay(self, _turn: int) -> None:
        """What was given out before everything changed."""
        with self.visit() as person:
            assert person.me(self.token).status_code == person.me(cookie=self.cookie).status_code == 200
        self.done["kept"] += 1

    def report(self, turn: int) -> None:
        """Brevo tells of a mail, showing the token that it was given."""
        event = told("delivered", **{"message-id": f"<{turn}@smtp-relay.mailin.fr>"})
        with self.visit() as person:
            shown = {"Authorization": f"Bearer {self.shown_by_brevo}"}
            assert person.http.post("/brevo/webhook", json=event, headers=shown).status_code == 200
        self.done["reported"] += 1

    @contextmanager
    def visit(self) -> Iterator[Person]:
        """On a connection of its own."""
        with httpx2.Client(base_url=self.url, timeout=30, verify=NO_AUTHORITIES) as http:
            yield Person(http, self.goods.headers)

    def go_on(self, act: Callable[[int], None], pause_seconds: float) -> None:
        """Until everybody stops."""
        turn = 0
        while not self.stopped.wait(pause_seconds):
            turn += 1
            try:
                act(turn)
            except (AssertionError, httpx2.HTTPError) as failure:
                self.failures.append(f"{act.__name__}: {type(failure).__name__} {str(failure)[:300]}")

    @contextmanager
    def running(self) -> Iterator[None]:
        """While the block runs, and a little longer: until the last settings have been used by everybody."""
        acts = ((self.buy, 0.2), (self.log_in, 1.2), (self.stay, 0.1), (self.report, 0.3))
        with ThreadPoolExecutor(len(acts)) as pool:
            going = [pool.submit(self.go_on, act, pause) for act, pause in acts]
            try:
                yield
                before = self.done.copy()
                wait_until(lambda: all(self.done[name] > before[name] for name in SMALLEST_LOAD), 60, "traffic")
            finally:
                self.stopped.set()
            for each in going:
                each.result()


@row("S3-030", "S4-007")
def test_every_secret_changes_under_traffic_and_nobody_notices(
    processes: Processes,
    web_socket: socket.socket,
    goods: Goods,
    vendors: tuple[FakeStripe, FakeBrevo],
    client: TestClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with unit_of_work("test") as session:
        receive(session, goods.variant_id, 10_000, "test")
    tell_keys(vendors, "accepted", OLD_KEYS)
    processes.environment["RATE_LIMIT_WEBHOOK_MAX"] = "100000"
    shop = Shop(processes, web_socket)
    shop.start()
    traffic = come_in(url_of(web_socket), goods, vendors[0])
    with traffic.running():
        change_every_secret(shop, traffic, vendors)

    sys.stdout.write(f"every secret changed under {dict(traffic.done)}, {len(traffic.failures)} failures\n")
    assert traffic.failures == []
    assert all(traffic.done[name] >= least for name, least in SMALLEST_LOAD.items()), traffic.done
    check_nothing_is_lost(traffic.url, *vendors, traffic.done["bought"])
    with traffic.visit() as person:
        new_token = person.token("client0@example.com")
        new_cookie = open_session(person, new_token)
    person = Person(client, goods.headers)
    for until, status in ((LATER, 200), (LONG_AGO, 401)):
        change_settings(monkeypatch, **accepting(NEW, OLD, until))
        assert person.me(traffic.token).status_code == person.me(cookie=traffic.cookie).status_code == status
        assert person.me(new_token).status_code == person.me(cookie=new_cookie).status_code == 200


def tell_keys(vendors: tuple[FakeStripe, FakeBrevo], what: str, keys: dict[str, str]) -> None:
    """Accept or revoke the key of our calls, at each vendor."""
    for vendor, name in zip(vendors, ("STRIPE_SECRET_KEY", "BREVO_API_KEY"), strict=True):
        vendor.post("/_test/keys", **{what: [keys[name]]})


def come_in(url: str, goods: Goods, stripe: FakeStripe) -> Traffic:
    """Everybody signs up; one token and one cookie are kept from here on."""
    with httpx2.Client(base_url=url, timeout=30, verify=NO_AUTHORITIES) as http:
        person = Person(http, goods.headers)
        tokens = [person.sign_up(f"client{number}@example.com") for number in range(ACCOUNTS)]
        return Traffic(url, goods, stripe, tokens[0], open_session(person, tokens[0]))


def change_every_secret(shop: Shop, traffic: Traffic, vendors: tuple[FakeStripe, FakeBrevo]) -> None:
    """As an operator does it."""
    # At the vendors first: the new key is good beside the old one, and Stripe signs with both secrets.
    tell_keys(vendors, "accepted", NEW_KEYS)
    vendors[0].post("/_test/webhook_endpoints/we_given/roll", secret=NEW["STRIPE_WEBHOOK_SECRET"])
    heard = accepting(only(OLD, SIGNING), only(NEW, SIGNING))
    shop.restart_web_with(NEW_KEYS | accepting(NEW, OLD) | heard)
    traffic.shown_by_brevo = NEW["BREVO_WEBHOOK_TOKEN"]  # every process knows it: now Brevo may be told
    shop.restart_web_with(accepting(NEW, OLD))
    shop.restart_worker()
    # The last process that knew the old keys is gone.
    tell_keys(vendors, "revoked", OLD_KEYS)


def check_nothing_is_lost(url: str, stripe: FakeStripe, brevo: FakeBrevo, bought: int) -> None:
    stripe.wait_until_delivered()
    assert [each for each in stripe.get("/_test/deliveries") if len(cast(list[object], each["tries"])) != 1] == []
    idle = httpx2.get(f"{url}/_test/jobs/idle?timeout_seconds=60", timeout=90).json()
    assert idle == {"is_idle": True, "left": []}
    assert read_rows("SELECT state, count(*) FROM payment_event GROUP BY 1") == [("processed", bought)]
    assert read_rows('SELECT count(*) FROM "order"') == [(bought,)]
    assert read_rows("SELECT status, count(*) FROM procrastinate_jobs WHERE status <> 'succeeded' GROUP BY 1") == []
    assert len([mail for mail in brevo.mails() if "commande" in str(mail["subject"])]) == bought


def test_control_in_one_round_a_neighbour_refuses_what_it_never_heard_of(settings: Settings) -> None:
    def with_secrets(current: str, beside: str | None = None) -> Settings:
        given = {"JWT_SECRET": current, "JWT_SECRET_PREVIOUS": beside, "JWT_SECRET_PREVIOUS_UNTIL": LATER}
        values = {name.lower(): value for name, value in given.items() if beside or name == "JWT_SECRET"}
        return Settings.model_validate({**settings.model_dump(), **values})

    old, new = OLD["JWT_SECRET"], NEW["JWT_SECRET"]
    token = create_jwt(with_secrets(new, old), {"actor_id": "cus_1"}, timedelta(hours=1))
    assert find_jwt_claims(with_secrets(old), token) is None
    assert find_jwt_claims(with_secrets(old, new), token) is not None
