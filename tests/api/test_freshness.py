"""What changed is seen within a second, through nginx and two web processes, by clients that never stop reading."""

import os
import signal
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial

import httpx2
import pytest
from sqlalchemy import text

from app.core.db import unit_of_work
from app.pricing.service import set_price
from app.shop.models import PublishableKey
from app.shop.service import mark_key_revoked
from tests.factories.catalogue import make_product
from tests.factories.shop import MadeShop
from tests.nginx_front import Front
from tests.processes import Processes
from tests.rows import row
from tests.waiting import wait_until

SECOND = 1.0
# How long after the promise the readers go on, and how long a control waits for nothing to happen.
LONGER = 0.5
PATIENCE = 20.0
FIELDS = "id,handle,status,*variants.calculated_price,+variants.inventory_quantity"


@dataclass(frozen=True)
class Read:
    """One answer: when it was asked for, and what it showed."""

    started: float
    status: int
    shown: object


def look(answer: httpx2.Response) -> object:
    """Price and pieces of each product shown, or the code of a refusal."""
    if answer.status_code != 200:
        return answer.json()["code"]
    return [
        (variant["calculated_price"]["calculated_amount"], variant["inventory_quantity"])
        for product in answer.json()["products"]
        for variant in product["variants"]
    ]


@dataclass
class Reader:
    """Reads one address again and again over one kept connection."""

    url: str
    params: dict[str, str]
    headers: dict[str, str]
    reads: list[Read] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Until it is told to stop."""
        with httpx2.Client(verify=unverified(), timeout=10) as client:
            while not self.stopping.is_set():
                started = time.monotonic()
                answer = client.get(self.url, params=self.params, headers=self.headers)
                self.reads.append(Read(started, answer.status_code, look(answer)))

    def has_started_after(self, instant: float) -> bool:
        """Whether an answer is there that was asked for later than this."""
        return bool(self.reads) and self.reads[-1].started > instant


def unverified() -> ssl.SSLContext:
    """The front's certificate is of this minute and signed by nobody."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


@dataclass
class Scene:
    """A shop with one product, and its readers."""

    shop: MadeShop
    product_id: str
    variant_id: str
    readers: list[Reader]

    def change(self, act: Callable[[], None], shown: object) -> None:
        """What every reader is shown from a second after the commit on; nothing else, nothing later."""
        act()
        due = time.monotonic() + SECOND
        for reader in self.readers:
            wait_until(partial(reader.has_started_after, due + LONGER), PATIENCE, "the readers read on")
            late = [read for read in list(reader.reads) if read.started > due]
            assert late
            assert [read for read in late if read.shown != shown] == []

    def execute(self, statement: str) -> Callable[[], None]:
        """A change by SQL, committed when it is called."""

        def act() -> None:
            with unit_of_work("test") as session:
                session.execute(text(statement), {"product": self.product_id, "variant": self.variant_id})

        return act

    def price(self, amount_cents: int) -> Callable[[], None]:
        """A change of the price."""

        def act() -> None:
            with unit_of_work("test") as session:
                set_price(session, self.variant_id, "eur", amount_cents)

        return act


@pytest.fixture
def scene(shop: MadeShop, front: Front) -> Iterator[Scene]:
    """Two readers through nginx, of the list and of the product by its handle, and one that compresses."""
    with unit_of_work("test") as session:
        product = make_product(session, shop.channel.id, price_cents=34_900, stock=10)
    params = {"region_id": shop.region.id, "country_code": "fr", "fields": FIELDS}
    readers = [
        Reader(f"{front.url}/store/products", params, {**shop.headers, "accept-encoding": "identity"}),
        Reader(f"{front.url}/store/products", {**params, "handle": "aura"}, shop.headers),
    ]
    with reading(readers):
        yield Scene(shop, product.id, product.variants[0].id, readers)


@contextmanager
def reading(readers: list[Reader]) -> Iterator[None]:
    """Meanwhile the readers read."""
    threads = [threading.Thread(target=reader.run) for reader in readers]
    with ExitStack() as stack:
        for thread, reader in zip(threads, readers, strict=True):
            thread.start()
            stack.callback(thread.join)
            stack.callback(reader.stopping.set)
        wait_until(lambda: all(reader.reads for reader in readers), PATIENCE, "the readers read")
        yield


@row("S0-079", "S0-104")
def test_price_stock_and_status_are_seen_within_a_second(scene: Scene, processes: Processes) -> None:
    sell = "UPDATE stock_level SET stocked_quantity = :pieces WHERE variant_id = :variant"
    scene.change(scene.price(29_900), [(299, 10)])
    scene.change(scene.execute(sell.replace(":pieces", "0")), [(299, 0)])
    scene.change(scene.execute(sell.replace(":pieces", "7")), [(299, 7)])
    scene.change(scene.execute("UPDATE product SET status = 'archived' WHERE id = :product"), [])
    scene.change(scene.execute("UPDATE product SET status = 'published' WHERE id = :product"), [(299, 7)])
    answers = sum(len(reader.reads) for reader in scene.readers)
    assert {read.status for reader in scene.readers for read in reader.reads} == {200}
    # Most of them came out of nginx: what is fresh here was kept, too.
    assert processes.log().count('"route": "/store/products"') < answers / 2


def test_a_revoked_key_opens_nothing_after_a_second(scene: Scene) -> None:
    def revoke() -> None:
        with unit_of_work("test") as session:
            mark_key_revoked(session, session.get_one(PublishableKey, scene.shop.key.id))

    scene.change(revoke, "publishable_key_invalid")


def test_without_the_trigger_the_old_price_would_stay(scene: Scene) -> None:
    """The control: it is the word of the database that makes answers fresh, not some clock."""
    for table in ("price", "product"):  # a price that changes makes a new version of its product
        scene.execute(f"ALTER TABLE {table} DISABLE TRIGGER tell_update")()
    with pytest.raises(AssertionError, match="349"):
        scene.change(scene.price(29_900), [(299, 10)])


def backends() -> list[int]:
    """The processes of PostgreSQL that tell the web processes."""
    with unit_of_work("test") as session:
        ours = "application_name = 'comptoir-changes' AND datname = current_database()"
        return list(session.scalars(text(f"SELECT pid FROM pg_stat_activity WHERE {ours}")))  # noqa: S608


def test_a_lost_listener_keeps_the_promise(scene: Scene) -> None:
    """Killed before a change, again and again: what nobody hears of is not kept."""
    assert len(backends()) == 2
    for amount_cents, amount in ((29_900, 299), (28_900, 289), (27_900, 279)):
        scene.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'comptoir-changes' AND datname = current_database()"
        )()
        scene.change(scene.price(amount_cents), [(amount, 10)])
    wait_until(lambda: len(backends()) == 2, PATIENCE, "both listen again")
    scene.change(scene.price(26_900), [(269, 10)])


def test_a_listener_that_hangs_keeps_the_promise(scene: Scene) -> None:
    """The connection is there and says nothing: what was proven true ends within the second."""
    frozen = backends()
    with ExitStack() as stack:
        for pid in frozen:
            stack.callback(os.kill, pid, signal.SIGCONT)
            os.kill(pid, signal.SIGSTOP)
        scene.change(scene.price(29_900), [(299, 10)])
    scene.change(scene.price(28_900), [(289, 10)])
    assert backends() == frozen


def test_an_answer_for_one_is_never_kept_for_all(scene: Scene, front: Front) -> None:
    """Keys, origins, tokens and cookies tell requests apart; each answer has its own request id; nothing leaks."""
    params = {"region_id": scene.shop.region.id}  # without `fields`: long enough to be compressed
    with httpx2.Client(base_url=front.url, verify=unverified(), headers=scene.shop.headers) as client:
        answers = [client.get("/store/products", params=params) for _ in range(20)]
        assert len({answer.headers["x-request-id"] for answer in answers}) == 20
        assert {answer.headers["content-encoding"] for answer in answers} == {"gzip"}
        assert {answer.text for answer in answers} == {answers[0].text}
        assert all("x-accel-expires" not in answer.headers for answer in answers)
        for _ in range(3):
            ours = client.get("/store/products", params=params, headers={"origin": "http://boutique.test"})
            other = client.get("/store/products", params=params, headers={"origin": "http://elsewhere.test"})
            assert ours.headers["access-control-allow-origin"] == "http://boutique.test"
            assert "access-control-allow-origin" not in other.headers
            for refused in ({"x-publishable-api-key": "pk_unknown"}, {"x-publishable-api-key": ""}):
                assert client.get("/store/products", params=params, headers=refused).status_code == 400
        head = client.head("/store/products", params=params)
        assert (head.status_code, head.content) == (200, b"")


def test_who_shows_a_token_or_a_cookie_is_answered_afresh(front: Front, shop: MadeShop, processes: Processes) -> None:
    """Each of these reaches a web process, however often the same was just asked."""

    def count() -> int:
        return processes.log().count('"route": "/store/product-types"')

    with httpx2.Client(base_url=front.url, verify=unverified(), headers=shop.headers) as client:
        for shown in ({"authorization": "Bearer x"}, {"authorization": "0"}, {"cookie": "a=b"}, {"cookie": "0"}):
            for _ in range(5):
                assert client.get("/store/product-types", headers=shown).status_code == 200
    wait_until(lambda: count() == 20, PATIENCE, "twenty requests behind nginx")


def test_a_kept_answer_is_like_the_first(server_url: str, shop: MadeShop) -> None:
    """Behind nginx: the same body, compressed on demand from the second time on, with the headers of any answer."""
    with unit_of_work("test") as session:
        make_product(session, shop.channel.id, colours=("Noir", "Vert", "Rose", "Bleu"))
    headers = {**shop.headers, "origin": "http://boutique.test", "accept-encoding": "identity"}
    with httpx2.Client(base_url=server_url, headers=headers) as client:
        answers = [client.get("/store/products") for _ in range(5)]
        coded = [client.get("/store/products", headers={"accept-encoding": "br, gzip"}) for _ in range(3)]
        plain = client.get("/store/products", headers={"accept-encoding": "gzip;q=0"})
        head = client.head("/store/products/")
    assert {answer.text for answer in (*answers, *coded, plain)} == {answers[0].text}
    assert [answer.headers.get("content-encoding") for answer in (*coded, plain)] == ["gzip"] * 3 + [None]
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(len(answers[0].content)))
    for answer in (*answers, *coded):
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["access-control-allow-origin"] == "http://boutique.test"
        assert set(answer.headers["vary"].split(", ")) == {"Accept-Encoding", "X-Publishable-Api-Key", "Origin"}
        assert answer.headers["cache-control"] == "private, no-cache"
    assert len({answer.headers["x-request-id"] for answer in (*answers, *coded)}) == 8
