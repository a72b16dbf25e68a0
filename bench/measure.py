"""Short runs in turn: the empty application, then an operation, round after round, so that a busy minute hits both."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from bench.machine import NOTHING, Meter, Spent, cpu_seconds
from bench.purchase import Sales
from bench.servers import Database, Servers
from bench.wire import Client

CALIBRATOR_REQUESTS = 400
STATEMENT_RUNS = 4
REQUESTS_OF_A_SALE = 10
# What an answer leaves to do (a log line, a connection given back) ends within this time.
SETTLE_SECONDS = 0.003


@dataclass(frozen=True)
class Goal:
    """What performance.md asks (CPU milliseconds of the application and of PostgreSQL), and what Medusa 2.13.1 took."""

    app_ms: float | None = None
    postgres_ms: float | None = None
    medusa_ms: float | None = None


@dataclass(frozen=True)
class Operation:
    """One thing to measure. `prepare` makes ready for so many, `before` for one; neither is counted."""

    name: str
    title: str
    act: Callable[[], object]
    goal: Goal = Goal()
    prepare: Callable[[int], object] | None = None
    before: Callable[[], object] | None = None
    most: int = 2_000


@dataclass
class Result:
    """What was measured of one operation; a list holds one value per round."""

    operation: Operation
    app_ms: list[float] = field(default_factory=list)
    postgres_ms: list[float] = field(default_factory=list)
    redis_ms: list[float] = field(default_factory=list)
    ratio: list[float] = field(default_factory=list)
    took_ms: list[float] = field(default_factory=list)
    count: int = 0
    requests: float = 0.0
    bytes: int = 0
    statements: float = 0.0

    def add(self, spent: Spent, took_ms: Sequence[float], calibrator_ms: float) -> None:
        """One round."""
        self.app_ms.append(spent.app_ms)
        self.postgres_ms.append(spent.postgres_ms)
        self.redis_ms.append(spent.redis_ms)
        self.ratio.append(spent.app_ms / calibrator_ms)
        self.took_ms += took_ms
        self.count += len(took_ms)


@dataclass
class Bench:
    """The instrument: servers, the connection of the load, the sales beside it."""

    servers: Servers
    client: Client
    empty: Client
    seconds: float
    sales: Sales | None = None
    sale_cost: Spent = NOTHING
    calibrator_ms: list[float] = field(default_factory=list)

    def calibrate(self) -> float:
        """CPU milliseconds of one request to the empty application, now."""
        before = cpu_seconds(self.servers.calibrator_pid)
        for _ in range(CALIBRATOR_REQUESTS):
            self.empty.get("/hello")
        each = (cpu_seconds(self.servers.calibrator_pid) - before) * 1000 / CALIBRATOR_REQUESTS
        self.calibrator_ms.append(each)
        return each

    def warm_up(self, operation: Operation) -> Result:
        """First runs: code, connections and caches warm; how many fit into a round; statements and bytes of one."""
        result = Result(operation)
        self._prepare(operation, 2 * STATEMENT_RUNS + 1)
        self._one(operation)
        began, requests, received = time.perf_counter(), self.client.requests, self.client.received
        for _ in range(STATEMENT_RUNS):
            self._one(operation)
        each = (time.perf_counter() - began) / STATEMENT_RUNS
        result.requests = (self.client.requests - requests) / STATEMENT_RUNS
        result.bytes = round((self.client.received - received) / STATEMENT_RUNS)
        result.statements = self._count_statements(operation)
        self.rounds_of[operation.name] = max(3, min(operation.most, int(self.seconds / each)))
        return result

    rounds_of: dict[str, int] = field(default_factory=dict)

    def run(self, result: Result) -> None:
        """One round of one operation, the empty application just before it."""
        operation = result.operation
        count = self.rounds_of[operation.name]
        self._prepare(operation, count)
        calibrator_ms = self.calibrate()
        meter = self.servers.meter()
        if operation.before is None:
            spent, took = self._run_in_one_go(operation, meter, count)
        else:
            spent, took = self._run_one_by_one(operation, meter, count)
        result.add(spent, took, calibrator_ms)
        if self.sales is not None:
            self.sales.check()

    def _run_in_one_go(self, operation: Operation, meter: Meter, count: int) -> tuple[Spent, list[float]]:
        took, (before, sold) = [], (meter.read(), self._sold())
        for _ in range(count):
            began = time.perf_counter()
            operation.act()
            took.append((time.perf_counter() - began) * 1000)
        time.sleep(SETTLE_SECONDS)
        spent = meter.read() - before - self.sale_cost.times(self._sold() - sold)
        return spent.over(count), took

    def _run_one_by_one(self, operation: Operation, meter: Meter, count: int) -> tuple[Spent, list[float]]:
        """The median of single operations: one that a sale met does not count for more than one."""
        took, each = [], []
        for _ in range(count):
            if operation.before is not None:
                operation.before()
            before, sold, began = meter.read(), self._sold(), time.perf_counter()
            operation.act()
            took.append((time.perf_counter() - began) * 1000)
            time.sleep(SETTLE_SECONDS)
            each.append(meter.read() - before - self.sale_cost.times(self._sold() - sold))
        return middle(each), took

    def _prepare(self, operation: Operation, count: int) -> None:
        if operation.prepare is not None:
            operation.prepare(count)

    def _one(self, operation: Operation) -> None:
        if operation.before is not None:
            operation.before()
        operation.act()

    def _sold(self) -> float:
        return self.sales.client.requests / REQUESTS_OF_A_SALE if self.sales is not None else 0.0

    def _count_statements(self, operation: Operation) -> float:
        with counting(self.servers.database) as counted:
            for _ in range(STATEMENT_RUNS):
                self._one(operation)
        return counted() / STATEMENT_RUNS


def middle(each: Sequence[Spent]) -> Spent:
    """The median of each clock."""
    return Spent(
        statistics.median(one.app_ms for one in each),
        statistics.median(one.postgres_ms for one in each),
        statistics.median(one.redis_ms for one in each),
    )


class counting:  # noqa: N801 - reads as a verb where it is used
    """Counts the statements of the web worker meanwhile, BEGIN and COMMIT left out."""

    QUERY = (
        "SELECT coalesce(sum(calls), 0)::int FROM pg_stat_statements "
        "WHERE query !~* '^(begin|commit|rollback|listen|deallocate)|pg_stat_statements|pg_reload_conf'"
    )

    def __init__(self, database: Database) -> None:
        self.database = database

    def __enter__(self) -> Callable[[], int]:
        self._track("top")
        self.database.read("SELECT pg_stat_statements_reset()::text")
        return lambda: int(str(self.database.read(self.QUERY)[0][0]))

    def __exit__(self, *_: object) -> None:
        self._track("none")

    def _track(self, what: str) -> None:
        """Server processes hear of a setting a moment later, in their own time."""
        self.database.set_server("pg_stat_statements.track", what)
        for _ in range(10):
            time.sleep(0.01)


def percentile(values: Sequence[float], percent: float) -> float:
    """The value below which so many percent lie (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]
