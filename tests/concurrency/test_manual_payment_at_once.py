"""Many people note the same transfer at the same moment: it came once, and who noted it is written once.

The control runs the same code without its locks: everybody believes to be the first.
"""

from collections import Counter

from app.checkout.record_manual_payment import record_manual_payment
from app.core.db import unit_of_work
from app.payments.verify_journal import verify_journal
from tests.api.test_manual_payment import ACTS, JOURNAL, promise
from tests.concurrency.buyers import run_together, without_row_locks
from tests.money_back import PAID
from tests.shop_front import Buyer, read_rows

ASKING = 8


def note(payment_id: str) -> str:
    """One person, in a word."""
    with unit_of_work("staff:test") as session:
        record_manual_payment(session, payment_id, "staff")
    return "noted"


def test_of_eight_who_note_it_one_is_the_first(buyer: Buyer) -> None:
    _, payment_id = promise(buyer)
    assert run_together(ASKING, lambda _: note(payment_id)) == Counter(noted=ASKING)
    assert read_rows(ACTS) == [("staff:test", payment_id, str(PAID))]
    assert read_rows(JOURNAL) == [("payment", payment_id, PAID, "staff:test")]
    with unit_of_work() as session:
        assert verify_journal(session).is_sound


def test_control_without_the_locks_everybody_is_the_first(buyer: Buyer) -> None:
    _, payment_id = promise(buyer)
    with without_row_locks(ASKING, at="FROM payment \n"):
        run_together(ASKING, lambda _: note(payment_id))
    assert len(read_rows(ACTS)) == ASKING
