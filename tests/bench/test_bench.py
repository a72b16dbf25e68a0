"""The instrument of `make bench`: what it copies is right, what it adds up is right, and the whole of it runs."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from fastapi.routing import APIRoute

from app.core.db import unit_of_work
from app.dev.postgres import Cluster
from app.store_api.routes import AUTH_ROUTERS, ROUTERS
from bench import hour, report
from bench.caller import Caller
from bench.copies import CannotCopy, Connection, Schema, Template, copy
from bench.growth import scanned
from bench.machine import NOTHING, Spent, cpu_seconds
from bench.measure import Batch, combine, percentile
from bench.purchase import Goods
from bench.servers import Database
from bench.shop import Extras, Shop
from bench.store_routes import list_routes
from bench.wire import Client
from tests.factories.catalogue import make_product
from tests.factories.shop import make_shop
from tests.services import ROOT

COPIES = 7
PRODUCTS = Template(
    roots={"product": "s.\"handle\" = 'aura'"}, without=frozenset({"cart_line", "order_line", "stock_reservation"})
)


@pytest.fixture
def connection(environment: dict[str, str]) -> Iterator[Connection]:
    """The test's database, with one product of two variants in it."""
    with unit_of_work("test") as session:
        make_product(session, make_shop(session).channel.id, colours=("Noir", "Écaille"))
    address = environment["DATABASE_URL"].replace("postgresql+psycopg://", "postgresql://")
    with psycopg.connect(address) as connection:
        yield connection


def count(connection: Connection, query: str) -> int:
    found = connection.execute(query.encode()).fetchone()
    assert found is not None
    return int(str(found[0]))


def orphans(connection: Connection) -> list[str]:
    """Foreign keys that a row breaks."""
    broken = []
    for each in Schema.read(connection).references:
        query = (
            f'SELECT count(*) FROM "{each.table}" c WHERE c."{each.column}" IS NOT NULL AND NOT EXISTS '
            f'(SELECT FROM "{each.parent}" p WHERE p."{each.parent_column}" = c."{each.column}")'
        )
        if count(connection, query):
            broken.append(f"{each.table}.{each.column}")
    return broken


def test_a_copy_has_everything_that_hangs_below_and_breaks_no_key(connection: Connection) -> None:
    made = copy(connection, PRODUCTS, 1, COPIES)
    assert (made["product"], made["product_variant"], made["price"], made["stock_level"]) == (7, 14, 14, 14)
    assert orphans(connection) == []
    assert count(connection, "SELECT count(DISTINCT handle) FROM product") == 1 + COPIES
    assert count(connection, "SELECT count(DISTINCT sku) FROM product_variant") == 2 * (1 + COPIES)
    links = "SELECT count(*) FROM variant_option_link l JOIN product_option_value v ON v.id = l.option_value_id"
    assert count(connection, links) == 2 * (1 + COPIES)


def test_copies_are_numbered_so_that_more_can_follow(connection: Connection) -> None:
    copy(connection, PRODUCTS, 1, 2)
    copy(connection, PRODUCTS, 3, 4)
    handles = [row[0] for row in connection.execute("SELECT handle FROM product ORDER BY handle")]
    assert handles == ["aura", "aura-1", "aura-2", "aura-3", "aura-4"]


def test_what_cannot_be_made_different_is_named(connection: Connection) -> None:
    with pytest.raises(CannotCopy, match=r"order_number \(id\)"):
        copy(connection, Template(roots={"order_number": 's."id" = 1'}), 1, 2)


def test_a_process_is_asked_for_the_cpu_it_used() -> None:
    burn = "import time\nwhile time.process_time() < 0.3: pass\nprint(flush=True)\ninput()"
    command = [sys.executable, "-c", burn]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        used = cpu_seconds(process.pid)
        process.communicate(b"\n")
    assert 0.3 <= used < 1.0


def batch(app_ms: float, *, count: int = 10, sold: float = 0.0) -> Batch:
    return Batch(Spent(app_ms, 0.0, 0.0), [1.0] * count, sold, is_clean=sold == 0)


def test_what_a_sale_met_does_not_count() -> None:
    sale = Spent(50.0, 0.0, 0.0)
    assert combine([batch(10), batch(10), batch(60, sold=1)], sale, is_single=False).app_ms == 1.0


def test_where_sales_met_everything_they_are_taken_off() -> None:
    sale = Spent(50.0, 0.0, 0.0)
    met = [batch(60, sold=1), batch(35, sold=0.5)]
    assert combine(met, sale, is_single=False).app_ms == 1.0


def test_of_single_operations_the_middle_one_counts() -> None:
    singles = [batch(each, count=1) for each in (3.0, 4.0, 90.0)]
    assert combine(singles, NOTHING, is_single=True).app_ms == 4.0


def test_percentiles_are_values_that_were_measured() -> None:
    assert percentile([5.0, 1.0, 3.0], 50) == 3.0
    assert percentile([float(number) for number in range(100)], 95) == 95.0
    assert percentile([2.0], 99) == 2.0


def test_a_plan_is_searched_for_tables_that_are_read_whole() -> None:
    inner = {"Node Type": "Seq Scan", "Relation Name": "order"}
    outer = {"Node Type": "Nested Loop", "Plans": [{"Node Type": "Index Scan", "Relation Name": "product"}, inner]}
    assert scanned(outer) == {"order"}


# Nothing of a page: a person asks once in the life of a purchase, and is limited to a few an hour.
ASKED_ONCE = {
    "GET /store/orders/{order_id}/invoice",
    "POST /store/withdrawals",
    "GET /store/withdrawals/{token}",
    "POST /store/withdrawals/{token}/confirm",
}


def test_every_route_of_a_storefront_is_compared_in_both_shops() -> None:
    shop = Shop("", Goods("", "", ("", "")), "", "", {}, "")
    extras = Extras("", "", "", "", "", "", "", "")
    nowhere = Database(Cluster(ROOT, ROOT, 0, "", None))
    measured = {name.partition(",")[0] for name in list_routes(Caller(Client(0), shop, extras, nowhere))}
    routes = [route for router in (*ROUTERS, *AUTH_ROUTERS) for route in router.routes if isinstance(route, APIRoute)]
    there = {f"{method} {route.path}" for route in routes for method in route.methods or ()}
    assert there >= ASKED_ONCE
    assert measured == there - ASKED_ONCE


def test_only_the_generated_part_of_the_document_changes() -> None:
    document = f"before\n{report.BEGIN}\nold\n{report.END}\nafter\n"
    replaced = report.replaced(document, ["| new |"])
    assert replaced == f"before\n{report.BEGIN}\n\n| new |\n\n{report.END}\nafter\n"
    assert report.replaced(replaced, ["| new |"]) == replaced


def kept(name: str, figures: object) -> dict[str, object]:
    empty = {"median": 0.1, "min": 0.1, "max": 0.2}
    where = {"commit": name, "cores": 2, "python": "3", "rounds": 5, "empty_app_ms": empty}
    return {"date": "2026-01-02", **where, "load_average": {"before": 1, "after": 1}, "operations": {}, name: figures}


def test_what_was_measured_alone_stays_when_the_rest_is_measured_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newest of each kind, each with its own date and commit."""
    monkeypatch.setattr(report, "RESULTS", tmp_path)
    monkeypatch.setattr(report, "DOCUMENT", tmp_path / "performance.md")
    report.DOCUMENT.write_text(f"head\n{report.BEGIN}\n{report.END}\ntail\n")
    samples = [{"minute": 0, "pss_mb": 100.0}, {"minute": 10, "pss_mb": 120.0}, {"minute": 11, "pss_mb": 121.0}]
    report.write(kept("hour", {"minutes": 11, "samples": samples}), "hour")
    report.write(kept("front", {"bytes": 1}))
    report.write(kept("front", {"bytes": 2}))
    document = report.DOCUMENT.read_text()
    assert document.startswith("head\n")
    assert document.endswith("tail\n")
    assert "- bytes: 2\n" in document
    assert "- bytes: 1\n" not in document
    assert "commit `hour`" in document
    assert "commit `front`" in document
    assert "| PSS, MB | 100.0 | 120.0 |\n" in document
    assert "121.0" not in document


def test_memory_that_grows_after_an_hour_is_seen() -> None:
    def describe(grown: float) -> dict[str, object]:
        pss = [min(100.0 + minute * 3, 130.0) + grown * minute for minute in range(61)]
        return hour.describe([{"minute": n, "requests": n * 480, "pss_mb": mb} for n, mb in enumerate(pss)])

    steady, growing = describe(0.0), describe(0.5)
    assert (steady["grown_after_ten_minutes_mb"], steady["grown_after_half_an_hour_mb"]) == (0.0, 0.0)
    assert (growing["grown_after_ten_minutes_mb"], growing["grown_after_half_an_hour_mb"]) == (20.5, 10.5)
    assert describe(0.0)["requests_per_second"] == 8.0


def test_a_figure_that_misses_its_goal_is_bold() -> None:
    assert [report.mark(0.31, 0.4), report.mark(0.5, 0.4), report.mark(7.0, None)] == ["0.310", "**0.500**", "7.00"]


def test_the_whole_bench_in_small() -> None:
    """Its own servers, a shop of 500 products, sales beside the operations: and nothing is kept."""
    kept = sorted(path.stat().st_mtime_ns for path in (ROOT / "bench").rglob("*.json"))
    command = [sys.executable, "-m", "bench", "--quick", "--rounds", "1", "--only", "regions", "--only", "cart-read"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    (line,) = re.findall(r"^\| cart read, two lines \| \**([\d.]+)\** \| ≤ 3 \|.*$", done.stdout, re.MULTILINE)
    assert 0.1 < float(line) < 1000
    assert "| regions, before every page |" in done.stdout
    assert "product list" not in done.stdout
    assert sorted(path.stat().st_mtime_ns for path in (ROOT / "bench").rglob("*.json")) == kept
