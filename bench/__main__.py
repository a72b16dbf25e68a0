"""`python -m bench`: see the package's own description."""

import argparse
import sys
import time
from dataclasses import dataclass

from bench import report
from bench.machine import LOAD_CORE, Spent, load_average, pinned
from bench.measure import Bench
from bench.operations import Acts, list_operations
from bench.purchase import Sales, repeated
from bench.servers import Servers, started
from bench.shop import SMALL, Shop, Size, fill, make_template
from bench.wire import Client, WrongAnswer

TEMPLATE = Size(1, 1, 1)
SALE_PROBES = 6
QUIET_LOAD = 1.5


@dataclass(frozen=True)
class Plan:
    """How much of it to do."""

    rounds: int
    seconds: float
    only: tuple[str, ...]
    is_kept: bool


FULL = Plan(rounds=5, seconds=1.2, only=(), is_kept=True)
QUICK = Plan(rounds=2, seconds=0.25, only=(), is_kept=False)


def main() -> int:
    """Measure, print, and keep what a whole run found."""
    plan, began = read_plan(), time.monotonic()
    with pinned(LOAD_CORE), started() as servers:
        try:
            shop = make_template(servers)
            fill(servers.database, shop, TEMPLATE, SMALL)
            servers.restart_web()
            lines = measure(servers, shop, plan)
        except WrongAnswer:
            print((servers.folder / "web.log").read_text(errors="replace")[-3000:], file=sys.stderr)
            raise
    print("\n".join(lines))
    print(f"\n{time.monotonic() - began:.0f} s, load average {load_average()}")
    return 0


def read_plan() -> Plan:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="under a minute, printed only")
    parser.add_argument("--only", action="append", default=[], help="operations whose name begins so; printed only")
    parser.add_argument("--rounds", type=int, help="how many rounds")
    parser.add_argument("--full", action="store_true", help="the large shop too: growth")
    given = parser.parse_args()
    base = QUICK if given.quick else FULL
    rounds = given.rounds or base.rounds
    return Plan(rounds, base.seconds, tuple(given.only), base.is_kept and not given.only)


def measure(servers: Servers, shop: Shop, plan: Plan) -> list[str]:
    """Every operation, the sales beside them; the lines of the report."""
    loads = [load_average()]
    if loads[0] > QUIET_LOAD:
        print(f"!! load average {loads[0]}: somebody else is using this machine", file=sys.stderr)
    client = Client(servers.web_port, shop.headers)
    bench = Bench(servers, client, Client(servers.calibrator_port), plan.seconds)
    acts = Acts(client, shop, servers.database, settle=lambda: time.sleep(0.02))
    shown = acts.look_at_page()
    wanted = [each for each in list_operations(acts) if not plan.only or each.name.startswith(plan.only)]
    bench.sale_cost = cost_of_a_sale(servers, acts)
    results = [bench.warm_up(operation) for operation in wanted]
    with Sales(Client(servers.web_port, shop.headers), shop.goods, shown) as bench.sales:
        for number in range(plan.rounds):
            for result in results:
                bench.run(result)
            print(f"round {number + 1} of {plan.rounds}", file=sys.stderr)
    figures = {result.operation.name: report.describe(result) for result in results}
    lines = report.table(figures)
    if plan.is_kept:
        whole = {**report.conditions(plan.rounds, bench.calibrator_ms, loads), "operations": figures}
        report.write(whole, lines)
    return lines


def cost_of_a_sale(servers: Servers, acts: Acts) -> Spent:
    """What the sale beside the measurements costs: it is taken off what was running meanwhile."""
    repeated(acts.buy, SALE_PROBES)
    meter = servers.meter()
    before = meter.read()
    repeated(acts.buy, SALE_PROBES)
    return (meter.read() - before).over(SALE_PROBES)


if __name__ == "__main__":
    sys.exit(main())
