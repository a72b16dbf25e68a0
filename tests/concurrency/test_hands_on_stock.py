"""Many hands on one shelf: deliveries add up, a count is of what is there, what came back goes in once.

The controls run the same code in a scratch schema: without the lock two counts correct twice and the database's own
limit still refuses a second restock; without lock and limit every one of them is put on the shelf.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Barrier, local

import pytest
from sqlalchemy import Connection, event, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.core.db import get_engine, unit_of_work
from app.stock.errors import AlreadyRestocked
from app.stock.service import receive, receive_all, record_count, restock
from tests.concurrency.buyers import WAIT_SECONDS, run_together, without_row_locks
from tests.factories.catalogue import make_product
from tests.factories.orders import make_order
from tests.factories.shipping import make_shipping_option
from tests.factories.shop import make_shop
from tests.shop_front import read_rows

HANDS = 8
PIECES = 100
SCRATCH = """
CREATE SCHEMA scratch;
CREATE TABLE scratch.stock_level (LIKE public.stock_level INCLUDING ALL);
CREATE TABLE scratch.stock_movement (LIKE public.stock_movement INCLUDING ALL);
INSERT INTO scratch.stock_level SELECT * FROM public.stock_level;
"""
DROP_LIMIT = """
DO $$
DECLARE found text;
BEGIN
    SELECT conname INTO STRICT found FROM pg_constraint
        WHERE conrelid = 'scratch.stock_movement'::regclass AND contype = 'u';
    EXECUTE format('ALTER TABLE scratch.stock_movement DROP CONSTRAINT %I', found);
END $$
"""
RETURNED = """
WITH made AS (
    INSERT INTO order_return (id, order_id, shipping_option_id, shipping_name, shipping_amount_cents)
    SELECT 'return_1', id, :option, 'Retour', 0 FROM "order" RETURNING id
)
INSERT INTO return_line (id, return_id, order_line_id, quantity)
SELECT 'retline_1', made.id, order_line.id, 2 FROM made, order_line
"""


@pytest.fixture
def variant_id(environment: dict[str, str]) -> str:
    """A hundred pieces, and a return of two that were sold."""
    with unit_of_work("test") as session:
        shop = make_shop(session)
        made = make_product(session, shop.channel.id, stock=PIECES + 2).variants[0].id
        there = make_shipping_option(session, shop.region.id)
        back = make_shipping_option(session, shop.region.id, code="retour", is_return=True)
        make_order(session, shop, (made, 2), option_id=there.id, email="jeanne@example.com")
        session.execute(text(RETURNED), {"option": back.id})
        return made


def attempt(act: Callable[[Session], object], schema: str = "public") -> str:
    """One person's transaction, in a word."""
    try:
        with unit_of_work("test") as session:
            session.execute(text(f"SET LOCAL search_path TO {schema}, public"))
            act(session)
    except AlreadyRestocked:
        return "refused"
    except IntegrityError:
        return "refused by the database"
    return "done"


def level(variant_id: str, schema: str = "public") -> tuple[int, int]:
    """Pieces there, and what the movements of this schema add up to."""
    of_it = f"FROM {schema}.stock_level JOIN {schema}.stock_movement USING (variant_id) WHERE variant_id = :id"
    query = f"SELECT stocked_quantity, sum(delta)::int {of_it} GROUP BY 1"
    ((stocked, moved),) = read_rows(query, id=variant_id)
    return int(str(stocked)), int(str(moved))


def make_scratch(*, with_limit: bool) -> None:
    with unit_of_work("test") as session:
        session.execute(text(SCRATCH))
        if not with_limit:
            session.execute(text(DROP_LIMIT))


@contextmanager
def everybody_looks_first(parties: int) -> Iterator[None]:
    """Nobody restocks before everybody has seen that nobody did."""
    everyone_has_looked = Barrier(parties)
    already = local()

    def meet(_connection: Connection, _cursor: object, statement: str, *_rest: object) -> None:
        if "EXISTS" in statement and "return_line_id" in statement and not getattr(already, "met", False):
            already.met = True
            everyone_has_looked.wait(WAIT_SECONDS)

    event.listen(get_engine(), "after_cursor_execute", meet)
    try:
        yield
    finally:
        event.remove(get_engine(), "after_cursor_execute", meet)


def put_back(variant_id: str) -> Callable[[Session], object]:
    return lambda session: restock(session, "retline_1", variant_id, 2)


def test_deliveries_add_up_whoever_brings_them_in_whatever_order(variant_id: str) -> None:
    """Also on a shelf that nothing ever stood on; two deliveries of the same two things never wait for each other."""
    with unit_of_work("test") as session:
        shop_id = session.execute(text("SELECT id FROM sales_channel")).scalar_one()
        fresh = make_product(session, shop_id, handle="neuf", stock=0).variants[0].id
    both = ({fresh: 10, variant_id: 1}, {variant_id: 1, fresh: 10})
    answers = run_together(HANDS, lambda number: attempt(lambda session: receive_all(session, both[number % 2])))
    assert answers == Counter(done=HANDS)
    assert level(fresh) == (10 * HANDS, 10 * HANDS)
    assert level(variant_id) == (PIECES + HANDS, PIECES + HANDS)


def test_a_count_is_of_what_is_there(variant_id: str) -> None:
    answers = run_together(
        HANDS, lambda _: attempt(lambda session: record_count(session, variant_id, 97, "Inventaire"))
    )
    assert answers == Counter(done=HANDS)
    assert level(variant_id) == (97, 97), "corrected once"
    assert read_rows("SELECT delta FROM stock_movement WHERE reason = 'correction'") == [(-3,)]
    mixed = (
        lambda session: receive(session, variant_id, 10),
        lambda session: record_count(session, variant_id, 50, "x"),
    )
    assert run_together(HANDS, lambda number: attempt(mixed[number % 2])) == Counter(done=HANDS)
    stocked, moved = level(variant_id)
    assert (stocked, stocked % 10, stocked <= 50 + 10 * HANDS // 2) == (moved, 0, True)


def test_control_without_the_lock_every_count_corrects(variant_id: str) -> None:
    make_scratch(with_limit=True)
    with without_row_locks(HANDS):
        answers = run_together(
            HANDS, lambda _: attempt(lambda session: record_count(session, variant_id, 97, "Inventaire"), "scratch")
        )
    assert answers == Counter(done=HANDS)
    assert level(variant_id, "scratch")[0] == PIECES - 3 * HANDS


def test_what_came_back_goes_on_the_shelf_once(variant_id: str) -> None:
    answers = run_together(HANDS, lambda _: attempt(put_back(variant_id)))
    assert answers == Counter(done=1, refused=HANDS - 1)
    assert level(variant_id) == (PIECES + 2, PIECES + 2)
    moved = "SELECT delta, reason, return_line_id, actor FROM stock_movement ORDER BY id DESC LIMIT 1"
    assert read_rows(moved) == [(2, "return", "retline_1", "test")]


def test_control_without_the_lock_the_database_refuses(variant_id: str) -> None:
    make_scratch(with_limit=True)
    with without_row_locks(HANDS), everybody_looks_first(HANDS):
        answers = run_together(HANDS, lambda _: attempt(put_back(variant_id), "scratch"))
    assert answers == Counter({"done": 1, "refused by the database": HANDS - 1})
    assert level(variant_id, "scratch") == (PIECES + 2, 2)


def test_control_without_lock_and_limit_it_is_put_back_by_everybody(variant_id: str) -> None:
    make_scratch(with_limit=False)
    with without_row_locks(HANDS), everybody_looks_first(HANDS):
        answers = run_together(HANDS, lambda _: attempt(put_back(variant_id), "scratch"))
    assert answers == Counter(done=HANDS)
    assert level(variant_id, "scratch") == (PIECES + 2 * HANDS, 2 * HANDS)
