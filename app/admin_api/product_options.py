"""`/admin/products/:id/options`: the dimensions along which the variants of a product differ.

Source: store-api §11, decision 0027.
"""

# ruff: noqa: RUF012 - pydantic copies the defaults of a model, and so these lists are never shared

from typing import Annotated

from fastapi import Depends, Response
from pydantic import BaseModel

from app.admin_api.access import IfMatchDep, reading_router, writing_router
from app.admin_api.products import AdminQueryDep, answer_product
from app.admin_api.schemas import AdminPageQuery, AdminQuery, PathId
from app.admin_api.schemas_product import OptionBody, OptionChangesBody
from app.admin_api.shapes_product import ProductDeletedOut, StaffProductAnswer, option_out, products_out
from app.catalogue.change_options import OptionChanges, change_option, delete_option, extend_options, get_option
from app.catalogue.queries import get_product
from app.catalogue.schemas import Lines, OptionOut
from app.catalogue.update_product import changing_product
from app.core.api_document import refusing
from app.core.bodies import Ids, PageOut
from app.core.db import SessionDep
from app.core.fields import answer, answer_page, parse_fields
from app.core.query import describe_query, query_of
from app.core.versions import ChangedMeanwhile, etag_of

reading = reading_router()
writing = writing_router()

PRODUCT_QUERY, CHANGED = describe_query(AdminQuery), refusing(ChangedMeanwhile)


class OptionsQuery(AdminPageQuery):
    """Which options."""

    id: Ids = []
    title: Lines = []


class ProductOptionAnswer(BaseModel):
    """One option."""

    product_option: OptionOut


class ProductOptionsAnswer(PageOut):
    """A page of options."""

    product_options: list[OptionOut]


@reading.get(
    "/products/{product_id}/options", response_model=ProductOptionsAnswer, openapi_extra=describe_query(OptionsQuery)
)
def list_options(
    session: SessionDep, product_id: PathId, query: Annotated[OptionsQuery, Depends(query_of(OptionsQuery))]
) -> Response:
    """The options of a product, in their order."""
    found = [
        option_out(each)
        for each in get_product(session, product_id).options
        if (not query.id or each.id in query.id)
        and (not query.title or each.title in query.title)
        and (query.q or "").lower() in each.title.lower()
    ]
    page, tree = found[query.offset : query.offset + query.limit], parse_fields(query.fields)
    return answer_page("product_options", page, tree, count=len(found), offset=query.offset, limit=query.limit)


@writing.post(
    "/products/{product_id}/options", response_model=StaffProductAnswer, openapi_extra=PRODUCT_QUERY, responses=CHANGED
)
def create_option(
    session: SessionDep, product_id: PathId, body: OptionBody, query: AdminQueryDep, if_match: IfMatchDep
) -> Response:
    """One more; the variants that are there get its first value."""
    with changing_product(session, product_id, if_match) as product:
        there = [OptionChanges(id=each.id) for each in product.options if each.title != body.title]
        extend_options(session, product, [*there, OptionChanges(body.title, tuple(body.values))])
    return answer_product(session, product_id, query.fields)


@reading.get(
    "/products/{product_id}/options/{option_id}", response_model=ProductOptionAnswer, openapi_extra=PRODUCT_QUERY
)
def show_option(session: SessionDep, product_id: PathId, option_id: PathId, query: AdminQueryDep) -> Response:
    """One option; its version is its product's."""
    product = get_product(session, product_id)
    response = answer("product_option", option_out(get_option(product, option_id)), parse_fields(query.fields))
    response.headers["ETag"] = etag_of(product.updated_at)
    return response


@writing.post(
    "/products/{product_id}/options/{option_id}",
    response_model=StaffProductAnswer,
    openapi_extra=PRODUCT_QUERY,
    responses=CHANGED,
)
def update_option(
    session: SessionDep,
    product_id: PathId,
    option_id: PathId,
    body: OptionChangesBody,
    query: AdminQueryDep,
    if_match: IfMatchDep,
) -> Response:
    """Another title; other values, of which no variant's may be missing."""
    values = None if body.values is None else tuple(body.values)
    with changing_product(session, product_id, if_match) as product:
        change_option(session, get_option(product, option_id), body.title, values)
    return answer_product(session, product_id, query.fields)


@writing.delete("/products/{product_id}/options/{option_id}", responses=CHANGED)
def remove_option(
    session: SessionDep, product_id: PathId, option_id: PathId, query: AdminQueryDep, if_match: IfMatchDep
) -> ProductDeletedOut:
    """Take it away, unless it alone tells two variants apart."""
    with changing_product(session, product_id, if_match) as product:
        delete_option(session, get_option(product, option_id))
    parent = products_out(session, [get_product(session, product_id)], parse_fields(query.fields))[0]
    return ProductDeletedOut(id=option_id, object="product_option", parent=parent)
