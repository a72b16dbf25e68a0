"""Customers from outside at a steady rate, each on a new TLS connection; what fails is kept with its why."""

import http.client
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.appliance.shop import Shop

# One answer from memory, one from the database through the pool: what a customer's page asks first.
PATHS = ("/health", "/store/regions")


@dataclass(frozen=True)
class Customer:
    """Where it goes, whom it trusts, what it sends."""

    address: str
    context: ssl.SSLContext
    headers: Mapping[str, str]


@dataclass
class Load:
    """What the customers saw so far."""

    answered: int = 0
    failures: list[str] = field(default_factory=list)
    slowest_seconds: float = 0


@contextmanager
def steady_load(shop: Shop, per_second: int, at_least: int) -> Iterator[Load]:
    """Load while the block runs, and until at least so many requests were made; read it after the block."""
    load, ended = Load(), threading.Event()
    customer = Customer(shop.host.address, shop.context(), {"x-publishable-api-key": shop.publishable_key()})
    runner = threading.Thread(target=_run, args=(customer, load, ended, per_second, at_least))
    runner.start()
    try:
        yield load
    finally:
        ended.set()
        runner.join(timeout=600)


def _run(customer: Customer, load: Load, ended: threading.Event, per_second: int, at_least: int) -> None:
    lock, sent, started = threading.Lock(), 0, time.monotonic()
    with ThreadPoolExecutor(max_workers=32) as customers:
        while not ended.is_set() or sent < at_least:
            customers.submit(_one, customer, PATHS[sent % len(PATHS)], load, lock)
            sent += 1
            # Paced by the clock, not by the answers: a stall must not make the load lighter.
            pause = started + sent / per_second - time.monotonic()
            if pause > 0:
                threading.Event().wait(pause)


def _one(customer: Customer, path: str, load: Load, lock: threading.Lock) -> None:
    began = time.monotonic()
    connection = http.client.HTTPSConnection(customer.address, timeout=15, context=customer.context)
    try:
        connection.request("GET", path, headers=dict(customer.headers))
        response = connection.getresponse()
        failure = "" if response.status == http.client.OK else f"{path}: {response.status} {response.read()[:200]!r}"
        response.read()
    except (OSError, http.client.HTTPException) as problem:
        failure = f"{path}: {type(problem).__name__}: {problem}"
    finally:
        connection.close()
    with lock:
        load.answered += not failure
        load.slowest_seconds = max(load.slowest_seconds, time.monotonic() - began)
        if failure:
            load.failures.append(failure)
