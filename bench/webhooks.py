"""Stripe's news: signed events about carts that were just paid, one by one, a hundred a second, and at most."""

import json
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from app.dev.fake_stripe.delivery import sign
from bench.measure import percentile
from bench.servers import Database, Servers
from bench.shop import Shop, paid_intent, waiting_carts
from bench.wire import Client, WrongAnswer

PATH = "/stripe/webhook"
SUCCEEDED = "payment_intent.succeeded"
CONNECTIONS = 8
RATE_PER_SECOND = 100


@dataclass(frozen=True)
class Delivery:
    """One event on its way."""

    body: bytes
    signature: str

    def send(self, client: Client) -> None:
        """Bring it; it must be written and applied."""
        client.post(PATH, self.body, headers={"stripe-signature": self.signature})


@dataclass
class News:
    """Makes carts that wait and the events that pay them; each cart is paid once."""

    servers: Servers
    shop: Shop
    database: Database
    made: int = 0
    waiting: list[Delivery] = field(default_factory=list)

    def prepare(self, count: int) -> None:
        """So many more carts, and their events."""
        first, self.made = self.made + 1, self.made + count
        waiting_carts(self.database, self.shop, first, self.made)
        secret = self.servers.environment["STRIPE_WEBHOOK_SECRET"]
        self.waiting = [event_of(self.shop, number, secret) for number in range(first, self.made + 1)]

    def deliver(self, client: Client) -> None:
        """The next one."""
        self.waiting.pop().send(client)

    def check_applied(self) -> None:
        """Every event that was brought has its order; else the figures are those of something else."""
        query = "SELECT state, count(*)::int FROM payment_event GROUP BY state"
        states = {str(state): int(str(count)) for state, count in self.database.read(query)}
        if set(states) - {"processed"}:
            raise WrongAnswer(f"events were not applied: {states}")


def event_of(shop: Shop, number: int, secret: str) -> Delivery:
    """The event that says this cart's intent is paid, signed as Stripe signs."""
    event = {
        "id": f"evt_bench_{number}",
        "object": "event",
        "api_version": "2026-10-28.endive",
        "created": int(datetime.now(UTC).timestamp()),
        "data": {"object": paid_intent(shop, number)},
        "livemode": False,
        "type": SUCCEEDED,
    }
    body = json.dumps(event).encode()
    return Delivery(body, sign(body, [secret]))


@dataclass(frozen=True)
class Load:
    """How events fared that came several at once: milliseconds of each, seconds of all."""

    took_ms: Sequence[float]
    seconds: float

    @property
    def rate(self) -> float:
        """Events per second."""
        return len(self.took_ms) / self.seconds

    def describe(self) -> dict[str, object]:
        """For the report."""
        return {
            "events": len(self.took_ms),
            "per_second": round(self.rate, 1),
            "p50_ms": round(percentile(self.took_ms, 50), 1),
            "p99_ms": round(percentile(self.took_ms, 99), 1),
        }


def bring(news: News, seconds: float, rate: float | None) -> Load:
    """Bring events over several connections, at a rate or as fast as they are taken.

    At a rate, the time of an event begins when it was due: one that waited for a connection is late, too.
    """
    count = int(seconds * (rate or RATE_PER_SECOND))
    news.prepare(count)
    began = time.perf_counter()
    turns = iter([(delivery, began + number / rate if rate else None) for number, delivery in enumerate(news.waiting)])
    lock, took, failures = threading.Lock(), [], []

    def work() -> None:
        client = Client(news.servers.web_port)
        try:
            while (turn := next_of(turns, lock)) is not None:
                took.append(timed(turn[0], client, turn[1]))
        except (OSError, WrongAnswer) as failure:
            failures.append(failure)
        finally:
            client.close()

    threads = [threading.Thread(target=work) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    if failures or len(took) != count:
        raise WrongAnswer(f"{len(took)} of {count} events were taken: {failures[:1]}")
    news.check_applied()
    return Load(took, time.perf_counter() - began)


def next_of(
    turns: Iterator[tuple[Delivery, float | None]], lock: threading.Lock
) -> tuple[Delivery, float | None] | None:
    """One event for one connection."""
    with lock:
        return next(turns, None)


def timed(delivery: Delivery, client: Client, due_at: float | None) -> float:
    """Wait until it is due, send it, say how many milliseconds after that it was taken."""
    now = time.perf_counter()
    if due_at is not None and due_at > now:
        time.sleep(due_at - now)
    began = due_at if due_at is not None else time.perf_counter()
    delivery.send(client)
    return (time.perf_counter() - began) * 1000
