"""A Medusa v2 shop read from its PostgreSQL, as of one instant, in a transaction that cannot write.

The tables and columns that are relied on stand in docs/decisions/0030; rows that Medusa deleted (`deleted_at`) and
drafts of orders are not read.
"""

from collections.abc import Iterator
from contextlib import suppress
from types import TracebackType
from typing import Literal, Self

import psycopg
from psycopg import sql

from app.gateways.errors import Retryable, Terminal
from app.gateways.medusa import PAGE, Document, Kind, read_json

_CONNECT_SECONDS = 10
_OPTIONS = "-c default_transaction_read_only=on -c statement_timeout=600000 -c lock_timeout=5000 -c timezone=UTC"
_MISSING = "42P01", "42703"  # undefined_table, undefined_column

_RULES = """(SELECT coalesce(jsonb_object_agg(r.attribute, r.value), '{}') FROM price_rule r
    WHERE r.price_id = p.id AND r.deleted_at IS NULL)"""
_PRICES = f"""(SELECT coalesce(jsonb_agg(to_jsonb(p) || jsonb_build_object('rules', {_RULES}) ORDER BY p.id), '[]')
    FROM product_variant_price_set s JOIN price p ON p.price_set_id = s.price_set_id AND p.deleted_at IS NULL
    WHERE s.variant_id = v.id AND s.deleted_at IS NULL AND p.price_list_id IS NULL)"""
_VARIANTS = f"""(SELECT coalesce(jsonb_agg(to_jsonb(v) || jsonb_build_object(
    'options', (SELECT coalesce(jsonb_agg(jsonb_build_object('id', a.id, 'value', a.value, 'option_id', a.option_id)
        ORDER BY a.id), '[]') FROM product_variant_option l
        JOIN product_option_value a ON a.id = l.option_value_id AND a.deleted_at IS NULL WHERE l.variant_id = v.id),
    'images', (SELECT coalesce(jsonb_agg(jsonb_build_object('id', l.image_id) ORDER BY l.image_id), '[]')
        FROM product_variant_product_image l WHERE l.variant_id = v.id AND l.deleted_at IS NULL),
    'inventory_items', (SELECT coalesce(jsonb_agg(jsonb_build_object('inventory_item_id', l.inventory_item_id,
        'required_quantity', l.required_quantity) ORDER BY l.inventory_item_id), '[]')
        FROM product_variant_inventory_item l WHERE l.variant_id = v.id AND l.deleted_at IS NULL),
    'prices', {_PRICES}) ORDER BY v.variant_rank, v.id), '[]')
    FROM product_variant v WHERE v.product_id = o.id AND v.deleted_at IS NULL)"""
_PRODUCT = f"""SELECT to_jsonb(o) || jsonb_build_object('variants', {_VARIANTS},
    'options', (SELECT coalesce(jsonb_agg(to_jsonb(p) || jsonb_build_object('values',
        (SELECT coalesce(jsonb_agg(to_jsonb(a) ORDER BY a.created_at, a.id), '[]') FROM product_option_value a
            WHERE a.option_id = p.id AND a.deleted_at IS NULL)) ORDER BY p.created_at, p.id), '[]')
        FROM product_option p WHERE p.product_id = o.id AND p.deleted_at IS NULL),
    'images', (SELECT coalesce(jsonb_agg(to_jsonb(i) ORDER BY i.rank, i.id), '[]') FROM image i
        WHERE i.product_id = o.id AND i.deleted_at IS NULL),
    'tags', (SELECT coalesce(jsonb_agg(jsonb_build_object('id', t.product_tag_id) ORDER BY t.product_tag_id), '[]')
        FROM product_tags t WHERE t.product_id = o.id),
    'categories', (SELECT coalesce(jsonb_agg(jsonb_build_object('id', c.product_category_id)
        ORDER BY c.product_category_id), '[]') FROM product_category_product c WHERE c.product_id = o.id),
    'sales_channels', (SELECT coalesce(jsonb_agg(jsonb_build_object('id', c.sales_channel_id)
        ORDER BY c.sales_channel_id), '[]') FROM product_sales_channel c
        WHERE c.product_id = o.id AND c.deleted_at IS NULL))
    FROM product o WHERE o.deleted_at IS NULL ORDER BY o.created_at, o.id"""
_PRICE_LIST = f"""SELECT to_jsonb(o) || jsonb_build_object(
    'rules', (SELECT coalesce(jsonb_object_agg(r.attribute, r.value), '{{}}') FROM price_list_rule r
        WHERE r.price_list_id = o.id AND r.deleted_at IS NULL),
    'prices', (SELECT coalesce(jsonb_agg(to_jsonb(p) || jsonb_build_object('rules', {_RULES},
        'variant_id', s.variant_id) ORDER BY p.id), '[]')
        FROM price p JOIN product_variant_price_set s ON s.price_set_id = p.price_set_id AND s.deleted_at IS NULL
        WHERE p.price_list_id = o.id AND p.deleted_at IS NULL))
    FROM price_list o WHERE o.deleted_at IS NULL ORDER BY o.created_at, o.id"""


def _below(table: str, alias: str, key: str, owner: str) -> str:
    """The live rows of a table that belong to one of another."""
    return (
        f"(SELECT coalesce(jsonb_agg(to_jsonb({alias}) ORDER BY {alias}.id), '[]') FROM {table} {alias}"
        f" WHERE {alias}.{key} = {owner}.id AND {alias}.deleted_at IS NULL)"
    )


_ITEMS = f"""(SELECT coalesce(jsonb_agg(to_jsonb(i) || jsonb_build_object('quantity', d.raw_quantity ->> 'value',
    'detail', to_jsonb(d), 'tax_lines', {_below("order_line_item_tax_line", "t", "item_id", "i")},
    'adjustments', {_below("order_line_item_adjustment", "a", "item_id", "i")}) ORDER BY i.created_at, i.id), '[]')
    FROM order_item d JOIN order_line_item i ON i.id = d.item_id
    WHERE d.order_id = o.id AND d.version = o.version AND d.deleted_at IS NULL)"""
_METHODS = f"""(SELECT coalesce(jsonb_agg(to_jsonb(m) || jsonb_build_object(
    'tax_lines', {_below("order_shipping_method_tax_line", "t", "shipping_method_id", "m")},
    'adjustments', {_below("order_shipping_method_adjustment", "a", "shipping_method_id", "m")})
    ORDER BY m.created_at, m.id), '[]')
    FROM order_shipping l JOIN order_shipping_method m ON m.id = l.shipping_method_id
    WHERE l.order_id = o.id AND l.version = o.version AND l.deleted_at IS NULL
        AND num_nonnulls(l.return_id, l.claim_id, l.exchange_id) = 0)"""
_COLLECTIONS = f"""(SELECT coalesce(jsonb_agg(jsonb_build_object('id', l.payment_collection_id, 'payments',
    (SELECT coalesce(jsonb_agg(to_jsonb(p) || jsonb_build_object(
        'captures', {_below("capture", "c", "payment_id", "p")},
        'refunds', {_below("refund", "r", "payment_id", "p")}) ORDER BY p.created_at, p.id), '[]')
        FROM payment p WHERE p.payment_collection_id = l.payment_collection_id AND p.deleted_at IS NULL))
    ORDER BY l.payment_collection_id), '[]')
    FROM order_payment_collection l WHERE l.order_id = o.id AND l.deleted_at IS NULL)"""
_PARCELS = f"""(SELECT coalesce(jsonb_agg(to_jsonb(f) || jsonb_build_object(
    'items', {_below("fulfillment_item", "i", "fulfillment_id", "f")},
    'labels', {_below("fulfillment_label", "b", "fulfillment_id", "f")}) ORDER BY f.created_at, f.id), '[]')
    FROM order_fulfillment l JOIN fulfillment f ON f.id = l.fulfillment_id AND f.deleted_at IS NULL
    WHERE l.order_id = o.id AND l.deleted_at IS NULL)"""
_ORDER = f"""SELECT to_jsonb(o) || jsonb_build_object('items', {_ITEMS}, 'shipping_methods', {_METHODS},
    'payment_collections', {_COLLECTIONS}, 'fulfillments', {_PARCELS},
    'shipping_address', (SELECT to_jsonb(a) FROM order_address a WHERE a.id = o.shipping_address_id),
    'billing_address', (SELECT to_jsonb(a) FROM order_address a WHERE a.id = o.billing_address_id),
    'summary', (SELECT s.totals FROM order_summary s WHERE s.order_id = o.id AND s.version = o.version
        AND s.deleted_at IS NULL ORDER BY s.created_at DESC LIMIT 1))
    FROM "order" o WHERE o.deleted_at IS NULL AND NOT o.is_draft_order ORDER BY o.created_at, o.id"""


def _plain(table: str) -> str:
    return f"SELECT to_jsonb(o) FROM {table} o WHERE o.deleted_at IS NULL ORDER BY o.created_at, o.id"


_STATEMENTS: dict[Kind, str] = {
    "store": _plain("store"),
    "price_preference": _plain("price_preference"),
    "region": """SELECT to_jsonb(o) || jsonb_build_object('countries', (SELECT coalesce(jsonb_agg(
        jsonb_build_object('iso_2', c.iso_2) ORDER BY c.iso_2), '[]') FROM region_country c WHERE c.region_id = o.id
        AND c.deleted_at IS NULL)) FROM region o WHERE o.deleted_at IS NULL ORDER BY o.created_at, o.id""",
    "sales_channel": _plain("sales_channel"),
    # A shelf comes after the one that it stands in.
    "category": "SELECT to_jsonb(o) FROM product_category o WHERE o.deleted_at IS NULL ORDER BY o.created_at, o.id",
    "collection": _plain("product_collection"),
    "tag": _plain("product_tag"),
    "type": _plain("product_type"),
    "product": _PRODUCT,
    "inventory_item": f"""SELECT to_jsonb(o) || jsonb_build_object('location_levels',
        {_below("inventory_level", "l", "inventory_item_id", "o")})
        FROM inventory_item o WHERE o.deleted_at IS NULL ORDER BY o.created_at, o.id""",
    "price_list": _PRICE_LIST,
    "customer": f"""SELECT to_jsonb(o) || jsonb_build_object('addresses',
        {_below("customer_address", "a", "customer_id", "o")})
        FROM customer o WHERE o.deleted_at IS NULL ORDER BY o.created_at, o.id""",
    "order": _ORDER,
}


class MedusaDatabase:
    """One connection, one snapshot (REPEATABLE READ, READ ONLY): whatever Medusa writes meanwhile is not seen."""

    way: Literal["database", "api"] = "database"

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: psycopg.Connection | None = None

    def __enter__(self) -> Self:
        try:
            connection = psycopg.connect(self._url, connect_timeout=_CONNECT_SECONDS, options=_OPTIONS)
        except (psycopg.Error, ValueError, UnicodeError):
            # Whatever the driver says may quote the password.
            raise Retryable("medusa", "database_unreachable") from None
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        self._connection = connection
        return self

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._connection is not None:
            with suppress(psycopg.Error):
                self._connection.close()

    def count(self, kind: Kind) -> int:
        """How many rows `read` gives."""
        found = self._ask(sql.SQL("SELECT count(*) FROM ({}) AS counted"), kind)
        return int(str(found[0][0]))

    def find_highest_number(self) -> int | None:
        """Of the orders that `read` gives."""
        found = self._ask(sql.SQL("SELECT max((document ->> 'display_id')::int) FROM ({}) AS read (document)"), "order")
        return None if found[0][0] is None else int(str(found[0][0]))

    def read(self, kind: Kind) -> Iterator[list[Document]]:
        """A page of documents at a time, through a cursor on the server: memory stays flat."""
        if self._connection is None:
            raise RuntimeError("MedusaDatabase is used in a with block")
        statement = sql.SQL("SELECT document::text FROM ({}) AS read (document)").format(_statement(kind))
        try:
            with self._connection.cursor(name=f"read_{kind}") as cursor:
                cursor.execute(statement)
                while rows := cursor.fetchmany(PAGE):
                    yield [_document(text) for (text,) in rows]
        except psycopg.Error as failure:
            raise _sorted(failure) from None

    def _ask(self, wanted: sql.SQL, kind: Kind) -> list[tuple[object, ...]]:
        if self._connection is None:
            raise RuntimeError("MedusaDatabase is used in a with block")
        try:
            return self._connection.execute(wanted.format(_statement(kind))).fetchall()
        except psycopg.Error as failure:
            raise _sorted(failure) from None


def _statement(kind: Kind) -> sql.SQL:
    return sql.SQL(_STATEMENTS[kind])


def _document(text: str) -> Document:
    document = read_json(text)
    return document if isinstance(document, dict) else {}


def _sorted(failure: psycopg.Error) -> Retryable | Terminal:
    """Another schema than Medusa's is refused for good; what only time or a network did may be tried again."""
    if failure.sqlstate in _MISSING:
        return Terminal("medusa", "not_a_medusa_2_database")
    if failure.sqlstate == "42501":
        return Terminal("medusa", "database_not_readable")
    return Retryable("medusa", "database_away")
