"""A withdrawal confirmed, a return inspected, refunded, received and asked back, by many at once: each happens once.

The controls run the same code without its locks: what then refuses is the database, or another guard behind it.
"""

from collections import Counter

import pytest
from sqlalchemy.exc import DBAPIError

from app.checkout.declare_withdrawal import declare_withdrawal
from app.core.db import unit_of_work
from app.core.errors import Refusal
from app.refunds.service import RefundAsk, request_refund
from app.returns.receive_return import inspect_return, mark_dispatched, receive_return
from app.returns.rules import AskedLine
from app.returns.service import NewReturn, Requester, create_return
from tests.concurrency.buyers import run_together, without_row_locks
from tests.money_back import DELIVERY, EMAIL, MONEY, PIECE, Paid, ask_back, buy
from tests.rows import row
from tests.shop_front import Buyer, FakeStripe, read_rows
from tests.withdrawals import PIECES, ask_for_link, send_parcel

MANY = 6
DECLARED = "SELECT (SELECT count(*) FROM order_return), count(*) FROM withdrawal WHERE declared_at IS NOT NULL"
ACKNOWLEDGED = "SELECT count(*) FROM message WHERE template = 'withdrawal_acknowledged'"
PUT_BACK = "SELECT count(*), coalesce(sum(delta), 0) FROM stock_movement WHERE reason = 'return'"


@pytest.fixture
def paid(buyer: Buyer, fake_stripe: FakeStripe) -> Paid:
    return buy(buyer, fake_stripe)


def declare(token: str) -> str:
    """One click, in a word."""
    try:
        declare_withdrawal(token)
    except DBAPIError:
        return "refused by the database"
    return "declared"


def inspect(return_id: str) -> str:
    """One inspection, in a word."""
    try:
        with unit_of_work("test") as session:
            inspect_return(session, return_id)
    except Refusal as refusal:
        return refusal.code
    return "inspected"


def refund(paid: Paid, return_id: str, person: int) -> str:
    """One person refunds the return, in a word."""
    try:
        with unit_of_work(f"person {person}") as session:
            request_refund(session, RefundAsk(paid.payment_id, return_id=return_id))
    except Refusal as refusal:
        return refusal.code
    except DBAPIError:
        return "refused by the database"
    return "promised"


def arrived(paid: Paid, pieces: int) -> str:
    """A return that has come in and that nobody has looked at."""
    return_id = ask_back(paid, pieces)
    with unit_of_work("test") as session:
        receive_return(session, return_id, None)
    return return_id


@row("S0-092")
def test_of_six_inspections_one_puts_pieces_on_the_shelf(paid: Paid) -> None:
    return_id = arrived(paid, 2)
    answers = run_together(MANY, lambda _: inspect(return_id))
    assert answers == Counter({"inspected": 1, "return_already_inspected": MANY - 1})
    assert read_rows(PUT_BACK) == [(1, 2)]


def test_control_without_the_lock_the_shelf_itself_refuses(paid: Paid) -> None:
    return_id = arrived(paid, 2)
    with without_row_locks(MANY, "FROM order_return"):
        answers = run_together(MANY, lambda _: inspect(return_id))
    assert answers == Counter({"inspected": 1, "already_restocked": MANY - 1})
    assert read_rows(PUT_BACK) == [(1, 2)]


@row("S0-142")
def test_of_six_refunds_of_a_return_one_is_promised(paid: Paid) -> None:
    return_id = arrived(paid, 1)
    answers = run_together(MANY, lambda person: refund(paid, return_id, person))
    assert answers == Counter({"promised": 1, "return_already_refunded": MANY - 1})
    assert read_rows(MONEY) == [(PIECE, 0)]


def test_control_without_the_lock_a_return_is_promised_as_long_as_money_is_left(paid: Paid) -> None:
    return_id = arrived(paid, 1)
    with without_row_locks(MANY, "FROM payment"):
        answers = run_together(MANY, lambda person: refund(paid, return_id, person))
    assert answers["promised"] == 2, answers


@pytest.mark.parametrize("sent", [0, 1, 2])
def test_a_withdrawal_confirmed_six_times_at_once_is_declared_once(paid: Paid, sent: int) -> None:
    if sent:
        send_parcel(paid, sent)
    token = ask_for_link(paid)
    assert run_together(MANY, lambda _: declare(token)) == Counter(declared=MANY)
    assert (read_rows(DECLARED), read_rows(ACKNOWLEDGED)) == ([(min(sent, 1), 1)], [(1,)])
    kept = {0: 2 * PIECE + DELIVERY, 1: PIECE, 2: 0}[sent]
    assert read_rows("SELECT coalesce(sum(amount_cents), 0) FROM refund") == [(kept,)]
    assert read_rows(PIECES) == [(sent, sent, sent, 0, 0)]


def test_control_without_the_lock_the_database_refuses_a_second_declaration(paid: Paid) -> None:
    send_parcel(paid, 2)
    token = ask_for_link(paid)
    with without_row_locks(MANY, "FROM withdrawal"):
        answers = run_together(MANY, lambda _: declare(token))
    assert answers == Counter({"declared": 1, "refused by the database": MANY - 1})
    assert (read_rows(DECLARED), read_rows(PIECES)) == ([(1, 1)], [(2, 2, 2, 0, 0)])


def test_what_comes_in_while_others_ask_for_the_same_is_counted_once(paid: Paid) -> None:
    """Of two pieces one is on its way; at once it is received, by three, and asked back again, by three."""
    return_id = ask_back(paid, 1)
    ((way_id,),) = read_rows("SELECT shipping_option_id FROM order_return")
    with unit_of_work("test") as session:
        mark_dispatched(session, return_id, "8R001")

    def act(number: int) -> str:
        try:
            with unit_of_work("test") as session:
                if number % 2:
                    receive_return(session, return_id, None)
                    return "received"
                wanted = NewReturn(paid.order_id, [AskedLine(paid.line_id, 1)], str(way_id))
                create_return(session, wanted, Requester(email=EMAIL))
                return "asked"
        except Refusal as refusal:
            return refusal.code

    answers = run_together(MANY, act)
    assert answers == Counter(received=1, return_is_over=2, asked=1, too_many_pieces_returned=2)
    assert read_rows(PIECES) == [(2, 2, 1, 1, 0)]
