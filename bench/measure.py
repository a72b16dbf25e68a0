"""Short runs in turn: the empty application, then an operation, round after round, so that a busy minute hits both."""

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from bench.machine import NOTHING, Spent, cpu_seconds
from bench.purchase import Sales, repeated
from bench.servers import Database, Servers
from bench.wire import Client

CALIBRATOR_REQUESTS = 400
STATEMENT_RUNS = 4
REQUESTS_OF_A_SALE = 10
# What an answer leaves to do (a log line, a connection given back) ends within this time.
SETTLE_SECONDS = 0.003
BATCH_SECONDS = 0.03
# At least one batch of so many must be free of sales.
FEWEST_CLEAN = 6


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
    rounds_of: dict[str, int] = field(default_factory=dict)
    batch_of: dict[str, int] = field(default_factory=dict)

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
        self.batch_of[operation.name] = 1 if operation.before else max(1, int(BATCH_SECONDS / each))
        return result

    def run(self, result: Result) -> None:
        """One round of one operation, the empty application just before it."""
        operation = result.operation
        count = self.rounds_of[operation.name]
        self._prepare(operation, count)
        calibrator_ms = self.calibrate()
        batches = list(self._run_batches(operation, count))
        spent = combine(batches, self.sale_cost, is_single=operation.before is not None)
        result.add(spent, [each for batch in batches for each in batch.took_ms], calibrator_ms)
        if self.sales is not None:
            self.sales.check()

    def _run_batches(self, operation: Operation, count: int) -> Iterator["Batch"]:
        """A few at a time, so that those a sale met can be told from the others."""
        meter, size = self.servers.meter(), self.batch_of[operation.name]
        for first in range(0, count, size):
            if operation.before is not None:
                operation.before()
            before, sold, is_quiet = meter.read(), self._sold(), self._is_quiet()
            took = repeated(operation.act, min(size, count - first))
            time.sleep(SETTLE_SECONDS)
            spent, sold = meter.read() - before, self._sold() - sold
            yield Batch(spent, took, sold, is_clean=is_quiet and self._is_quiet() and sold == 0)

    def _prepare(self, operation: Operation, count: int) -> None:
        if operation.prepare is not None:
            operation.prepare(count)

    def _one(self, operation: Operation) -> None:
        if operation.before is not None:
            operation.before()
        operation.act()

    def _sold(self) -> float:
        """Sales so far, a tenth for each of their requests."""
        return self.sales.client.requests / REQUESTS_OF_A_SALE if self.sales is not None else 0.0

    def _is_quiet(self) -> bool:
        """Whether no sale is under way."""
        return self.sales is None or not self.sales.is_under_way

    def _count_statements(self, operation: Operation) -> float:
        with counting(self.servers.database) as counted:
            for _ in range(STATEMENT_RUNS):
                self._one(operation)
        return counted() / STATEMENT_RUNS


@dataclass(frozen=True)
class Batch:
    """Some operations in a row, and how much of a sale fell into them."""

    spent: Spent
    took_ms: list[float]
    sold: float
    is_clean: bool = True

    @property
    def each(self) -> Spent:
        """Per operation."""
        return self.spent.over(len(self.took_ms))


def combine(batches: Sequence[Batch], sale_cost: Spent, *, is_single: bool) -> Spent:
    """What one operation cost: from the batches that no sale met; where too few are left, the sales are taken off.

    Of single operations after a change the middle one counts, of the others the mean.
    """
    clean = [batch for batch in batches if batch.is_clean]
    if len(clean) * FEWEST_CLEAN < len(batches):
        clean = [Batch(batch.spent - sale_cost.times(batch.sold), batch.took_ms, 0.0) for batch in batches]
    if is_single:
        return middle([batch.each for batch in clean])
    total = sum((batch.spent for batch in clean), NOTHING)
    return total.over(sum(len(batch.took_ms) for batch in clean))


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
