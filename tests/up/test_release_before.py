"""A data folder of the release before: migrated, and completed with what the demo shop has learned, nothing twice."""

import json

import psycopg
from psycopg import sql

from app.dev.postgres import start_cluster
from app.dev.startup import DATABASE
from tests.rows import row
from tests.services import migrate
from tests.up.command import Instance
from tests.up.conftest import StartUp

SCHEMA_OF_THE_RELEASE_BEFORE = "0005_countries"
SEEDED = (
    "product", "product_variant", "price", "stock_level", "stock_movement", "product_image", "product_category",
    "product_category_link", "product_collection", "product_tag", "product_tag_link", "product_type", "shipping_option",
    "shipping_price_step", "shipping_location", "promotion", "price_list", "price_list_price", "return_reason",
    "publishable_key", "staff_user", "region", "tax_rate",
)  # fmt: skip
ADDED_SINCE = {"product_collection", "product_tag", "promotion", "price_list", "return_reason"}


def count_rows(url: str) -> dict[str, int]:
    with psycopg.connect(url.replace("postgresql+psycopg://", "postgresql://")) as connection:
        there = {str(name) for (name,) in connection.execute("SELECT tablename FROM pg_tables").fetchall()}
        return {
            table: len(connection.execute(sql.SQL("SELECT 1 FROM {}").format(sql.Identifier(table))).fetchall())
            for table in SEEDED
            if table in there
        }


def take_back(instance: Instance) -> dict[str, int]:
    """Give a stopped instance the schema of the release before; what its tables hold now."""
    cluster = start_cluster(instance.data)
    try:
        migrate(cluster.url(DATABASE), SCHEMA_OF_THE_RELEASE_BEFORE, "downgrade")
        return count_rows(cluster.url(DATABASE))
    finally:
        cluster.stop()


@row("S0-152")
def test_a_folder_of_the_release_before_is_completed_and_nothing_is_there_twice(start_up: StartUp) -> None:
    first = start_up().wait_until_ready()
    seeded, promised = count_rows(first.contract["database_url"]), first.contract
    assert first.stop() == 0
    assert not ADDED_SINCE & set(take_back(first))
    memory = first.data / "memory.json"
    memory.write_text(json.dumps({**json.loads(memory.read_text()), "prepared": ""}))
    second = start_up(port=first.port).wait_until_ready()
    assert count_rows(second.contract["database_url"]) == seeded
    assert second.contract == promised
    assert all(seeded.values()), seeded


def test_preparing_again_adds_nothing(start_up: StartUp) -> None:
    first = start_up().wait_until_ready()
    seeded = count_rows(first.contract["database_url"])
    assert first.stop() == 0
    memory = first.data / "memory.json"
    memory.write_text(json.dumps({**json.loads(memory.read_text()), "prepared": ""}))
    second = start_up(port=first.port).wait_until_ready()
    assert count_rows(second.contract["database_url"]) == seeded
