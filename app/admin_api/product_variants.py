"""`/admin/products/:id/variants`, `/admin/product-variants`: what is bought, with its prices and its pictures.

Source: store-api §11, decision 0027.
"""

from typing import Annotated

from fastapi import Depends, Response
from sqlalchemy.orm import Session

from app.admin_api.access import IfMatchDep, reading_router, writing_router
from app.admin_api.products import AdminQueryDep, answer_product
from app.admin_api.schemas import AdminQuery, PathId
from app.admin_api.schemas_product import (
    ConfirmedVariantBody,
    LinkBody,
    NewVariantBody,
    VariantBatchBody,
    VariantsQuery,
)
from app.admin_api.shapes_product import (
    DeletedManyOut,
    ProductDeletedOut,
    StaffProductAnswer,
    StaffVariantAnswer,
    StaffVariantsAnswer,
    VariantBatchAnswer,
    products_out,
    variants_out,
)
from app.admin_api.write_products import change_batch, change_variant, make_variant
from app.catalogue.change_variants import VariantChanges, change_variants, get_variant
from app.catalogue.errors import ProductSold, UnknownReference
from app.catalogue.list_variants import VariantFilter, list_variant_ids
from app.catalogue.queries import Page, get_product, list_product_ids_of, list_products
from app.catalogue.update_product import changing_product
from app.core.api_document import refusing
from app.core.bodies import Body
from app.core.db import SessionDep
from app.core.fields import FieldTree, answer, answer_page, parse_fields
from app.core.query import describe_query, query_of
from app.core.versions import ChangedMeanwhile, etag_of
from app.pricing.errors import PriceMovesByHalf

reading = reading_router()
writing = writing_router()

VariantsQueryDep = Annotated[VariantsQuery, Depends(query_of(VariantsQuery))]
PRODUCT_QUERY, CHANGED = describe_query(AdminQuery), refusing(ChangedMeanwhile, PriceMovesByHalf)


class VariantImagesAnswer(Body):
    """Which pictures became the variant's own, and which no longer are."""

    added: list[str]
    removed: list[str]


@reading.get("/product-variants", response_model=StaffVariantsAnswer, openapi_extra=describe_query(VariantsQuery))
def list_all_variants(session: SessionDep, query: VariantsQueryDep) -> Response:
    """The variants of all products, whatever their state."""
    return _answer_page(session, query, query.product_id)


@reading.get(
    "/products/{product_id}/variants", response_model=StaffVariantsAnswer, openapi_extra=describe_query(VariantsQuery)
)
def list_variants(session: SessionDep, product_id: PathId, query: VariantsQueryDep) -> Response:
    """The variants of one product."""
    get_product(session, product_id)
    return _answer_page(session, query, [product_id])


@writing.post(
    "/products/{product_id}/variants", response_model=StaffProductAnswer, openapi_extra=PRODUCT_QUERY, responses=CHANGED
)
def create_variant(
    session: SessionDep, product_id: PathId, body: NewVariantBody, query: AdminQueryDep, if_match: IfMatchDep
) -> Response:
    """One more: a combination of the options that is not there yet."""
    make_variant(session, product_id, body, if_match)
    return answer_product(session, product_id, query.fields)


@writing.post(
    "/products/{product_id}/variants/batch", openapi_extra=PRODUCT_QUERY, responses=refusing(ChangedMeanwhile)
)
def change_many(
    session: SessionDep, product_id: PathId, body: VariantBatchBody, query: AdminQueryDep, if_match: IfMatchDep
) -> VariantBatchAnswer:
    """Several at once: all, or none."""
    made, changed = change_batch(session, product_id, body, if_match)
    product, tree = get_product(session, product_id), parse_fields(query.fields)
    known, here = {variant.id: variant for variant in product.variants}, {product_id: product}
    return VariantBatchAnswer(
        created=variants_out(session, here, [known[each] for each in made], tree),
        updated=variants_out(session, here, [known[each] for each in changed], tree),
        deleted=DeletedManyOut(ids=body.delete, object="variant"),
    )


@reading.get(
    "/products/{product_id}/variants/{variant_id}", response_model=StaffVariantAnswer, openapi_extra=PRODUCT_QUERY
)
def show_variant(session: SessionDep, product_id: PathId, variant_id: PathId, query: AdminQueryDep) -> Response:
    """One variant; its version is its product's."""
    product, tree = get_product(session, product_id), parse_fields(query.fields)
    shown = variants_out(session, {product_id: product}, [get_variant(product, variant_id)], tree)
    response = answer("variant", shown[0], tree)
    response.headers["ETag"] = etag_of(product.updated_at)
    return response


@writing.post(
    "/products/{product_id}/variants/{variant_id}",
    response_model=StaffProductAnswer,
    openapi_extra=PRODUCT_QUERY,
    responses=CHANGED,
)
def update_variant(
    session: SessionDep,
    product_id: PathId,
    variant_id: PathId,
    body: ConfirmedVariantBody,
    query: AdminQueryDep,
    if_match: IfMatchDep,
) -> Response:
    """Change it, or its prices: one that moves by more than half is asked for twice."""
    change_variant(session, product_id, variant_id, body, confirmed=body.confirm_prices, if_match=if_match)
    return answer_product(session, product_id, query.fields)


@writing.delete("/products/{product_id}/variants/{variant_id}", responses=refusing(ChangedMeanwhile, ProductSold))
def delete_variant(
    session: SessionDep, product_id: PathId, variant_id: PathId, query: AdminQueryDep, if_match: IfMatchDep
) -> ProductDeletedOut:
    """Delete what nobody ever bought."""
    change_batch(session, product_id, VariantBatchBody(delete=[variant_id]), if_match)
    parent = products_out(session, [get_product(session, product_id)], parse_fields(query.fields))[0]
    return ProductDeletedOut(id=variant_id, object="variant", parent=parent)


@writing.post("/products/{product_id}/variants/{variant_id}/images/batch", responses=refusing(ChangedMeanwhile))
def change_variant_images(
    session: SessionDep, product_id: PathId, variant_id: PathId, body: LinkBody, if_match: IfMatchDep
) -> VariantImagesAnswer:
    """Pictures of the product that show this variant; without one of its own it shows all of them."""
    with changing_product(session, product_id, if_match) as product:
        variant, known = get_variant(product, variant_id), {image.id: image.url for image in product.images}
        unknown = {*body.add, *body.remove} - set(known)
        if unknown:
            raise UnknownReference(f"Product images with ids: {', '.join(sorted(unknown))} do not exist")
        kept = [image.url for image in variant.images if image.id not in body.remove]
        urls = tuple(dict.fromkeys([*kept, *(known[each] for each in body.add if each not in body.remove)]))
        change_variants(session, product, [VariantChanges(variant_id, {}, image_urls=urls)])
    return VariantImagesAnswer(added=body.add, removed=body.remove)


def _answer_page(session: Session, query: VariantsQuery, product_ids: list[str]) -> Response:
    wanted = VariantFilter(
        channel_id=None,
        columns={
            "product_id": product_ids,
            **{name: getattr(query, name) for name in ("id", "sku", "barcode", "ean", "upc")},
        },
        facts={"manages_stock": query.manage_inventory, "allows_backorder": query.allow_backorder},
        instants=tuple(query.instants()),
        text=query.q,
    )
    variant_ids, count = list_variant_ids(session, wanted, Page(query.limit, query.offset, query.order))
    products = {each.id: each for each in list_products(session, list_product_ids_of(session, variant_ids))}
    known = {variant.id: variant for product in products.values() for variant in product.variants}
    tree: FieldTree = parse_fields(query.fields)
    shown = variants_out(session, products, [known[each] for each in variant_ids if each in known], tree)
    return answer_page("variants", shown, tree, count=count, offset=query.offset, limit=query.limit)
