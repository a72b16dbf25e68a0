"""Reads of the catalogue that several callers share, and what a list is asked with."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, FromClause, Text, any_, bindparam, false, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from app.catalogue.models import (
    Product,
    ProductCollection,
    ProductTag,
    ProductType,
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


def find_tag(session: Session, value: str) -> ProductTag | None:
    """The tag of this word."""
    return session.scalar(select(ProductTag).where(ProductTag.value == value))


def find_type(session: Session, value: str) -> ProductType | None:
    """The type of this word."""
    return session.scalar(select(ProductType).where(ProductType.value == value))


def list_sellable_variants(session: Session, variant_ids: Collection[str], channel_id: str) -> set[str]:
    """Those of the variants whose product is published in the channel."""
    return set(session.scalars(_SELLABLE, {"variant_ids": list(variant_ids), "channel_id": channel_id}))
