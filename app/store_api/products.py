"""`/store/products`: what is published in the key's channel, at the visitor's prices."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import Path, Query, Response
from pydantic import BaseModel

from app.catalogue.errors import ProductNotFound
from app.catalogue.list_products import ProductFilter, list_product_ids
from app.catalogue.queries import Page
from app.core.db import SessionDep
from app.core.errors import InvalidRequest
from app.store_api.access import KeyDep, store_router
from app.store_api.fields import parse_fields
from app.store_api.render_products import PRODUCT_DEFAULTS, render_products
from app.store_api.schemas_catalogue import PriceContext, ProductsQuery
from app.store_api.shapes import PageOut
from app.store_api.shapes_product import ProductOut
from app.store_api.visitors import get_visitor

router = store_router()


class ProductsAnswer(PageOut):
    """A page of products."""

    products: list[ProductOut]


class ProductAnswer(BaseModel):
    """One product."""

    product: ProductOut


@router.get("/products", response_model=ProductsAnswer)
def list_products(session: SessionDep, key: KeyDep, query: Annotated[ProductsQuery, Query()]) -> Response:
    """Published products; prices with a region, pieces and pictures of variants when they are named in `fields`."""
    refuse_foreign_channels(query.sales_channel_id, key.sales_channel_id)
    tree = parse_fields(query.fields, PRODUCT_DEFAULTS)
    visitor = get_visitor(session, key.sales_channel_id, query, needs_prices=tree.wants("variants.calculated_price"))
    page = Page(query.limit, query.offset, query.order)
    product_ids, count = list_product_ids(session, _filter(query, key.sales_channel_id), page)
    pieces = render_products(session, product_ids, visitor, tree)
    shown = [pieces[product_id] for product_id in product_ids if product_id in pieces]
    return write_page("products", shown, count=count, offset=query.offset, limit=query.limit)


@router.get("/products/{product_id}", response_model=ProductAnswer)
def show_product(
    session: SessionDep, key: KeyDep, product_id: Annotated[str, Path()], query: Annotated[PriceContext, Query()]
) -> Response:
    """One published product; a draft is as if absent."""
    tree = parse_fields(query.fields, PRODUCT_DEFAULTS)
    visitor = get_visitor(session, key.sales_channel_id, query, needs_prices=tree.wants("variants.calculated_price"))
    piece = render_products(session, [product_id], visitor, tree).get(product_id)
    if piece is None:
        raise ProductNotFound(f"Product with id: {product_id} was not found")
    return Response(b'{"product":%b}' % piece, media_type="application/json")


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
    return ProductFilter(
        channel_id=channel_id,
        ids=query.id,
        handles=query.handle,
        titles=query.title,
        external_ids=query.external_id,
        collection_ids=query.collection_id,
        category_ids=query.category_id,
        tag_ids=query.tag_id,
        type_ids=query.type_id,
        option_ids=query.option_id,
        option_values=query.option_value,
        is_giftcard=query.is_giftcard,
        instants=tuple(query.instants()),
        text=query.q,
    )
