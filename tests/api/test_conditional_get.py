"""What a browser has already is not sent again: the name of a catalogue answer, and 304 for whoever says it."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import httpx2
import pytest
from fastapi.testclient import TestClient

from app.core.db import unit_of_work
from app.pricing.service import set_price
from tests.api.test_freshness import PATIENCE, SECOND, unverified
from tests.factories.catalogue import make_product
from tests.factories.shop import MadeShop
from tests.nginx_front import Front
from tests.waiting import wait_until

ORIGIN = "http://boutique.test"
ELSEWHERE = "http://elsewhere.test"
Get = Callable[..., httpx2.Response]


@dataclass(frozen=True)
class Shelf:
    """A product, and how its price is asked for."""

    variant_id: str
    params: dict[str, str]

    def price(self, amount_cents: int) -> None:
        """Another price, committed."""
        with unit_of_work("test") as session:
            set_price(session, self.variant_id, "eur", amount_cents)


@pytest.fixture
def shelf(shop: MadeShop) -> Shelf:
    """Long enough to be compressed."""
    with unit_of_work("test") as session:
        product = make_product(session, shop.channel.id, colours=("Noir", "Vert", "Rose", "Bleu"))
        params = {"region_id": shop.region.id, "country_code": "fr"}
        return Shelf(product.variants[0].id, params)


def check_same(given: httpx2.Response, first: httpx2.Response) -> None:
    """304: no body, nothing about one, and every header that a browser and a cache go by."""
    assert (given.status_code, given.content) == (304, b"")
    assert not {"content-type", "content-encoding", "content-length"} & given.headers.keys()
    assert given.headers["etag"] == first.headers["etag"]
    for each in (given, first):
        assert each.headers["access-control-allow-origin"] == ORIGIN
        assert each.headers["access-control-allow-credentials"] == "true"
        assert set(each.headers["vary"].split(", ")) == {"Accept-Encoding", "X-Publishable-Api-Key", "Origin"}
        assert each.headers["cache-control"] == "private, no-cache"
    assert given.headers["x-request-id"]


def asking(client: httpx2.Client, shop: MadeShop, shelf: Shelf) -> Get:
    """A call of the browser, with the name that it has."""

    def get(etag: str | None = None, origin: str = ORIGIN) -> httpx2.Response:
        named = {} if etag is None else {"if-none-match": etag}
        params = {**shelf.params, "fields": "id,*variants,*variants.calculated_price"}
        return client.get("/store/products", params=params, headers={**shop.headers, "origin": origin, **named})

    return get


def check_change_is_seen(get: Get, shelf: Shelf, etag: str) -> str:
    """A second after a change the old name is no answer's any more; gives the new one."""
    shelf.price(29_900)
    due = time.monotonic() + SECOND
    wait_until(lambda: time.monotonic() > due, PATIENCE, "the promise is due")
    changed = get(etag)
    assert (changed.status_code, changed.headers["etag"] == etag) == (200, False)
    assert changed.json()["products"][0]["variants"][0]["calculated_price"]["calculated_amount"] == 299
    return changed.headers["etag"]


@pytest.mark.parametrize("coding", ["identity", "gzip"])
def test_a_browser_is_told_that_it_has_the_answer(server_url: str, shop: MadeShop, shelf: Shelf, coding: str) -> None:
    with httpx2.Client(base_url=server_url, headers={"accept-encoding": coding}) as client:
        get = asking(client, shop, shelf)
        first = get()
        etag = first.headers["etag"]
        assert etag.startswith('W/"'), "weak: the same answer is sent plain and compressed"
        for said in (etag, etag.removeprefix("W/"), f'"older", {etag}', "*"):
            check_same(get(said), first)
        for said in ('W/"older"', '""', "", etag.replace('"', "")):
            again = get(said)
            assert (again.status_code, again.headers["etag"], again.text) == (200, etag, first.text), said
        changed = check_change_is_seen(get, shelf, etag)
        check_same(get(changed), first=get())


def test_so_it_is_through_nginx(front: Front, shop: MadeShop, shelf: Shelf) -> None:
    """nginx keeps the answer for the rest of its second and compares by itself; before, it asks for a whole one."""
    with httpx2.Client(base_url=front.url, verify=unverified()) as client:
        get = asking(client, shop, shelf)
        first = get()
        etag = first.headers["etag"]
        assert first.headers["content-encoding"] == "gzip"
        same = wait_for_same(get, etag)
        check_same(same, first)
        assert "access-control-allow-origin" not in wait_for_same(partial(get, origin=ELSEWHERE), etag).headers
        assert (get('W/"older"').status_code, get().text) == (200, first.text)
        check_same(wait_for_same(get, check_change_is_seen(get, shelf, etag)), get())
        refused = client.get("/store/products", headers={**shop.headers, "if-match": '"x"'})
        assert (refused.status_code, refused.json()["code"]) == (412, "precondition_failed"), "as every other error"


def wait_for_same(get: Get, etag: str) -> httpx2.Response:
    """The first answer that says nothing changed: they come as soon as nginx may keep one."""
    given: list[httpx2.Response] = []

    def is_same() -> bool:
        given.append(get(etag))
        return given[-1].status_code == 304

    wait_until(is_same, PATIENCE, "nginx keeps an answer")
    return given[-1]


def test_who_shows_a_token_is_answered_afresh(client: TestClient, shop: MadeShop, shelf: Shelf) -> None:
    """No name, so nothing to be the same as; and nobody keeps it."""
    for personal in ({"authorization": "Bearer x"}, {"cookie": "a=b"}):
        given = client.get("/store/products", params=shelf.params, headers={**shop.headers, **personal})
        assert (given.status_code, given.headers["cache-control"]) == (200, "no-store")
        assert "etag" not in given.headers
        every = {**shop.headers, **personal, "if-none-match": "*"}
        assert client.get("/store/products", params=shelf.params, headers=every).status_code == 200


def test_a_refusal_has_no_name(client: TestClient, shop: MadeShop) -> None:
    for path, status in (("/store/products?region_id=reg_none", 400), ("/store/products/prod_none", 404)):
        given = client.get(path, headers={**shop.headers, "if-none-match": "*"})
        assert (given.status_code, "etag" in given.headers) == (status, False)
