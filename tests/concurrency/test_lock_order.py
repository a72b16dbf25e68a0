"""Stripe gives up on an attempt while an older one's money completes the cart: neither waits for the other for ever.

Both lock the cart first. The control takes that lock away from the one who gives up, which leaves the order that it
once had: the session, then the shelf, while a completion goes from the shelf to the sessions.
"""

import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import psycopg.errors
import pytest
from sqlalchemy import Connection, ExceptionContext, event, text
from sqlalchemy.exc import OperationalError

from app.checkout.open_payment_session import open_payment_session
from app.core.db import get_engine, unit_of_work
from app.payments.errors import CheckoutUnavailable
from app.payments.record_event import StripeEvent
from app.stripe_events.service import receive_event
from app.stripe_events.verify_event import parse_event
from tests.concurrency.buyers import ROW_LOCK, WAIT_SECONDS, run_together
from tests.shop_front import Attempt, Buyer, FakeStripe, read_rows, read_state
from tests.stripe_news import event_about
from tests.waiting import wait_until

CREATE = "payment_intents.create"
GIVES_UP, COMPLETES = 0, 1
# What each of them has locked when they meet: one attempt by its id; the shelf.
LOCKED = {GIVES_UP: "WHERE payment_session.id = ", COMPLETES: "FROM stock_level"}
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


@dataclass
class Meeting:
    """Holds each of two transactions at its lock until the other is at its own, or waits for a lock of this one."""

    keeps_order: bool = True
    deadlocks: int = 0
    role: threading.local = field(default_factory=threading.local)
    arrived: set[int] = field(default_factory=set)

    def strip(
        self, _connection: Connection, _cursor: object, statement: str, parameters: object, *_rest: object
    ) -> tuple[str, object]:
        """Without the order, whoever gives up does not lock the cart."""
        is_cart = "FROM cart " in statement.replace("\n", " ")
        if not self.keeps_order and getattr(self.role, "number", None) == GIVES_UP and is_cart:
            statement = ROW_LOCK.sub("", statement)
        return statement, parameters

    def hold(self, _connection: Connection, _cursor: object, statement: str, *_rest: object) -> None:
        """Called after each statement."""
        number = getattr(self.role, "number", None)
        if number is None or number in self.arrived:
            return
        if LOCKED[number] in statement and ROW_LOCK.search(statement):
            self.arrived.add(number)
            wait_until(lambda: len(self.arrived) == len(LOCKED) or is_somebody_waiting(), WAIT_SECONDS, "the other")

    def count(self, context: ExceptionContext) -> None:
        """Called with each failure of the database."""
        self.deadlocks += isinstance(context.original_exception, psycopg.errors.DeadlockDetected)


def is_somebody_waiting() -> bool:
    """Whether a transaction stands before a lock."""
    with unit_of_work("test") as session:
        return bool(session.scalar(text(WAITING)))


@contextmanager
def meeting(*, keeps_order: bool) -> Iterator[Meeting]:
    """Have the two meet; the statements are the product's own."""
    met, engine = Meeting(keeps_order), get_engine()
    event.listen(engine, "before_cursor_execute", met.strip, retval=True)
    event.listen(engine, "after_cursor_execute", met.hold)
    event.listen(engine, "handle_error", met.count)
    try:
        yield met
    finally:
        event.remove(engine, "before_cursor_execute", met.strip)
        event.remove(engine, "after_cursor_execute", met.hold)
        event.remove(engine, "handle_error", met.count)


@dataclass(frozen=True)
class Scene:
    """A cart whose first attempt was paid, and Stripe out of order for the second."""

    attempt: Attempt
    news: StripeEvent
    second_is_asked_for: threading.Event


@pytest.fixture
def scene(buyer: Buyer, fake_stripe: FakeStripe) -> Scene:
    """The news of the money leave once the second attempt stands."""
    attempt = buyer.open_session(buyer.fill_cart(2))
    news = parse_event(json.dumps(event_about(fake_stripe.pay(attempt.intent_id, deliver=False))).encode())
    is_asked_for = threading.Event()
    fake_stripe.break_down(CREATE, "error", when="after", times=None)
    fake_stripe.observers.append(lambda operation: is_asked_for.set() if operation == CREATE else None)
    return Scene(attempt, news, is_asked_for)


def play(scene: Scene, met: Meeting) -> Counter[str]:
    """Both at once; what they came to."""

    def act(number: int) -> str:
        if number == COMPLETES:
            assert scene.second_is_asked_for.wait(WAIT_SECONDS)
            met.role.number = COMPLETES
            return receive_event(scene.news, "webhook").state
        met.role.number = GIVES_UP
        try:
            open_payment_session(scene.attempt.collection_id, "pp_stripe_stripe")
        except CheckoutUnavailable:
            return "told to come back"
        except OperationalError:
            return "died"
        return "opened"

    return run_together(2, act)


def test_giving_up_an_attempt_and_completing_an_older_one_take_turns(scene: Scene) -> None:
    with meeting(keeps_order=True) as met:
        answers = play(scene, met)
    assert answers == Counter({"told to come back": 1, "processed": 1})
    assert met.deadlocks == 0
    state = read_state()
    assert (state["orders"], state["payments"], state["stock"], state["mails"]) == (1, 1, 8, 1)
    assert read_rows("SELECT reserved_quantity FROM stock_level") == [(0,)]
    assert read_rows("SELECT count(*) FROM payment_session WHERE superseded_at IS NULL") == [(0,)]


def test_control_without_the_carts_lock_one_of_them_dies(scene: Scene) -> None:
    with meeting(keeps_order=False) as met:
        play(scene, met)
    assert met.arrived == {GIVES_UP, COMPLETES}
    assert met.deadlocks == 1
