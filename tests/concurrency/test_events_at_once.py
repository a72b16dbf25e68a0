"""Twelve deliveries of each of a thousand events at once, at two web processes: each event has its effect once.

The controls leave out the claim of the ledger, then every other line of defence too: then effects double.
"""

import random
import socket
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

import pytest
from sqlalchemy import text

from app.core.db import unit_of_work
from app.stock.service import receive
from tests.crowd import (
    REFUNDED,
    SUCCEEDED,
    Template,
    bring_all,
    copy_statements,
    count_applied,
    list_at_stripe,
    make_later_news,
    make_news,
)
from tests.faults.books import find_faults
from tests.faults.machine import is_idle
from tests.processes import Processes, url_of, wait_until_serving
from tests.proofs import proof_size, record_proof
from tests.rows import row
from tests.shop_front import Buyer, FakeBrevo, FakeStripe, Goods, Json, read_rows
from tests.waiting import wait_until

DELIVERIES = 12
EVENTS = proof_size(25, 1000)
LATER = EVENTS // 5
EVENTS_OF_CONTROL = proof_size(6, 100)
AT_ONCE = 24
PLENTY = 100_000
SETTLE_SECONDS = 120.0
# Who would still tell the second of two from the first, were the claim lost.
LINES_OF_DEFENCE = (
    "payment_event DROP CONSTRAINT uq_payment_event_stripe_event_id",
    "payment DROP CONSTRAINT uq_payment_payment_intent_id",
    "payment DROP CONSTRAINT uq_payment_payment_session_id",
    '"order" DROP CONSTRAINT uq_order_cart_id',
    '"order" DROP CONSTRAINT uq_order_payment_collection_id',
)


@pytest.fixture
def start(
    environment: dict[str, str],
    vendors: tuple[FakeStripe, FakeBrevo],
    web_socket: socket.socket,
    processes: Processes,
    goods: Goods,
) -> Iterator[Callable[[str], Buyer]]:
    """Start two web processes, without what `careless` names; a worker beside whole ones."""
    environment |= {"RATE_LIMIT_WEBHOOK_MAX": "1000000", "BREVO_DAILY_QUOTA": "1000000"}
    with unit_of_work("test") as session:
        receive(session, goods.variant_id, PLENTY, "test")

    def run(careless: str = "") -> Buyer:
        environment["CARELESS"] = careless
        for _ in range(2):
            processes.serve(web_socket, "tests.concurrency.careless_web" if careless else "app.serve")
        if not careless:
            processes.start("-m", "app.worker")
        wait_until_serving(url_of(web_socket))
        return buyer

    buyer = Buyer(url_of(web_socket), goods)
    yield run
    buyer.http.close()


def prepare(buyer: Buyer, stripe: FakeStripe, count: int) -> tuple[list[Json], list[bytes]]:
    """So many carts that are being paid, and what Stripe has to say of them."""
    cart_id = buyer.fill_cart(1)
    collection_id = buyer.open_collection(cart_id)
    ((total_cents,),) = read_rows("SELECT amount_cents FROM payment_collection")
    template = Template(cart_id, collection_id, int(str(total_cents)))
    with unit_of_work("test") as session:
        for statement in copy_statements(template, 1, count):
            session.execute(text(statement))
    news = make_news(template, 1, count)
    return news, list_at_stripe(stripe, news)


def deliver_at_once(buyer: Buyer, bodies: Sequence[bytes]) -> Counter[int]:
    """Bring each of them twelve times, those of one event side by side; what was answered, counted."""
    return bring_all(str(buyer.http.base_url), [body for body in bodies for _ in range(DELIVERIES)], AT_ONCE)


def wait_until_idle() -> None:
    """Until the worker has nothing left to do."""
    wait_until(is_idle, SETTLE_SECONDS, "every job is done")


def count_effects() -> dict[str, int]:
    """What the events brought about."""
    counts = {
        "orders": 'SELECT count(*) FROM "order"',
        "payments": "SELECT count(*) FROM payment",
        "pieces_sold": "SELECT -sum(delta)::int FROM stock_movement WHERE reason = 'sale'",
        "confirmations": "SELECT count(*) FROM message WHERE template = 'order_confirmation'",
        "refunds": "SELECT count(*) FROM refund",
        "disputes": "SELECT count(*) FROM dispute",
    }
    return {name: int(str(read_rows(query)[0][0] or 0)) for name, query in counts.items()}


@row("S1-010")
def test_twelve_deliveries_of_each_event_have_one_effect(
    start: Callable[..., Buyer], fake_stripe: FakeStripe, fake_brevo: FakeBrevo, processes: Processes
) -> None:
    buyer = start("")
    news, bodies = prepare(buyer, fake_stripe, EVENTS - LATER)
    random.Random(EVENTS).shuffle(bodies)  # noqa: S311 - repeatable, not secret
    later = make_later_news(news, LATER)

    answers = deliver_at_once(buyer, bodies)
    answers += deliver_at_once(buyer, list_at_stripe(fake_stripe, later))
    wait_until_idle()

    assert answers == Counter({200: EVENTS * DELIVERIES})
    states = Counter(str(state) for (state,) in read_rows("SELECT state FROM payment_event"))
    applied = count_applied([*news, *later])
    assert states == Counter({"processed": applied, "ignored": EVENTS - applied})
    payments = sum(event["type"] == SUCCEEDED for event in news)
    refunds = sum(event["type"] == REFUNDED for event in later)
    expected = dict.fromkeys(("orders", "payments", "pieces_sold", "confirmations"), payments)
    assert count_effects() == {**expected, "refunds": refunds, "disputes": len(later) - refunds}
    assert find_faults(fake_stripe, fake_brevo) == []
    duplicates = sum('"duplicate"' in line and '"stripe event"' in line for line in processes.log().splitlines())
    assert duplicates == EVENTS * (DELIVERIES - 1)
    record_proof(
        "events-at-once",
        {
            "events": EVENTS,
            "deliveries": EVENTS * DELIVERIES,
            "answered_duplicate": duplicates,
            "payments": payments,
            "refunds": refunds,
            "disputes": len(later) - refunds,
            # The books disagreed otherwise, and the test failed.
            "effects_lost": 0,
            "effects_doubled": 0,
            **{f"ledger_{state}": count for state, count in sorted(states.items())},
        },
    )


@pytest.mark.parametrize(
    ("careless", "dropped"), [("claim", LINES_OF_DEFENCE[:1]), ("claim,locks", LINES_OF_DEFENCE)], ids=["claim", "all"]
)
def test_control_what_the_claim_and_the_constraints_prevent(
    start: Callable[[str], Buyer], fake_stripe: FakeStripe, careless: str, dropped: Sequence[str]
) -> None:
    """Without the claim alone each delivery is applied, and locks and constraints still keep effects single; without
    those too, customers are charged stock and orders twice."""
    buyer = start(careless)
    news, bodies = prepare(buyer, fake_stripe, EVENTS_OF_CONTROL)
    with unit_of_work("test") as session:
        for line in dropped:
            session.execute(text(f"ALTER TABLE {line}"))

    deliver_at_once(buyer, bodies)

    payments = sum(event["type"] == SUCCEEDED for event in news)
    effects, (applied,) = count_effects(), read_rows("SELECT count(*) FROM payment_event WHERE state = 'processed'")[0]
    assert int(str(applied)) > count_applied(news), "every delivery believes to be the first"
    is_defended = "locks" not in careless
    assert (effects["orders"] == payments) is is_defended, effects
    assert (effects["pieces_sold"] == payments) is is_defended, effects
    record_proof(
        f"events-at-once-without-{careless.replace(',', '-and-')}",
        {"effects_expected": payments, "applied": int(str(applied)), **effects},
    )
