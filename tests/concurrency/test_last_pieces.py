"""Many buyers, few pieces: exactly the pieces that are there are sold, and exactly those are promised.

The controls run the same code in a scratch schema: without the lock the database's limit still refuses, without lock
and limit the shop oversells and overpromises.
"""

from collections import Counter
from collections.abc import Callable

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.catalogue.models import Product
from app.core.db import unit_of_work
from app.stock.errors import InsufficientInventory
from app.stock.models import StockLevel, StockMovement, StockReservation
from app.stock.service import reserve, sell
from tests.concurrency.buyers import run_together, without_row_locks
from tests.factories.catalogue import make_product
from tests.factories.shop import make_shop

BUYERS = 12
PIECES = 5

SCRATCH = """
CREATE SCHEMA scratch;
CREATE TABLE scratch.stock_level (LIKE public.stock_level INCLUDING ALL);
CREATE TABLE scratch.stock_movement (LIKE public.stock_movement INCLUDING ALL);
CREATE TABLE scratch.stock_reservation (LIKE public.stock_reservation INCLUDING ALL);
CREATE TRIGGER count_reserved AFTER INSERT OR DELETE OR UPDATE ON scratch.stock_reservation
    FOR EACH ROW EXECUTE FUNCTION comptoir_count_reserved();
INSERT INTO scratch.stock_level SELECT * FROM public.stock_level;
"""
DROP_LIMITS = """
ALTER TABLE scratch.stock_level DROP CONSTRAINT ck_stock_level_never_oversold;
ALTER TABLE scratch.stock_level DROP CONSTRAINT ck_stock_level_never_overpromised;
"""


@pytest.fixture
def product(environment: dict[str, str]) -> Product:
    """Two variants with so many pieces each."""
    with unit_of_work("test") as session:
        shop = make_shop(session)
        return make_product(session, shop.channel.id, colours=("Noir", "Vert"), stock=PIECES)


def attempt(act: Callable[[Session], object], schema: str, done: str) -> str:
    """One buyer's transaction, in a word."""
    try:
        with unit_of_work("test") as session:
            session.execute(text(f"SET LOCAL search_path TO {schema}, public"))
            act(session)
    except InsufficientInventory:
        return "refused"
    except IntegrityError:
        return "refused by the database"
    return done


def buy(quantities: dict[str, int], number: int, schema: str = "public") -> str:
    """Take pieces off the shelf."""
    return attempt(lambda session: sell(session, quantities, f"order_{number}", f"cart_{number}"), schema, "sold")


def promise(quantities: dict[str, int], number: int, schema: str = "public") -> str:
    """Have pieces reserved while one pays."""
    return attempt(lambda session: reserve(session, f"cart_{number}", quantities), schema, "promised")


def promised(schema: str = "public") -> dict[str, int]:
    """Pieces promised according to the levels, which the reservations must add up to."""
    with unit_of_work("test") as session:
        session.execute(text(f"SET LOCAL search_path TO {schema}, public"))
        counted = dict(session.execute(select(StockLevel.variant_id, StockLevel.reserved_quantity)).all())
        query = select(StockReservation.variant_id, func.sum(StockReservation.quantity))
        added = dict(session.execute(query.group_by(StockReservation.variant_id)).all())
        assert {variant_id: added.get(variant_id, 0) for variant_id in counted} == counted
        return counted


def levels_and_sales(schema: str = "public") -> tuple[dict[str, int], dict[str, int]]:
    """Pieces left and pieces sold, by variant."""
    with unit_of_work("test") as session:
        session.execute(text(f"SET LOCAL search_path TO {schema}, public"))
        levels = dict(session.execute(select(StockLevel.variant_id, StockLevel.stocked_quantity)).all())
        sold = (
            select(StockMovement.variant_id, -func.sum(StockMovement.delta))
            .where(StockMovement.reason == "sale")
            .group_by(StockMovement.variant_id)
        )
        return levels, dict(session.execute(sold).all())


def test_the_last_pieces_are_sold_once(product: Product) -> None:
    black, green = (variant.id for variant in product.variants)
    answers = run_together(BUYERS, lambda number: buy({black: 1}, number))
    assert answers == Counter(sold=PIECES, refused=BUYERS - PIECES)
    assert levels_and_sales() == ({black: 0, green: PIECES}, {black: PIECES})


def test_a_purchase_is_all_or_nothing(product: Product) -> None:
    """Buyers name the two variants in either order: nobody waits for the other, nobody gets half."""
    black, green = (variant.id for variant in product.variants)
    both = ({black: 2, green: 1}, {green: 1, black: 2})
    answers = run_together(BUYERS, lambda number: buy(both[number % 2], number))
    assert answers == Counter(sold=2, refused=BUYERS - 2)
    assert levels_and_sales() == ({black: 1, green: 3}, {black: 4, green: 2})


def test_a_refusal_changes_nothing(product: Product) -> None:
    black, green = (variant.id for variant in product.variants)
    before = levels_and_sales()
    assert buy({black: 1, green: PIECES + 1}, 1) == "refused"
    assert buy({black: 1, "variant_unknown": 1}, 2) == "refused"
    assert levels_and_sales() == before == ({black: PIECES, green: PIECES}, {})


def test_control_without_the_lock_the_database_refuses(product: Product) -> None:
    black, green = (variant.id for variant in product.variants)
    make_scratch(with_limit=True)
    with without_row_locks(BUYERS):
        answers = run_together(BUYERS, lambda number: buy({black: 1}, number, "scratch"))
    assert answers == Counter({"sold": PIECES, "refused by the database": BUYERS - PIECES})
    assert levels_and_sales("scratch") == ({black: 0, green: PIECES}, {black: PIECES})


def test_control_without_lock_and_limit_the_shop_oversells(product: Product) -> None:
    black, green = (variant.id for variant in product.variants)
    make_scratch(with_limit=False)
    with without_row_locks(BUYERS):
        answers = run_together(BUYERS, lambda number: buy({black: 1}, number, "scratch"))
    assert answers == Counter(sold=BUYERS)
    assert levels_and_sales("scratch") == ({black: PIECES - BUYERS, green: PIECES}, {black: BUYERS})


def test_the_last_pieces_are_promised_once(product: Product) -> None:
    black, green = (variant.id for variant in product.variants)
    answers = run_together(BUYERS, lambda number: promise({black: 1}, number))
    assert answers == Counter(promised=PIECES, refused=BUYERS - PIECES)
    assert promised() == {black: PIECES, green: 0}
    assert levels_and_sales() == ({black: PIECES, green: PIECES}, {})


def test_buyers_and_payers_share_what_is_there(product: Product) -> None:
    """Half of them complete at once, half of them reserve first; both variants, in either order."""
    black, green = (variant.id for variant in product.variants)
    both = ({black: 1, green: 1}, {green: 1, black: 1})

    def act(number: int) -> str:
        return buy(both[0], number) if number % 2 else promise(both[1], number)

    answers = run_together(BUYERS, act)
    assert answers["sold"] + answers["promised"] == PIECES
    assert answers["refused"] == BUYERS - PIECES
    held = answers["promised"]
    assert promised() == {black: held, green: held}
    assert levels_and_sales()[0] == {black: held, green: held}


def test_control_without_the_lock_the_database_refuses_to_overpromise(product: Product) -> None:
    black, green = (variant.id for variant in product.variants)
    make_scratch(with_limit=True)
    with without_row_locks(BUYERS):
        answers = run_together(BUYERS, lambda number: promise({black: 1}, number, "scratch"))
    assert answers == Counter({"promised": PIECES, "refused by the database": BUYERS - PIECES})
    assert promised("scratch") == {black: PIECES, green: 0}


def test_control_without_lock_and_limit_the_shop_overpromises(product: Product) -> None:
    black, green = (variant.id for variant in product.variants)
    make_scratch(with_limit=False)
    with without_row_locks(BUYERS):
        answers = run_together(BUYERS, lambda number: promise({black: 1}, number, "scratch"))
    assert answers == Counter(promised=BUYERS)
    assert promised("scratch") == {black: BUYERS, green: 0}


def make_scratch(*, with_limit: bool) -> None:
    """A copy of the stock tables beside the product's, with or without the database's own limit."""
    with unit_of_work("test") as session:
        session.execute(text(SCRATCH))
        if not with_limit:
            session.execute(text(DROP_LIMITS))
