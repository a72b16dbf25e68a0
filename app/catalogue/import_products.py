"""Many products at once, as a file or another shop brings them: read and written by a few statements, however many.

What one product is, is decided where it always is (`catalogue.rules`, the database); here is only the quantity.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, cast

from sqlalchemy import Table, Text, any_, bindparam, delete, func, insert, inspect, select, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.catalogue.models import (
    Product,
    ProductImage,
    ProductOption,
    ProductOptionValue,
    ProductTag,
    ProductType,
    ProductVariant,
    product_category_link,
    product_channel_link,
    product_tag_link,
    variant_option_link,
)
from app.core.audit_log import record_change
from app.core.clock import utc_now
from app.core.db import Base
from app.core.ids import new_id
from app.core.rows import given_rows, insert_given, pack_rows

Values = dict[str, object]
PRODUCT_COLUMNS = (
    "title", "subtitle", "description", "status", "external_id", "collection_id", "type_id", "tax_category",
    "is_discountable", "weight_grams", "length_mm", "width_mm", "height_mm", "origin_country", "hs_code", "mid_code",
    "material", "details",
)  # fmt: skip
VARIANT_COLUMNS = (
    "title", "sku", "barcode", "ean", "upc", "manages_stock", "requires_shipping", "weight_grams", "length_mm",
    "width_mm", "height_mm", "origin_country", "hs_code", "mid_code", "material", "details",
)  # fmt: skip
_GIVEN = bindparam("given", type_=ARRAY(Text))


@dataclass
class KnownVariant:
    """A variant as it is: its columns, and its option values by the title of the option."""

    id: str
    columns: Values
    options: dict[str, str] = field(default_factory=dict)


@dataclass
class KnownOption:
    """An option as it is: its values' ids by what they say."""

    id: str
    value_ids: dict[str, str] = field(default_factory=dict)


@dataclass
class KnownProduct:
    """A product as it is, with what hangs on it; options by their title, in their order."""

    id: str
    handle: str
    columns: Values
    options: dict[str, KnownOption] = field(default_factory=dict)
    variants: list[KnownVariant] = field(default_factory=list)
    image_urls: list[str] = field(default_factory=list)
    tags: set[str] = field(default_factory=set)
    category_ids: set[str] = field(default_factory=set)
    channel_ids: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class NewRows:
    """What is written anew below a product: rows of the tables, and which values a variant has."""

    options: list[Values] = field(default_factory=list)
    values: list[Values] = field(default_factory=list)
    variants: list[Values] = field(default_factory=list)
    variant_values: list[Values] = field(default_factory=list)


@dataclass(frozen=True)
class ProductOrder:
    """What a product shall be; None: it stays. `known`: what it was, None for a new one."""

    id: str
    handle: str
    known: KnownProduct | None
    columns: Values
    new: NewRows
    changed_variants: dict[str, Values]
    image_urls: list[str] | None = None
    tags: set[str] | None = None
    category_ids: set[str] | None = None
    channel_ids: set[str] | None = None


class _Link(NamedTuple):
    """A table of pairs, and its column beside the product."""

    table: Table
    column: str


def list_known_products(session: Session, handles: Collection[str], *, is_locking: bool) -> dict[str, KnownProduct]:
    """The products of these handles as they are, by handle; locked against other changes, not against sales."""
    attributes = [Product.id, Product.handle, *_attributes(Product, PRODUCT_COLUMNS)]
    query = select(*attributes).where(Product.handle == any_(_GIVEN)).order_by(Product.id)
    if is_locking:
        query = query.with_for_update(key_share=True)
    products = {
        str(row[0]): KnownProduct(str(row[0]), str(row[1]), dict(zip(PRODUCT_COLUMNS, row[2:], strict=True)))
        for row in session.execute(query, {"given": list(handles)})
    }
    if products:
        _add_options(session, products)
        _add_variants(session, products)
        _add_links(session, products)
    return {product.handle: product for product in products.values()}


def _attributes(model: type[Base], names: Iterable[str]) -> list[InstrumentedAttribute[object]]:
    return [getattr(model, name) for name in names]


def _add_options(session: Session, products: Mapping[str, KnownProduct]) -> None:
    query = (
        select(
            ProductOption.product_id,
            ProductOption.id,
            ProductOption.title,
            ProductOptionValue.id,
            ProductOptionValue.value,
        )
        .outerjoin(ProductOptionValue, ProductOptionValue.option_id == ProductOption.id)
        .where(ProductOption.product_id == any_(_GIVEN))
        .order_by(ProductOption.product_id, ProductOption.rank, ProductOptionValue.rank)
    )
    for product_id, option_id, title, value_id, value in session.execute(query, {"given": list(products)}):
        option = products[product_id].options.setdefault(title, KnownOption(option_id))
        if value_id is not None:
            option.value_ids[value] = value_id


def _add_variants(session: Session, products: Mapping[str, KnownProduct]) -> None:
    query = (
        select(ProductVariant.product_id, ProductVariant.id, *_attributes(ProductVariant, VARIANT_COLUMNS))
        .where(ProductVariant.product_id == any_(_GIVEN))
        .order_by(ProductVariant.product_id, ProductVariant.rank, ProductVariant.id)
    )
    variants: dict[str, KnownVariant] = {}
    for product_id, variant_id, *values in session.execute(query, {"given": list(products)}):
        variants[variant_id] = KnownVariant(variant_id, dict(zip(VARIANT_COLUMNS, values, strict=True)))
        products[product_id].variants.append(variants[variant_id])
    chosen = (
        select(variant_option_link.c.variant_id, ProductOption.title, ProductOptionValue.value)
        .join(ProductOptionValue, ProductOptionValue.id == variant_option_link.c.option_value_id)
        .join(ProductOption, ProductOption.id == ProductOptionValue.option_id)
        .where(ProductOption.product_id == any_(_GIVEN))
    )
    for variant_id, title, value in session.execute(chosen, {"given": list(products)}):
        variants[variant_id].options[title] = value


def _add_links(session: Session, products: Mapping[str, KnownProduct]) -> None:
    given = {"given": list(products)}
    images = (
        select(ProductImage.product_id, ProductImage.url)
        .where(ProductImage.product_id == any_(_GIVEN))
        .order_by(ProductImage.product_id, ProductImage.rank, ProductImage.id)
    )
    for product_id, url in session.execute(images, given):
        products[product_id].image_urls.append(url)
    tags = (
        select(product_tag_link.c.product_id, ProductTag.value)
        .join(ProductTag, ProductTag.id == product_tag_link.c.tag_id)
        .where(product_tag_link.c.product_id == any_(_GIVEN))
    )
    for product_id, value in session.execute(tags, given):
        products[product_id].tags.add(value)
    category, channel = product_category_link.c, product_channel_link.c
    for product_id, other in session.execute(
        select(category.product_id, category.category_id).where(category.product_id == any_(_GIVEN)), given
    ):
        products[product_id].category_ids.add(other)
    for product_id, other in session.execute(
        select(channel.product_id, channel.sales_channel_id).where(channel.product_id == any_(_GIVEN)), given
    ):
        products[product_id].channel_ids.add(other)


def list_sku_owners(session: Session, skus: Collection[str]) -> dict[str, str]:
    """The product that has a variant of this SKU, by SKU."""
    query = select(ProductVariant.sku, ProductVariant.product_id).where(ProductVariant.sku == any_(_GIVEN))
    return {str(sku): product_id for sku, product_id in session.execute(query, {"given": list(skus)})}


def add_words(session: Session, model: type[ProductTag] | type[ProductType], words: Collection[str]) -> dict[str, str]:
    """The ids of these tags or types by what they say; those that are not there are made."""
    if not words:
        return {}
    prefix = "ptag" if model is ProductTag else "ptyp"
    table = Base.metadata.tables[model.__tablename__]
    rows = [{"id": new_id(prefix), "value": word} for word in sorted(words)]
    session.execute(postgresql.insert(table).values(rows).on_conflict_do_nothing(index_elements=["value"]))
    query = select(table.c.value, table.c.id).where(table.c.value == any_(_GIVEN))
    return dict(session.execute(query, {"given": list(words)}).all())


def import_products(session: Session, orders: Sequence[ProductOrder]) -> None:
    """Write all of these, in the order given: new ones, and what changes of known ones; one audit row for each.

    What the database refuses raises its error: the caller's savepoint undoes all of them.
    """
    _write_products(session, orders)
    for model, rows in (
        (ProductOption, [row for each in orders for row in each.new.options]),
        (ProductOptionValue, [row for each in orders for row in each.new.values]),
        (ProductVariant, [row for each in orders for row in each.new.variants]),
    ):
        _insert(session, model, rows)
    links = [row for each in orders for row in each.new.variant_values]
    if links:
        session.execute(insert(variant_option_link), links)
    changed = [{"id": key, **values} for each in orders for key, values in each.changed_variants.items()]
    _update(session, ProductVariant, VARIANT_COLUMNS, changed)
    _write_images(session, [each for each in orders if each.image_urls is not None])
    _write_links(session, orders)
    for order in orders:
        _record(session, order)


def _write_products(session: Session, orders: Sequence[ProductOrder]) -> None:
    made = [
        {"id": each.id, "handle": each.handle, **each.columns, "created_at": utc_now()}  # not the transaction's
        for each in orders
        if each.known is None
    ]
    _insert(session, Product, made)
    _update(
        session,
        Product,
        PRODUCT_COLUMNS,
        [{"id": each.id, **each.columns} for each in orders if each.known is not None],
    )


def _insert(session: Session, model: type[Base], rows: Sequence[Values]) -> None:
    if rows:
        session.execute(insert_given(model, tuple(rows[0]), "rows"), {"rows": pack_rows(rows)})


def _update(session: Session, model: type[Base], names: Sequence[str], rows: Sequence[Values]) -> None:
    if not rows:
        return
    given = given_rows(model, ("id", *names), "rows")
    columns = inspect(model).columns
    statement = (
        update(cast(Table, inspect(model).local_table))
        .where(columns["id"] == given.c.id)
        .values({**{columns[name]: given.c[name] for name in names}, columns["updated_at"]: func.now()})
    )
    session.execute(statement, {"rows": pack_rows(rows)})


def _write_images(session: Session, orders: Sequence[ProductOrder]) -> None:
    """Pictures that stay keep their row, and their place if it is the same."""
    if not orders:
        return
    table = cast(Table, inspect(ProductImage).local_table)
    kept: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    query = select(table.c.product_id, table.c.url, table.c.id).where(table.c.product_id == any_(_GIVEN))
    for product_id, url, image_id in session.execute(query, {"given": [each.id for each in orders]}):
        kept[product_id, url].append(image_id)
    rows, moved = [], []
    for order in orders:
        for rank, url in enumerate(order.image_urls or ()):
            if kept[order.id, url]:
                moved.append({"id": kept[order.id, url].pop(0), "rank": rank})
            else:
                rows.append({"id": new_id("img"), "product_id": order.id, "url": url, "rank": rank})
    left = [image_id for ids in kept.values() for image_id in ids]
    if left:
        session.execute(delete(table).where(table.c.id == any_(_GIVEN)), {"given": left})
    if moved:
        given = given_rows(ProductImage, ("id", "rank"), "rows")
        statement = update(table).where(table.c.id == given.c.id, table.c.rank != given.c.rank)
        session.execute(statement.values(rank=given.c.rank), {"rows": pack_rows(moved)})
    _insert(session, ProductImage, rows)


def _write_links(session: Session, orders: Sequence[ProductOrder]) -> None:
    words = {word for each in orders for word in each.tags or ()}
    tag_ids = add_words(session, ProductTag, words)
    for link, wanted in (
        (
            _Link(product_tag_link, "tag_id"),
            {each.id: {tag_ids[tag] for tag in each.tags} for each in orders if each.tags is not None},
        ),
        (
            _Link(product_category_link, "category_id"),
            {each.id: each.category_ids for each in orders if each.category_ids is not None},
        ),
        (
            _Link(product_channel_link, "sales_channel_id"),
            {each.id: each.channel_ids for each in orders if each.channel_ids is not None},
        ),
    ):
        if wanted:
            session.execute(delete(link.table).where(link.table.c.product_id == any_(_GIVEN)), {"given": list(wanted)})
        rows = [{"product_id": key, link.column: other} for key, others in wanted.items() for other in sorted(others)]
        if rows:
            session.execute(insert(link.table).values(rows))


def _record(session: Session, order: ProductOrder) -> None:
    known = order.known
    before = (
        _describe(known.columns, known.image_urls, known.tags, known.category_ids, known.channel_ids) if known else {}
    )
    after = _describe(order.columns, order.image_urls, order.tags, order.category_ids, order.channel_ids)
    old = {each.id: each.columns for each in known.variants} if known else {}
    for variant_id, values in order.changed_variants.items():
        for name, value in values.items():
            before[f"{variant_id}.{name}"], after[f"{variant_id}.{name}"] = old[variant_id][name], value
    after["new_variants"] = [row["sku"] or row["id"] for row in order.new.variants] or None
    stays = {name for name, value in after.items() if value is None and name in LISTS}
    record_change(
        session,
        "product.import",
        order.id,
        {name: value for name, value in before.items() if name not in stays},
        {name: value for name, value in after.items() if name not in stays},
    )


LISTS = ("images", "tags", "categories", "channels")


def _describe(
    columns: Values,
    images: list[str] | None,
    tags: set[str] | None,
    categories: set[str] | None,
    channels: set[str] | None,
) -> Values:
    lists = (images, *(sorted(each) if each is not None else None for each in (tags, categories, channels)))
    return {**columns, **dict(zip(LISTS, lists, strict=True))}
