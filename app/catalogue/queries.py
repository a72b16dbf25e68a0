"""Reads of the catalogue that several callers share, and what a list is asked with."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, FromClause, Text, any_, bindparam, false, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session, selectinload

from app.catalogue.check_metadata import FamilyDefinition
from app.catalogue.errors import ProductNotFound
from app.catalogue.models import (
    Product,
    ProductCategory,
    ProductCollection,
    ProductFamily,
    ProductOption,
    ProductVariant,
)

PUBLISHED = "published"
_SELLABLE = (
    select(ProductVariant.id)
    .join(Product, Product.id == ProductVariant.product_id)
    .where(
        ProductVariant.id == any_(bindparam("variant_ids", type_=ARRAY(Text))),
        Product.status == PUBLISHED,
        bindparam("channel_id", type_=Text) == any_(Product.channel_ids),
    )
)
_WHOLE = (
    selectinload(Product.options).selectinload(ProductOption.values),
    selectinload(Product.variants).selectinload(ProductVariant.option_values),
    selectinload(Product.variants).selectinload(ProductVariant.images),
    selectinload(Product.images),
    selectinload(Product.categories),
    selectinload(Product.tags),
)
COMPARISONS = {"$gt": ">", "$gte": ">=", "$lt": "<", "$lte": "<="}


@dataclass(frozen=True)
class InstantFilter:
    """A condition on an instant; several values with `$eq`, `$ne`, `$in` and `$nin`, one with the others."""

    column: str
    comparison: str
    instants: tuple[datetime, ...]


@dataclass(frozen=True)
class Page:
    """Which part of a list; `order` is a column, with a minus in front to turn it round, None the list's own order."""

    limit: int
    offset: int
    order: str | None = None


def match_instants(table: FromClause, wanted: Collection[InstantFilter]) -> Iterator[ColumnElement[bool]]:
    """The conditions; nothing is deleted and still there, so that none matches an instant of deletion."""
    for each in wanted:
        if each.column not in table.c:
            yield false()
        elif each.comparison in ("$eq", "$in"):
            yield table.c[each.column].in_(each.instants)
        elif each.comparison in ("$ne", "$nin"):
            yield table.c[each.column].not_in(each.instants)
        else:
            compare = table.c[each.column].op(COMPARISONS[each.comparison], is_comparison=True)
            yield from (compare(instant) for instant in each.instants)


def find_collection_by_handle(session: Session, handle: str) -> ProductCollection | None:
    """The collection of this address."""
    return session.scalar(select(ProductCollection).where(ProductCollection.handle == handle))


def list_families(session: Session) -> dict[str, FamilyDefinition]:
    """The families of products, by name."""
    found = session.execute(select(ProductFamily.name, ProductFamily.definition).order_by(ProductFamily.name))
    return {name: FamilyDefinition.model_validate(definition) for name, definition in found}


def list_publishing_faults(session: Session, product_id: str) -> list[str]:
    """What the product still needs to be published, in the words of `catalogue.errors.FAULTS`; nothing: it may be."""
    return list(session.scalar(select(func.comptoir_publishing_faults(product_id))) or ())


def lock_product(session: Session, product_id: str) -> Product:
    """The product with everything below it, its row locked for a change; raises `ProductNotFound`."""
    query = select(Product).where(Product.id == product_id).options(*_WHOLE).with_for_update(of=Product)
    found = session.scalar(query.execution_options(populate_existing=True))
    if found is None:
        raise ProductNotFound(f"Product with id: {product_id} was not found")
    return found


def lock_categories(session: Session) -> dict[str, ProductCategory]:
    """All categories by id, in the order of their places, locked: whoever moves one sees where the others are."""
    session.execute(select(ProductCategory.id).order_by(ProductCategory.id).with_for_update())
    query = select(ProductCategory).order_by(ProductCategory.rank, ProductCategory.id)
    return {each.id: each for each in session.scalars(query.execution_options(populate_existing=True))}


def get_product_id(session: Session, named: str) -> str:
    """The product of this id, handle or SKU; raises `ProductNotFound`."""
    of_variant = select(ProductVariant.product_id).where(ProductVariant.sku == named)
    query = select(Product.id).where(or_(Product.id == named, Product.handle == named, Product.id.in_(of_variant)))
    # A handle that is also another product's SKU: the handle is meant.
    found = session.scalar(query.order_by((Product.handle == named).desc()).limit(1))
    if found is None:
        raise ProductNotFound(f"Product with id: {named} was not found")
    return str(found)


def get_product(session: Session, product_id: str) -> Product:
    """The product whatever its state, with everything below it; raises `ProductNotFound`."""
    found = list_products(session, [product_id])
    if not found:
        raise ProductNotFound(f"Product with id: {product_id} was not found")
    return found[0]


def list_variant_ids_of(session: Session, product_id: str) -> list[str]:
    """The ids of a product's variants."""
    return list(session.scalars(select(ProductVariant.id).where(ProductVariant.product_id == product_id)))


def list_product_ids_of(session: Session, variant_ids: Collection[str]) -> list[str]:
    """The ids of the products of these variants."""
    return list(session.scalars(select(ProductVariant.product_id).where(ProductVariant.id.in_(variant_ids)).distinct()))


def list_products(session: Session, product_ids: Sequence[str]) -> list[Product]:
    """These products in this order whatever their state, with everything below them; what is not there is left out."""
    query = select(Product).where(Product.id.in_(product_ids)).options(*_WHOLE)
    found = {each.id: each for each in session.scalars(query.execution_options(populate_existing=True))}
    return [found[product_id] for product_id in product_ids if product_id in found]


def list_sellable_variants(session: Session, variant_ids: Collection[str], channel_id: str) -> set[str]:
    """Those of the variants whose product is published in the channel."""
    return set(session.scalars(_SELLABLE, {"variant_ids": list(variant_ids), "channel_id": channel_id}))
