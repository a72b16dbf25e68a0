"""What the database tells at each commit, and that no table of the catalogue is forgotten."""

from collections.abc import Callable, Iterator

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.core.changes import CHANNEL
from app.core.db import Base, unit_of_work
from app.pricing.service import set_price
from app.shop.models import PublishableKey
from app.shop.service import mark_key_revoked
from tests.factories.catalogue import make_product
from tests.factories.shop import MadeShop, make_shop

# Whose tables catalogue reads may touch, and what else a process keeps.
PACKAGES = ("app.catalogue", "app.pricing", "app.stock", "app.shop", "app.shipping")
NEED_NOT_TELL = {
    "product_search": "written by triggers on products and variants, which tell",
    "price_history": "written by triggers on prices and price lists, which tell",
    "stock_reservation": "counted by a trigger into the level, which tells",
    "stock_movement": "a journal; nobody is shown it",
    "product_family": "for staff; no storefront is shown it",
    "scheduled_price": "a plan; the price that it sets tells",
}
MOMENTS = {"insert", "update", "delete", "truncate"}

Hear = Callable[[], set[str]]


@pytest.fixture
def hear(database_url: str) -> Iterator[Hear]:
    """What was told since the last time."""
    with psycopg.connect(database_url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(f"LISTEN {CHANNEL}")

        def told() -> set[str]:
            connection.execute("SELECT 1")
            return {heard.payload for heard in connection.notifies(timeout=0)}

        yield told


@pytest.fixture
def made(shop: MadeShop) -> tuple[str, str]:
    """A product and its variant."""
    with unit_of_work("test") as session:
        product = make_product(session, shop.channel.id)
        return product.id, product.variants[0].id


def change(statement: str, **values: object) -> None:
    with unit_of_work("test") as session:
        session.execute(text(statement), values)


def test_every_table_of_the_catalogue_tells(environment: dict[str, str]) -> None:
    tables = {
        mapper.class_.__tablename__ for mapper in Base.registry.mappers if mapper.class_.__module__.startswith(PACKAGES)
    } | {name for name in Base.metadata.tables if name.endswith("_link")}
    with unit_of_work("test") as session:
        rows = session.execute(
            text(
                "SELECT relname, array_agg(substr(tgname, 6)) FROM pg_trigger JOIN pg_class c ON c.oid = tgrelid"
                " WHERE tgname LIKE 'tell\\_%' AND tgenabled = 'O' GROUP BY relname"
            )
        )
        telling = {table for table, moments in rows if set(moments) >= MOMENTS}
    assert len(tables) > 15
    silent = tables - telling - set(NEED_NOT_TELL)
    assert not silent, f"nobody hears of changes of {silent}: add triggers as migration 0012 does, or a reason here"
    assert set(NEED_NOT_TELL) <= tables


def test_a_sale_tells_its_product_only_a_price_its_lists_too(made: tuple[str, str], hear: Hear) -> None:
    product_id, variant_id = made
    hear()
    change("UPDATE stock_level SET stocked_quantity = stocked_quantity - 1 WHERE variant_id = :id", id=variant_id)
    assert hear() == {f"product:{product_id}"}
    with unit_of_work("test") as session:
        set_price(session, variant_id, "eur", 29_900)
    assert hear() == {f"product:{product_id}", "products"}, "the product has a new version, by which lists are sorted"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE product SET status = 'archived' WHERE id = :product",
        "UPDATE product_variant SET title = 'Vert' WHERE id = :variant",
        "DELETE FROM product_channel_link WHERE product_id = :product",
        "UPDATE product_option SET title = 'Teinte' WHERE product_id = :product",
        "UPDATE product_option_value SET value = 'Vert' WHERE option_id IN"
        " (SELECT id FROM product_option WHERE product_id = :product)",
        "DELETE FROM variant_option_link WHERE variant_id = :variant",
    ],
)
def test_what_may_move_a_product_tells_the_lists_too(made: tuple[str, str], hear: Hear, statement: str) -> None:
    hear()
    change(statement, product=made[0], variant=made[1])
    assert hear() == {f"product:{made[0]}", "products"}


def test_a_row_that_changes_hands_tells_both(made: tuple[str, str], shop: MadeShop, hear: Hear) -> None:
    with unit_of_work("test") as session:
        other = make_product(session, shop.channel.id, handle="nova")
    hear()
    moved = "UPDATE product_image SET product_id = :other, rank = 7 WHERE product_id = :product AND rank = 1"
    change(moved, other=other.id, product=made[0])
    assert hear() == {f"product:{made[0]}", f"product:{other.id}"}


def test_what_everything_shows_tells_everything(environment: dict[str, str], hear: Hear) -> None:
    with unit_of_work("test") as session:
        shop = make_shop(session)
    assert hear() == {"everything"}
    with unit_of_work("test") as session:
        mark_key_revoked(session, session.get_one(PublishableKey, shop.key.id))
    assert hear() == {"everything"}
    change("TRUNCATE tax_rate")
    assert hear() == {"everything"}


def test_what_is_undone_or_changes_no_row_tells_nothing(made: tuple[str, str], hear: Hear) -> None:
    hear()
    change("UPDATE product SET title = 'x' WHERE id = 'none'")
    change("UPDATE region SET name = 'x' WHERE id = 'none'")
    with pytest.raises(DBAPIError, match="division by zero"):
        change("WITH changed AS (UPDATE product SET title = 'x' RETURNING 1) SELECT 1 / 0 FROM changed")
    assert hear() == set()


def copy_products(session: Session, product_id: str, number: int) -> None:
    columns = Base.metadata.tables["product"].columns
    names = ", ".join(column.name for column in columns if column.name not in ("id", "handle", "status"))
    copy = (
        f"INSERT INTO product (id, handle, {names}) "  # noqa: S608 - names of our own columns
        f"SELECT 'prod_copy_' || n, 'copy-' || n, {names} FROM product, generate_series(1, :number) AS n WHERE id = :id"
    )
    session.execute(text(copy), {"number": number, "id": product_id})


def test_an_import_tells_one_word(made: tuple[str, str], hear: Hear) -> None:
    hear()
    with unit_of_work("test") as session:
        copy_products(session, made[0], 3)
    assert hear() == {"products", *(f"product:prod_copy_{number}" for number in (1, 2, 3))}
    change("DELETE FROM product WHERE id LIKE 'prod\\_copy%'")
    hear()
    with unit_of_work("test") as session:
        copy_products(session, made[0], 101)
    assert hear() == {"everything"}


def test_the_walk_sees_a_table_that_does_not_tell(environment: dict[str, str]) -> None:
    change("ALTER TABLE product_tag DISABLE TRIGGER USER")
    with pytest.raises(AssertionError, match="product_tag"):
        test_every_table_of_the_catalogue_tells(environment)
