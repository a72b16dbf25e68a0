"""`kill -9` at every step of a webhook, a mail, a refund: whatever the moment, everything happens exactly once.

First the work runs once and lists its moments; then it runs once for each of them and dies there. Stripe brings the
event again, the worker takes the job back. `make test` visits the moments around commits and calls, `make prove` all.
"""

from collections.abc import Callable
from dataclasses import dataclass

import httpx2
from sqlalchemy import text

from app.core.db import unit_of_work
from app.refunds.service import RefundAsk, request_refund
from tests.faults.machine import Machine
from tests.money_back import Staff, hire
from tests.order_link import open_page, turn
from tests.proofs import is_proving, record_proof
from tests.rows import row
from tests.shop_front import read_rows

WEBHOOK = "POST /stripe/webhook"
MOST_IN_SMALL = 8
OWNER = "user_owner"
NO_EVENT = {"deliver": False}


@dataclass(frozen=True)
class Kind:
    """A piece of work, and what comes before it: `prepare` gives what begins it, and what is done once all is calm.

    `fresh` counts the rows that each life must add to a table, no more and no fewer.
    """

    name: str
    work: str
    prepare: Callable[[Machine], tuple[Callable[[], object], Callable[[], object]]]
    fresh: dict[str, int]


Life = tuple[Callable[[], object], Callable[[], object]]
ONE_PURCHASE = {'"order"': 1, "payment": 1, "refund": 0, "stock_movement": 1}
ONE_REFUND = {**ONE_PURCHASE, "refund": 1}


def nothing_more() -> None:
    """Nobody has to come back."""


def prepare_paid_intent(machine: Machine) -> Life:
    """A cart of two pieces is paid, its browser is gone, Stripe has not yet said so."""
    attempt = machine.buyer.open_session(machine.buyer.fill_cart(2))
    machine.stripe.pay(attempt.intent_id, deliver=False)
    event_id = machine.event_about(attempt.intent_id, "payment_intent.succeeded")
    return lambda: machine.deliver(event_id), nothing_more


def prepare_paid_page(machine: Machine) -> Life:
    """An order is paid on Stripe's page, nobody came back from it, Stripe has not yet said so."""
    opened = open_page(machine.buyer, quantity=2)
    turn(machine.stripe, opened.page_id, "pay", **NO_EVENT)
    event_id = machine.event_about(opened.page_id, "checkout.session.completed")
    return lambda: machine.deliver(event_id), machine.bring_the_rest


def prepare_dashboard_refund(machine: Machine) -> Life:
    """Somebody gives 12 € back in Stripe's dashboard, and Stripe has not yet said so."""
    intent_id, _ = purchase(machine)
    made = machine.stripe.post("/_test/refunds", payment_intent=intent_id, amount=1200, **NO_EVENT)
    event_id = machine.event_about(made["id"], "refund.created")
    return lambda: machine.deliver(event_id), machine.bring_the_rest


def prepare_refund_request(machine: Machine) -> Life:
    """Staff gives 12 € back; whoever gets no answer looks first, and asks again only if nothing was asked."""
    _, payment_id = purchase(machine)
    staff = find_owner(machine)
    path = f"/payments/{payment_id}"

    def ask() -> None:
        machine.hold()
        try:
            asked = staff.post(f"{path}/refund", amount=12, refund_reason_id="goodwill", note="late")
            assert asked.status_code == 200, asked.text
        except httpx2.TransportError:
            assert machine.killed_at() is not None
        machine.release()

    def look_and_ask_again() -> None:
        if not staff.get(path).json()["payment"]["refunds"]:
            ask()

    return ask, look_and_ask_again


def prepare_refund_job(machine: Machine) -> Life:
    """12 € were promised back, and whoever asked could not send them: the job does."""
    _, payment_id = purchase(machine)

    def promise() -> None:
        with unit_of_work("staff:somebody") as session:
            request_refund(session, RefundAsk(payment_id, 1200, "goodwill", note="late", role="owner"))
        machine.hold()
        machine.wait_for_work()
        machine.release()

    return promise, nothing_more


def purchase(machine: Machine) -> tuple[str, str]:
    """A whole purchase before the work; gives its intent and its payment."""
    attempt = machine.buyer.open_session(machine.buyer.fill_cart(2))
    machine.stripe.pay(attempt.intent_id)
    machine.settle()
    query = "SELECT id FROM payment WHERE payment_intent_id = :intent_id"
    ((payment_id,),) = read_rows(query, intent_id=attempt.intent_id)
    return attempt.intent_id, str(payment_id)


def find_owner(machine: Machine) -> Staff:
    """The owner, hired once."""
    with unit_of_work("test") as session:
        session.execute(text("DELETE FROM staff_user WHERE id = :id"), {"id": OWNER})
    return hire(machine.buyer)


KINDS = (
    Kind("webhook-payment", WEBHOOK, prepare_paid_intent, ONE_PURCHASE),
    Kind("webhook-page", WEBHOOK, prepare_paid_page, ONE_PURCHASE),
    Kind("webhook-refund", WEBHOOK, prepare_dashboard_refund, ONE_REFUND),
    Kind("mail", "notifications.send", prepare_paid_intent, ONE_PURCHASE),
    Kind("refund-request", "POST /admin/payments/[^/]+/refund", prepare_refund_request, ONE_REFUND),
    Kind("refund-job", "refunds.send", prepare_refund_job, ONE_REFUND),
)


def choose(moments: list[str]) -> list[int]:
    """All of them when proving, else the ones beside a commit or a call and some others, as a quick run can afford."""
    everything = list(range(1, len(moments) + 1))
    if is_proving():
        return everything
    decisive = [at for at in everything if any(word in moments[at - 1] for word in ("commit", "call", "written off"))]
    others = [at for at in everything if at not in decisive]
    left = max(0, MOST_IN_SMALL - len(decisive))
    return sorted(thin_out(decisive, MOST_IN_SMALL) + thin_out(others, left))


def thin_out(moments: list[int], most: int) -> list[int]:
    """So many of them at most, spread evenly."""
    step = max(1, -(-len(moments) // most)) if most else len(moments) + 1
    return moments[step - 1 :: step]


@row("S1-016", "S4-027")
def test_dying_at_any_moment_loses_nothing_and_doubles_nothing(machine: Machine) -> None:
    for kind in KINDS:
        die_at_each_moment(machine, kind)


def die_at_each_moment(machine: Machine, kind: Kind) -> None:
    """One kind of work, once to its end, then to its death at each moment that is chosen."""
    moments = live(machine, kind, 0)
    assert machine.killed_at() is None
    chosen = choose(moments)
    for moment in chosen:
        live(machine, kind, moment)
        assert machine.killed_at() == moment, f"{kind.name}: {machine.moments()}"
    record_proof(
        f"kill-{kind.name}",
        {
            "moments": len(moments),
            "kills": len(chosen),
            # The books disagreed otherwise, and the test failed.
            "effects_lost": 0,
            "effects_doubled": 0,
            **{f"{place:03d}": what for place, what in enumerate(moments, 1)},
        },
    )


def live(machine: Machine, kind: Kind, dies_at: int) -> list[str]:
    """One life of the work, to its end or to its death and through everything that mends it; gives its moments."""
    before = count_rows(kind)
    begin, end = kind.prepare(machine)
    machine.arm(kind.work, dies_at)
    begin()
    machine.settle()
    end()
    machine.settle()
    moments = machine.moments()
    assert moments, "the work was never seen"
    faults = machine.find_faults()
    assert faults == [], f"{kind.name}, moment {dies_at}: {moments[-1]}"
    after = count_rows(kind)
    assert {table: after[table] - before[table] for table in before} == kind.fresh, f"moment {dies_at}: {moments[-1]}"
    return moments


def count_rows(kind: Kind) -> dict[str, int]:
    """How many there are of what a life makes."""
    return {table: int(str(read_rows(f"SELECT count(*) FROM {table}")[0][0])) for table in kind.fresh}  # noqa: S608
