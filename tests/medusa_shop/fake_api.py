"""Medusa's Admin API over the rows of a made shop: only what the import asks, in that API's own shapes.

Pages, a secret key, one answer that fails before it comes; prices of a product without a word of their price list.
"""

import base64
import json
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

KEY = "sk_of_the_tests"
Row = dict[str, object]
TABLES = {
    "stores": "store", "price-preferences": "price_preference", "regions": "region", "sales-channels": "sales_channel",
    "product-categories": "product_category", "collections": "product_collection", "product-tags": "product_tag",
    "product-types": "product_type", "products": "product", "inventory-items": "inventory_item",
    "price-lists": "price_list", "customers": "customer", "orders": "order",
}  # fmt: skip


@dataclass
class FakeApi:
    """What it serves, what it was asked, and how it fails next."""

    tables: Mapping[str, list[Row]]
    url: str = ""
    asked: list[str] = field(default_factory=list)
    found: dict[tuple[str, str], dict[object, list[Row]]] = field(default_factory=dict)
    most: int = 1_000  # objects in one answer, however many are asked for
    failures: list[int] = field(default_factory=list)
    before_answer: Callable[[str], None] = field(default=lambda _: None)
    cut: str = ""  # calls whose path begins so are answered 503

    def list_rows(self, table: str, **wanted: object) -> list[Row]:
        """The live rows with this value, as they were written."""
        if not wanted:
            return [plain(row) for row in self.tables[table] if row.get("deleted_at") is None]
        ((name, value),) = wanted.items()
        if (table, name) not in self.found:
            rows: dict[object, list[Row]] = defaultdict(list)
            for row in self.list_rows(table):
                rows[row[name]].append(row)
            self.found[table, name] = rows
        return self.found[table, name].get(value, [])

    def answer(self, path: str) -> Row:
        """One page."""
        parts, query = urlsplit(path), parse_qs(urlsplit(path).query)
        name = parts.path.removeprefix("/admin/")
        rows = self.list_rows(TABLES[name])
        if name == "orders":
            rows = [row for row in rows if not row.get("is_draft_order")]
        if query["order"] == ["-display_id"]:
            rows.sort(key=lambda row: -int(str(row["display_id"])))
        else:
            rows.sort(key=lambda row: (str(row.get("created_at", "")), str(row["id"])))
        limit, offset = min(self.most, int(query["limit"][0])), int(query["offset"][0])
        page = [self.describe(name, row) for row in rows[offset : offset + limit]]
        return {name.replace("-", "_"): page, "count": len(rows), "offset": offset, "limit": limit}

    def describe(self, name: str, row: Row) -> Row:
        """An object with what hangs on it."""
        makers = {
            "regions": self.region, "products": self.product, "inventory-items": self.item,
            "price-lists": self.price_list, "customers": self.customer, "orders": self.order,
        }  # fmt: skip
        return makers.get(name, dict)(row)

    def region(self, row: Row) -> Row:
        countries = self.list_rows("region_country", region_id=row["id"])
        return {**row, "countries": [{"iso_2": each["iso_2"], "name": each["display_name"]} for each in countries]}

    def item(self, row: Row) -> Row:
        return {**row, "location_levels": self.list_rows("inventory_level", inventory_item_id=row["id"])}

    def customer(self, row: Row) -> Row:
        return {**row, "addresses": self.list_rows("customer_address", customer_id=row["id"])}

    def price_list(self, row: Row) -> Row:
        prices = [
            {**self.price(each), "variant_id": variant["variant_id"]}
            for each in self.list_rows("price", price_list_id=row["id"])
            for variant in self.list_rows("product_variant_price_set", price_set_id=each["price_set_id"])
        ]
        rules = {
            str(each["attribute"]): each["value"] for each in self.list_rows("price_list_rule", price_list_id=row["id"])
        }
        return {**row, "rules": rules, "prices": prices}

    def price(self, row: Row) -> Row:
        """Without its list, and without the exact twin of its amount, as that API tells it."""
        shown = ("id", "currency_code", "amount", "min_quantity", "max_quantity")
        rules = {str(each["attribute"]): each["value"] for each in self.list_rows("price_rule", price_id=row["id"])}
        return {**{name: row[name] for name in shown if name in row}, "rules": rules}

    def product(self, row: Row) -> Row:
        mine = {"product_id": row["id"]}
        options = [
            {**each, "values": self.list_rows("product_option_value", option_id=each["id"])}
            for each in self.list_rows("product_option", **mine)
        ]
        images = sorted(self.list_rows("image", **mine), key=lambda each: int(str(each["rank"])))
        variants = sorted(
            self.list_rows("product_variant", **mine),
            key=lambda each: (int(str(each.get("variant_rank", 0))), each["id"]),
        )
        return {
            **row,
            "options": options,
            "images": images,
            "tags": [{"id": each["product_tag_id"]} for each in self.list_rows("product_tags", **mine)],
            "categories": [
                {"id": each["product_category_id"]} for each in self.list_rows("product_category_product", **mine)
            ],
            "sales_channels": [
                {"id": each["sales_channel_id"]} for each in self.list_rows("product_sales_channel", **mine)
            ],
            "variants": [self.variant(each) for each in variants],
        }

    def variant(self, row: Row) -> Row:
        mine = {"variant_id": row["id"]}
        values = [
            value
            for link in self.list_rows("product_variant_option", **mine)
            for value in self.list_rows("product_option_value", id=link["option_value_id"])
        ]
        sets = [each["price_set_id"] for each in self.list_rows("product_variant_price_set", **mine)]
        return {
            **row,
            "options": [{**each, "option": {"id": each["option_id"]}} for each in values],
            "images": [{"id": each["image_id"]} for each in self.list_rows("product_variant_product_image", **mine)],
            "inventory_items": self.list_rows("product_variant_inventory_item", **mine),
            "prices": [self.price(each) for of in sets for each in self.list_rows("price", price_set_id=of)],
        }

    def order(self, row: Row) -> Row:
        mine = {"order_id": row["id"]}
        version = row["version"]
        summaries = [each for each in self.list_rows("order_summary", **mine) if each["version"] == version]
        return {
            **row,
            "summary": summaries[-1]["totals"] if summaries else None,
            "items": [
                self.order_item(each) for each in self.list_rows("order_item", **mine) if each["version"] == version
            ],
            "shipping_methods": [self.method(each) for each in self.list_rows("order_shipping", **mine)],
            "shipping_address": next(iter(self.list_rows("order_address", id=row["shipping_address_id"])), None),
            "billing_address": next(iter(self.list_rows("order_address", id=row["billing_address_id"])), None),
            "payment_collections": [
                self.collection(each) for each in self.list_rows("order_payment_collection", **mine)
            ],
            "fulfillments": [
                parcel
                for link in self.list_rows("order_fulfillment", **mine)
                for parcel in map(self.parcel, self.list_rows("fulfillment", id=link["fulfillment_id"]))
            ],
        }

    def order_item(self, detail: Row) -> Row:
        (item,) = self.list_rows("order_line_item", id=detail["item_id"])
        mine = {"item_id": item["id"]}
        return {
            **item,
            **{name: detail[name] for name in ("quantity", "raw_quantity")},
            "detail": detail,
            "tax_lines": self.list_rows("order_line_item_tax_line", **mine),
            "adjustments": self.list_rows("order_line_item_adjustment", **mine),
        }

    def method(self, link: Row) -> Row:
        (method,) = self.list_rows("order_shipping_method", id=link["shipping_method_id"])
        mine = {"shipping_method_id": method["id"]}
        return {
            **method,
            "tax_lines": self.list_rows("order_shipping_method_tax_line", **mine),
            "adjustments": self.list_rows("order_shipping_method_adjustment", **mine),
        }

    def collection(self, link: Row) -> Row:
        payments = [
            {
                **each,
                "captures": self.list_rows("capture", payment_id=each["id"]),
                "refunds": self.list_rows("refund", payment_id=each["id"]),
            }
            for each in self.list_rows("payment", payment_collection_id=link["payment_collection_id"])
        ]
        return {"id": link["payment_collection_id"], "payments": payments}

    def parcel(self, row: Row) -> Row:
        mine = {"fulfillment_id": row["id"]}
        return {
            **row,
            "items": self.list_rows("fulfillment_item", **mine),
            "labels": self.list_rows("fulfillment_label", **mine),
        }


def plain(row: Row) -> Row:
    """As JSON says it: documents themselves, instants with a Z, amounts as numbers."""
    return {name: plain_value(value) for name, value in row.items()}


def plain_value(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value


def read_tables(url: str) -> dict[str, list[Row]]:
    """Every row of the shop."""
    names = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    with psycopg.connect(url, row_factory=dict_row) as connection:
        tables = [str(row["relname"]) for row in connection.execute(names)]
        return {
            name: connection.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(name))).fetchall()
            for name in tables
        }


@contextmanager
def serve_api(url: str) -> Iterator[FakeApi]:
    """The API of the shop in this database, on a free port of the loopback address."""
    fake = FakeApi(read_tables(url))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            fake.asked.append(self.path)
            expected = "Basic " + base64.b64encode(f"{KEY}:".encode()).decode()
            if self.headers["Authorization"] != expected:
                self.say(401, {"type": "unauthorized"})
            elif fake.cut and self.path.startswith(fake.cut):
                self.say(503, {"type": "unknown_error"})
            elif fake.failures:
                self.say(fake.failures.pop(0), {"type": "unknown_error"})
            else:
                fake.before_answer(self.path)
                self.say(200, fake.answer(self.path))

        def say(self, status: int, document: Row) -> None:
            body = json.dumps(document, ensure_ascii=False).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *_args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    fake.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
