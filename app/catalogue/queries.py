"""Reads of the catalogue: what a publishable key shows."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import reduce

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, func, or_, select
from sqlalchemy.orm import Session, selectinload
from sqlalchemy.orm.interfaces import ORMOption

from app.catalogue.models import (
    Product,
    ProductCategory,
    ProductOption,
    ProductVariant,
    product_category_link,
    product_channel_link,
)

PUBLISHED = "published"
ORDERS = {
    "id": Product.id,
    "title": Product.title,
    "handle": Product.handle,
    "created_at": Product.created_at,
    "updated_at": Product.updated_at,
}

ACCENTED = "àâäáãåçéèêëíìîïñóòôöõúùûüýÿœæ"
PLAIN = "aaaaaaceeeeiiiinooooouuuuyyoa"


@dataclass(frozen=True)
class ProductFilter:
    """What to show of the catalogue; empty means no condition."""

    channel_id: str
    ids: Collection[str] = ()
    handles: Collection[str] = ()
    titles: Collection[str] = ()
    category_ids: Collection[str] = ()
    text: str | None = None


@dataclass(frozen=True)
class Page:
    """Which part of a list; `order` is a field of `ORDERS`, with a minus in front to turn it round."""

    limit: int
    offset: int
    order: str = "created_at"


def list_products(session: Session, wanted: ProductFilter, page: Page) -> tuple[list[Product], int]:
    """A page of published products with all that hangs on them, and how many match in all."""
    query = _visible(wanted.channel_id)
    for condition in _conditions(wanted):
        query = query.where(condition)
    count = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    if page.limit == 0 or count <= page.offset:
        return [], count
    ordered = query.order_by(*_order(page.order)).limit(page.limit).offset(page.offset)
    return list(session.scalars(ordered.options(*_whole()))), count


def find_product(session: Session, channel_id: str, product_id: str) -> Product | None:
    """The published product with all that hangs on it."""
    return session.scalar(_visible(channel_id).where(Product.id == product_id).options(*_whole()))


def find_product_by_handle(session: Session, handle: str) -> Product | None:
    """The product of this address, published or not, without what hangs on it."""
    return session.scalar(select(Product).where(Product.handle == handle))


def find_category_by_handle(session: Session, handle: str) -> ProductCategory | None:
    """The category of this address, active or not."""
    return session.scalar(select(ProductCategory).where(ProductCategory.handle == handle))


def list_sellable_variants(session: Session, variant_ids: Collection[str], channel_id: str) -> set[str]:
    """Those of the variants whose product is published in the channel."""
    query = (
        select(ProductVariant.id)
        .join(Product, Product.id == ProductVariant.product_id)
        .join(product_channel_link, product_channel_link.c.product_id == Product.id)
        .where(
            ProductVariant.id.in_(variant_ids),
            Product.status == PUBLISHED,
            product_channel_link.c.sales_channel_id == channel_id,
        )
    )
    return set(session.scalars(query))


def list_uncounted_variants(session: Session, variant_ids: Collection[str]) -> set[str]:
    """Those of the variants whose pieces are not counted: there are always enough."""
    query = select(ProductVariant.id).where(ProductVariant.id.in_(variant_ids), ProductVariant.manages_stock.is_(False))
    return set(session.scalars(query))


def list_active_categories(session: Session) -> list[ProductCategory]:
    """The shelves to be shown, in their order; a shop has tens of them."""
    query = select(ProductCategory).where(ProductCategory.is_active)
    return list(session.scalars(query.order_by(ProductCategory.rank, ProductCategory.id)))


def list_products_by_category(session: Session, channel_id: str) -> dict[str, list[Product]]:
    """The published products of each category, by category id, without what hangs on them."""
    query = (
        select(product_category_link.c.category_id, Product)
        .join(Product, Product.id == product_category_link.c.product_id)
        .where(Product.id.in_(_visible(channel_id).with_only_columns(Product.id)))
        .order_by(Product.created_at, Product.id)
    )
    products: dict[str, list[Product]] = {}
    for category_id, product in session.execute(query):
        products.setdefault(category_id, []).append(product)
    return products


def _visible(channel_id: str) -> Select[Product]:
    shown = select(product_channel_link.c.product_id).where(product_channel_link.c.sales_channel_id == channel_id)
    return select(Product).where(Product.status == PUBLISHED, Product.id.in_(shown))


def _conditions(wanted: ProductFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.ids:
        conditions.append(Product.id.in_(wanted.ids))
    if wanted.handles:
        conditions.append(Product.handle.in_(wanted.handles))
    if wanted.titles:
        conditions.append(Product.title.in_(wanted.titles))
    if wanted.category_ids:
        shelved = select(product_category_link.c.product_id)
        conditions.append(Product.id.in_(shelved.where(product_category_link.c.category_id.in_(wanted.category_ids))))
    if wanted.text and wanted.text.strip():
        conditions.append(_contains(wanted.text.strip()))
    return conditions


def _contains(text: str) -> ColumnElement[bool]:
    """Accents and capitals do not matter, in the product's words or its variants'."""
    folded = fold(text)
    in_variant = select(ProductVariant.product_id).where(
        or_(
            *(
                _folded(column).contains(folded, autoescape=True)
                for column in (ProductVariant.title, ProductVariant.sku, ProductVariant.barcode)
            )
        )
    )
    in_product = [
        _folded(column).contains(folded, autoescape=True)
        for column in (Product.title, Product.subtitle, Product.description)
    ]
    return or_(*in_product, Product.id.in_(in_variant))


def _folded(column: SQLColumnExpression[str | None]) -> ColumnElement[str]:
    return func.translate(func.lower(column), ACCENTED, PLAIN)


def fold(text: str) -> str:
    """The text as the database folds its own."""
    return reduce(lambda done, pair: done.replace(*pair), zip(ACCENTED, PLAIN, strict=True), text.lower())


def _order(order: str) -> Sequence[SQLColumnExpression[object]]:
    column = ORDERS[order.removeprefix("-")]
    return [column.desc() if order.startswith("-") else column.asc(), Product.id.asc()]


def _whole() -> Sequence[ORMOption]:
    return (
        selectinload(Product.options).joinedload(ProductOption.values),
        selectinload(Product.variants).selectinload(ProductVariant.option_values),
        selectinload(Product.images),
        selectinload(Product.categories),
    )
