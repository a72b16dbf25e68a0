"""Prepares the database of `make up`: the newest schema, then the demo shop. Run as a process of its own.

The admin's password comes on standard input. Standard output is one JSON object, the demo shop's part of `up.json`.
"""

import json
import sys
from pathlib import Path

from alembic import command
from alembic.config import Config

from app.core.db import unit_of_work
from app.core.jobs import enqueue
from app.core.settings import get_settings
from app.dev.demo_shop.offers import seed_sale
from app.dev.demo_shop.pictures import make_pictures
from app.dev.demo_shop.seed import Owner, seed
from app.dev.demo_shop.table import ShopTable, read_table

ROOT = Path(__file__).parents[2]
FAMILY = "product_family"  # in the metadata of the runbook's products (S0-072)


def migrate() -> None:
    """Bring the database to the last migration; nothing to do if it is there."""
    command.upgrade(Config(toml_file=ROOT / "pyproject.toml"), "head")


def describe_shop(table: ShopTable, publishable_key: str) -> dict[str, object]:
    """What scripts and tests need to know of the demo shop."""
    draft = next(row for row in table.products if row.status == "draft")
    sold_out = next(row for row in table.products if not any(variant.stock for variant in row.variants))
    of_the_runbook = [row for row in table.products if FAMILY in row.metadata]
    return {
        "publishable_key": publishable_key,
        "draft_handle": draft.handle,
        "sold_out_handle": sold_out.handle,
        "promo_code": table.promotion.code,
        "price_checks": {row.handle: row.price_cents for row in of_the_runbook},
    }


def main() -> int:
    """All steps; each does nothing where nothing is left to do."""
    migrate()
    table = read_table()
    pictures = make_pictures(table, get_settings().uploads_dir)
    owner = Owner(email=sys.argv[1], password=sys.stdin.read())
    with unit_of_work("make up") as session:
        publishable_key = seed(session, table, pictures, owner)
    with unit_of_work("make up") as session:
        seed_sale(session, table)
        enqueue(session, "ops.register_mail_webhook")
    json.dump(describe_shop(table, publishable_key), sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
