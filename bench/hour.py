"""An hour of a shop's ordinary traffic: does a worker stay as light as it was?

Some requests a second at a steady rate, of everything a storefront and Stripe ask for, never the same page for long;
once a minute the worker's memory is read.
"""

import itertools
import statistics
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from bench.machine import cpu_seconds, memory_of
from bench.purchase import buy, cart_path
from bench.servers import Servers
from bench.shop import PASSWORD, Shop
from bench.webhooks import News
from bench.wire import Client, Json, WrongAnswer, with_query

RATE_PER_SECOND = 8.0
VISITORS = 4
EVENTS_AT_ONCE = 50
# The last so many minutes are compared with as many before: code and connections come first, what is kept fills later.
PART_MINUTES = 10
Act = Callable[[], object]
Figures = dict[str, object]


def measure_hour(servers: Servers, shop: Shop, minutes: int) -> Figures:
    """Memory of a new worker minute by minute; how much it grew after it was warm."""
    servers.restart_web()
    traffic = Traffic(servers, shop)
    samples = [sample(servers, traffic, 0)]
    began, spent = time.monotonic(), cpu_seconds(servers.web.pid)
    with traffic:
        for minute in range(1, minutes + 1):
            traffic.wait_until(began + 60 * minute)
            samples.append(sample(servers, traffic, minute))
    spent = cpu_seconds(servers.web.pid) - spent
    return {**describe(samples), "cpu_percent": round(spent / (60 * minutes) * 100, 1), "samples": samples}


def sample(servers: Servers, traffic: "Traffic", minute: int) -> Figures:
    """What the worker holds now, and how much it has answered."""
    memory = memory_of(servers.web.pid)
    return {"minute": minute, "requests": traffic.requests, "rss_mb": memory.rss_mb, "pss_mb": memory.pss_mb}


def describe(samples: Sequence[Figures]) -> Figures:
    """The hour in some figures."""
    pss = [float(str(each["pss_mb"])) for each in samples]
    part = min(PART_MINUTES, len(samples) // 2)
    early, middle, late = (statistics.mean(pss[at : at + part]) for at in (part, len(pss) // 2, len(pss) - part))
    minutes = len(samples) - 1
    requests = int(str(samples[-1]["requests"]))
    return {
        "minutes": minutes,
        "requests": requests,
        "requests_per_second": round(requests / (60 * minutes), 1),
        "after_boot_pss_mb": pss[0],
        "at_the_end_pss_mb": pss[-1],
        "highest_pss_mb": max(pss),
        "goal_pss_mb": 150,
        "grown_after_ten_minutes_mb": round(late - early, 1),
        "grown_after_half_an_hour_mb": round(late - middle, 1),
    }


@dataclass
class Traffic:
    """Visitors who look, sign in and buy at a steady rate, and Stripe's news of those who paid."""

    servers: Servers
    shop: Shop
    ends: threading.Event = field(default_factory=threading.Event)
    clients: list[Client] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)
    threads: list[threading.Thread] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    news: News = field(init=False)

    def __post_init__(self) -> None:
        self.news = News(self.servers, self.shop, self.servers.database)

    @property
    def requests(self) -> int:
        """Requests answered so far."""
        return sum(client.requests for client in self.clients)

    def __enter__(self) -> "Traffic":
        self.threads = [threading.Thread(target=self._visit, args=(number,)) for number in range(VISITORS)]
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ends.set()
        for thread in self.threads:
            thread.join(timeout=120)
        for client in self.clients:
            client.close()
        self.news.check_applied()

    def wait_until(self, instant: float) -> None:
        """Let them go on; raises what stopped one of them."""
        self.ends.wait(max(0.0, instant - time.monotonic()))
        if self.failures:
            raise WrongAnswer(f"in the hour: {self.failures[0]}") from self.failures[0]

    def deliver(self, client: Client) -> None:
        """One event; carts that wait for theirs are made by the fifty."""
        with self.lock:
            if not self.news.waiting:
                self.news.prepare(EVENTS_AT_ONCE)
            delivery = self.news.waiting.pop()
        delivery.send(client)

    def _visit(self, number: int) -> None:
        """One visitor, over and over: each act when the requests before it are due."""
        client = Client(self.servers.web_port, self.shop.headers)
        member = Client(self.servers.web_port, {**self.shop.headers, "authorization": f"Bearer {self.shop.token}"})
        self.clients += [client, member]
        each = VISITORS / RATE_PER_SECOND
        began = time.monotonic() + number * each / VISITORS
        try:
            for act in itertools.cycle(self._acts(client, member, number)):
                due = began + (client.requests + member.requests) * each
                if self.ends.wait(max(0.0, due - time.monotonic())):
                    return
                act()
        except (OSError, WrongAnswer, KeyError) as failure:
            self.failures.append(failure)
            self.ends.set()

    def _acts(self, client: Client, member: Client, number: int) -> Sequence[Act]:
        """What one visitor does: what is looked at most comes most often."""
        shop, turn = self.shop, itertools.count(number, VISITORS)
        variants = shop.goods.variant_ids

        def one_product() -> None:
            client.get(shop.products_path(handle=f"aura-{1 + next(turn) % 490}", limit=1))

        def buy_something() -> None:
            place = next(turn)
            buy(client, shop.goods, variants[place % 3], variants[3], f"acheteur-{place}@example.com")

        return [
            lambda: client.get(shop.list_path),
            lambda: client.get("/store/regions"),
            one_product,
            lambda: client.get(shop.products_path(limit=12, offset=next(turn) % 480)),
            one_product,
            lambda: client.get(shop.products_path(q=f"Zefir {next(turn)}", limit=12)),
            lambda: client.get(with_query("/store/product-categories", fields="*category_children", limit=100)),
            lambda: self._fill_cart(client, next(turn)),
            lambda: client.get(cart_path(shop.unpaid_cart_id)),
            one_product,
            lambda: self._log_in(client, 1 + next(turn) % 900),
            lambda: member.get("/store/customers/me"),
            lambda: member.get("/store/orders?limit=10"),
            buy_something,
            lambda: client.get(f"/store/orders/{shop.order_id}"),
            lambda: self.deliver(client),
        ]

    def _fill_cart(self, client: Client, number: int) -> None:
        """A cart that nobody completes."""
        item = {"variant_id": self.shop.goods.variant_ids[number % 4], "quantity": 1}
        cart: Json = client.post("/store/carts", {"region_id": self.shop.goods.region_id}).json()["cart"]  # type: ignore[assignment]
        client.post(f"/store/carts/{cart['id']}/line-items", item)
        client.get(cart_path(str(cart["id"])))

    def _log_in(self, client: Client, number: int) -> None:
        """One of the accounts."""
        client.post("/auth/customer/emailpass", {"email": f"cliente-{number}@example.com", "password": PASSWORD})
