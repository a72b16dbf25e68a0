"""`kill -9` of web and worker at random moments of many purchases: no paid money without order, no stock lost or
invented, no second mail (issue of the foundation, point 5).

The two fakes live on, as Stripe and Brevo would. The moments come from a fixed seed; what they hit differs per run.
"""

import random
import socket
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import httpx2
import pytest

from app.core.db import unit_of_work
from app.stock.service import receive
from tests.processes import Processes, url_of, wait_until_serving
from tests.proofs import proof_size, record_proof
from tests.shop_front import ADDRESS, Buyer, FakeBrevo, FakeStripe, Goods, read_rows
from tests.waiting import wait_until

PURCHASES = proof_size(12, 200)
BUYERS_AT_ONCE = 4
SEED = 20261121
PLENTY = 100_000
STEPS = ("session", "pay", "complete", "rest")
VICTIMS = ("web", "web", "webs", "worker")
LONGEST_DELAY_SECONDS = 0.3
ANSWER_SECONDS = 120.0
# Jobs of a killed worker are taken back after some 20 s, and the worker looks for due ones every few.
SETTLE_SECONDS = 180.0


@dataclass(frozen=True)
class Plan:
    """One purchase, and the moment at which something dies."""

    number: int
    quantity: int
    is_browser_dead: bool
    step: str
    victim: str
    delay_seconds: float


@dataclass(frozen=True)
class Bought:
    """What the buyer knows in the end; the order is unknown to a browser that died."""

    intent_id: str
    quantity: int
    email: str
    order_id: str | None


@dataclass
class Machine:
    """Two web processes on one socket and a worker, each replaced as soon as it is killed."""

    processes: Processes
    listener: socket.socket
    running: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)
    kills: Counter[str] = field(default_factory=Counter)
    interrupted: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self, name: str) -> None:
        """Start one process without waiting for it."""
        is_web = name.startswith("web")
        starter = self.processes.serve(self.listener) if is_web else self.processes.start("-m", "app.worker")
        self.running[name] = starter

    def strike(self, victim: str) -> None:
        """Kill without warning, as the kernel does when memory is short."""
        names = {"web": ["web_1"], "webs": ["web_1", "web_2"], "worker": ["worker"]}[victim]
        with self.lock:
            for name in names:
                self.kill(name)
            if victim == "web":  # the other one next time
                self.running["web_1"], self.running["web_2"] = self.running["web_2"], self.running["web_1"]

    def kill(self, name: str) -> None:
        """One process dies and is started again."""
        self.running[name].kill()
        self.running[name].wait()
        self.kills["worker" if name == "worker" else "web"] += 1
        self.start(name)


@pytest.fixture
def machine(
    environment: dict[str, str], vendors: tuple[FakeStripe, FakeBrevo], web_socket: socket.socket, processes: Processes
) -> Machine:
    """The running product."""
    environment["RATE_LIMIT_WEBHOOK_MAX"] = "100000"
    machine = Machine(processes, web_socket)
    for name in ("web_1", "web_2", "worker"):
        machine.start(name)
    wait_until_serving(url_of(web_socket))
    return machine


def draw_plans() -> list[Plan]:
    """The same plans in every run."""
    dice = random.Random(SEED)  # noqa: S311 - repeatable, not secret
    return [
        Plan(
            number=number,
            quantity=dice.randint(1, 3),
            is_browser_dead=dice.random() < 0.3,
            step=dice.choice(STEPS),
            victim=dice.choice(VICTIMS),
            delay_seconds=dice.uniform(0, LONGEST_DELAY_SECONDS),
        )
        for number in range(PURCHASES)
    ]


def insist(call: Callable[[], httpx2.Response], what: str, machine: Machine) -> httpx2.Response:
    """A patient client: no answer, a 5xx or a 409 means the same call again."""

    def try_once() -> httpx2.Response | None:
        try:
            answer = call()
        except httpx2.TransportError:
            machine.interrupted[what] += 1
            return None
        return None if answer.status_code >= 500 or answer.status_code == 409 else answer

    answer = wait_until(try_once, ANSWER_SECONDS, what)
    assert answer is not None
    assert answer.status_code == 200, f"{what}: {answer.text}"
    return answer


def purchase(plan: Plan, machine: Machine, goods: Goods, fake_stripe: FakeStripe) -> Bought:
    """One buyer, from the cart to the order or to the death of the browser."""
    email = f"buyer-{plan.number}@example.com"
    timers: list[threading.Timer] = []

    def reach(step: str) -> None:
        if step == plan.step:
            timers.append(threading.Timer(plan.delay_seconds, machine.strike, [plan.victim]))
            timers[-1].start()

    buyer = Buyer(url_of(machine.listener), goods)
    cart_id = fill_cart(buyer, plan.quantity, email, machine)
    reach("session")
    collection = insist(lambda: buyer.post("/store/payment-collections", cart_id=cart_id), "a collection", machine)
    collection_id = collection.json()["payment_collection"]["id"]
    opened = insist(lambda: buyer.ask_for_session(collection_id), "a session", machine).json()["payment_collection"]
    intent_id = str(opened["payment_sessions"][0]["data"]["id"])
    reach("pay")
    fake_stripe.pay(intent_id)
    order_id = None
    if not plan.is_browser_dead:
        reach("complete")
        answer = insist(lambda: buyer.complete(cart_id), "an order", machine).json()
        assert answer["type"] == "order"
        order_id = str(answer["order"]["id"])
    reach("rest")
    for timer in timers:
        timer.join()
    buyer.http.close()
    return Bought(intent_id, plan.quantity, email, order_id)


def fill_cart(buyer: Buyer, quantity: int, email: str, machine: Machine) -> str:
    """As `Buyer.fill_cart`, patiently; a cart whose answer got lost is simply left behind."""
    item = {"variant_id": buyer.goods.variant_id, "quantity": quantity}
    given = {"region_id": buyer.goods.region_id, "email": email, "items": [item], "shipping_address": ADDRESS}
    cart_id = str(insist(lambda: buyer.post("/store/carts", **given), "a cart", machine).json()["cart"]["id"])
    option = {"option_id": buyer.goods.shipping_option_id}
    insist(lambda: buyer.post(f"/store/carts/{cart_id}/shipping-methods", **option), "a way to send", machine)
    return cart_id


def wait_until_settled(fake_stripe: FakeStripe) -> None:
    """Every webhook is acknowledged, no job is left to do."""
    wait_until(lambda: fake_stripe.is_everything_delivered(), SETTLE_SECONDS, "every webhook arrives")
    unfinished = "SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing')"
    wait_until(lambda: read_rows(unfinished) == [(0,)], SETTLE_SECONDS, "every job is done")


def test_killing_at_random_moments_loses_nothing_and_doubles_nothing(
    machine: Machine, goods: Goods, fake_stripe: FakeStripe, fake_brevo: FakeBrevo
) -> None:
    with unit_of_work("test") as session:
        receive(session, goods.variant_id, PLENTY, "test")
    ((stock_before,),) = read_rows("SELECT stocked_quantity FROM stock_level")
    started = time.monotonic()
    with ThreadPoolExecutor(BUYERS_AT_ONCE) as pool:
        bought = list(pool.map(lambda plan: purchase(plan, machine, goods, fake_stripe), draw_plans()))
    wait_until_settled(fake_stripe)
    seconds = time.monotonic() - started

    check_orders(bought)
    check_stock(int(str(stock_before)), bought)
    check_mails(fake_brevo, bought)
    assert machine.kills["web"] >= 1
    assert machine.kills["worker"] >= 1
    assert machine.interrupted.total() >= 1, "no kill hit a call: the moments prove nothing"
    record_proof(
        "kill",
        {
            "purchases": len(bought),
            "browsers_dead": sum(each.order_id is None for each in bought),
            "kills_of_web": machine.kills["web"],
            "kills_of_worker": machine.kills["worker"],
            "calls_cut_off": machine.interrupted.total(),
            # The checks above failed otherwise.
            "orders": len(bought),
            "paid_without_order": 0,
            "pieces_lost_or_invented": 0,
            "second_mails": 0,
            "seconds": round(seconds, 1),
        },
    )


def check_orders(bought: list[Bought]) -> None:
    """Each paid intent has exactly one order, which is paid; nothing else was ordered; numbers have no gap."""
    found = read_rows(
        'SELECT payment.payment_intent_id, "order".email, "order".status, "order".paid_at IS NOT NULL, '
        '(SELECT sum(quantity)::int FROM order_line WHERE order_id = "order".id) '
        'FROM "order" LEFT JOIN payment USING (payment_collection_id)'
    )
    assert Counter(found) == Counter((each.intent_id, each.email, "pending", True, each.quantity) for each in bought)
    known = {(each.order_id,) for each in bought if each.order_id is not None}
    assert known <= set(read_rows('SELECT id FROM "order"'))
    numbers = [row[0] for row in read_rows('SELECT display_id FROM "order" ORDER BY display_id')]
    assert numbers == list(range(1, len(bought) + 1))
    assert read_rows("SELECT count(*) FROM refund") == [(0,)]
    assert read_rows("SELECT count(*) FROM payment_event WHERE state <> 'processed'") == [(0,)]


def check_stock(before: int, bought: list[Bought]) -> None:
    """Level, movements and order lines tell the same story."""
    sold = sum(each.quantity for each in bought)
    assert read_rows("SELECT stocked_quantity FROM stock_level") == [(before - sold,)]
    assert read_rows("SELECT sum(delta)::int FROM stock_movement") == [(before - sold,)]
    wrong = read_rows(
        "SELECT count(*) FROM order_line FULL JOIN stock_movement ON reference = order_id AND reason = 'sale' "
        "WHERE reason IS DISTINCT FROM 'receipt' AND quantity IS DISTINCT FROM -delta"
    )
    assert wrong == [(0,)]


def check_mails(fake_brevo: FakeBrevo, bought: list[Bought]) -> None:
    """Each buyer has exactly one mail at Brevo, and our outbox knows it."""
    written: list[str] = []
    for mail in fake_brevo.mails():
        recipients = mail["to"]
        assert isinstance(recipients, list)
        written += [str(person["email"]) for person in recipients]
    assert Counter(written) == Counter(each.email for each in bought)
    assert read_rows("SELECT state, count(*) FROM message GROUP BY state") == [("sent", len(bought))]
