"""Many requests to send back the same few pieces: no more come back than were sent.

The controls run the same code in a scratch schema: without the lock the row's own limit still refuses, without lock and
limit every request is written down.
"""

from collections import Counter
from dataclasses import dataclass

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from app.core.db import unit_of_work
from app.orders.models import OrderLine
from app.returns.errors import TooManyPiecesReturned
from app.returns.models import ReturnLine
from app.returns.rules import AskedLine
from app.returns.service import NewReturn, Requester, create_return
from tests.concurrency.buyers import run_together, without_row_locks
from tests.factories.catalogue import make_product
from tests.factories.orders import make_order, mark_pieces
from tests.factories.shipping import make_shipping_option
from tests.factories.shop import make_shop

ASKING = 8
SENT = 3
EMAIL = "jeanne@example.com"

SCRATCH = """
CREATE SCHEMA scratch;
CREATE TABLE scratch.order_line (LIKE public.order_line INCLUDING ALL);
CREATE TABLE scratch.order_return (LIKE public.order_return INCLUDING ALL);
CREATE TABLE scratch.return_line (LIKE public.return_line INCLUDING ALL);
INSERT INTO scratch.order_line SELECT * FROM public.order_line;
"""
DROP_LIMIT = "ALTER TABLE scratch.order_line DROP CONSTRAINT ck_order_line_pieces_come_back_once"


@dataclass(frozen=True)
class Sent:
    """An order of which some pieces were sent, and a way back."""

    order_id: str
    line_id: str
    way_back_id: str


@pytest.fixture
def sent(environment: dict[str, str]) -> Sent:
    with unit_of_work("test") as session:
        shop = make_shop(session)
        variant_id = make_product(session, shop.channel.id).variants[0].id
        there = make_shipping_option(session, shop.region.id)
        back = make_shipping_option(session, shop.region.id, code="retour", is_return=True)
        order = make_order(session, shop, (variant_id, SENT + 1), option_id=there.id, email=EMAIL)
        mark_pieces(session, order.lines[0].id, fulfilled=SENT)
        return Sent(order.id, order.lines[0].id, back.id)


def ask_back(sent: Sent, schema: str = "public") -> str:
    """One request for one piece, in a word."""
    wanted = NewReturn(sent.order_id, [AskedLine(sent.line_id, 1)], sent.way_back_id)
    try:
        with unit_of_work("test") as session:
            session.execute(text(f"SET LOCAL search_path TO {schema}, public"))
            create_return(session, wanted, Requester(email=EMAIL))
    except TooManyPiecesReturned:
        return "refused"
    except IntegrityError:
        return "refused by the database"
    return "asked"


def asked_back(schema: str = "public") -> tuple[int, int]:
    """Pieces asked back: according to the line of the order, and according to the returns."""
    with unit_of_work("test") as session:
        session.execute(text(f"SET LOCAL search_path TO {schema}, public"))
        counted = session.scalars(select(OrderLine.return_requested_quantity)).one()
        return counted, session.scalar(select(func.sum(ReturnLine.quantity))) or 0


def make_scratch(*, with_limit: bool) -> None:
    """A copy of the tables beside the product's, with or without the row's own limit."""
    with unit_of_work("test") as session:
        session.execute(text(SCRATCH))
        if not with_limit:
            session.execute(text(DROP_LIMIT))


def test_no_piece_comes_back_twice(sent: Sent) -> None:
    answers = run_together(ASKING, lambda _: ask_back(sent))
    assert answers == Counter(asked=SENT, refused=ASKING - SENT)
    assert asked_back() == (SENT, SENT)


def test_control_without_the_lock_the_database_refuses(sent: Sent) -> None:
    make_scratch(with_limit=True)
    with without_row_locks(ASKING, "FROM order_line"):
        answers = run_together(ASKING, lambda _: ask_back(sent, "scratch"))
    assert answers == Counter({"asked": SENT, "refused by the database": ASKING - SENT})
    assert asked_back("scratch") == (SENT, SENT)


def test_control_without_lock_and_limit_more_comes_back_than_was_sent(sent: Sent) -> None:
    make_scratch(with_limit=False)
    with without_row_locks(ASKING, "FROM order_line"):
        answers = run_together(ASKING, lambda _: ask_back(sent, "scratch"))
    assert answers == Counter(asked=ASKING)
    assert asked_back("scratch") == (ASKING, ASKING)
