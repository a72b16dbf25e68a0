"""One event delivered many times at once is applied by exactly one of its deliveries.

The control inserts without the claim: then every delivery believes to be the first.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, event

from app.core.db import get_engine, unit_of_work
from app.payments.record_event import StripeEvent
from app.stripe_events.service import receive_event
from app.stripe_events.verify_event import parse_event
from tests.concurrency.buyers import run_together
from tests.shop_front import Buyer, FakeStripe, read_rows, read_state
from tests.stripe_news import event_about

DELIVERIES = 8
CLAIM = re.compile(r" ON CONFLICT \(stripe_event_id\).* RETURNING ", re.DOTALL)


@pytest.fixture
def news(buyer: Buyer, fake_stripe: FakeStripe) -> StripeEvent:
    """A cart of two pieces was paid."""
    attempt = buyer.open_session(buyer.fill_cart(2))
    thing = fake_stripe.pay(attempt.intent_id, deliver=False)
    return parse_event(json.dumps(event_about(thing)).encode())


@contextmanager
def without_claim() -> Iterator[None]:
    """The ledger's statement as a plain insert, and no unique event id."""

    def strip(
        _connection: Connection, _cursor: object, statement: str, parameters: object, *_rest: object
    ) -> tuple[str, object]:
        return CLAIM.sub(" RETURNING ", statement), parameters

    with unit_of_work("test") as session:
        drop = "ALTER TABLE payment_event DROP CONSTRAINT uq_payment_event_stripe_event_id"
        session.connection().exec_driver_sql(drop)
    event.listen(get_engine(), "before_cursor_execute", strip, retval=True)
    try:
        yield
    finally:
        event.remove(get_engine(), "before_cursor_execute", strip)


def test_one_of_many_deliveries_applies_the_event(news: StripeEvent) -> None:
    states = run_together(DELIVERIES, lambda _: receive_event(news, "webhook").state)
    assert states == Counter({"processed": 1, "duplicate": DELIVERIES - 1})
    assert read_rows("SELECT state, attempts FROM payment_event") == [("processed", 1)]
    state = read_state()
    assert (state["orders"], state["payments"], state["stock"], state["mails"]) == (1, 1, 8, 1)


def test_one_of_many_retries_takes_a_failed_event_over(news: StripeEvent) -> None:
    with unit_of_work("somebody else") as session:
        session.connection().exec_driver_sql("SELECT FROM cart FOR UPDATE")
        with pytest.raises(Exception, match="lock timeout"):
            receive_event(news, "webhook")
    assert read_rows("SELECT state FROM payment_event") == [("failed",)]
    states = run_together(DELIVERIES, lambda _: receive_event(news, "webhook").state)
    assert states == Counter({"processed": 1, "duplicate": DELIVERIES - 1})
    assert read_state()["orders"] == 1


def test_control_without_the_claim_every_delivery_applies_it(news: StripeEvent) -> None:
    """The cart's lock and the payment's unique intent still keep the effect single: two lines of defence."""
    with without_claim():
        states = run_together(DELIVERIES, lambda _: receive_event(news, "webhook").state)
    assert states == Counter({"processed": DELIVERIES})
    assert read_rows("SELECT count(*) FROM payment_event") == [(DELIVERIES,)]
    assert read_state()["orders"] == 1
