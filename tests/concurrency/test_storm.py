"""Everything that touches an order's money, at once, at random, on the same few orders: buyers, webhooks, jobs, people.

Nobody waits for a lock in a circle, nothing fails for a reason of ours, and the books agree when it is quiet. What each
line of defence prevents is shown by the controls of the other files of this folder.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import cast

import psycopg.errors
from sqlalchemy import ExceptionContext, event, text

from app.checkout.cancel_unpaid import cancel_unpaid_order
from app.core.clock import utc_now
from app.core.db import get_engine, unit_of_work
from app.core.errors import Refusal
from app.refunds.send_refund import try_refund
from app.refunds.service import RefundAsk, approve_refund, request_refund
from app.stock.service import receive, release_expired
from app.stripe_events.check_objects import sweep_objects
from app.stripe_events.jobs import sweep
from app.stripe_events.reconcile_events import reconcile_events
from app.stripe_events.replay_events import replay_event
from tests.concurrency.buyers import run_together
from tests.factories.promotions import make_promotion
from tests.faults.books import find_faults
from tests.faults.machine import NEXT_TRIES
from tests.in_process import RunJobs
from tests.order_link import turn
from tests.shop_front import Buyer, FakeBrevo, FakeStripe, Json, read_rows, read_state

SIDES, ACTS = 8, 16
ATTEMPTS = (
    "SELECT payment_intent_id FROM payment_session JOIN cart USING (payment_collection_id)"
    " WHERE cart.id = :cart_id AND checkout_session_id IS NULL"
)
PAGES = (
    "SELECT checkout_session_id FROM payment_session JOIN cart USING (payment_collection_id)"
    " WHERE cart.id = :cart_id AND checkout_session_id IS NOT NULL"
)
PAYMENTS = (
    "SELECT payment.id FROM payment JOIN cart USING (payment_collection_id)"
    " WHERE cart.id = :cart_id AND captured_at IS NOT NULL"
)
ORDERS = 'SELECT id FROM "order" WHERE cart_id = :cart_id'
EVENTS = "SELECT stripe_event_id FROM payment_event WHERE :cart_id <> ''"
WAITING = "SELECT id FROM refund WHERE status = 'awaiting_approval' AND :cart_id <> ''"


@dataclass
class Side:
    """One of those who act; `cart_id` is what its next act is about."""

    buyer: Buyer
    stripe: FakeStripe
    chance: random.Random
    cart_id: str = ""

    def pick(self, query: str) -> str:
        """One of what is found for the cart; `IndexError` when there is nothing yet."""
        return str(self.chance.choice(read_rows(query, cart_id=self.cart_id))[0])

    def call(self, path: str, **given: object) -> Json:
        """One of the storefront's calls; it may be refused (`LookupError`), never fail."""
        answer = self.buyer.post(path, **given)
        if answer.status_code >= 500:
            raise RuntimeError(f"{answer.status_code} for {path}")
        if answer.status_code >= 400:
            raise LookupError(answer.text)
        answered: Json = answer.json()
        return answered


def open_session(side: Side) -> None:
    collection = side.call("/store/payment-collections", cart_id=side.cart_id)["payment_collection"]
    path = f"/store/payment-collections/{cast('Json', collection)['id']}/payment-sessions"
    side.call(path, provider_id="pp_stripe_stripe")


def pay_later(side: Side) -> None:
    page_id = side.pick(PAGES)
    turn(side.stripe, page_id, "pay", delayed=True)
    turn(side.stripe, page_id, "settle", succeeds=side.chance.random() < 0.7)


def refund(side: Side) -> None:
    ask = RefundAsk(side.pick(PAYMENTS), side.chance.choice((100, 1000, 30_000)), "lost_in_transit")
    with unit_of_work("test") as session:
        refund_id = request_refund(session, ask).id
    try_refund(refund_id)


def approve(side: Side) -> None:
    refund_id = side.pick(WAITING)
    with unit_of_work("test") as session:
        approve_refund(session, refund_id, "owner")
    try_refund(refund_id)


def refund_by_hand(side: Side) -> None:
    query = PAYMENTS.replace("payment.id", "payment_intent_id")
    side.stripe.post("/_test/refunds", payment_intent=side.pick(query), amount=side.chance.choice((50, 500)))


def dispute(side: Side) -> None:
    query = PAYMENTS.replace("payment.id", "payment_intent_id")
    opened = side.stripe.post("/_test/disputes", payment_intent=side.pick(query))
    side.stripe.post(f"/_test/disputes/{opened['id']}/close", status="won")


def cancel(side: Side) -> None:
    if side.chance.random() < 0.2:
        cancel_unpaid_order(side.pick(ORDERS))


def forget_promises(_side: Side) -> None:
    with unit_of_work("test") as session:
        release_expired(session, utc_now())


THINGS: tuple[Callable[[Side], object], ...] = (
    lambda side: side.call(f"/store/carts/{side.cart_id}/complete"),
    open_session,
    lambda side: side.call("/v1/orders", cart_id=side.cart_id),
    lambda side: side.call(f"/v1/orders/{side.pick(ORDERS)}/checkout"),
    lambda side: side.call(f"/v1/orders/{side.pick(ORDERS)}/refresh"),
    *(lambda side: side.stripe.pay(side.pick(ATTEMPTS)),) * 2,
    *(lambda side: turn(side.stripe, side.pick(PAGES), "pay"),) * 2,
    pay_later,
    lambda side: turn(side.stripe, side.pick(PAGES), "expire"),
    refund,
    approve,
    refund_by_hand,
    dispute,
    cancel,
    forget_promises,
    lambda _side: sweep_objects(open_since=timedelta(0)),
    lambda _side: reconcile_events(),
    lambda side: replay_event(side.pick(EVENTS), is_forced=True),
    lambda side: side.stripe.post("/_test/deliveries", event=side.pick(EVENTS), times=3),
)


def fill_carts(buyer: Buyer) -> list[str]:
    """Five carts, some of them being paid; a promotion with fewer uses than carts that have it."""
    with unit_of_work("test") as session:
        make_promotion(session, "DEUX", usage_limit=2)
        receive(session, buyer.goods.variant_id, 40, "test")
    cart_ids = [buyer.fill_cart(2) for _ in range(5)]
    for cart_id in cart_ids[:3]:
        assert buyer.post(f"/store/carts/{cart_id}/promotions", promo_codes=["DEUX"]).status_code == 200
    for cart_id in cart_ids[1:4]:
        buyer.open_session(cart_id)
    return cart_ids


def quieten(stripe: FakeStripe, run_jobs: RunJobs) -> None:
    """Whatever mends by itself has mended, without its waiting."""
    for _ in range(3):
        stripe.wait_until_delivered()
        with unit_of_work("test") as session:
            for statement in NEXT_TRIES:
                session.execute(text(statement))
        sweep()
        sweep_objects(open_since=timedelta(0))
        assert run_jobs() == []


def test_whatever_happens_at_once_the_books_agree(
    buyer: Buyer, fake_stripe: FakeStripe, fake_brevo: FakeBrevo, run_jobs: RunJobs
) -> None:
    cart_ids = fill_carts(buyer)
    failures: list[BaseException] = []

    def note(context: ExceptionContext) -> None:
        if isinstance(context.original_exception, psycopg.errors.DeadlockDetected):
            failures.append(context.original_exception)

    def act(which: int) -> str:
        side = Side(buyer, fake_stripe, random.Random(which))  # noqa: S311 - repeatable, not secret
        for _ in range(ACTS):
            side.cart_id = side.chance.choice(cart_ids)
            try:
                side.chance.choice(THINGS)(side)
            except (Refusal, AssertionError, LookupError):  # not now, says the shop or Stripe; or there is nothing yet
                continue
            except Exception as failure:
                failures.append(failure)
        return "done"

    event.listen(get_engine(), "handle_error", note)
    try:
        run_together(SIDES, act)
        quieten(fake_stripe, run_jobs)
    finally:
        event.remove(get_engine(), "handle_error", note)

    assert failures == []
    assert find_faults(fake_stripe, fake_brevo) == []
    assert read_state()["payments"] > 0, "something came of it"
    ((counted, rows),) = read_rows("SELECT used_count, (SELECT count(*) FROM promotion_use) FROM promotion")
    assert counted == rows
