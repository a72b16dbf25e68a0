"""`/store/product-categories`: the shelves of the shop, with what is above and below each."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import Depends, Path, Response
from pydantic import BaseModel
from pydantic_core import to_json
from sqlalchemy.orm import Session

from app.catalogue.errors import CategoryNotFound
from app.catalogue.list_groups import CATEGORIES, GroupFilter, list_group_rows
from app.catalogue.queries import Page
from app.core.bodies import PageOut
from app.core.db import SessionDep
from app.core.fields import FieldTree, parse_fields
from app.core.query import describe_query, query_of
from app.store_api.access import KeyDep, catalogue_router
from app.store_api.category_family import read_family
from app.store_api.keeping import keepable
from app.store_api.render_groups import add_products, tags_of
from app.store_api.render_rows import Document
from app.store_api.schemas_catalogue import CategoriesQuery, CategoryQuery
from app.store_api.shapes_product import CategoryOut

router = catalogue_router()

DEFAULTS = (
    "id",
    "name",
    "description",
    "handle",
    "rank",
    "parent_category_id",
    "metadata",
    "created_at",
    "updated_at",
    "deleted_at",
    "*parent_category",
    "*category_children",
)


class CategoriesAnswer(PageOut):
    """A page of categories."""

    product_categories: list[CategoryOut]


class CategoryAnswer(BaseModel):
    """One category."""

    product_category: CategoryOut


@router.get("/product-categories", response_model=CategoriesAnswer, openapi_extra=describe_query(CategoriesQuery))
def list_categories(
    session: SessionDep, key: KeyDep, query: Annotated[CategoriesQuery, Depends(query_of(CategoriesQuery))]
) -> Response:
    """Active categories; `*products` gives the published ones of each."""
    names = ("id", "name", "description", "handle", "parent_category_id")
    wanted = GroupFilter({name: getattr(query, name) for name in names}, tuple(query.instants()), query.q)
    page = Page(query.limit, query.offset, query.order)
    rows, count = list_group_rows(session, CATEGORIES, wanted, page, ("id",))
    documents = _show(session, [str(row[0]) for row in rows], query, key.sales_channel_id)
    body = {"product_categories": documents, "count": count, "offset": query.offset, "limit": query.limit}
    return keepable(Response(to_json(body)), *tags_of(parse_fields(query.fields, DEFAULTS)))


@router.get(
    "/product-categories/{category_id}", response_model=CategoryAnswer, openapi_extra=describe_query(CategoryQuery)
)
def show_category(
    session: SessionDep,
    key: KeyDep,
    category_id: Annotated[str, Path()],
    query: Annotated[CategoryQuery, Depends(query_of(CategoryQuery))],
) -> Response:
    """One active category."""
    documents = _show(session, [category_id], query, key.sales_channel_id)
    if not documents:
        raise CategoryNotFound(f"Product category with id: {category_id} was not found")
    body = to_json({"product_category": documents[0]})
    return keepable(Response(body), *tags_of(parse_fields(query.fields, DEFAULTS)))


def _show(session: Session, category_ids: Sequence[str], query: CategoryQuery, channel_id: str) -> list[Document]:
    tree: FieldTree = parse_fields(query.fields, DEFAULTS)
    family = read_family(session)
    documents = [
        family.show(
            category_id,
            tree,
            to_the_top=query.include_ancestors_tree,
            to_the_leaves=query.include_descendants_tree,
        )
        for category_id in category_ids
        if category_id in family.by_id
    ]
    if tree.wants("products"):
        add_products(session, CATEGORIES, documents, tree.below("products"), channel_id)
    return documents
