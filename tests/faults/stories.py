"""The moments of money at which something may fail: each a whole story, with a place in it where the fault strikes.

A client of a story is patient as browsers and people are: no answer or a passing refusal means the same call again.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeVar

import httpx2
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app.core.db import unit_of_work
from app.core.jobs import enqueue
from app.stripe_events.hold_task import LEASE
from tests.faults.machine import Machine
from tests.lost_news import lose_payment
from tests.money_back import Staff, hire
from tests.order_link import open_page, turn
from tests.shop_front import Json, read_rows
from tests.waiting import wait_until

T = TypeVar("T")
# Longer than the minute of a limit that an impatient client has used up while nothing answered.
PATIENCE_SECONDS = 90.0
PASSING = (409, 429, 500, 502, 503)
OWNER = "user_owner"
FETCHED = "SELECT count(*) FROM payment_event WHERE stripe_event_id = :id"
FETCHING = """
    SELECT count(*) FROM procrastinate_jobs
    WHERE task_name = 'stripe_events.reconcile' AND status IN ('todo', 'doing')"""
SILENT = {"deliver": False}


@dataclass
class Strike:
    """What the fault does when the story comes to its moment; `bring` is how Stripe then brings an event.

    `has_hit`: whether somebody met it.
    """

    now: Callable[[], None]
    bring: Callable[[str], None]
    has_hit: Callable[[], bool] = lambda: True
    is_done: bool = field(default=False)

    def __call__(self) -> None:
        self.is_done = True
        self.now()


@dataclass(frozen=True)
class Moment:
    """`calls`: the vendor's operation that is called at it. `work`: the piece of work that may be killed at it.

    `delivers`: Stripe brings an event at it.
    """

    name: str
    tell: Callable[[Machine, Strike], None]
    work: str
    calls: str = ""
    delivers: bool = False


def patiently(call: Callable[[], httpx2.Response]) -> Json:
    """The answer, however often it takes."""

    def ask() -> httpx2.Response | None:
        try:
            answer = call()
        except httpx2.TransportError:
            return None
        return None if answer.status_code in PASSING else answer

    answer = wait_until(ask, PATIENCE_SECONDS, "an answer")
    assert answer is not None
    assert answer.status_code == 200, answer.text
    read: Json = answer.json()
    return read


def fill_cart(machine: Machine) -> tuple[str, str]:
    """A cart and what it owes, before anything fails."""
    cart_id = machine.buyer.fill_cart(2)
    return cart_id, machine.buyer.open_collection(cart_id)


def open_intent(machine: Machine, collection_id: str) -> str:
    """An attempt to pay, opened by a patient buyer."""
    opened = patiently(lambda: machine.buyer.ask_for_session(collection_id))
    return str(opened["payment_collection"]["payment_sessions"][0]["data"]["id"])  # type: ignore[index]


def complete(machine: Machine, cart_id: str) -> None:
    """The browser asks for its order until it has it."""
    assert patiently(lambda: machine.buyer.complete(cart_id))["type"] == "order"


def purchase(machine: Machine) -> tuple[str, str]:
    """A whole purchase before the story; gives its intent and its payment."""
    _, collection_id = fill_cart(machine)
    intent_id = open_intent(machine, collection_id)
    machine.stripe.pay(intent_id)
    machine.settle()
    ((payment_id,),) = read_rows("SELECT id FROM payment WHERE payment_intent_id = :intent_id", intent_id=intent_id)
    return intent_id, str(payment_id)


def open_session(machine: Machine, strike: Strike) -> None:
    """The fault meets the opening of a payment; then the customer pays and comes back."""
    cart_id, collection_id = fill_cart(machine)
    strike()
    machine.stripe.pay(open_intent(machine, collection_id))
    complete(machine, cart_id)


def complete_in_browser(machine: Machine, strike: Strike) -> None:
    """The fault meets the browser that comes back; Stripe's news comes later."""
    cart_id, collection_id = fill_cart(machine)
    intent_id = open_intent(machine, collection_id)
    machine.stripe.pay(intent_id, deliver=False)
    strike()
    complete(machine, cart_id)
    machine.bring_the_rest()


def hear_of_payment(machine: Machine, strike: Strike) -> None:
    """The browser is gone, the fault meets Stripe's news of the payment."""
    _, collection_id = fill_cart(machine)
    intent_id = open_intent(machine, collection_id)
    machine.stripe.pay(intent_id, deliver=False)
    event_id = machine.event_about(intent_id, "payment_intent.succeeded")
    strike()
    strike.bring(event_id)


def give_back(machine: Machine, strike: Strike) -> None:
    """The fault meets staff that gives 12 € back; whoever gets no answer looks before asking again."""
    _, payment_id = purchase(machine)
    staff, path = find_owner(machine), f"/payments/{payment_id}"
    strike()

    def ask() -> httpx2.Response:
        seen = staff.get(path)
        if seen.status_code != 200 or seen.json()["payment"]["refunds"]:
            return seen
        return staff.post(f"{path}/refund", amount=12, refund_reason_id="goodwill", note="late")

    patiently(ask)
    machine.settle()
    refunds = read_rows("SELECT status, amount_cents FROM refund WHERE payment_id = :id", id=payment_id)
    assert refunds == [("succeeded", 1200)], refunds


def hear_of_refund(machine: Machine, strike: Strike) -> None:
    """12 € go back in the dashboard, the fault meets Stripe's news of it."""
    intent_id, _ = purchase(machine)
    made = machine.stripe.post("/_test/refunds", payment_intent=intent_id, amount=1200, **SILENT)
    event_id = machine.event_about(made["id"], "refund.created")
    strike()
    strike.bring(event_id)


def send_mail(machine: Machine, strike: Strike) -> None:
    """The fault meets the mail that confirms an order."""
    cart_id, collection_id = fill_cart(machine)
    intent_id = open_intent(machine, collection_id)
    strike()
    machine.stripe.pay(intent_id)
    complete(machine, cart_id)


def open_checkout(machine: Machine, strike: Strike) -> None:
    """The fault meets the opening of Stripe's page for an order; then it is paid there."""
    order_id = place_order(machine)
    strike()
    turn(machine.stripe, ask_for_page(machine, order_id), "pay")


def expire_page(machine: Machine, strike: Strike) -> None:
    """Nobody paid on a page: the fault meets the news that it is over; a second page is paid."""
    opened = open_page(machine.buyer, quantity=2)
    turn(machine.stripe, opened.page_id, "expire", **SILENT)
    event_id = machine.event_about(opened.page_id, "checkout.session.expired")
    strike()
    strike.bring(event_id)
    machine.recover()
    turn(machine.stripe, ask_for_page(machine, opened.order_id), "pay")


def fetch_events(machine: Machine, strike: Strike) -> None:
    """The news of a payment got lost five minutes ago, the fault meets the run of the worker that fetches it."""
    event_id, _ = lose_payment(machine.buyer, machine.stripe, 2)
    strike()

    def ask() -> bool:
        with suppress(SQLAlchemyError), unit_of_work("test") as session:
            if session.scalar(text(FETCHED), {"id": event_id}):
                return True
            if session.scalar(text(FETCHING)) == 0:
                enqueue(session, "stripe_events.reconcile", is_asked=True)
        return False

    # A run whose database went away could not say that it is over: the next one waits until its lease is.
    wait_until(ask, PATIENCE_SECONDS + LEASE.total_seconds(), "the event is fetched")
    machine.bring_the_rest()


def place_order(machine: Machine) -> str:
    """An order that is paid by link."""
    made = patiently(lambda: machine.buyer.post("/v1/orders", cart_id=machine.buyer.fill_cart(2)))
    return str(made["order"]["id"])  # type: ignore[index]


def ask_for_page(machine: Machine, order_id: str) -> str:
    """Stripe's page for it, asked for by a patient customer."""
    opened = patiently(lambda: machine.buyer.http.post(f"/v1/orders/{order_id}/checkout", json={}))
    return str(opened["checkout_session_id"])


def find_owner(machine: Machine) -> Staff:
    """The owner, hired anew."""
    with unit_of_work("test") as session:
        session.execute(text("DELETE FROM staff_user WHERE id = :id"), {"id": OWNER})
    return hire(machine.buyer)


WEBHOOK = "POST /stripe/webhook"
OPENING = "POST /store/payment-collections/[^/]+/payment-sessions"
COMPLETING = "POST /store/carts/[^/]+/complete"
REFUNDING = "POST /admin/payments/[^/]+/refund"
MOMENTS = (
    Moment("open a payment", open_session, OPENING, "payment_intents.create"),
    Moment("complete in the browser", complete_in_browser, COMPLETING, "payment_intents.retrieve"),
    Moment("webhook of a payment", hear_of_payment, WEBHOOK, delivers=True),
    Moment("refund", give_back, REFUNDING, "refunds.create"),
    Moment("webhook of a refund", hear_of_refund, WEBHOOK, delivers=True),
    Moment("mail", send_mail, "notifications.send", "send_transac_email"),
    Moment("open Stripe's page", open_checkout, "POST /v1/orders/[^/]+/checkout", "checkout.sessions.create"),
    Moment("webhook of an expired page", expire_page, WEBHOOK, delivers=True),
    Moment("reconcile", fetch_events, "stripe_events.reconcile", "events.list"),
)
