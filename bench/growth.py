"""The large shop beside the small one: each route of the Store API again, and what PostgreSQL reads to answer it.

A route may take twice as long at most when the shop holds twenty times the products and fifty times the orders, and no
statement may read a growing table from end to end.
"""

import itertools
import json
import re
import statistics
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psycopg

from bench.machine import Meter
from bench.measure import percentile
from bench.operations import CATEGORY_FIELDS
from bench.purchase import buy, cart_path, repeated
from bench.servers import DATABASE, Database, Servers
from bench.shop import LARGE, PASSWORD, PRODUCT_FIELDS, SMALL, Shop, fill
from bench.wire import Client, Json, with_query

TIMES = 25
GROWING_ROWS = 5_000
STARTED_AT = re.compile(rb"duration: [\d.]+ ms  plan:\n")
Act = Callable[[], object]
Figures = dict[str, object]


@dataclass(frozen=True)
class Found:
    """What a route took: milliseconds seen, and of CPU, PostgreSQL's included, which a busy machine blurs less."""

    p50_ms: float
    p95_ms: float
    cpu_ms: float
    bytes: int


def measure_growth(servers: Servers, shop: Shop) -> Figures:
    """Small, then large; the ratio of each route, and the statements that read too much."""
    before = measure_routes(servers, shop)
    fill(servers.database, shop, SMALL, LARGE)
    vacuum(servers.database)
    after = measure_routes(servers, shop)
    scans = find_scans(servers, shop, growing_tables(servers.database))
    return {
        "products": LARGE.products,
        "orders": LARGE.orders,
        "customers": LARGE.customers,
        "small_products": SMALL.products,
        "small_orders": SMALL.orders,
        "routes": {name: compare(before[name], after[name]) for name in after},
        "read_from_end_to_end": scans,
    }


def compare(small: Found, large: Found) -> Figures:
    """One route in both shops."""
    return {
        "small": {"p50_ms": round(small.p50_ms, 1), "p95_ms": round(small.p95_ms, 1), "cpu_ms": round(small.cpu_ms, 1)},
        "large": {"p50_ms": round(large.p50_ms, 1), "p95_ms": round(large.p95_ms, 1), "cpu_ms": round(large.cpu_ms, 1)},
        "p95_ratio": round(large.p95_ms / small.p95_ms, 2),
        "cpu_ratio": round(large.cpu_ms / small.cpu_ms, 2),
        "bytes_ratio": round(large.bytes / small.bytes, 1) if small.bytes else None,
    }


def measure_routes(servers: Servers, shop: Shop) -> dict[str, Found]:
    """Every route in a new worker, after a first round that warms code and connections."""
    servers.restart_web()
    client = Client(servers.web_port, shop.headers)
    routes = list_routes(client, shop)
    for act in routes.values():
        repeated(act, 3)
    meter = servers.meter()
    return {name: measure_route(client, meter, act) for name, act in routes.items()}


def measure_route(client: Client, meter: Meter, act: Act) -> Found:
    """So many times in a row."""
    received, before = client.received, meter.read()
    took = repeated(act, TIMES)
    spent = (meter.read() - before).over(TIMES)
    cpu_ms = spent.app_ms + spent.postgres_ms
    return Found(statistics.median(took), percentile(took, 95), cpu_ms, (client.received - received) // TIMES)


def list_routes(client: Client, shop: Shop) -> dict[str, Act]:
    """Every route that a storefront calls, each time with another argument where a cache would answer else."""
    turn = itertools.count(1)
    return {**product_routes(client, shop, turn), **group_routes(client), **buying_routes(client, shop, turn)}


def product_routes(client: Client, shop: Shop, turn: Iterator[int]) -> dict[str, Act]:
    """Lists of products by everything they are found by."""
    ids = ask_ids(client, shop)

    def page(**given: str | int) -> Act:
        return lambda: client.get(shop.products_path(limit=12, offset=next(turn) % 30, **given))

    return {
        "products, a page": page(),
        "products, by title": page(order="title"),
        "products, by handle": lambda: client.get(shop.products_path(handle=f"aura-{1 + next(turn) % 400}")),
        "products, of a shelf": page(category_id=ids["category"]),
        "products, of a collection": page(collection_id=ids["collection"]),
        "products, with a tag": page(tag_id=ids["tag"]),
        "products, of a type": page(type_id=ids["type"]),
        "products, found": lambda: client.get(shop.products_path(q=f"Zéphyr {12 * (1 + next(turn) % 30) + 8}")),
        "products, found with a typo": lambda: client.get(shop.products_path(q=f"Zefir {next(turn)}")),
        "products, nothing found": lambda: client.get(shop.products_path(q=f"xyzzy{next(turn)}")),
        "one product": lambda: client.get(with_query(f"/store/products/{ids['product']}", fields=PRODUCT_FIELDS)),
        "variants": lambda: client.get(f"/store/product-variants?limit=20&offset={next(turn) % 30}"),
        "one variant": lambda: client.get(f"/store/product-variants/{shop.goods.variant_ids[0]}"),
    }


def group_routes(client: Client) -> dict[str, Act]:
    """What products are sorted by, and the short lists."""
    paths = {
        "categories": "/store/product-categories",
        "categories with products": with_query("/store/product-categories", fields=CATEGORY_FIELDS),
        "collections": "/store/collections",
        "tags": "/store/product-tags",
        "types": "/store/product-types",
        "regions": "/store/regions",
        "currencies": "/store/currencies",
        "return reasons": "/store/return-reasons",
    }
    return {name: partial(client.get, path) for name, path in paths.items()}


def buying_routes(client: Client, shop: Shop, turn: Iterator[int]) -> dict[str, Act]:
    """Carts, orders and accounts."""
    member = Client(client.port, {**shop.headers, "authorization": f"Bearer {shop.token}"})
    carts = open_carts(client, shop)
    first, second = shop.goods.variant_ids[:2]
    return {
        "create a cart": lambda: client.post("/store/carts", {"region_id": shop.goods.region_id}),
        "read a cart": lambda: client.get(cart_path(shop.unpaid_cart_id)),
        "add a line": lambda: add_line(client, shop, next(carts)),
        "ways to send": lambda: client.get(f"/store/shipping-options?cart_id={shop.unpaid_cart_id}"),
        "ways to pay": lambda: client.get(f"/store/payment-providers?region_id={shop.goods.region_id}"),
        "whole purchase": lambda: buy(client, shop.goods, first, second, f"a{next(turn)}@example.com"),
        "an order": lambda: client.get(f"/store/orders/{shop.order_id}"),
        "login": lambda: log_in(client, 1 + next(turn) % 900),
        "customer": lambda: member.get("/store/customers/me"),
        "address book": lambda: member.get("/store/customers/me/addresses"),
        "own orders": lambda: member.get("/store/orders?limit=10"),
    }


def ask_ids(client: Client, shop: Shop) -> dict[str, str]:
    """A product, and the first of what products are sorted by."""
    lists = {
        "product": (shop.products_path(handle="aura"), "products"),
        "category": ("/store/product-categories?limit=1", "product_categories"),
        "collection": ("/store/collections?limit=1", "collections"),
        "tag": ("/store/product-tags?limit=1", "product_tags"),
        "type": ("/store/product-types?limit=1", "product_types"),
    }
    return {name: str(client.get(path).json()[key][0]["id"]) for name, (path, key) in lists.items()}  # type: ignore[index]


def open_carts(client: Client, shop: Shop) -> Iterator[str]:
    """Carts of one line, as many as are asked for."""
    item = {"variant_id": shop.goods.variant_ids[0], "quantity": 1}
    while True:
        cart: Json = client.post("/store/carts", {"items": [item]}).json()["cart"]  # type: ignore[assignment]
        for _ in range(4):
            yield str(cart["id"])


def add_line(client: Client, shop: Shop, cart_id: str) -> None:
    """A second line."""
    body = {"variant_id": shop.goods.variant_ids[1], "quantity": 1}
    client.post(f"/store/carts/{cart_id}/line-items", body)


def log_in(client: Client, number: int) -> None:
    """One of the accounts."""
    client.post("/auth/customer/emailpass", {"email": f"cliente-{number}@example.com", "password": PASSWORD})


def vacuum(database: Database) -> None:
    """What autovacuum does soon after so many rows have come."""
    with psycopg.connect(database.cluster.dsn(DATABASE), autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


def growing_tables(database: Database) -> frozenset[str]:
    """The tables that became large."""
    query = (
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND reltuples >= %s AND relnamespace = 'public'::regnamespace"
    )
    return frozenset(str(name) for (name,) in database.read(query, [GROWING_ROWS]))


def find_scans(servers: Servers, shop: Shop, growing: frozenset[str]) -> list[str]:
    """`route: table (statement)` for each plan that reads a growing table from end to end, by auto_explain."""
    database, log = servers.database, servers.database.cluster.home / "postgres.log"
    for name, value in EXPLAIN.items():
        database.set_server(name, value)
    servers.restart_web()  # new connections load it
    client = Client(servers.web_port, shop.headers)
    found: dict[str, None] = {}
    for route, act in list_routes(client, shop).items():
        begins_at = log.stat().st_size
        repeated(act, 2)
        for plan in plans_since(log, begins_at):
            for table in scanned(plan["Plan"]) & growing:
                words = " ".join(str(plan["Query Text"]).split())[:160]
                found[f"{route}: {table} ({words})"] = None
    database.set_server("session_preload_libraries", "")
    return list(found)


EXPLAIN = {
    "session_preload_libraries": "auto_explain",
    "auto_explain.log_min_duration": "0",
    "auto_explain.log_format": "json",
    "auto_explain.log_nested_statements": "on",
}


def plans_since(log: Path, offset: int) -> Iterator[Json]:
    """The plans that were logged since."""
    with log.open("rb") as file:
        file.seek(offset)
        text = file.read()
    for start in STARTED_AT.finditer(text):
        lines = itertools.takewhile(lambda line: line.startswith((b"\t", b" ", b"{")), text[start.end() :].splitlines())
        plan: Json = json.loads(b"\n".join(lines))
        yield plan


def scanned(node: object) -> set[str]:
    """The tables that this part of a plan reads from end to end."""
    if not isinstance(node, Mapping):
        return set()
    below = set().union(*(scanned(child) for child in node.get("Plans", ())))
    return below | {str(node["Relation Name"])} if node.get("Node Type") == "Seq Scan" else below
