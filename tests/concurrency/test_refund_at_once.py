"""Many people give back more than half of one payment at the same moment: it goes back once.

The controls run the same code in a scratch schema: without the lock the row's own limit still refuses, without lock and
limit every refund is promised.
"""

from collections import Counter

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from app.core.db import unit_of_work
from app.gateways.stripe import get_stripe
from app.payments.models import Payment, Refund
from app.payments.queries import get_refund
from app.refunds.errors import RefundAboveCapture
from app.refunds.send_refund import send_refund
from app.refunds.service import RefundAsk, request_refund
from tests.concurrency.buyers import run_together, without_row_locks
from tests.money_back import MONEY, PAID, News, Paid, bring, buy
from tests.rows import row
from tests.shop_front import Buyer, FakeStripe, read_rows

ASKING = 8
MOST = PAID * 6 // 10

SCRATCH = """
CREATE SCHEMA scratch;
CREATE TABLE scratch.payment (LIKE public.payment INCLUDING ALL);
CREATE TABLE scratch.refund (LIKE public.refund INCLUDING ALL);
INSERT INTO scratch.payment SELECT * FROM public.payment;
"""
DROP_LIMIT = "ALTER TABLE scratch.payment DROP CONSTRAINT ck_payment_refund_within_capture"


@pytest.fixture
def paid(buyer: Buyer, fake_stripe: FakeStripe) -> Paid:
    return buy(buyer, fake_stripe)


def ask(paid: Paid, schema: str = "public", person: int = 0) -> str:
    """One person gives 60 % back, in a word."""
    try:
        with unit_of_work(f"person {person}") as session:
            session.execute(text(f"SET LOCAL search_path TO {schema}, public"))
            request_refund(session, RefundAsk(paid.payment_id, MOST, "lost_in_transit"))
    except RefundAboveCapture:
        return "refused"
    except IntegrityError:
        return "refused by the database"
    return "promised"


def promised(schema: str) -> tuple[int, int]:
    """What is promised back: according to the payment, and according to its refunds."""
    with unit_of_work("test") as session:
        session.execute(text(f"SET LOCAL search_path TO {schema}, public"))
        committed = session.scalars(select(Payment.refund_committed_cents)).one()
        return committed, session.scalar(select(func.sum(Refund.amount_cents))) or 0


def make_scratch(*, with_limit: bool) -> None:
    """A copy of the tables beside the product's, with or without the row's own limit."""
    with unit_of_work("test") as session:
        session.execute(text(SCRATCH))
        if not with_limit:
            session.execute(text(DROP_LIMIT))


@row("S0-087")
def test_of_eight_refunds_of_most_of_it_one_is_promised(paid: Paid) -> None:
    answers = run_together(ASKING, lambda person: ask(paid, person=person))
    assert answers == Counter(promised=1, refused=ASKING - 1)
    assert promised("public") == (MOST, MOST)


def test_a_refund_that_many_send_at_once_leaves_once(paid: Paid, fake_stripe: FakeStripe) -> None:
    ask(paid)
    ((refund_id,),) = read_rows("SELECT id FROM refund")

    def send(_: int) -> str:
        try:
            send_refund(str(refund_id))
        except Exception as failure:  # whoever meets the key in use, or waits for the row, tries again as a job
            return type(failure).__name__
        return "done"

    run_together(ASKING, send)
    fake_stripe.wait_until_delivered()
    assert [each.amount_cents for each in get_stripe().list_refunds(payment_intent_id=paid.intent_id)] == [MOST]
    assert read_rows(MONEY) == [(MOST, MOST)]
    with unit_of_work("test") as session:
        assert get_refund(session, str(refund_id)).status == "succeeded"


def test_news_of_one_refund_that_many_bring_at_once_end_the_same(paid: Paid) -> None:
    """Eight deliverers, each with all the events in another order."""
    news = News(paid)
    events = [
        news.make("charge.refunded", news.charge(MOST)),
        news.make("refund.created", news.refund(MOST, "pending", pending_reason="processing")),
        news.make("refund.updated", news.refund(MOST, "succeeded"), seconds=5),
        news.make("refund.failed", news.refund(MOST, "failed", failure_reason="declined"), seconds=9),
    ]

    def bring_all(number: int) -> str:
        turn = number % len(events)
        return " ".join(sorted({bring(body) for body in (*events[turn:], *events[:turn])} - {"duplicate"}))

    assert set(run_together(ASKING, bring_all)) <= {"", "processed"}
    assert read_rows("SELECT count(*), min(state), max(state) FROM payment_event WHERE type LIKE '%refund%'") == [
        (len(events), "processed", "processed")
    ]
    assert read_rows("SELECT status, error_code FROM refund") == [("failed", "declined")]
    assert read_rows(MONEY) == [(0, 0)]


def test_control_without_the_lock_the_database_refuses(paid: Paid) -> None:
    make_scratch(with_limit=True)
    with without_row_locks(ASKING, at="FROM payment"):
        answers = run_together(ASKING, lambda person: ask(paid, "scratch", person))
    assert answers == Counter({"promised": 1, "refused by the database": ASKING - 1})
    assert promised("scratch") == (MOST, MOST)


def test_control_without_lock_and_limit_more_goes_back_than_came(paid: Paid) -> None:
    make_scratch(with_limit=False)
    with without_row_locks(ASKING, at="FROM payment"):
        answers = run_together(ASKING, lambda person: ask(paid, "scratch", person))
    assert answers == Counter(promised=ASKING)
    assert promised("scratch") == (ASKING * MOST, ASKING * MOST)
