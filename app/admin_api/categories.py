"""`/admin/product-categories`: the shelves of the shop, shown or not, and what stands on them.

Source: store-api §4 and §11, decision 0027.
"""

# ruff: noqa: RUF012 - pydantic copies the defaults of a model, and so these lists are never shared

from typing import Annotated, Literal

from fastapi import Depends, Response
from pydantic import Field, StringConstraints
from sqlalchemy.orm import Session

from app.admin_api.access import IfMatchDep, reading_router, writing_router
from app.admin_api.schemas import AdminPageQuery, AdminQuery, DeletedOut, PathId
from app.admin_api.schemas_product import LinkBody, Word
from app.admin_api.shapes_group import StaffCategoriesAnswer, StaffCategoryAnswer, category_out, read_shelves
from app.catalogue.change_groups import change_category, create_shelf, delete_group
from app.catalogue.change_groups import update_category as update_shelf
from app.catalogue.errors import CategoryNotFound
from app.catalogue.list_groups import CATEGORIES, GroupFilter, list_group_rows
from app.catalogue.models import ProductCategory
from app.catalogue.queries import Page
from app.catalogue.rules import compute_handle
from app.catalogue.schemas import InstantsQuery, Lines
from app.core.api_document import refusing
from app.core.bodies import Body, Id, Ids, Line, Metadata
from app.core.db import SessionDep
from app.core.errors import InvalidRequest
from app.core.fields import answer, answer_page, parse_fields
from app.core.query import describe_query, query_of
from app.core.versions import ChangedMeanwhile, etag_of

reading = reading_router()
writing = writing_router()

Rank = Annotated[int, Field(ge=0, le=100_000)]
Description = Annotated[str, StringConstraints(max_length=50_000)]
COLUMNS = {"metadata": "details"}
NEVER_NULL = ("name", "handle", "description", "is_active", "is_internal", "rank")


class CategoryBody(Body):
    """Medusa's keys; what is absent stays."""

    name: Word | None = None
    handle: Line | None = None
    description: Description | None = None
    is_active: bool | None = None
    is_internal: bool | None = None
    parent_category_id: Id | None = None
    rank: Rank | None = None
    metadata: Metadata | None = None


class NewCategoryBody(CategoryBody):
    """Without a handle, its name gives one; without a rank it stands last."""

    name: Word


class CategoryQuery(AdminQuery):
    """How far up and down a category is shown."""

    include_ancestors_tree: bool = False
    include_descendants_tree: bool = False


class CategoriesQuery(InstantsQuery, CategoryQuery, AdminPageQuery):
    """Which categories."""

    order: (
        Literal[
            "id", "-id", "name", "-name", "handle", "-handle", "rank", "-rank", "created_at", "-created_at",
            "updated_at", "-updated_at",
        ]
        | None
    ) = None  # fmt: skip
    id: Ids = []
    name: Lines = []
    description: Lines = []
    handle: Lines = []
    parent_category_id: Ids = []
    is_active: bool | None = None
    is_internal: bool | None = None


CategoryQueryDep = Annotated[CategoryQuery, Depends(query_of(CategoryQuery))]
QUERY, CHANGED = describe_query(CategoryQuery), refusing(ChangedMeanwhile)


@reading.get("/product-categories", response_model=StaffCategoriesAnswer, openapi_extra=describe_query(CategoriesQuery))
def list_categories(
    session: SessionDep, query: Annotated[CategoriesQuery, Depends(query_of(CategoriesQuery))]
) -> Response:
    """All of them, hidden ones too."""
    names = ("id", "name", "description", "handle", "parent_category_id")
    wanted = GroupFilter(
        {name: getattr(query, name) for name in names},
        tuple(query.instants()),
        query.q,
        facts={"is_active": query.is_active, "is_internal": query.is_internal},
        is_staff=True,
    )
    rows, count = list_group_rows(session, CATEGORIES, wanted, Page(query.limit, query.offset, query.order), ("id",))
    shelves, tree = read_shelves(session), parse_fields(query.fields)
    tall, deep = query.include_ancestors_tree, query.include_descendants_tree
    shown = [category_out(str(row[0]), shelves, to_the_top=tall, to_the_leaves=deep) for row in rows]
    return answer_page("product_categories", shown, tree, count=count, offset=query.offset, limit=query.limit)


@writing.post(
    "/product-categories",
    response_model=StaffCategoryAnswer,
    openapi_extra=QUERY,
    responses=refusing(CategoryNotFound),
)
def create_category(session: SessionDep, body: NewCategoryBody, query: CategoryQueryDep) -> Response:
    """A new shelf."""
    columns = {"handle": compute_handle(body.name), **_columns(body)}
    return _answer(session, create_shelf(session, columns).id, query)


@reading.get("/product-categories/{category_id}", response_model=StaffCategoryAnswer, openapi_extra=QUERY)
def show_category(session: SessionDep, category_id: PathId, query: CategoryQueryDep) -> Response:
    """One category."""
    return _answer(session, category_id, query)


@writing.post(
    "/product-categories/{category_id}", response_model=StaffCategoryAnswer, openapi_extra=QUERY, responses=CHANGED
)
def update_category(
    session: SessionDep, category_id: PathId, body: CategoryBody, query: CategoryQueryDep, if_match: IfMatchDep
) -> Response:
    """Change what it says, or where it stands: the others make room."""
    update_shelf(session, category_id, _columns(body), if_match=if_match)
    return _answer(session, category_id, query)


@writing.delete("/product-categories/{category_id}", responses=CHANGED)
def delete_category(session: SessionDep, category_id: PathId, if_match: IfMatchDep) -> DeletedOut:
    """Delete an empty shelf; its products stay."""
    delete_group(session, ProductCategory, category_id, if_match=if_match)
    return DeletedOut(id=category_id, object="product_category")


@writing.post(
    "/product-categories/{category_id}/products",
    response_model=StaffCategoryAnswer,
    openapi_extra=QUERY,
    responses=CHANGED,
)
def change_products(
    session: SessionDep, category_id: PathId, body: LinkBody, query: CategoryQueryDep, if_match: IfMatchDep
) -> Response:
    """Put products on the shelf, take others off."""
    change_category(session, category_id, body.add, body.remove, if_match)
    return _answer(session, category_id, query)


def _answer(session: Session, category_id: str, query: CategoryQuery) -> Response:
    shelves = read_shelves(session)
    if category_id not in shelves:
        raise CategoryNotFound(f"Product category with id: {category_id} was not found")
    tall, deep = query.include_ancestors_tree, query.include_descendants_tree
    shown = category_out(category_id, shelves, to_the_top=tall, to_the_leaves=deep)
    response = answer("product_category", shown, parse_fields(query.fields))
    response.headers["ETag"] = etag_of(shelves[category_id].updated_at)
    return response


def _columns(body: CategoryBody) -> dict[str, object]:
    given = {COLUMNS.get(name, name): getattr(body, name) for name in body.model_fields_set}
    wrong = [name for name in NEVER_NULL if name in given and given[name] is None]
    if wrong:
        raise InvalidRequest(f"Invalid request: Field '{wrong[0]}' cannot be null")
    return given
