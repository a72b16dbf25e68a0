"""The large shop beside the small one: each route of the Store API in turn, and what PostgreSQL reads to answer it.

A route may take twice as long at most when the shop holds twenty times the products and fifty times the orders, and no
statement may read a growing table from end to end. Both shops run at once, each in a database and a worker of its own,
and every call is made in one and then in the other: a busy minute meets both.
"""

import itertools
import json
import re
import statistics
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from bench.caller import Caller, Route
from bench.machine import Meter, Spent
from bench.measure import SETTLE_SECONDS, percentile
from bench.servers import Database, Servers
from bench.shop import LARGE, SMALL, Extras, Shop, fill, furnish_more
from bench.store_routes import list_routes
from bench.wire import Client, Json

TIMES, WARM_UPS = 30, 3
MOST_RATIO = 2.0
GROWING_ROWS = 5_000
STARTED_AT = re.compile(rb"duration: [\d.]+ ms  plan:\n")
Figures = dict[str, object]


@dataclass
class Taken:
    """What one route took in one shop: milliseconds seen, CPU of the application and PostgreSQL, bytes."""

    seen_ms: list[float] = field(default_factory=list)
    app_ms: list[float] = field(default_factory=list)
    postgres_ms: list[float] = field(default_factory=list)
    bytes: int = 0

    @property
    def p50_ms(self) -> float:
        """Half of the answers came within."""
        return statistics.median(self.seen_ms)

    @property
    def p95_ms(self) -> float:
        """Nearly all came within."""
        return percentile(self.seen_ms, 95)

    @property
    def cpu_ms(self) -> float:
        """Of both, the middle one."""
        return statistics.median(map(sum, zip(self.app_ms, self.postgres_ms, strict=True)))

    def describe(self) -> Figures:
        """For the report."""
        return {
            "p50_ms": round(self.p50_ms, 2),
            "p95_ms": round(self.p95_ms, 2),
            "cpu_ms": round(self.cpu_ms, 2),
            "bytes": self.bytes,
        }


@dataclass
class Side:
    """One of the two shops, with its routes and the clocks of its worker."""

    servers: Servers
    caller: Caller
    meter: Meter
    routes: Mapping[str, Route]

    @classmethod
    def of(cls, servers: Servers, shop: Shop, extras: Extras, first: int = 1) -> "Side":
        """Calls this shop; the same calls in the same order as the other one's, numbered from the first on."""
        client = Client(servers.web_port, shop.headers)
        caller = Caller(client, shop, extras, servers.database, itertools.count(first))
        return cls(servers, caller, servers.meter(), list_routes(caller))

    def call(self, name: str) -> tuple[float, Spent, int]:
        """Once, with what it needs made before: milliseconds seen, CPU, bytes."""
        route = self.routes[name]
        made = route.prepare()
        time.sleep(SETTLE_SECONDS)
        received, before, began = self.caller.received, self.meter.read(), time.perf_counter()
        route.act(made)
        seen_ms = (time.perf_counter() - began) * 1000
        time.sleep(SETTLE_SECONDS)
        return seen_ms, self.meter.read() - before, self.caller.received - received


def measure_growth(servers: Servers, shop: Shop) -> Figures:
    """Both shops, the ratio of each route, and the statements that read too much."""
    extras = furnish_more(servers.database, shop)
    with servers.beside("large") as large:
        fill(large.database, shop, SMALL, LARGE)
        for database in (servers.database, large.database):
            vacuum(database)
        small_side, large_side = (Side.of(each, shop, extras) for each in (servers, large))
        routes = {name: compare(*measure_route(name, small_side, large_side)) for name in large_side.routes}
        scans = find_scans(large, shop, extras, growing_tables(large.database))
    slower = [name for name, route in routes.items() if float(str(route["p95_ratio"])) > MOST_RATIO]
    return {
        "products": LARGE.products,
        "orders": LARGE.orders,
        "customers": LARGE.customers,
        "small_products": SMALL.products,
        "small_orders": SMALL.orders,
        "times": TIMES,
        "slower_than_twice": slower,
        "routes": routes,
        "read_from_end_to_end": scans,
    }


def measure_route(name: str, small: Side, large: Side) -> tuple[Taken, Taken]:
    """In turn, after a few that warm code, plans and connections."""
    sides, taken = (small, large), (Taken(), Taken())
    for side in sides:
        for _ in range(WARM_UPS):
            side.call(name)
        side.meter.look_for_backends()
    for _, (side, found) in itertools.product(range(TIMES), zip(sides, taken, strict=True)):
        seen_ms, spent, found.bytes = side.call(name)
        found.seen_ms.append(seen_ms)
        found.app_ms.append(spent.app_ms)
        found.postgres_ms.append(spent.postgres_ms)
    return taken


def compare(small: Taken, large: Taken) -> Figures:
    """One route in both shops."""
    return {
        "small": small.describe(),
        "large": large.describe(),
        "p95_ratio": round(large.p95_ms / small.p95_ms, 2),
        "p50_ratio": round(large.p50_ms / small.p50_ms, 2),
        "cpu_ratio": round(large.cpu_ms / small.cpu_ms, 2),
        "bytes_ratio": round(large.bytes / small.bytes, 1) if small.bytes else None,
    }


def vacuum(database: Database) -> None:
    """What autovacuum does soon after so many rows have come."""
    with psycopg.connect(database.cluster.dsn(database.name), autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


def growing_tables(database: Database) -> frozenset[str]:
    """The tables that became large."""
    query = (
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND reltuples >= %s AND relnamespace = 'public'::regnamespace"
    )
    return frozenset(str(name) for (name,) in database.read(query, [GROWING_ROWS]))


def find_scans(servers: Servers, shop: Shop, extras: Extras, growing: frozenset[str]) -> list[str]:
    """`route: table (statement)` for each plan that reads a growing table from end to end, by auto_explain."""
    database, log = servers.database, servers.database.cluster.home / "postgres.log"
    for name, value in EXPLAIN.items():
        database.set_server(name, value)
    servers.restart_web()  # new connections load it
    side = Side.of(servers, shop, extras, LARGE.orders)  # what was made before has other numbers
    found: dict[str, None] = {}
    for route in side.routes:
        begins_at = log.stat().st_size
        for _ in range(2):
            side.call(route)
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
