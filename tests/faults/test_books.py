"""The books agree after a purchase, and every line of the comparison objects when what it watches is broken.

Each sabotage is undone with its transaction; triggers and foreign keys look away from it.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
from sqlalchemy import text

from app.core.db import unit_of_work
from tests.faults.books import JOURNAL, MUST_NOT_BE, Outside, compare, find_faults, read_outside
from tests.in_process import RunJobs
from tests.shop_front import Buyer, FakeBrevo, FakeStripe, read_rows

COPY_PAYMENT = """
    INSERT INTO payment (id, payment_collection_id, payment_session_id, provider_id, payment_intent_id, amount_cents,
        currency_code, captured_at)
    SELECT 'pay_second', payment_collection_id, 'payses_second', provider_id, 'pi_second', amount_cents, currency_code,
        captured_at FROM payment"""
PROMISE = """
    INSERT INTO stock_reservation (cart_id, variant_id, quantity, expires_at)
    SELECT cart.id, variant_id, 1, now() FROM cart JOIN cart_line ON cart_id = cart.id"""
REFUND = """
    INSERT INTO refund (id, payment_id, amount_cents, currency_code, reason, status, stripe_refund_id)
    SELECT 'ref_1', id, 100, 'eur', 'not_shipped', 'STATUS', nullif('STRIPE_ID', '') FROM payment"""
REFUNDED = "UPDATE payment SET refund_committed_cents = 1, refunded_cents = 1"
OPEN_EVENT = "UPDATE payment_event SET state = 'STATE'"
STOCK_GONE = "UPDATE \"order\" SET review_reason = 'stock_gone'"
CHANGE_JOURNAL = "UPDATE payment_journal SET CHANGE"
JOURNAL_SABOTAGES = (
    ("amount_cents = amount_cents + 1", "amount_cents = amount_cents - 1"),
    ("actor = actor || '!'", "actor = rtrim(actor, '!')"),
    ("number = number + 1", "number = number - 1"),
)
GIVEN_BACK = {"id": "re_1", "amount": 100, "status": "succeeded", "refund_id": "ref_1"}


def refund_row(status: str, stripe_refund_id: str = "") -> str:
    """A refund of 1 € as our table has it."""
    return REFUND.replace("STATUS", status).replace("STRIPE_ID", stripe_refund_id)


def give_back(outside: Outside, times: int = 1) -> Outside:
    """Stripe gave 1 € of the payment back."""
    return replace(outside, given_back=[{**GIVEN_BACK, "payment_intent": outside.paid[0]["id"]}] * times)


@dataclass(frozen=True)
class Sabotage:
    """What is done to our tables, or to what the vendors say they did."""

    ours: str = "SELECT 1"
    theirs: Callable[[Outside], Outside] = lambda outside: outside


SABOTAGES: dict[str, tuple[Sabotage, ...]] = {
    "money at Stripe without payment here": (
        Sabotage("DELETE FROM payment"),
        Sabotage("UPDATE payment SET amount_cents = amount_cents - 1"),
        Sabotage("UPDATE payment SET currency_code = 'usd'"),
    ),
    "payment here without money at Stripe": (Sabotage("UPDATE payment SET payment_intent_id = 'pi_invented'"),),
    "payment without order": (Sabotage('DELETE FROM "order"'),),
    "order that does not know its money": (Sabotage('UPDATE "order" SET paid_at = NULL'),),
    "order paid without money": (Sabotage("UPDATE payment SET captured_at = NULL"),),
    "order without goods whose money does not go back": (Sabotage(STOCK_GONE),),
    "money taken twice that does not go back": (Sabotage(COPY_PAYMENT),),
    "gap in the order numbers": (Sabotage('UPDATE "order" SET display_id = display_id + 1'),),
    "cart completed without order": (Sabotage('DELETE FROM "order"'),),
    "refund at Stripe that is not here": (
        Sabotage(theirs=give_back),
        Sabotage(refund_row("succeeded", "re_1").replace("100", "99"), give_back),
    ),
    "refund here that is not at Stripe": (
        Sabotage(refund_row("succeeded")),
        Sabotage(refund_row("failed", "re_1")),
    ),
    "refund that Stripe has in another state": (Sabotage(refund_row("pending", "re_1"), give_back),),
    "refund made twice at Stripe": (Sabotage(theirs=lambda outside: give_back(outside, 2)),),
    "refund left halfway": (Sabotage(refund_row("requested")),),
    "committed cents that no refund explains": (
        Sabotage("UPDATE payment SET refund_committed_cents = 1"),
        Sabotage(refund_row("pending", "re_1"), give_back),
    ),
    "refunded cents that are not Stripe's": (Sabotage(theirs=give_back), Sabotage(REFUNDED)),
    "level that its movements do not explain": (
        Sabotage("UPDATE stock_level SET stocked_quantity = stocked_quantity + 1"),
        Sabotage("DELETE FROM stock_movement"),
    ),
    "sale that is not the order's": (
        Sabotage("DELETE FROM stock_movement WHERE reason = 'sale'"),
        Sabotage("UPDATE stock_movement SET delta = delta - 1 WHERE reason = 'sale'"),
        Sabotage("UPDATE stock_movement SET reference = 'order_invented' WHERE reason = 'sale'"),
    ),
    "pieces promised to a cart that has its order": (Sabotage(PROMISE),),
    "paid order without its mail": (Sabotage("DELETE FROM message"),),
    "mail that is not at Brevo exactly once": (
        Sabotage("UPDATE message SET recipient = 'somebody@example.com'"),
        Sabotage(theirs=lambda outside: replace(outside, mailed=outside.mailed * 2)),
        Sabotage(theirs=lambda outside: replace(outside, mailed=[])),
    ),
    "mail at Brevo that nobody wrote": (Sabotage("DELETE FROM message"),),
    "mail that did not leave": (
        Sabotage("UPDATE message SET state = 'queued'"),
        Sabotage("UPDATE message SET state = 'dead'"),
    ),
    "event that Stripe told and the ledger lacks": (Sabotage("DELETE FROM payment_event"),),
    "event that is not applied": tuple(
        Sabotage(OPEN_EVENT.replace("STATE", state)) for state in ("received", "failed", "unmatched")
    ),
    "job that failed for good": (Sabotage("UPDATE procrastinate_jobs SET status = 'failed'"),),
}  # fmt: skip


@pytest.fixture
def outside(buyer: Buyer, fake_stripe: FakeStripe, fake_brevo: FakeBrevo, run_jobs: RunJobs) -> Outside:
    """Somebody bought two pieces and has the mail."""
    attempt = buyer.open_session(buyer.fill_cart(2))
    fake_stripe.pay(attempt.intent_id)
    fake_stripe.wait_until_delivered()
    assert run_jobs() == []
    assert read_rows("SELECT count(*) FROM message") == [(1,)]
    return read_outside(fake_stripe, fake_brevo)


def test_the_books_agree_after_a_purchase_and_object_to_each_sabotage(
    outside: Outside, fake_stripe: FakeStripe, fake_brevo: FakeBrevo
) -> None:
    assert set(SABOTAGES) == set(MUST_NOT_BE), "every line of the comparison is broken here at least once"
    assert find_faults(fake_stripe, fake_brevo) == []
    for what, sabotages in SABOTAGES.items():
        for sabotage in sabotages:
            assert what in broken_by(sabotage, outside), sabotage.ours
    assert find_faults(fake_stripe, fake_brevo) == [], "the sabotages left something behind"


def test_a_journal_that_somebody_changed_is_found(
    outside: Outside, fake_stripe: FakeStripe, fake_brevo: FakeBrevo
) -> None:
    for change, back in JOURNAL_SABOTAGES:
        for statement, is_broken in ((change, True), (back, False)):
            with unit_of_work("test") as session:
                session.execute(text("SET LOCAL session_replication_role = replica"))
                session.execute(text(CHANGE_JOURNAL.replace("CHANGE", statement)))
            found = find_faults(fake_stripe, fake_brevo)
            assert any(fault.startswith(JOURNAL) for fault in found) is is_broken, statement


def broken_by(sabotage: Sabotage, outside: Outside) -> set[str]:
    """The lines that object while it is done."""
    with unit_of_work("test") as session:
        session.execute(text("SET LOCAL session_replication_role = replica"))
        session.execute(text(sabotage.ours))
        found = set(compare(session, sabotage.theirs(outside)))
        session.rollback()
    return found
