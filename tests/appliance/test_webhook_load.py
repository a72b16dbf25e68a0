"""A hundred webhooks a second on the test host: how fast, how heavy, how many more; and what the limit refuses.

The client is outside the host and shares the machine's two cores with it, so that a real server does no worse.
"""

import json
import random
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import pytest

from app.payments.event_types import HANDLED_EVENT_TYPES
from tests.appliance.shop import AS_THE_SHOP, Shop
from tests.appliance.steady_news import Delivered, Endpoint, send_steadily
from tests.appliance.test_footprint import READ_SHARES
from tests.appliance.test_purchase import STOCK_THE_SHOP, ask_database, find_goods
from tests.appliance.vendors import Vendors
from tests.crowd import Template, copy_statements, list_at_stripe, make_news, render, write_body
from tests.proofs import proof_size, record_proof
from tests.shop_front import Buyer, FakeStripe, Goods
from tests.waiting import wait_until

PER_SECOND = proof_size(20, 100)
SECONDS = proof_size(5, 30)
STEP_SECONDS = 10
FIRST_STEP, GROWTH, MOST_STEPS = 30, 1.25, proof_size(0, 8)
SLOW_MILLISECONDS = 1000.0
REFUSED_EVENTS = proof_size(150, 400)
REFUSED_PER_SECOND = 20
PLENTY = 100_000
RECONCILE_SECONDS = 180.0
SWEEP_SECONDS = 180.0
OLD_SECONDS = 600  # older than what reconcile leaves to the webhook
LINE = "Webhook rate limit exceeded (429)"
VARIANT = "SELECT id FROM product_variant WHERE sku = 'CHARGE-N'"
SECRET = "sed -n 's/^STRIPE_WEBHOOK_SECRET=//p' /etc/comptoir/env"
WEIGH_EVERY_SECONDS = 4.0
COUNT = "SELECT count(*) FROM payment_event WHERE stripe_event_id ~ '^evt_[0-9]+' AND state = 'STATE'"
LAST = (
    "SELECT coalesce(max(substr(payment_intent_id, 4)::int), 0)"
    " FROM payment_session WHERE payment_intent_id ~ '^pi_[0-9]+$'"
)
TOTAL = "SELECT amount_cents FROM payment_collection WHERE id = 'COLLECTION'"
LIMIT = "RATE_LIMIT_WEBHOOK_MAX"
REASON = "RATE_LIMIT_WEBHOOK_REASON"
STOCK_FOR_LOAD = STOCK_THE_SHOP.replace("aura", "charge").replace("AURA-N", "CHARGE-N").replace("10,", f"{PLENTY},")


@dataclass
class Floor:
    """The deployed shop with something to sell, and how many events were made so far."""

    shop: Shop
    stripe: FakeStripe
    endpoint: Endpoint
    template: Template
    made: int = 0
    limited_to: int | None = None

    def make(self, count: int, *, is_listed: bool = False) -> list[bytes]:
        """So many fresh pieces of news, each about a cart of its own that is being paid; signed later."""
        first, last = self.made + 1, self.made + count
        self.made = last
        script = ";\n".join(["BEGIN", *copy_statements(self.template, first, last), "COMMIT;"])
        self.shop.host.run("cd / && runuser -u postgres -- psql -Xq -v ON_ERROR_STOP=1 -d comptoir", stdin=script)
        news = make_news(self.template, first, last)
        return (
            list_at_stripe(self.stripe, news, OLD_SECONDS) if is_listed else [write_body(render(each)) for each in news]
        )

    def limit(self, most: int | None) -> None:
        """Webhooks a minute, None: as delivered; the shop starts again with it."""
        if most == self.limited_to:
            return
        change = f"sed -i '/^{LIMIT}=/d; /^{REASON}=/d' /etc/comptoir/env"
        raised = f"{change} && printf '{LIMIT}={most}\\n{REASON}=load\\n' >> /etc/comptoir/env"
        self.shop.host.run(change if most is None else raised)
        self.shop.host.run("sudo comptoir release restart", user="deploy")
        self.shop.wait_ready()
        self.limited_to = most

    def count(self, state: str) -> int:
        """How many events of the mixture the ledger has in this state."""
        return int(ask_database(self.shop, COUNT.replace("STATE", state)))


@pytest.fixture
def floor(deployed_shop: Shop, vendors: Vendors) -> Iterator[Floor]:
    """The shop, which the fakes reach and which reaches them."""
    shop, stripe = deployed_shop, FakeStripe(vendors.stripe_url)
    with vendors.reachable_from(shop.host):
        vendors.trust(shop.authority())
        shop.host.run("sudo comptoir setup", user="deploy")
        if not ask_database(shop, VARIANT):
            shop.host.run(AS_THE_SHOP, stdin=STOCK_FOR_LOAD)
        goods = replace(find_goods(shop), variant_id=ask_database(shop, VARIANT))
        secret = shop.host.run(SECRET).stdout.strip().strip("'\"")
        floor = Floor(shop, stripe, Endpoint(shop.host.address, shop.context(), secret), fill_template(shop, goods))
        floor.made = int(ask_database(shop, LAST))
        yield floor
        floor.limit(None)


def fill_template(shop: Shop, goods: Goods) -> Template:
    """The cart that will be copied."""
    buyer = Buyer(f"https://{shop.host.address}", goods, shop.context())
    cart_id = buyer.fill_cart(1)
    collection_id = buyer.open_collection(cart_id)
    buyer.http.close()
    return Template(cart_id, collection_id, int(ask_database(shop, TOTAL.replace("COLLECTION", collection_id))))


@contextmanager
def weighed(shop: Shop) -> Iterator[Counter[str]]:
    """The most that each program weighed while the block ran, in kB, and all of them together."""
    most, is_over = Counter[str](), threading.Event()

    def weigh() -> None:
        while not is_over.wait(WEIGH_EVERY_SECONDS):
            shares = Counter[str]()
            for line in shop.host.run("bash -s", stdin=READ_SHARES).stdout.splitlines():
                name, kilobytes = line.split()
                shares[name] += int(kilobytes)
            shares["total"] = shares.total()
            most.update({name: max(0, shares[name] - most[name]) for name in shares})

    weighing = threading.Thread(target=weigh)
    weighing.start()
    try:
        yield most
    finally:
        is_over.set()
        weighing.join()


def mix(bodies: list[bytes]) -> list[bytes]:
    """Every tenth comes a second time, somewhere later."""
    again = random.Random(len(bodies)).sample(bodies, len(bodies) // 10)  # noqa: S311 - repeatable, not secret
    return [*bodies, *again]


def describe(delivered: Delivered) -> dict[str, float | int | str]:
    """In figures."""
    return {
        "deliveries": delivered.answers.total(),
        "answers": " ".join(f"{answer}: {count}" for answer, count in sorted(delivered.answers.items())),
        "reached_per_second": round(delivered.answers.total() / delivered.seconds, 1),
        "p50_ms": delivered.percentile(0.5),
        "p95_ms": delivered.percentile(0.95),
        "p99_ms": delivered.percentile(0.99),
    }


def find_saturation(floor: Floor) -> dict[str, float | int | str]:
    """The highest rate, step by step, at which nothing fails and 95 % are answered within a second."""
    rate, held, seen = float(FIRST_STEP), 0.0, ""
    for _ in range(MOST_STEPS):
        step = send_steadily(floor.endpoint, floor.make(int(rate * STEP_SECONDS)), rate)
        seen += f"{rate:.0f}/s: p95 {step.percentile(0.95):.0f} ms, {describe(step)['answers']}; "
        if set(step.answers) != {"200"} or step.percentile(0.95) > SLOW_MILLISECONDS:
            break
        rate, held = rate * GROWTH, rate
    return {"saturation_per_second": round(held), "steps": seen.strip("; ")}


def test_webhooks_at_a_steady_rate_are_all_applied(floor: Floor) -> None:
    floor.limit(1_000_000)
    bodies = floor.make(int(PER_SECOND * SECONDS / 1.1))
    before = floor.count("processed") + floor.count("ignored")
    with weighed(floor.shop) as most:
        delivered = send_steadily(floor.endpoint, mix(bodies), PER_SECOND)
    # Every event sells a piece of one variant: who waits for its row for more than three seconds shall come again.
    assert set(delivered.answers) <= {"200", "500"}, delivered.answers
    assert delivered.answers["500"] <= len(bodies) // 100, delivered.answers
    wait_until(lambda: floor.count("failed") == 0, SWEEP_SECONDS, "what failed is swept")
    assert floor.count("processed") + floor.count("ignored") - before == len(bodies)
    assert floor.count("unmatched") == 0
    figures = {
        "per_second": PER_SECOND,
        "seconds": SECONDS,
        "limit_in_force_per_minute": 1_000_000,
        **describe(delivered),
        **{f"{name}_peak_mb": round(kilobytes / 1024, 1) for name, kilobytes in sorted(most.items())},
    }
    record_proof("webhook-load", {**figures, **find_saturation(floor)})


def test_what_the_default_limit_refuses_is_fetched(floor: Floor) -> None:
    floor.limit(None)
    bodies = floor.make(REFUSED_EVENTS, is_listed=True)
    lines, processed, fetched = count_lines(floor.shop), floor.count("processed"), count_fetched(floor.shop)

    delivered = send_steadily(floor.endpoint, bodies, REFUSED_PER_SECOND)

    refused, failed = delivered.answers["429"], delivered.answers["500"]
    # A 500 is written down and swept; what was refused left nothing but a line.
    assert refused > 0
    assert set(delivered.answers) <= {"200", "429", "500"}, delivered.answers
    assert count_lines(floor.shop) - lines == refused
    ours = sum(json.loads(body)["type"] in HANDLED_EVENT_TYPES for body in bodies)  # the others are not subscribed to
    wait_until(lambda: floor.count("processed") - processed == ours, RECONCILE_SECONDS, "what was refused is fetched")
    record_proof(
        "webhook-default-limit",
        {
            "limit_in_force_per_minute": 100,
            "events": len(bodies),
            "for_us": ours,
            "answered_429": refused,
            "answered_500": failed,
            "log_line": LINE,
            "log_lines": refused,
            "fetched_by_reconcile": count_fetched(floor.shop) - fetched,
            # Otherwise the wait above had failed.
            "lost": 0,
        },
    )


def count_lines(shop: Shop) -> int:
    """How often the shop wrote that it refused a webhook."""
    return int(shop.host.run(f"cat /var/log/comptoir/web-*.log | grep -cF '{LINE}'", check=False).stdout.strip() or 0)


def count_fetched(shop: Shop) -> int:
    """How many events came by reconcile."""
    return int(ask_database(shop, "SELECT count(*) FROM payment_event WHERE source = 'reconcile'"))
