"""Products, prices and stock as files that a spreadsheet opens, computes nothing of, and that import gives back."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.catalogue.import_products import KnownProduct, KnownVariant, list_known_products
from app.catalogue.models import (
    Product,
    ProductCategory,
    ProductCollection,
    ProductImage,
    ProductOption,
    ProductType,
    ProductVariant,
    product_category_link,
    product_channel_link,
    product_tag_link,
)
from app.core.audit_log import record_audit
from app.core.db import unit_of_work
from app.imports.compare_file import end_run
from app.imports.models import CsvChunk
from app.imports.queries import lock_run
from app.imports.rules import neutralise
from app.imports.service import CHUNK_BYTES
from app.pricing.models import Price
from app.pricing.queries import list_prices
from app.shop.models import SalesChannel
from app.stock.models import StockLevel

PRODUCTS_AT_ONCE = 200
ROWS_AT_ONCE = 2_000
SEPARATOR = ";"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"  # without it Excel reads UTF-8 as Windows-1252
OWN = (
    "title", "subtitle", "description", "status", "external_id", "tax_category", "is_discountable", "weight_grams",
    "length_mm", "width_mm", "height_mm", "origin_country", "hs_code", "mid_code", "material",
)  # fmt: skip
OF_VARIANT = (
    "sku", "title", "barcode", "ean", "upc", "manages_stock", "requires_shipping", "weight_grams", "length_mm",
    "width_mm", "height_mm", "origin_country", "hs_code", "mid_code", "material",
)  # fmt: skip
STOCK = (
    "variant_sku", "product_title", "variant_title", "stocked_quantity", "reserved_quantity", "available_quantity",
    "new_quantity", "received_quantity", "delivery_reference",
)  # fmt: skip
PRICES = ("variant_sku", "product_handle", "product_title", "variant_title", "currency_code", "amount_cents")


@dataclass(frozen=True)
class _Shape:
    """How many columns of each numbered kind the products of the shop need."""

    options: int
    images: int
    tags: int
    categories: int
    channels: int
    currencies: tuple[str, ...]

    def header(self) -> list[str]:
        """The names of all columns."""
        numbered = [f"product_{name}_{number + 1}" for name, count in self.lists() for number in range(count)]
        options = [
            f"variant_option_{number + 1}_{part}" for number in range(self.options) for part in ("name", "value")
        ]
        return [
            "product_handle", *(f"product_{name}" for name in OWN), "product_collection", "product_type",
            "product_metadata", *numbered, *(f"variant_{name}" for name in OF_VARIANT), *options, "variant_metadata",
            *(f"variant_price_{code}_cents" for code in self.currencies),
        ]  # fmt: skip

    def lists(self) -> tuple[tuple[str, int], ...]:
        """The numbered columns of a product."""
        return (
            ("image", self.images), ("tag", self.tags), ("category", self.categories), ("sales_channel", self.channels),
        )  # fmt: skip


def export_run(run_id: str) -> None:
    """Write the file of an export that was asked for, in pieces. Raises `RunNotFound`."""
    with unit_of_work() as session:
        run = lock_run(session, run_id)
        if run.state != "received":
            return
        written = [0]
        pieces = export_pieces(session, run.kind, lambda count: written.append(count))
        for number, piece in enumerate(pieces):
            run.byte_count += len(piece)
            chunk = CsvChunk(run_id=run_id, number=number, content=piece)
            session.add(chunk)
            session.flush()  # one piece in memory at a time
            session.expunge(chunk)
        run.line_count = written[-1]
        end_run(session, run)
        record_audit(session, f"export.{run.kind}", run_id, {"bytes": run.byte_count, "lines": run.line_count})


def export_pieces(session: Session, kind: str, tell: Callable[[int], None]) -> Iterator[bytes]:
    """The file, a piece at a time; `tell` hears how many lines are written, at the end all of them."""
    rows = {"products": _list_products, "prices": _list_prices, "stock": _list_stock}[kind](session)
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=SEPARATOR, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    yield BYTE_ORDER_MARK
    count = 0
    for count, row in enumerate(rows):
        writer.writerow([_write_cell(cell) for cell in row])
        if buffer.tell() >= CHUNK_BYTES:
            yield _take(buffer)
            tell(count)
    yield _take(buffer)
    tell(count)


def _take(buffer: io.StringIO) -> bytes:
    piece = buffer.getvalue().encode()
    buffer.seek(0)
    buffer.truncate()
    return piece


def _write_cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return neutralise(json.dumps(value, ensure_ascii=False))
    return neutralise(value) if isinstance(value, str) else str(value)


def _list_products(session: Session) -> Iterator[Sequence[object]]:
    shape = _read_shape(session)
    names = _read_names(session)
    yield shape.header()
    for handles in _pages(session):
        known = list_known_products(session, handles, is_locking=False)
        variant_ids = [variant.id for product in known.values() for variant in product.variants]
        prices = {}
        for each in list_prices(session, variant_ids):
            prices[each.variant_id, each.currency_code] = each.amount_cents
            session.expunge(each)  # else all prices of the shop stay in memory to the end
        for handle in handles:
            if handle in known:
                yield from _rows_of(known[handle], shape, names, prices)


def _pages(session: Session) -> Iterator[list[str]]:
    last = ""
    query = select(Product.handle).order_by(Product.handle).limit(PRODUCTS_AT_ONCE)
    while handles := list(session.scalars(query.where(Product.handle > last))):
        yield handles
        last = handles[-1]


def _rows_of(
    product: KnownProduct, shape: _Shape, names: Mapping[str, str], prices: Mapping[tuple[str, str], int]
) -> Iterator[list[object]]:
    columns = product.columns
    lists: dict[str, Iterable[object]] = {
        "image": product.image_urls,
        "tag": sorted(product.tags),
        "category": sorted(names[each] for each in product.category_ids),
        "sales_channel": sorted(names[each] for each in product.channel_ids),
    }
    own: list[object] = [product.handle, *(columns[name] for name in OWN)]
    own += [names.get(str(columns[name])) for name in ("collection_id", "type_id")]
    own.append(columns["details"])
    for name, count in shape.lists():
        own += _padded(lists[name], count)
    for variant in product.variants:
        yield [*own, *_cells_of(variant, list(product.options), shape, prices)]
    if not product.variants:
        yield [*own, *[None] * (len(OF_VARIANT) + 2 * shape.options + 1 + len(shape.currencies))]


def _cells_of(
    variant: KnownVariant, titles: Sequence[str], shape: _Shape, prices: Mapping[tuple[str, str], int]
) -> list[object]:
    chosen = [cell for title in titles if title in variant.options for cell in (title, variant.options[title])]
    return [
        *(variant.columns[name] for name in OF_VARIANT),
        *_padded(chosen, 2 * shape.options),
        variant.columns["details"],
        *(prices.get((variant.id, code)) for code in shape.currencies),
    ]


def _padded(values: Iterable[object], count: int) -> list[object]:
    given: list[object] = list(values)[:count]
    return given + [None] * (count - len(given))


def _read_shape(session: Session) -> _Shape:
    return _Shape(
        options=_most(session, ProductOption.product_id),
        images=_most(session, ProductImage.product_id),
        tags=_most(session, product_tag_link.c.product_id),
        categories=_most(session, product_category_link.c.product_id),
        channels=_most(session, product_channel_link.c.product_id),
        currencies=tuple(session.scalars(select(Price.currency_code).distinct().order_by(Price.currency_code))),
    )


def _most(session: Session, of: ColumnElement[str] | InstrumentedAttribute[str]) -> int:
    counted = select(of, func.count().label("count")).group_by(of).subquery()
    return session.scalar(select(func.max(counted.c.count))) or 0


def _read_names(session: Session) -> dict[str, str]:
    """What files call collections, types, categories and channels, by their id."""
    pairs: tuple[tuple[InstrumentedAttribute[str], InstrumentedAttribute[str]], ...] = (
        (ProductCollection.id, ProductCollection.handle),
        (ProductType.id, ProductType.value),
        (ProductCategory.id, ProductCategory.handle),
        (SalesChannel.id, SalesChannel.name),
    )
    return {key: name for one, other in pairs for key, name in session.execute(select(one, other))}


def _list_prices(session: Session) -> Iterator[Sequence[object]]:
    yield PRICES
    query = (
        select(
            ProductVariant.sku, Product.handle, Product.title, ProductVariant.title, Price.currency_code,
            Price.amount_cents,
        )
        .join(Product, Product.id == ProductVariant.product_id)
        .join(Price, Price.variant_id == ProductVariant.id)
        .order_by(ProductVariant.sku, Price.currency_code)
    )  # fmt: skip
    for skus in _sku_pages(session):
        for row in session.execute(query.where(ProductVariant.sku.in_(skus))):
            yield tuple(row)


def _list_stock(session: Session) -> Iterator[Sequence[object]]:
    yield STOCK
    stocked = func.coalesce(StockLevel.stocked_quantity, 0)
    reserved = func.coalesce(StockLevel.reserved_quantity, 0)
    query = (
        select(ProductVariant.sku, Product.title, ProductVariant.title, stocked, reserved, stocked - reserved)
        .join(Product, Product.id == ProductVariant.product_id)
        .outerjoin(StockLevel, StockLevel.variant_id == ProductVariant.id)
        .where(ProductVariant.manages_stock)
        .order_by(ProductVariant.sku)
    )
    for skus in _sku_pages(session):
        for row in session.execute(query.where(ProductVariant.sku.in_(skus))):
            yield (*row, None, None, None)


def _sku_pages(session: Session) -> Iterator[list[str]]:
    """Variants that have no SKU stand in the file of products alone."""
    last = ""
    query = select(ProductVariant.sku).order_by(ProductVariant.sku).limit(ROWS_AT_ONCE)
    while skus := [str(sku) for sku in session.scalars(query.where(ProductVariant.sku > last))]:
        yield skus
        last = skus[-1]
