"""Puts products, and the shelves, collections, tags and types they are in, into the catalogue."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TypeVar

import psycopg
from sqlalchemy import insert, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.catalogue import queries
from app.catalogue.check_metadata import FAMILY, check_metadata
from app.catalogue.errors import (
    CategoryNotFound,
    HandleTaken,
    InvalidMetadata,
    SkuTaken,
    UnknownReference,
    ValueTaken,
)
from app.catalogue.models import (
    Product,
    ProductCategory,
    ProductCollection,
    ProductImage,
    ProductOption,
    ProductOptionValue,
    ProductTag,
    ProductType,
    ProductVariant,
    product_channel_link,
)
from app.catalogue.queries import PUBLISHED
from app.catalogue.rules import (
    NewOption,
    NewProduct,
    NewVariant,
    check_category_handle,
    check_collection_handle,
    check_new_product,
)
from app.core.clock import utc_now
from app.core.errors import Refusal
from app.core.ids import new_id
from app.shop.models import SalesChannel

# Constraints of the database, and what whoever comes second reads.
TAKEN: Mapping[str, tuple[type[Refusal], str]] = {
    "uq_product_handle": (HandleTaken, "Product with handle: {}, already exists."),
    "uq_product_category_handle": (HandleTaken, "Product category with handle: {}, already exists."),
    "uq_product_collection_handle": (HandleTaken, "Collection with handle: {}, already exists."),
    "uq_product_variant_sku": (SkuTaken, "Product variant with sku: {}, already exists."),
    "uq_product_tag_value": (ValueTaken, "Product tag with value: {}, already exists."),
    "uq_product_type_value": (ValueTaken, "Product type with value: {}, already exists."),
}
TAKEN_VALUE = re.compile(r"=\((?P<value>.*)\)", re.DOTALL)  # in whatever language the server speaks
Group = TypeVar("Group", ProductCategory, ProductTag)


def create_product(session: Session, new: NewProduct) -> Product:
    """Create a product with options, variants, pictures, categories and channels; `product.variants` keeps their order.

    One that is published gets its prices in the same transaction: the database asks for them at its end.
    Raises `InvalidProduct`, `InvalidMetadata`, `HandleTaken`, `SkuTaken`, `UnknownReference`.
    """
    check_new_product(new)
    demand_metadata(session, new.details)
    _check_free(session, new)
    refuse_unknown_groups(session, new.collection_id, new.type_id)
    product = _product(new)
    product.categories = get_categories(session, new.category_ids)
    product.tags = get_tags(session, new.tag_ids)
    with refusing_taken():
        session.add(product)
        session.flush()  # prices, stock and channels name the variants and the product
    show_in_channels(session, product.id, new.sales_channel_ids)
    return product


def _product(new: NewProduct) -> Product:
    options = [_option(rank, option) for rank, option in enumerate(new.options)]
    values = {(option.title, value.value): value for option in options for value in option.values}
    images = [ProductImage(id=new_id("img"), url=url, rank=rank) for rank, url in enumerate(new.image_urls)]
    now = utc_now()  # not the transaction's: products of one import keep their order
    return Product(
        id=new_id("prod"),
        title=new.title,
        subtitle=new.subtitle,
        description=new.description,
        handle=new.handle,
        status=new.status,
        thumbnail=next(iter(new.image_urls), None),
        tax_category=new.tax_category,
        weight_grams=new.weight_grams,
        origin_country=new.origin_country,
        material=new.material,
        details=_plain(new.details),
        options=options,
        variants=[make_variant(rank, variant, values, images) for rank, variant in enumerate(new.variants)],
        images=images,
        created_at=now,
        published_at=now if new.status == PUBLISHED else None,
        collection_id=new.collection_id,
        type_id=new.type_id,
        external_id=new.external_id,
        is_discountable=new.is_discountable,
        is_giftcard=new.is_giftcard,
        hs_code=new.hs_code,
        mid_code=new.mid_code,
        length_mm=new.length_mm,
        width_mm=new.width_mm,
        height_mm=new.height_mm,
    )


def create_category(
    session: Session,
    name: str,
    handle: str,
    *,
    description: str = "",
    rank: int = 0,
    parent_category_id: str | None = None,
    is_internal: bool = False,
    is_active: bool = True,
    details: Mapping[str, object] | None = None,
) -> ProductCategory:
    """Create a shelf; raises `InvalidProduct` for the handle, `HandleTaken`, `CategoryNotFound` for the parent."""
    check_category_handle(handle)
    if session.scalar(select(ProductCategory.id).where(ProductCategory.handle == handle)):
        raise HandleTaken(f"Product category with handle: {handle}, already exists.")
    if parent_category_id is not None and session.get(ProductCategory, parent_category_id) is None:
        raise CategoryNotFound(f"Product category with id: {parent_category_id} was not found")
    category = ProductCategory(
        id=new_id("pcat"),
        name=name,
        handle=handle,
        description=description,
        rank=rank,
        parent_category_id=parent_category_id,
        is_internal=is_internal,
        is_active=is_active,
        details=_plain(details),
    )
    with refusing_taken():
        session.add(category)
        session.flush()  # products name it in the same transaction
    return category


def create_collection(
    session: Session, title: str, handle: str, *, details: Mapping[str, object] | None = None
) -> ProductCollection:
    """Create a collection; raises `InvalidProduct` for the handle, `HandleTaken`."""
    check_collection_handle(handle)
    if queries.find_collection_by_handle(session, handle):
        raise HandleTaken(f"Collection with handle: {handle}, already exists.")
    collection = ProductCollection(id=new_id("pcol"), title=title, handle=handle, details=_plain(details))
    with refusing_taken():
        session.add(collection)
        session.flush()  # products name it in the same transaction
    return collection


def create_tag(session: Session, value: str) -> ProductTag:
    """The tag of this word, made if nobody used it yet; two who need it at once have the same one."""
    _insert_word(session, ProductTag, "ptag", value)
    return session.scalars(select(ProductTag).where(ProductTag.value == value)).one()


def create_type(session: Session, value: str) -> ProductType:
    """The type of this word, made if nothing was of it yet; two who need it at once have the same one."""
    _insert_word(session, ProductType, "ptyp", value)
    return session.scalars(select(ProductType).where(ProductType.value == value)).one()


def _insert_word(session: Session, kind: type[ProductTag | ProductType], prefix: str, value: str) -> None:
    statement = postgresql.insert(kind).values(id=new_id(prefix), value=value)
    session.execute(statement.on_conflict_do_nothing(index_elements=["value"]))


@contextmanager
def refusing_taken() -> Iterator[None]:
    """Around a flush: a handle, a SKU, a word that is taken is refused, were it taken a moment ago.

    Raises `HandleTaken`, `SkuTaken`, `ValueTaken`.
    """
    try:
        yield
    except IntegrityError as refused:
        cause = refused.orig
        name = (cause.diag.constraint_name or "") if isinstance(cause, psycopg.errors.UniqueViolation) else ""
        if name not in TAKEN:
            raise
        refusal, message = TAKEN[name]
        value = TAKEN_VALUE.search(str(cause))
        raise refusal(message.format(value["value"] if value else "?")) from None


def demand_metadata(session: Session, metadata: Mapping[str, object] | None) -> None:
    """Metadata that names its family fits it; a shop without families keeps any. Raises `InvalidMetadata`."""
    family = (metadata or {}).get(FAMILY)
    if metadata is None or family is None:
        return
    families = queries.list_families(session)
    if not families:
        return
    if not isinstance(family, str) or family not in families:
        known = ", ".join(sorted(families))
        raise InvalidMetadata(
            f"Unknown family of products; the shop's are: {known}", fields={"metadata, family": known}
        )
    check_metadata(family, families[family], metadata)


def _check_free(session: Session, new: NewProduct) -> None:
    if session.scalar(select(Product.id).where(Product.handle == new.handle)):
        raise HandleTaken(f"Product with handle: {new.handle}, already exists.")
    skus = [variant.sku for variant in new.variants if variant.sku is not None]
    repeated = len(set(skus)) != len(skus)
    taken = session.scalar(select(ProductVariant.sku).where(ProductVariant.sku.in_(skus)).limit(1)) if skus else None
    if repeated or taken:
        raise SkuTaken(f"Product variant with sku: {taken or skus[0]}, already exists.")


def _option(rank: int, new: NewOption) -> ProductOption:
    values = [
        ProductOptionValue(id=new_id("optval"), value=value, rank=position) for position, value in enumerate(new.values)
    ]
    return ProductOption(id=new_id("opt"), title=new.title, rank=rank, values=values)


def make_variant(
    rank: int, new: NewVariant, values: Mapping[tuple[str, str], ProductOptionValue], images: Sequence[ProductImage]
) -> ProductVariant:
    """A variant from these values and pictures of its product; the caller adds it."""
    return ProductVariant(
        id=new_id("variant"),
        title=new.title,
        sku=new.sku,
        barcode=new.barcode,
        ean=new.ean,
        upc=new.upc,
        rank=rank,
        manages_stock=new.manages_stock,
        allows_backorder=new.allows_backorder,
        requires_shipping=new.requires_shipping,
        weight_grams=new.weight_grams,
        length_mm=new.length_mm,
        width_mm=new.width_mm,
        height_mm=new.height_mm,
        origin_country=new.origin_country,
        hs_code=new.hs_code,
        mid_code=new.mid_code,
        material=new.material,
        details=_plain(new.details),
        option_values=[values[pair] for pair in new.options.items()],
        images=[image for image in images if image.url in new.image_urls],
    )


def _plain(details: Mapping[str, object] | None) -> dict[str, object] | None:
    return None if details is None else dict(details)


def get_categories(session: Session, category_ids: Iterable[str]) -> list[ProductCategory]:
    """These categories; raises `UnknownReference`."""
    return _get_all(session, ProductCategory, category_ids, "Product categories")


def get_tags(session: Session, tag_ids: Iterable[str]) -> list[ProductTag]:
    """These tags; raises `UnknownReference`."""
    return _get_all(session, ProductTag, tag_ids, "Product tags")


def _get_all(session: Session, kind: type[Group], ids: Iterable[str], name: str) -> list[Group]:
    wanted = set(ids)
    found = list(session.scalars(select(kind).where(kind.id.in_(wanted)).order_by(kind.id))) if wanted else []
    unknown = wanted - {each.id for each in found}
    if unknown:
        raise UnknownReference(f"{name} with ids: {', '.join(sorted(unknown))} do not exist")
    return found


def refuse_unknown_groups(session: Session, collection_id: str | None, type_id: str | None) -> None:
    """A product is in a collection and of a type that exist, or in none; raises `UnknownReference`."""
    if collection_id is not None and session.get(ProductCollection, collection_id) is None:
        raise UnknownReference(f"Product collection with id: {collection_id} does not exist")
    if type_id is not None and session.get(ProductType, type_id) is None:
        raise UnknownReference(f"Product type with id: {type_id} does not exist")


def show_in_channels(session: Session, product_id: str, channel_ids: Iterable[str]) -> None:
    """Sell a product in these channels too; raises `UnknownReference`."""
    wanted = set(channel_ids)
    if not wanted:
        return
    known = set(session.scalars(select(SalesChannel.id).where(SalesChannel.id.in_(wanted))))
    if wanted - known:
        raise UnknownReference(f"Sales channels with ids: {', '.join(sorted(wanted - known))} do not exist")
    rows = [{"product_id": product_id, "sales_channel_id": channel_id} for channel_id in sorted(wanted)]
    session.execute(insert(product_channel_link), rows)
