"""`python -m bench`: see the package's own description."""

import argparse
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from bench import report
from bench.front import measure_front
from bench.growth import measure_growth
from bench.hour import measure_hour
from bench.machine import LOAD_CORE, Spent, load_average, pinned
from bench.measure import Bench
from bench.operations import Acts, list_operations
from bench.process import measure_process
from bench.purchase import Sales, repeated
from bench.servers import Servers, started
from bench.shop import SMALL, Shop, Size, fill, make_template
from bench.webhooks import RATE_PER_SECOND, News, bring
from bench.wire import Client, WrongAnswer

TEMPLATE = Size(1, 1, 1)
SALE_PROBES = 6
QUIET_LOAD = 1.5
SETTLE_SECONDS = 0.02
Figures = dict[str, object]


@dataclass(frozen=True)
class Plan:
    """How much of it to do. `only` names operations and parts by their first letters."""

    rounds: int
    seconds: float
    load_seconds: float
    minutes: int
    only: tuple[str, ...] = ()
    is_kept: bool = False
    part: str = ""

    def wants(self, name: str) -> bool:
        """Whether this operation or part is to be measured."""
        return not self.only or name.startswith(self.only)


@dataclass
class Found:
    """What was measured so far."""

    conditions: Figures = field(default_factory=dict)
    operations: dict[str, Figures] = field(default_factory=dict)
    parts: dict[str, Figures] = field(default_factory=dict)


WHOLE = Plan(rounds=5, seconds=1.0, load_seconds=30.0, minutes=60, is_kept=True)
QUICK = Plan(rounds=2, seconds=0.2, load_seconds=3.0, minutes=2)


def main() -> int:
    """Measure, print, and keep what a whole run found."""
    plan, began, found = read_plan(), time.monotonic(), Found()
    with pinned(LOAD_CORE), started() as servers, explained(servers):
        shop = make_template(servers)
        fill(servers.database, shop, TEMPLATE, SMALL)
        measure = measure_long_part if plan.part else measure_parts
        measure(servers, shop, plan, found)
    kept = {**found.conditions, "operations": found.operations, **found.parts}
    print("\n".join(report.compose_part(plan.part, kept) if plan.part else report.compose(kept)))
    if plan.is_kept:
        print(f"\n-> {report.write(kept, plan.part)}")
    print(f"\n{time.monotonic() - began:.0f} s")
    return 0


def read_plan() -> Plan:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="under a minute, printed only")
    parser.add_argument("--only", action="append", default=[], help="what begins so; printed only")
    parser.add_argument("--rounds", type=int, help="how many rounds")
    parser.add_argument("--part", choices=report.LONG, default="", help="this alone: the large shop, an hour of load")
    given = parser.parse_args()
    base = QUICK if given.quick else WHOLE
    return Plan(
        rounds=given.rounds or base.rounds,
        seconds=base.seconds,
        load_seconds=base.load_seconds,
        minutes=base.minutes,
        only=tuple(given.only),
        is_kept=base.is_kept and not given.only,
        part=given.part,
    )


@contextmanager
def explained(servers: Servers) -> Iterator[None]:
    """A wrong answer ends the bench; the web worker's log says why."""
    try:
        yield
    except WrongAnswer:
        print((servers.folder / "web.log").read_text(errors="replace")[-3000:], file=sys.stderr)
        raise


def measure_parts(servers: Servers, shop: Shop, plan: Plan, found: Found) -> None:
    """Everything that the plan wants, the process first: it starts the worker anew."""
    load_before = load_average()
    if load_before > QUIET_LOAD:
        print(f"!! load average {load_before}: somebody else is using this machine", file=sys.stderr)
    if plan.wants("process"):
        say("process")
        found.parts["process"] = measure_process(servers, shop, plan.load_seconds)
    servers.restart_web()
    news = News(servers, shop, servers.database)
    calibrator_ms = measure_operations(servers, shop, news, plan, found)
    if plan.wants("webhook-load"):
        say("webhooks, several at once")
        at_rate = bring(news, plan.load_seconds / 6, RATE_PER_SECOND)
        at_most = bring(news, plan.load_seconds / 6, None)
        found.parts["webhook-load"] = {"at_100_a_second": at_rate.describe(), "at_most": at_most.describe()}
    if plan.wants("front"):
        say("through nginx")
        found.parts["front"] = measure_front(servers, shop, plan.rounds, max(1, round(plan.load_seconds / 15)))
    found.conditions = {
        **report.conditions(load_before),
        "rounds": plan.rounds,
        "empty_app_ms": report.spread(calibrator_ms),
    }


def measure_long_part(servers: Servers, shop: Shop, plan: Plan, found: Found) -> None:
    """One of those that take long, and nothing else."""
    load_before = load_average()
    say(report.TITLES[plan.part])
    is_growth = plan.part == "growth"
    found.parts[plan.part] = measure_growth(servers, shop) if is_growth else measure_hour(servers, shop, plan.minutes)
    found.conditions = report.conditions(load_before)


def measure_operations(servers: Servers, shop: Shop, news: News, plan: Plan, found: Found) -> list[float]:
    """Each operation in short runs, round after round, one sale a second beside them; the empty app's figures."""
    client = Client(servers.web_port, shop.headers)
    bench = Bench(servers, client, Client(servers.calibrator_port), plan.seconds)
    acts = Acts(client, shop, servers.database, news, settle=lambda: time.sleep(SETTLE_SECONDS))
    shown = acts.look_at_page()
    wanted = [operation for operation in list_operations(acts) if plan.wants(operation.name)]
    bench.sale_cost = cost_of_a_sale(servers, acts)
    results = [bench.warm_up(operation) for operation in wanted]
    with Sales(Client(servers.web_port, shop.headers), shop.goods, shown) as bench.sales:
        for number in range(plan.rounds if wanted else 0):
            say(f"round {number + 1} of {plan.rounds}")
            for result in results:
                bench.run(result)
    news.check_applied()
    found.operations = {result.operation.name: report.describe(result) for result in results}
    return bench.calibrator_ms or [bench.calibrate()]


def cost_of_a_sale(servers: Servers, acts: Acts) -> Spent:
    """What the sale beside the measurements costs: it is taken off what was running meanwhile."""
    repeated(acts.buy, SALE_PROBES)
    meter = servers.meter()
    before = meter.read()
    repeated(acts.buy, SALE_PROBES)
    return (meter.read() - before).over(SALE_PROBES)


def say(what: str) -> None:
    """Progress, beside the report."""
    print(f"… {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
