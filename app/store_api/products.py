"""`/store/products`: what is published in the key's channel, at the visitor's prices."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Annotated

from fastapi import Depends, Path, Response
from pydantic import BaseModel
from sqlalchemy.orm import Session

from app.carts.errors import CartNotFound
from app.catalogue.errors import ProductNotFound
from app.catalogue.list_products import ProductFilter, list_product_ids
from app.catalogue.queries import Page
from app.core.api_document import refusing
from app.core.bodies import PageOut
from app.core.db import SessionDep
from app.core.errors import InvalidRequest
from app.core.fields import parse_fields
from app.core.query import describe_query, query_of
from app.shop.find_key import StorefrontKey
from app.store_api.access import KeyDep, catalogue_router
from app.store_api.keeping import LISTS, Keeping, begin_keeping, keepable, tag_of
from app.store_api.render_products import PRODUCT_DEFAULTS, render_products
from app.store_api.schemas_catalogue import PriceContext, ProductsQuery
from app.store_api.shapes_product import ProductOut
from app.store_api.visitors import Visitor, get_visitor

router = catalogue_router()


class ProductsAnswer(PageOut):
    """A page of products."""

    products: list[ProductOut]


class ProductAnswer(BaseModel):
    """One product."""

    product: ProductOut


@router.get(
    "/products",
    response_model=ProductsAnswer,
    openapi_extra=describe_query(ProductsQuery),
    responses=refusing(CartNotFound),
)
def list_products(
    session: SessionDep, key: KeyDep, query: Annotated[ProductsQuery, Depends(query_of(ProductsQuery))]
) -> Response:
    """Published products; prices with a region, pieces and pictures of variants when they are named in `fields`."""
    refuse_foreign_channels(query.sales_channel_id, key.sales_channel_id)
    keeping = begin_keeping(session)
    visitor = _get_visitor(session, keeping, key, query)
    wanted, page = _filter(query, key.sales_channel_id), Page(query.limit, query.offset, query.order)
    product_ids, count = keeping.list_ids(wanted, page, partial(list_product_ids, session, wanted, page))
    pieces = _get_pieces(session, keeping, product_ids, visitor, query.fields)
    shown = [pieces[product_id] for product_id in product_ids if product_id in pieces]
    answer = write_page("products", shown, count=count, offset=query.offset, limit=query.limit)
    return _keep(answer, keeping, query, LISTS, *map(tag_of, product_ids))


@router.get("/products/{product_id}", response_model=ProductAnswer, openapi_extra=describe_query(PriceContext))
def show_product(
    session: SessionDep,
    key: KeyDep,
    product_id: Annotated[str, Path()],
    query: Annotated[PriceContext, Depends(query_of(PriceContext))],
) -> Response:
    """One published product; a draft is as if absent."""
    keeping = begin_keeping(session)
    visitor = _get_visitor(session, keeping, key, query)
    piece = _get_pieces(session, keeping, [product_id], visitor, query.fields).get(product_id)
    if piece is None:
        raise ProductNotFound(f"Product with id: {product_id} was not found")
    answer = Response(b'{"product":%b}' % piece, media_type="application/json")
    return _keep(answer, keeping, query, tag_of(product_id))


def _get_visitor(session: Session, keeping: Keeping, key: StorefrontKey, query: PriceContext) -> Visitor:
    needs_prices = parse_fields(query.fields, PRODUCT_DEFAULTS).wants("variants.calculated_price")
    return get_visitor(session, keeping, key.sales_channel_id, query, needs_prices=needs_prices)


def _get_pieces(
    session: Session, keeping: Keeping, product_ids: Sequence[str], visitor: Visitor, fields: str | None
) -> dict[str, bytes]:
    """The products' JSON; pieces of one visitor alone are not worth keeping."""

    def render(missing: Sequence[str]) -> dict[str, bytes]:
        return render_products(session, missing, visitor, parse_fields(fields, PRODUCT_DEFAULTS))

    return render(product_ids) if visitor.customer_id else keeping.get_pieces((visitor, fields), product_ids, render)


def _keep(answer: Response, keeping: Keeping, query: PriceContext, *tags: str) -> Response:
    """Nobody hears of changes of carts, where the prices of a cart are asked."""
    return answer if query.cart_id else keepable(answer, *tags, ends_at=keeping.ends_at)


def refuse_foreign_channels(asked: Sequence[str], channel_id: str) -> None:
    """A storefront sees the channel of its key and no other; raises `InvalidRequest`."""
    if any(each != channel_id for each in asked):
        raise InvalidRequest("Requested sales channel is not part of the publishable key")


def write_page(name: str, pieces: Sequence[bytes], *, count: int, offset: int, limit: int) -> Response:
    """The envelope of a list around what is JSON already; `count` is of all that match."""
    envelope = b'{"%b":[%b],"count":%d,"offset":%d,"limit":%d}'
    body = envelope % (name.encode("ascii"), b",".join(pieces), count, offset, limit)
    return Response(body, media_type="application/json")


def _filter(query: ProductsQuery, channel_id: str) -> ProductFilter:
    return replace(
        query.to_filter(channel_id),
        option_ids=query.option_id,
        option_values=query.option_value,
        all_of=[each.to_filter(channel_id) for each in query.all_of],
        any_of=[each.to_filter(channel_id) for each in query.any_of],
    )
