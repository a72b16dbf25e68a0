"""The web worker as a process: how soon it answers, what it holds after boot and after load."""

import itertools
import statistics
import threading
import time
from collections.abc import Callable, Sequence

from bench.machine import memory_of
from bench.purchase import buy, cart_path
from bench.servers import Servers
from bench.shop import Shop
from bench.wire import Client, WrongAnswer, with_query

BOOTS = 3
CLIENTS = 8
Figures = dict[str, object]


def measure_process(servers: Servers, shop: Shop, seconds: float) -> Figures:
    """Boot times, memory idle, memory under mixed load and what it grew in the second half of it."""
    boots = []
    for _ in range(BOOTS):
        servers.restart_web()
        boots.append(servers.boot_seconds)
    touch(servers, shop)
    idle = memory_of(servers.web.pid)
    put_load(servers, shop, seconds / 2)
    middle = memory_of(servers.web.pid)
    requests = put_load(servers, shop, seconds / 2)
    after = memory_of(servers.web.pid)
    return {
        "boot_seconds": round(statistics.median(boots), 2),
        "idle_rss_mb": idle.rss_mb,
        "idle_pss_mb": idle.pss_mb,
        "load_seconds": seconds,
        "load_requests_second_half": requests,
        "half_way_rss_mb": middle.rss_mb,
        "loaded_rss_mb": after.rss_mb,
        "loaded_pss_mb": after.pss_mb,
    }


def touch(servers: Servers, shop: Shop) -> None:
    """A worker that has served nothing has not loaded everything: one visit, one purchase."""
    client = Client(servers.web_port, shop.headers)
    client.get(shop.list_path)
    buy(client, shop.goods, shop.goods.variant_ids[0], shop.goods.variant_ids[1])
    client.close()


def put_load(servers: Servers, shop: Shop, seconds: float) -> int:
    """Eight visitors at once, each looking, searching and buying until the time is over; requests answered."""
    end_at = time.monotonic() + seconds
    clients = [Client(servers.web_port, shop.headers) for _ in range(CLIENTS)]
    failures: list[Exception] = []

    def visit(client: Client, number: int) -> None:
        acts = itertools.cycle(visits(client, shop, number))
        try:
            while time.monotonic() < end_at:
                next(acts)()
        except (OSError, WrongAnswer) as failure:
            failures.append(failure)
        finally:
            client.close()

    threads = [threading.Thread(target=visit, args=(client, number)) for number, client in enumerate(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=seconds + 120)
    if failures:
        raise WrongAnswer(f"under load: {failures[0]}") from failures[0]
    return sum(client.requests for client in clients)


def visits(client: Client, shop: Shop, number: int) -> Sequence[Callable[[], object]]:
    """What one visitor does, over and over; never the same page for long."""
    pages = itertools.cycle(range(number, 400, 7))
    variants = shop.goods.variant_ids
    return [
        lambda: client.get(shop.list_path),
        lambda: client.get(shop.products_path(limit=12, offset=next(pages))),
        lambda: client.get(shop.products_path(handle=f"aura-{1 + next(pages)}", limit=1)),
        lambda: client.get(shop.products_path(q="aura", limit=12)),
        lambda: client.get(with_query("/store/product-categories", fields="*category_children", limit=100)),
        lambda: client.get("/store/regions"),
        lambda: client.get(cart_path(shop.unpaid_cart_id)),
        lambda: buy(client, shop.goods, variants[number % 4], variants[3], f"visiteur-{number}@example.com"),
    ]
