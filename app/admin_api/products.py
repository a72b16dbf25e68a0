"""`/admin/products`: made, read, changed, published, archived; deleted only if nobody ever bought them.

Source: store-api §11, decision 0027.
"""

from dataclasses import replace
from typing import Annotated

from fastapi import Depends, Response
from sqlalchemy.orm import Session

from app.admin_api.access import IfMatchDep, reading_router, writing_router
from app.admin_api.schemas import AdminQuery, DeletedOut, PathId
from app.admin_api.schemas_product import NewProductBody, ProductBatchBody, ProductBody, ProductsQuery
from app.admin_api.shapes_product import (
    DeletedManyOut,
    ProductBatchAnswer,
    StaffProductAnswer,
    StaffProductsAnswer,
    products_out,
)
from app.admin_api.write_products import change_product, make_product, remove_product
from app.catalogue.errors import ProductSold
from app.catalogue.list_products import ProductFilter, list_product_ids
from app.catalogue.queries import Page, get_product
from app.catalogue.queries import list_products as read_products
from app.core.api_document import refusing
from app.core.db import SessionDep
from app.core.errors import NotFound
from app.core.fields import answer, answer_page, parse_fields
from app.core.query import describe_query, query_of
from app.core.versions import ChangedMeanwhile, etag_of
from app.pricing.errors import PriceMovesByHalf

reading = reading_router()
writing = writing_router()

AdminQueryDep = Annotated[AdminQuery, Depends(query_of(AdminQuery))]
REFUSED = refusing(NotFound, ChangedMeanwhile, PriceMovesByHalf)


@reading.get("/products", response_model=StaffProductsAnswer, openapi_extra=describe_query(ProductsQuery))
def list_products(session: SessionDep, query: Annotated[ProductsQuery, Depends(query_of(ProductsQuery))]) -> Response:
    """All products whatever their state, searched as the storefront searches."""
    tree = parse_fields(query.fields)
    product_ids, count = list_product_ids(session, _filter(query), Page(query.limit, query.offset, query.order))
    shown = products_out(session, read_products(session, product_ids), tree)
    return answer_page("products", shown, tree, count=count, offset=query.offset, limit=query.limit)


@writing.post(
    "/products", response_model=StaffProductAnswer, openapi_extra=describe_query(AdminQuery), responses=REFUSED
)
def create_product(session: SessionDep, body: NewProductBody, query: AdminQueryDep) -> Response:
    """A new product, a draft unless said otherwise."""
    return answer_product(session, make_product(session, body), query.fields)


@writing.post(
    "/products/batch",
    response_model=ProductBatchAnswer,
    openapi_extra=describe_query(AdminQuery),
    responses=refusing(NotFound, ChangedMeanwhile, ProductSold, PriceMovesByHalf),
)
def change_products(session: SessionDep, body: ProductBatchBody, query: AdminQueryDep) -> ProductBatchAnswer:
    """Several at once: all, or none."""
    for product_id in body.delete:
        remove_product(session, product_id)
    for each in body.update:
        change_product(session, each.id, each)
    created, tree = [make_product(session, each) for each in body.create], parse_fields(query.fields)
    return ProductBatchAnswer(
        created=products_out(session, read_products(session, created), tree),
        updated=products_out(session, read_products(session, [each.id for each in body.update]), tree),
        deleted=DeletedManyOut(ids=body.delete, object="product"),
    )


@reading.get("/products/{product_id}", response_model=StaffProductAnswer, openapi_extra=describe_query(AdminQuery))
def show_product(session: SessionDep, product_id: PathId, query: AdminQueryDep) -> Response:
    """One product, with its version."""
    return answer_product(session, product_id, query.fields)


@writing.post(
    "/products/{product_id}",
    response_model=StaffProductAnswer,
    openapi_extra=describe_query(AdminQuery),
    responses=refusing(ChangedMeanwhile, ProductSold, PriceMovesByHalf),
)
def update_product(
    session: SessionDep, product_id: PathId, body: ProductBody, query: AdminQueryDep, if_match: IfMatchDep
) -> Response:
    """Change it, publish it, archive it; what the body does not name stays, lists replace the former ones."""
    change_product(session, product_id, body, if_match)
    return answer_product(session, product_id, query.fields)


@writing.delete("/products/{product_id}", responses=refusing(ChangedMeanwhile, ProductSold))
def delete_product(session: SessionDep, product_id: PathId, if_match: IfMatchDep) -> DeletedOut:
    """Delete what nobody ever bought; a product that has orders is archived instead."""
    remove_product(session, product_id, if_match)
    return DeletedOut(id=product_id, object="product")


def answer_product(session: Session, product_id: str, fields: str | None) -> Response:
    """The product as it is now, with its version."""
    tree = parse_fields(fields)
    product = get_product(session, product_id)
    response = answer("product", products_out(session, [product], tree)[0], tree)
    response.headers["ETag"] = etag_of(product.updated_at)
    return response


def _filter(query: ProductsQuery) -> ProductFilter:
    return replace(
        query.to_filter(None),
        statuses=query.status,
        sales_channel_ids=query.sales_channel_id,
        all_of=[each.to_filter(None) for each in query.all_of],
        any_of=[each.to_filter(None) for each in query.any_of],
    )
