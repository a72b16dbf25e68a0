"""Ten thousand products, forty thousand variants: every list finds its page by an index."""

from collections.abc import Callable

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.catalogue.list_groups import CATEGORIES, COLLECTIONS, TAGS, TYPES, list_grouped_products
from app.catalogue.list_products import ProductFilter, list_product_ids
from app.catalogue.list_variants import VariantFilter, list_variant_ids
from app.catalogue.queries import Page
from app.core.db import get_engine, unit_of_work
from app.core.fields import parse_fields
from app.store_api.render_groups import today
from app.store_api.render_products import PRODUCT_DEFAULTS, compose_products
from app.store_api.visitors import Visitor
from tests.factories.storefront import Storefront
from tests.plans import explained, read_sequentially

PRODUCTS = 10_000
GROWING = {
    "product",
    "product_variant",
    "product_search",
    "product_image",
    "product_option",
    "product_option_value",
    "product_channel_link",
    "product_category_link",
    "product_tag_link",
    "variant_option_link",
    "price",
    "stock_level",
}
# No trigger per row: the copies are as right as what they are made of, and the words are refreshed at the end.
FILL = """
SET LOCAL session_replication_role = replica;
INSERT INTO product_category (id, name, handle) SELECT 'pcat_' || k, 'C' || k, 'c' || k FROM generate_series(1, 20) k;
INSERT INTO product_tag (id, value) SELECT 'ptag_' || k, 't' || k FROM generate_series(1, 20) k;
INSERT INTO product_collection (id, title, handle) SELECT 'pcol_' || k, 'H', 'h' || k FROM generate_series(1, 20) k;
INSERT INTO product_type (id, value) SELECT 'ptyp_' || k, 'y' || k FROM generate_series(1, 20) k;
INSERT INTO product (id, title, handle, description, status, channel_ids, collection_id, type_id, created_at)
    SELECT 'prod_' || n, CASE WHEN n = 78 THEN 'Lorgnon' ELSE 'Produit ' || md5(n::text) END, 'p-' || n,
        repeat(md5(n::text) || ' ', 30),
        CASE WHEN n % 7 = 0 THEN 'draft' ELSE 'published' END, ARRAY[(SELECT id FROM sales_channel)],
        'pcol_' || 1 + n % 20, 'ptyp_' || 1 + n % 20, now() - n * interval '1 minute'
    FROM generate_series(1, :products) n;
INSERT INTO product_channel_link SELECT p.id, c.id FROM product p, sales_channel c;
INSERT INTO product_category_link SELECT 'prod_' || n, 'pcat_' || 1 + n % 20 FROM generate_series(1, :products) n;
INSERT INTO product_tag_link SELECT 'prod_' || n, 'ptag_' || 1 + n % 20 FROM generate_series(1, :products) n;
INSERT INTO product_option (id, product_id, title)
    SELECT 'opt_' || n, 'prod_' || n, 'Teinte' FROM generate_series(1, :products) n;
INSERT INTO product_option_value (id, option_id, value)
    SELECT 'optval_' || n || '_' || k, 'opt_' || n, 'T' || n || '-' || k
    FROM generate_series(1, :products) n, generate_series(1, 4) k;
INSERT INTO product_variant (id, product_id, title, sku, rank)
    SELECT 'variant_' || n || '_' || k, 'prod_' || n, 'T' || k, 'SKU-' || n || '-' || k, k
    FROM generate_series(1, :products) n, generate_series(1, 4) k;
INSERT INTO variant_option_link SELECT id, replace(id, 'variant', 'optval') FROM product_variant;
INSERT INTO product_image (id, product_id, url) SELECT 'img_' || id, id, '/static/x.webp' FROM product;
INSERT INTO price (id, variant_id, currency_code, amount_cents) SELECT 'price_' || id, id, 'eur', 990
    FROM product_variant;
INSERT INTO stock_level (variant_id, stocked_quantity) SELECT id, 5 FROM product_variant;
SET LOCAL session_replication_role = origin;
SELECT comptoir_refresh_search(ARRAY(SELECT id FROM product));
"""
PAGE = Page(20, 0)
NONE: frozenset[str] = frozenset()
STARTER_FIELDS = "*variants.calculated_price,+variants.inventory_quantity,*variants.images,+metadata,+tags,"


@pytest.fixture
def channel_id(storefront: Storefront) -> str:
    """The channel of a shop that has grown; its statistics are fresh."""
    with unit_of_work("test") as session:
        for statement in FILL.split(";\n"):
            if statement.strip():
                session.execute(text(statement), {"products": PRODUCTS} if ":products" in statement else {})
    with get_engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
    return storefront.shop.channel.id


def find_scans(read: Callable[[Session], object]) -> set[str]:
    """The growing tables that a reading goes through from end to end."""
    with unit_of_work("test") as session, explained() as plans:
        read(session)
    assert plans
    return read_sequentially(plans) & GROWING


LISTS: dict[str, dict[str, object]] = {
    "everything": {},
    "a handle": {"handles": ["p-77"]},
    "ids": {"ids": ["prod_1", "prod_2"]},
    "a title": {"titles": ["Aura"]},
    "a number of elsewhere": {"external_ids": ["erp-1"]},
    "a collection": {"collection_ids": ["pcol_3"]},
    "a category": {"category_ids": ["pcat_3"]},
    "a tag": {"tag_ids": ["ptag_3"]},
    "a type": {"type_ids": ["ptyp_3"]},
    "a collection and a tag": {"collection_ids": ["pcol_3"], "tag_ids": ["ptag_3"], "is_giftcard": False},
    "gift cards": {"is_giftcard": True},
    "an option": {"option_ids": ["opt_77"], "option_values": ["T77-2"]},
    "a value": {"option_values": ["T77-2"]},
    "a ticked value": {"option_value_ids": ["optval_77_2"]},
    "a word": {"text": "sku-77-2"},
    "a word with a slip": {"text": "lorgnom"},
    "a word with two letters swapped": {"text": "lorngon"},
    "a short word": {"text": "lo"},
}


def read_lists(channel_id: str) -> dict[str, set[str]]:
    """What each list of products goes through."""

    def read(conditions: dict[str, object], page: Page) -> set[str]:
        wanted = ProductFilter(channel_id, **conditions)  # type: ignore[arg-type]
        return find_scans(lambda session: list_product_ids(session, wanted, page))

    orders = ("id", "-title", "handle", "-created_at", "updated_at")
    by_order = {f"by {order}": read({}, Page(20, 40, order)) for order in orders}
    return {name: read(conditions, PAGE) for name, conditions in LISTS.items()} | by_order


def read_the_rest(channel_id: str) -> dict[str, set[str]]:
    """What showing products, and listing variants and groups, goes through."""
    visitor = Visitor(channel_id, today(), "eur", "fr")
    tree = parse_fields(STARTER_FIELDS, PRODUCT_DEFAULTS)
    ids = [f"prod_{number}" for number in range(1, 21)]
    menu, named = [f"prod_{number}" for number in range(1, 1_001)], parse_fields("id,title,thumbnail", PRODUCT_DEFAULTS)
    shelves = [f"pcat_{number}" for number in range(1, 21)]
    variants = VariantFilter(channel_id, {"sku": ["SKU-77-1"]})
    spoken = VariantFilter(channel_id, text="sku-77-1")
    readings: dict[str, Callable[[Session], object]] = {
        "a page": lambda session: compose_products(session, ids, visitor, tree),
        "all variants": lambda session: list_variant_ids(session, VariantFilter(channel_id), PAGE),
        "a sku": lambda session: list_variant_ids(session, variants, PAGE),
        "a variant's word": lambda session: list_variant_ids(session, spoken, PAGE),
        "categories": lambda session: list_grouped_products(session, CATEGORIES, ["pcat_3"], channel_id),
        "every category": lambda session: list_grouped_products(session, CATEGORIES, shelves, channel_id),
        "collections": lambda session: list_grouped_products(session, COLLECTIONS, ["pcol_3"], channel_id),
        "tags": lambda session: list_grouped_products(session, TAGS, ["ptag_3"], channel_id),
        "types": lambda session: list_grouped_products(session, TYPES, ["ptyp_3"], channel_id),
        "a menu's products": lambda session: compose_products(session, menu, visitor, named),
    }
    return {name: find_scans(read) for name, read in readings.items()}


def test_nothing_reads_a_growing_table_through(channel_id: str) -> None:
    for found in (read_lists(channel_id), read_the_rest(channel_id)):
        assert found == dict.fromkeys(found, NONE)
    with unit_of_work("test") as session:
        grouped = list_grouped_products(session, TAGS, ["ptag_1", "ptag_2"], channel_id)
    assert {tag: len(products) for tag, products in grouped.items()} == {"ptag_1": 50, "ptag_2": 50}
    assert grouped["ptag_1"][:2] == ["prod_10000", "prod_9980"]  # the oldest first
    # The control: without its index the search does, and this test sees it.
    with unit_of_work("test") as session:
        session.execute(text("DROP INDEX ix_product_search_words"))
    wanted = ProductFilter(channel_id, text="sku-77-2")
    assert find_scans(lambda session: list_product_ids(session, wanted, PAGE)) == {"product_search"}
