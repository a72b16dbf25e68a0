"""`/store/products`: what is published in the key's channel, at the visitor's prices."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import Path, Query
from pydantic import BaseModel
from sqlalchemy.orm import Session

from app.carts.queries import get_contents
from app.catalogue import queries
from app.catalogue.errors import ProductNotFound
from app.catalogue.models import Product
from app.catalogue.queries import Page, ProductFilter
from app.core.clock import utc_now
from app.core.db import SessionDep
from app.core.errors import InvalidRequest
from app.pricing.queries import list_prices
from app.shop.errors import RegionNotFound
from app.shop.queries import find_region, get_default_region, list_tax_rates
from app.shop.rules import compute_business_day
from app.stock.queries import list_available
from app.store_api.access import KeyDep, store_router
from app.store_api.schemas import PriceContext, ProductsQuery
from app.store_api.shapes import PageOut
from app.store_api.shapes_product import ProductOut, Shelf, product_out

router = store_router()


class ProductsAnswer(PageOut):
    """A page of products."""

    products: list[ProductOut]


class ProductAnswer(BaseModel):
    """One product."""

    product: ProductOut


@dataclass(frozen=True)
class PricePlace:
    """Where a price is shown; the country may not be known yet."""

    currency_code: str
    country_code: str | None


@router.get("/products")
def list_products(session: SessionDep, key: KeyDep, query: Annotated[ProductsQuery, Query()]) -> ProductsAnswer:
    """Published products with options, variants, prices, pieces, pictures and categories."""
    place = _get_price_place(session, query)
    if _matches_nothing(query, key.sales_channel_id):
        return ProductsAnswer(products=[], count=0, offset=query.offset, limit=query.limit)
    wanted = ProductFilter(
        channel_id=key.sales_channel_id,
        ids=query.id,
        handles=query.handle,
        titles=query.title,
        category_ids=query.category_id,
        text=query.q,
    )
    products, count = queries.list_products(session, wanted, Page(query.limit, query.offset, query.order))
    shelf = _fill_shelf(session, products, place)
    shapes = [product_out(product, shelf) for product in products]
    return ProductsAnswer(products=shapes, count=count, offset=query.offset, limit=query.limit)


@router.get("/products/{product_id}")
def show_product(
    session: SessionDep, key: KeyDep, product_id: Annotated[str, Path()], query: Annotated[PriceContext, Query()]
) -> ProductAnswer:
    """One published product; a draft is as if absent."""
    place = _get_price_place(session, query)
    product = queries.find_product(session, key.sales_channel_id, product_id)
    if product is None:
        raise ProductNotFound(f"Product with id: {product_id} was not found")
    return ProductAnswer(product=product_out(product, _fill_shelf(session, [product], place)))


def _matches_nothing(query: ProductsQuery, channel_id: str) -> bool:
    """The shop has no collections, tags, types and gift cards, so that no product is in one."""
    is_grouped = bool(query.collection_id or query.tag_id or query.type_id or query.is_giftcard)
    return is_grouped or bool(query.sales_channel_id and channel_id not in query.sales_channel_id)


def _get_price_place(session: Session, query: PriceContext) -> PricePlace:
    """The region named, that of the cart named, or the shop's default one; the country named or the cart's."""
    if query.region_id is not None:
        region = find_region(session, query.region_id)
        if region is None:
            raise InvalidRequest(f"Region with id: {query.region_id} not found when populating the pricing context")
        return PricePlace(region.currency_code, query.country_code)
    if query.cart_id is not None:
        cart = get_contents(session, query.cart_id).cart
        address = cart.shipping_address
        return PricePlace(cart.currency_code, query.country_code or (address.country_code if address else None))
    try:
        return PricePlace(get_default_region(session).currency_code, query.country_code)
    except RegionNotFound as exc:
        raise InvalidRequest("Missing required pricing context to calculate prices - region_id") from exc


def _fill_shelf(session: Session, products: Sequence[Product], place: PricePlace) -> Shelf:
    variant_ids = [variant.id for product in products for variant in product.variants]
    counted = [variant.id for product in products for variant in product.variants if variant.manages_stock]
    today = compute_business_day(utc_now())
    country_code = place.country_code
    return Shelf(
        prices=list_prices(session, variant_ids, place.currency_code),
        rates=list_tax_rates(session, country_code.lower(), today) if country_code else {},
        available=list_available(session, counted),
    )
