"""Changes products: what they say, where they stand, what hangs on them. One audit row per change, all or nothing."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields

from sqlalchemy import delete, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from app.catalogue import queries
from app.catalogue.change_options import OptionChanges, extend_options, prune_options
from app.catalogue.change_variants import VariantChanges, change_variants, check_matrix, refusing_kept
from app.catalogue.errors import NotPublishable
from app.catalogue.models import Product, ProductImage, ProductVariant, product_channel_link
from app.catalogue.queries import PUBLISHED
from app.catalogue.rules import check_handle_change, check_status_change
from app.catalogue.service import (
    demand_metadata,
    get_categories,
    get_tags,
    refuse_unknown_groups,
    refusing_taken,
    show_in_channels,
)
from app.core.audit_log import record_change
from app.core.clock import utc_now
from app.core.ids import new_id
from app.core.versions import check_unchanged


class Same:
    """Stands for what is not to change: None is a value of its own."""


SAME = Same()
AUDITED = (
    "title", "subtitle", "description", "handle", "status", "thumbnail", "details", "collection_id", "type_id",
    "external_id", "is_discountable", "is_giftcard", "tax_category", "weight_grams", "length_mm", "width_mm",
    "height_mm", "origin_country", "hs_code", "mid_code", "material",
)  # fmt: skip
AUDITED_OF_VARIANTS = (
    "title", "sku", "barcode", "ean", "upc", "rank", "manages_stock", "requires_shipping", "thumbnail", "details",
    "weight_grams", "length_mm", "width_mm", "height_mm", "origin_country", "hs_code", "mid_code", "material",
)  # fmt: skip


@dataclass(frozen=True)
class ProductChanges:
    """What is left out stays; lists replace the former ones. The first picture is the thumbnail."""

    title: str | Same = SAME
    subtitle: str | Same | None = SAME
    description: str | Same | None = SAME
    handle: str | Same = SAME
    details: Mapping[str, object] | Same | None = SAME
    collection_id: str | Same | None = SAME
    type_id: str | Same | None = SAME
    external_id: str | Same | None = SAME
    is_discountable: bool | Same = SAME
    is_giftcard: bool | Same = SAME
    weight_grams: int | Same | None = SAME
    length_mm: int | Same | None = SAME
    width_mm: int | Same | None = SAME
    height_mm: int | Same | None = SAME
    origin_country: str | Same | None = SAME
    hs_code: str | Same | None = SAME
    mid_code: str | Same | None = SAME
    material: str | Same | None = SAME
    tag_ids: Iterable[str] | Same = SAME
    category_ids: Iterable[str] | Same = SAME
    sales_channel_ids: Iterable[str] | Same = SAME
    image_urls: Sequence[str] | Same = SAME
    options: Sequence[OptionChanges] | Same = SAME
    variants: Sequence[VariantChanges] | Same = SAME

    def columns(self) -> dict[str, object]:
        """The columns of the product that change."""
        lists = ("tag_ids", "category_ids", "sales_channel_ids", "image_urls", "options", "variants")
        values = {field.name: getattr(self, field.name) for field in fields(self) if field.name not in lists}
        return {name: value for name, value in values.items() if not isinstance(value, Same)}


def update_product(
    session: Session, product_id: str, changes: ProductChanges, *, if_match: str | None = None
) -> Product:
    """Change a product and what hangs on it; the audit keeps each field before and after.

    Raises `ProductNotFound`, `ChangedMeanwhile`, `InvalidProduct`, `InvalidMetadata`, `HandleTaken`, `SkuTaken`,
    `UnknownReference`, `VariantNotFound`, `OptionNotFound`, `ProductSold`, `ProductPromised`.
    """
    with changing_product(session, product_id, if_match) as product:
        _set_columns(session, product, changes)
        _set_groups(session, product, changes)
        if not isinstance(changes.image_urls, Same):
            set_images(session, product, changes.image_urls)
        if not isinstance(changes.options, Same):
            extend_options(session, product, changes.options)
        if not isinstance(changes.variants, Same):
            change_variants(session, product, changes.variants, is_complete=True)
        if not isinstance(changes.options, Same):
            prune_options(session, product, changes.options)
    return product


@contextmanager
def changing_product(
    session: Session, product_id: str, if_match: str | None = None, reason: str | None = None
) -> Iterator[Product]:
    """The locked product for a change of it or of what hangs on it; afterwards its version and its audit row.

    Raises `ProductNotFound`, `ChangedMeanwhile`; what the change breaks: `InvalidProduct`, `HandleTaken`, `SkuTaken`,
    `ProductSold`, `ProductPromised`.
    """
    product = queries.lock_product(session, product_id)
    check_unchanged(if_match, product.updated_at)
    before = describe_product(product)
    with refusing_taken(), refusing_kept():
        yield product
        product.updated_at = utc_now()
        session.flush()  # a rule of the database speaks here and not at the commit
    after = describe_product(queries.get_product(session, product_id))
    if _goods_of(before) != _goods_of(after):
        check_matrix(product)
    if before["status"] == PUBLISHED:
        _refuse_faults(session, product, but=("price",))  # prices follow, in the packages above
    record_change(session, "product.update", product_id, before, after | ({"reason": reason} if reason else {}))


def set_status(
    session: Session, product_id: str, status: str, *, if_match: str | None = None, reason: str | None = None
) -> Product:
    """Publish a product, archive it or draw it back; `reason` goes into the audit.

    Raises `ProductNotFound`, `ChangedMeanwhile`, `InvalidProduct`, `NotPublishable`.
    """
    check_status_change(status)
    with changing_product(session, product_id, if_match, reason) as product:
        product.status = status
        if status == PUBLISHED:
            product.published_at = product.published_at or utc_now()
    demand_publishable(session, product)
    return product


def demand_publishable(session: Session, product: Product) -> None:
    """A published product keeps what it needs; the database says the same at the commit. Raises `NotPublishable`."""
    _refuse_faults(session, product)


def _refuse_faults(session: Session, product: Product, but: Sequence[str] = ()) -> None:
    faults = queries.list_publishing_faults(session, product.id) if product.status == PUBLISHED else []
    refused = [fault for fault in faults if fault not in but]
    if refused:
        raise NotPublishable(refused)


def _goods_of(described: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in described.items() if name.startswith(("option ", "variant "))}


def set_images(session: Session, product: Product, urls: Sequence[str]) -> None:
    """These pictures in this order; those that it had keep their ids and their variants."""
    kept = {image.url: image for image in product.images}
    wanted = dict.fromkeys(urls)
    gone = [image for image in product.images if kept[image.url] is not image or image.url not in wanted]
    session.execute(delete(ProductImage).where(ProductImage.id.in_([image.id for image in gone])))
    set_committed_value(product, "images", [image for image in product.images if image not in gone])
    for rank, url in enumerate(wanted):
        if url in kept:
            kept[url].rank = rank
        else:
            product.images.append(ProductImage(id=new_id("img"), url=url, rank=rank))
    product.thumbnail = next(iter(wanted), None)


def note_created(session: Session, product_id: str) -> None:
    """The audit row of a product that a person made."""
    record_change(session, "product.create", product_id, {}, describe_product(queries.get_product(session, product_id)))


def describe_product(product: Product) -> dict[str, object]:
    """A product for the audit: its columns, and what hangs on it."""
    return {
        **{name: getattr(product, name) for name in AUDITED},
        "tags": sorted(tag.value for tag in product.tags),
        "categories": sorted(category.handle for category in product.categories),
        "channels": list(product.channel_ids),
        "images": [image.url for image in product.images],
        **{
            f"option {option.id}": [option.title, *(each.value for each in option.values)] for option in product.options
        },
        **{f"variant {variant.id}": _describe_variant(variant) for variant in product.variants},
    }


def _describe_variant(variant: ProductVariant) -> dict[str, object]:
    return {
        **{name: getattr(variant, name) for name in AUDITED_OF_VARIANTS},
        "options": sorted(value.value for value in variant.option_values),
        "images": [image.url for image in variant.images],
    }


def _set_columns(session: Session, product: Product, changes: ProductChanges) -> None:
    if isinstance(changes.handle, str):
        check_handle_change(product.handle, changes.handle, was_published=product.published_at is not None)
    columns = changes.columns()
    new_collection, new_type = columns.get("collection_id"), columns.get("type_id")
    refuse_unknown_groups(
        session,
        new_collection if isinstance(new_collection, str) else None,
        new_type if isinstance(new_type, str) else None,
    )
    if isinstance(changes.details, Mapping):
        demand_metadata(session, changes.details)
    for name, value in columns.items():
        setattr(product, name, dict(value) if isinstance(value, Mapping) else value)


def _set_groups(session: Session, product: Product, changes: ProductChanges) -> None:
    if not isinstance(changes.tag_ids, Same):
        product.tags = get_tags(session, changes.tag_ids)
    if not isinstance(changes.category_ids, Same):
        product.categories = get_categories(session, changes.category_ids)
    if not isinstance(changes.sales_channel_ids, Same):
        _set_channels(session, product.id, set(changes.sales_channel_ids))


def _set_channels(session: Session, product_id: str, wanted: set[str]) -> None:
    link = product_channel_link.c
    now = set(session.scalars(select(link.sales_channel_id).where(link.product_id == product_id)))
    show_in_channels(session, product_id, wanted - now)
    session.execute(
        delete(product_channel_link).where(link.product_id == product_id, link.sales_channel_id.in_(now - wanted))
    )
