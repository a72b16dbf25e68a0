"""Categories, collections, tags and types as staff reads them: hidden and internal shelves too."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.admin_api.shapes_product import ProductCollectionOut, ProductWordOut, category_values, dated_values
from app.catalogue.list_groups import GroupFilter, Kind, list_group_rows
from app.catalogue.models import ProductCategory, ProductCollection, ProductTag, ProductType
from app.catalogue.queries import Page
from app.catalogue.schemas import CategorySummaryOut
from app.core.bodies import PageOut
from app.core.wire import is_absent

Model = TypeVar("Model", ProductCollection, ProductTag, ProductType)


class StaffShelfOut(CategorySummaryOut):
    """A category with whether it is shown; those above it as far as they were asked for."""

    is_active: bool
    is_internal: bool
    parent_category: "StaffShelfOut | None" = None
    category_children: list["StaffShelfOut"] | None = Field(default=None, exclude_if=is_absent)


class StaffCategoryAnswer(BaseModel):
    """One category."""

    product_category: StaffShelfOut


class StaffCategoriesAnswer(PageOut):
    """A page of categories."""

    product_categories: list[StaffShelfOut]


class StaffCollectionAnswer(BaseModel):
    """One collection."""

    collection: ProductCollectionOut


class StaffCollectionsAnswer(PageOut):
    """A page of collections."""

    collections: list[ProductCollectionOut]


class StaffTagAnswer(BaseModel):
    """One tag."""

    product_tag: ProductWordOut


class StaffTagsAnswer(PageOut):
    """A page of tags."""

    product_tags: list[ProductWordOut]


class StaffTypeAnswer(BaseModel):
    """One type."""

    product_type: ProductWordOut


class StaffTypesAnswer(PageOut):
    """A page of types."""

    product_types: list[ProductWordOut]


def collection_out(collection: ProductCollection) -> ProductCollectionOut:
    """A collection."""
    values = {**dated_values(collection), "title": collection.title, "handle": collection.handle}
    return ProductCollectionOut.model_validate(values)


def word_out(word: ProductTag | ProductType) -> ProductWordOut:
    """A tag or a type."""
    return ProductWordOut.model_validate({**dated_values(word), "value": word.value})


def read_groups(
    session: Session, kind: Kind, model: type[Model], wanted: GroupFilter, page: Page
) -> tuple[list[Model], int]:
    """A page of collections, tags or types, and how many match in all."""
    rows, count = list_group_rows(session, kind, wanted, page, ("id",))
    found = {each.id: each for each in session.scalars(select(model).where(model.id.in_([row[0] for row in rows])))}
    return [found[str(row[0])] for row in rows if str(row[0]) in found], count


def read_shelves(session: Session) -> dict[str, ProductCategory]:
    """All categories in their order, by id; a shop has tens of them."""
    query = select(ProductCategory).order_by(ProductCategory.rank, ProductCategory.id)
    return {each.id: each for each in session.scalars(query.execution_options(populate_existing=True))}


def category_out(
    category_id: str, shelves: Mapping[str, ProductCategory], *, to_the_top: bool = False, to_the_leaves: bool = False
) -> StaffShelfOut:
    """A category with the one above it and those in it: as far as there are any, or the next ones only."""
    own = shelves[category_id]
    seen = frozenset([category_id])  # a loop of parents, written by hand, ends
    above = _above(own, shelves, seen, to_the_top=to_the_top)
    return _shelf(
        own, parent_category=above, category_children=_inside(own, shelves, seen, to_the_leaves=to_the_leaves)
    )


def _above(
    category: ProductCategory, shelves: Mapping[str, ProductCategory], seen: frozenset[str], *, to_the_top: bool
) -> StaffShelfOut | None:
    parent = shelves.get(category.parent_category_id or "")
    if parent is None or parent.id in seen:
        return None
    further = _above(parent, shelves, seen | {parent.id}, to_the_top=True) if to_the_top else None
    return _shelf(parent, parent_category=further)


def _inside(
    category: ProductCategory, shelves: Mapping[str, ProductCategory], seen: frozenset[str], *, to_the_leaves: bool
) -> list[StaffShelfOut]:
    children = [each for each in shelves.values() if each.parent_category_id == category.id and each.id not in seen]
    if not to_the_leaves:
        return [_shelf(each) for each in children]
    return [
        _shelf(each, category_children=_inside(each, shelves, seen | {each.id}, to_the_leaves=True))
        for each in children
    ]


def _shelf(
    category: ProductCategory,
    *,
    parent_category: StaffShelfOut | None = None,
    category_children: Sequence[StaffShelfOut] | None = None,
) -> StaffShelfOut:
    values = category_values(category) | {
        "is_active": category.is_active,
        "is_internal": category.is_internal,
        "parent_category": parent_category,
        "category_children": category_children,
    }
    return StaffShelfOut.model_validate(values)
