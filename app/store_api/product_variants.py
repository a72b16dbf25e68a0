"""`/store/product-variants`: variants by themselves, each with a word on its product."""

from collections.abc import Sequence
from functools import partial
from typing import Annotated

from fastapi import Depends, Path, Response
from pydantic import BaseModel
from sqlalchemy.orm import Session

from app.carts.errors import CartNotFound
from app.catalogue.errors import VariantNotFound
from app.catalogue.list_rows import list_variant_rows_by_id
from app.catalogue.list_variants import VariantFilter, list_variant_ids
from app.catalogue.queries import Page
from app.core.api_document import refusing
from app.core.bodies import PageOut
from app.core.db import SessionDep
from app.core.fields import ALL, FieldTree, answer, answer_page, parse_fields
from app.core.query import describe_query, query_of
from app.store_api.access import KeyDep, catalogue_router
from app.store_api.keeping import ANY_PRODUCT, begin_keeping, keepable
from app.store_api.render_products import read_products
from app.store_api.render_rows import DELETED_AT, Document
from app.store_api.render_variants import VARIANT, compose_variants, variant_columns
from app.store_api.schemas_catalogue import PriceContext, VariantsQuery
from app.store_api.shapes_product import SingleVariantOut
from app.store_api.visitors import Visitor, get_visitor

router = catalogue_router()

DEFAULTS = (
    *VARIANT.columns,
    DELETED_AT,
    "*options",
    "*images",
    "*calculated_price",
    "product.id",
    "product.type_id",
)


class VariantsAnswer(PageOut):
    """A page of variants."""

    variants: list[SingleVariantOut]


class VariantAnswer(BaseModel):
    """One variant."""

    variant: SingleVariantOut


@router.get(
    "/product-variants",
    response_model=VariantsAnswer,
    openapi_extra=describe_query(VariantsQuery),
    responses=refusing(CartNotFound),
)
def list_variants(
    session: SessionDep, key: KeyDep, query: Annotated[VariantsQuery, Depends(query_of(VariantsQuery))]
) -> Response:
    """Variants of published products."""
    keeping = begin_keeping(session)
    tree = parse_fields(query.fields, DEFAULTS)
    visitor = get_visitor(session, keeping, key.sales_channel_id, query, needs_prices=_asks_for_prices(query))
    wanted = VariantFilter(
        key.sales_channel_id,
        {name: getattr(query, name) for name in ("id", "product_id", "sku", "barcode", "ean", "upc")},
        {"manages_stock": query.manage_inventory, "allows_backorder": query.allow_backorder},
        tuple(query.instants()),
        query.q,
    )
    asked = Page(query.limit, query.offset, query.order)
    variant_ids, count = keeping.list_ids(wanted, asked, partial(list_variant_ids, session, wanted, asked))
    found = _compose(session, variant_ids, visitor, tree)
    shown = [found[variant_id] for variant_id in variant_ids if variant_id in found]
    page = answer_page("variants", shown, tree, count=count, offset=query.offset, limit=query.limit)
    return page if query.cart_id else keepable(page, ANY_PRODUCT, ends_at=keeping.ends_at)


@router.get("/product-variants/{variant_id}", response_model=VariantAnswer, openapi_extra=describe_query(PriceContext))
def show_variant(
    session: SessionDep,
    key: KeyDep,
    variant_id: Annotated[str, Path()],
    query: Annotated[PriceContext, Depends(query_of(PriceContext))],
) -> Response:
    """One variant of a published product."""
    keeping = begin_keeping(session)
    tree = parse_fields(query.fields, DEFAULTS)
    visitor = get_visitor(session, keeping, key.sales_channel_id, query, needs_prices=_asks_for_prices(query))
    found = _compose(session, [variant_id], visitor, tree)
    if variant_id not in found:
        raise VariantNotFound(f"Variant with id: {variant_id} was not found")
    shown = answer("variant", found[variant_id], tree)
    return shown if query.cart_id else keepable(shown, ANY_PRODUCT, ends_at=keeping.ends_at)


def _asks_for_prices(query: PriceContext) -> bool:
    """Whether the caller named them: by default they come where a region is known."""
    return parse_fields(query.fields, ("id",)).wants("calculated_price")


def _compose(session: Session, variant_ids: Sequence[str], visitor: Visitor, tree: FieldTree) -> dict[str, Document]:
    """The variants whose product the visitor may see, by id."""
    rows = list_variant_rows_by_id(session, variant_ids, variant_columns(tree))
    below = tree.below("product") if tree.wants("product") else ALL
    products, around = read_products(session, {str(row[0]) for row in rows}, visitor.channel_id, below, tree)
    shown = [row for row in rows if row[0] in products]
    found: dict[str, Document] = {}
    for product_id, document in compose_variants(session, shown, around, visitor, tree):
        if tree.wants("product"):
            document["product"] = products[product_id]
        found[str(document["id"])] = document
    return found
