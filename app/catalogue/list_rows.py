"""What a storefront shows, as plain rows: the columns asked for and nothing else, no object per row.

A page of twenty products is some hundreds of rows: as objects of the mapper they cost ten times their reading. Each
statement is written once per set of columns; its text never changes, so that the server plans it once.
"""

from collections.abc import Collection, Sequence
from functools import cache

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Executable,
    FromClause,
    Select,
    Text,
    any_,
    bindparam,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session

from app.catalogue.models import (
    Product,
    ProductCategory,
    ProductCollection,
    ProductImage,
    ProductOption,
    ProductOptionValue,
    ProductTag,
    ProductType,
    ProductVariant,
    product_category_link,
    product_tag_link,
    variant_image_link,
    variant_option_link,
)

Row = Sequence[object]
Columns = tuple[str, ...]

PUBLISHED = "published"
WIRE_INSTANT = 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'  # the connection's time zone is UTC
PRODUCT, VARIANT, IMAGE = Product.__table__, ProductVariant.__table__, ProductImage.__table__
OPTION, VALUE, CATEGORY = ProductOption.__table__, ProductOptionValue.__table__, ProductCategory.__table__
COLLECTION, TAG, TYPE = ProductCollection.__table__, ProductTag.__table__, ProductType.__table__


def list_product_rows(
    session: Session,
    product_ids: Collection[str],
    channel_id: str,
    columns: Columns,
    *,
    beside: Columns = (),
    lists: Columns = (),
) -> Sequence[Row]:
    """Of those products that are published in the channel: these columns, those `beside` them, these lists.

    `beside` is `collection` or `type`, each followed by a column of that table (`collection.title`). A list is one of
    `images` (id, url, rank, metadata), `options` (option id and title, value id and value) and `tags` (id, value,
    metadata, both instants as the wire writes them): rows of rows in their order, None when there is none.
    """
    return _list(session, _products(columns, beside, lists), ids=list(product_ids), channel_id=channel_id)


def list_variant_rows(session: Session, product_ids: Collection[str], columns: Columns) -> Sequence[Row]:
    """The variants of these products in their order: product id, ids of option values and of own pictures, columns."""
    return _list(session, _variants(columns, by_product=True), ids=list(product_ids))


def list_variant_rows_by_id(session: Session, variant_ids: Collection[str], columns: Columns) -> Sequence[Row]:
    """The same for variants of any product."""
    return _list(session, _variants(columns, by_product=False), ids=list(variant_ids))


def list_category_rows(session: Session, product_ids: Collection[str], columns: Columns) -> Sequence[Row]:
    """The shelves of these products that may be shown, in their order: product id, then these columns."""
    return _list(session, _categories(columns), ids=list(product_ids))


def is_shown(channel_id: ColumnElement[str]) -> ColumnElement[bool]:
    """Published, and in this channel."""
    # Not as a parameter: a plan that is made for any state cannot use the indexes of what is published.
    return (PRODUCT.c.status == literal_column(f"'{PUBLISHED}'")) & (channel_id == any_(PRODUCT.c.channel_ids))


def _list(session: Session, statement: Executable, **values: object) -> Sequence[Row]:
    return session.execute(statement, values).all()


def _among(column: ColumnElement[str]) -> ColumnElement[bool]:
    """One parameter for a list of any length: the text of the statement stays."""
    return column == any_(bindparam("ids", type_=ARRAY(Text)))


def _pick(table: FromClause, columns: Columns) -> list[ColumnElement[object]]:
    return [table.c[name] for name in columns]


@cache
def _products(columns: Columns, beside: Columns, lists: Columns) -> Executable:
    tables = {"collection": COLLECTION, "type": TYPE}
    more = [tables[table].c[name] for table, _, name in (place.partition(".") for place in beside)]
    source: FromClause = PRODUCT
    for name in sorted({place.partition(".")[0] for place in beside}):
        source = source.outerjoin(tables[name], tables[name].c.id == PRODUCT.c[f"{name}_id"])
    # Lists come as JSON within the product's row: three readings less, and one of them costs as much as ten such rows.
    listed = [LISTS[name]().scalar_subquery() for name in lists]
    query = select(*_pick(PRODUCT, columns), *more, *listed).select_from(source)
    return query.where(_among(PRODUCT.c.id), is_shown(bindparam("channel_id", type_=Text)))


def _images() -> Select[tuple[object]]:
    row = func.json_build_array(*_pick(IMAGE, ("id", "url", "rank", "metadata")))
    return order_rows(row, IMAGE.c.rank, IMAGE.c.id).where(IMAGE.c.product_id == PRODUCT.c.id)


def _options() -> Select[tuple[object]]:
    row = func.json_build_array(OPTION.c.id, OPTION.c.title, VALUE.c.id, VALUE.c.value)
    listed = order_rows(row, OPTION.c.rank, OPTION.c.id, VALUE.c.rank, VALUE.c.id)
    joined = listed.select_from(OPTION.join(VALUE, VALUE.c.option_id == OPTION.c.id))
    return joined.where(OPTION.c.product_id == PRODUCT.c.id)


def _tags() -> Select[tuple[object]]:
    instants = [func.to_char(TAG.c[name], WIRE_INSTANT) for name in ("created_at", "updated_at")]
    row = func.json_build_array(TAG.c.id, TAG.c.value, TAG.c.metadata, *instants)
    link = product_tag_link
    listed = order_rows(row, TAG.c.value).select_from(link.join(TAG, TAG.c.id == link.c.tag_id))
    return listed.where(link.c.product_id == PRODUCT.c.id)


def order_rows(row: ColumnElement[object], *order: ColumnElement[object]) -> Select[tuple[object]]:
    """Rows of rows in this order, as one JSON list; None when there is none."""
    return select(func.json_agg(aggregate_order_by(row, *order)))


LISTS = {"images": _images, "options": _options, "tags": _tags}


@cache
def _variants(columns: Columns, *, by_product: bool) -> Executable:
    chosen = select(variant_option_link.c.option_value_id).where(variant_option_link.c.variant_id == VARIANT.c.id)
    own = select(variant_image_link.c.image_id).where(variant_image_link.c.variant_id == VARIANT.c.id)
    query: Select[tuple[object, ...]] = select(
        VARIANT.c.product_id,
        func.array(chosen.scalar_subquery()),
        func.array(own.scalar_subquery()),
        *_pick(VARIANT, columns),
    )
    among = _among(VARIANT.c.product_id if by_product else VARIANT.c.id)
    return query.where(among).order_by(VARIANT.c.product_id, VARIANT.c.rank, VARIANT.c.id)


@cache
def _categories(columns: Columns) -> Executable:
    link = product_category_link
    source = link.join(CATEGORY, CATEGORY.c.id == link.c.category_id)
    query = select(link.c.product_id, *_pick(CATEGORY, columns)).select_from(source)
    shown = (_among(link.c.product_id), CATEGORY.c.is_active, CATEGORY.c.is_internal.is_(False))
    return query.where(*shown).order_by(link.c.product_id, CATEGORY.c.rank, CATEGORY.c.id)
