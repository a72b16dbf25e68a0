"""Fifty transactions move money at once: one chain without a gap, and nobody waits for ever.

The control appends without the lock on the journal's head: then two take the same number, and the second one's money is
refused with it.
"""

from collections import Counter

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.core.db import unit_of_work
from app.payments.verify_journal import verify_journal
from tests.concurrency.buyers import run_together
from tests.factories.payments import make_payment
from tests.shop_front import read_rows

BUYERS, EACH = 10, 5
PENDING = "SELECT id FROM payment WHERE captured_at IS NULL ORDER BY id"
CAPTURE = "UPDATE payment SET captured_at = now() WHERE id = :id"
WITHOUT_LOCK = """
DO $$ BEGIN
    EXECUTE replace(pg_get_functiondef('comptoir_journal_append'::regproc), 'WHERE id = 1 FOR UPDATE;',
        'WHERE id = 1; PERFORM pg_sleep(0.05);');
END $$
"""


def promise_payments() -> list[str]:
    """Payments that wait for their money."""
    with unit_of_work("test") as session:
        for _ in range(BUYERS * EACH):
            make_payment(session, 1_000, is_captured=False)
    return [str(payment_id) for (payment_id,) in read_rows(PENDING)]


def capture(payment_ids: list[str]) -> str:
    """Money comes for each in a transaction of its own; every other one writes its entry before it commits."""
    refused = 0
    for place, payment_id in enumerate(payment_ids):
        try:
            with unit_of_work("test") as session:
                session.execute(text(CAPTURE), {"id": payment_id})
                if place % 2:
                    session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
        except IntegrityError:
            refused += 1
    return f"{refused} refused"


def test_fifty_payments_at_once_are_one_chain(environment: dict[str, str]) -> None:
    ids = promise_payments()
    answers = run_together(BUYERS, lambda number: capture(ids[number::BUYERS]))
    assert answers == Counter({"0 refused": BUYERS})
    with unit_of_work("test") as session:
        verdict = verify_journal(session)
    assert (verdict.is_sound, verdict.entries) == (True, BUYERS * EACH)
    numbers = [number for (number,) in read_rows("SELECT number FROM payment_journal ORDER BY number")]
    assert numbers == list(range(1, BUYERS * EACH + 1))
    assert read_rows("SELECT count(DISTINCT payment_id), sum(amount_cents)::int FROM payment_journal") == [(50, 50_000)]


def test_without_the_lock_on_its_head_two_take_one_number(environment: dict[str, str]) -> None:
    ids = promise_payments()
    with unit_of_work("test") as session:
        session.execute(text(WITHOUT_LOCK))
    answers = run_together(BUYERS, lambda number: capture(ids[number : number + 1]))
    assert answers["1 refused"] > 0
    assert read_rows("SELECT count(*) FROM payment WHERE captured_at IS NOT NULL") == [(answers["0 refused"],)]
