"""Puts products and categories into the catalogue."""

from collections.abc import Iterable, Mapping

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app.catalogue.errors import CategoryNotFound, HandleTaken, SkuTaken, UnknownReference
from app.catalogue.models import (
    Product,
    ProductCategory,
    ProductImage,
    ProductOption,
    ProductOptionValue,
    ProductVariant,
    product_channel_link,
)
from app.catalogue.rules import NewOption, NewProduct, NewVariant, check_category_handle, check_new_product
from app.core.clock import utc_now
from app.core.ids import new_id
from app.shop.models import SalesChannel


def create_product(session: Session, new: NewProduct) -> Product:
    """Create a product with options, variants, pictures, categories and channels; `product.variants` keeps their order.

    Raises `InvalidProduct`, `HandleTaken`, `SkuTaken`, `UnknownReference`.
    """
    check_new_product(new)
    _check_free(session, new)
    options = [_option(rank, option) for rank, option in enumerate(new.options)]
    values = {(option.title, value.value): value for option in options for value in option.values}
    product = Product(
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
        variants=[_variant(rank, variant, values) for rank, variant in enumerate(new.variants)],
        created_at=utc_now(),  # not the transaction's: products of one import keep their order
        images=[ProductImage(id=new_id("img"), url=url, rank=rank) for rank, url in enumerate(new.image_urls)],
        categories=_get_categories(session, new.category_ids),
    )
    session.add(product)
    session.flush()  # prices, stock and channels name the variants and the product
    _show_in_channels(session, product.id, new.sales_channel_ids)
    return product


def create_category(
    session: Session,
    name: str,
    handle: str,
    *,
    description: str = "",
    rank: int = 0,
    parent_category_id: str | None = None,
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
    )
    session.add(category)
    session.flush()  # products name it in the same transaction
    return category


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


def _variant(rank: int, new: NewVariant, values: Mapping[tuple[str, str], ProductOptionValue]) -> ProductVariant:
    return ProductVariant(
        id=new_id("variant"),
        title=new.title,
        sku=new.sku,
        barcode=new.barcode,
        rank=rank,
        manages_stock=new.manages_stock,
        requires_shipping=new.requires_shipping,
        weight_grams=new.weight_grams,
        details=_plain(new.details),
        option_values=[values[pair] for pair in new.options.items()],
    )


def _plain(details: Mapping[str, object] | None) -> dict[str, object] | None:
    return None if details is None else dict(details)


def _get_categories(session: Session, category_ids: Iterable[str]) -> list[ProductCategory]:
    wanted = set(category_ids)
    found = list(session.scalars(select(ProductCategory).where(ProductCategory.id.in_(wanted)))) if wanted else []
    unknown = wanted - {category.id for category in found}
    if unknown:
        raise UnknownReference(f"Product categories with ids: {', '.join(sorted(unknown))} do not exist")
    return found


def _show_in_channels(session: Session, product_id: str, channel_ids: Iterable[str]) -> None:
    wanted = set(channel_ids)
    if not wanted:
        return
    known = set(session.scalars(select(SalesChannel.id).where(SalesChannel.id.in_(wanted))))
    if wanted - known:
        raise UnknownReference(f"Sales channels with ids: {', '.join(sorted(wanted - known))} do not exist")
    rows = [{"product_id": product_id, "sales_channel_id": channel_id} for channel_id in sorted(wanted)]
    session.execute(insert(product_channel_link), rows)
