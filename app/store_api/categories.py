"""`/store/product-categories`: the shelves of the shop."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import Path, Query
from pydantic import BaseModel

from app.catalogue.errors import CategoryNotFound
from app.catalogue.models import Product, ProductCategory
from app.catalogue.queries import list_active_categories, list_products_by_category
from app.core.db import SessionDep
from app.store_api.access import KeyDep, store_router
from app.store_api.schemas import CategoriesQuery, StoreQuery
from app.store_api.shapes import PageOut
from app.store_api.shapes_product import (
    CategorySummaryOut,
    ProductSummaryOut,
    category_summary_out,
    product_summary_values,
)

router = store_router()


class ParentOut(CategorySummaryOut):
    """A category above, with the one above it."""

    parent_category: CategorySummaryOut | None


class CategoryOut(CategorySummaryOut):
    """A category with its family and its published products."""

    parent_category: ParentOut | None
    category_children: list[CategorySummaryOut]
    products: list[ProductSummaryOut]


class CategoriesAnswer(PageOut):
    """A page of categories."""

    product_categories: list[CategoryOut]


class CategoryAnswer(BaseModel):
    """One category."""

    product_category: CategoryOut


@dataclass(frozen=True)
class Family:
    """All active categories and what stands on them."""

    categories: Sequence[ProductCategory]
    products: Mapping[str, list[Product]]

    def find(self, category_id: str | None) -> ProductCategory | None:
        """The category, when it is active."""
        return next((category for category in self.categories if category.id == category_id), None)


@router.get("/product-categories")
def list_categories(session: SessionDep, key: KeyDep, query: Annotated[CategoriesQuery, Query()]) -> CategoriesAnswer:
    """Active categories, with their children, parents and published products."""
    family = Family(list_active_categories(session), list_products_by_category(session, key.sales_channel_id))
    matching = [category for category in family.categories if _matches(category, query)]
    page = _sorted(matching, query.order)[query.offset : query.offset + query.limit]
    return CategoriesAnswer(
        product_categories=[_category(category, family) for category in page],
        count=len(matching),
        offset=query.offset,
        limit=query.limit,
    )


@router.get("/product-categories/{category_id}")
def show_category(
    session: SessionDep, key: KeyDep, category_id: Annotated[str, Path()], _query: Annotated[StoreQuery, Query()]
) -> CategoryAnswer:
    """One active category."""
    family = Family(list_active_categories(session), list_products_by_category(session, key.sales_channel_id))
    category = family.find(category_id)
    if category is None:
        raise CategoryNotFound(f"Product category with id: {category_id} was not found")
    return CategoryAnswer(product_category=_category(category, family))


def _matches(category: ProductCategory, query: CategoriesQuery) -> bool:
    text = (query.q or "").casefold()
    return (
        (not query.id or category.id in query.id)
        and (not query.name or category.name in query.name)
        and (not query.handle or category.handle in query.handle)
        and (not query.parent_category_id or (category.parent_category_id or "null") in query.parent_category_id)
        and (text in category.name.casefold() or text in category.description.casefold())
    )


def _sorted(categories: Sequence[ProductCategory], order: str) -> list[ProductCategory]:
    by_id = sorted(categories, key=lambda category: category.id)
    field = order.removeprefix("-")
    return sorted(by_id, key=lambda category: getattr(category, field), reverse=order.startswith("-"))


def _category(category: ProductCategory, family: Family) -> CategoryOut:
    children = [child for child in family.categories if child.parent_category_id == category.id]
    products = family.products.get(category.id, [])
    return CategoryOut.model_validate(
        {
            **category_summary_out(category).model_dump(),
            "parent_category": _parent(family.find(category.parent_category_id), family),
            "category_children": [category_summary_out(child) for child in children],
            "products": [ProductSummaryOut.model_validate(product_summary_values(product)) for product in products],
        }
    )


def _parent(parent: ProductCategory | None, family: Family) -> ParentOut | None:
    if parent is None:
        return None
    grandparent = family.find(parent.parent_category_id)
    above = category_summary_out(grandparent) if grandparent else None
    return ParentOut.model_validate({**category_summary_out(parent).model_dump(), "parent_category": above})
