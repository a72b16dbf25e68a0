"""Products, variants and what they are sorted by, as both of Medusa's APIs show them (store-api §4)."""

from pydantic import BaseModel

from app.catalogue.models import CustomsColumns, Product, ProductVariant
from app.core.db import Json
from app.core.wire import WireInstant, absolute_url


class ImageOut(BaseModel):
    """A picture."""

    id: str
    url: str | None
    rank: int
    metadata: Json | None
    product_id: str


class OptionValueOut(BaseModel):
    """One value of an option."""

    id: str
    value: str
    option_id: str
    metadata: Json | None


class OptionTitleOut(BaseModel):
    """An option without its values."""

    id: str
    title: str
    product_id: str
    metadata: Json | None


class OptionOut(OptionTitleOut):
    """A dimension of a product."""

    values: list[OptionValueOut]


class VariantOptionOut(OptionValueOut):
    """The value that a variant has of an option."""

    option: OptionTitleOut


class VariantOut(BaseModel):
    """A variant by itself."""

    id: str
    title: str
    sku: str | None
    barcode: str | None
    ean: str | None
    upc: str | None
    allow_backorder: bool
    manage_inventory: bool
    variant_rank: int
    thumbnail: str | None
    hs_code: str | None
    origin_country: str | None
    mid_code: str | None
    material: str | None
    weight: int | None
    length: int | None
    height: int | None
    width: int | None
    metadata: Json | None
    product_id: str
    created_at: WireInstant
    updated_at: WireInstant
    deleted_at: None = None


class ProductSummaryOut(BaseModel):
    """A product without what hangs on it."""

    id: str
    title: str
    handle: str
    subtitle: str | None
    description: str | None
    thumbnail: str | None
    status: str
    is_giftcard: bool
    discountable: bool
    collection_id: str | None
    type_id: str | None
    external_id: str | None
    weight: int | None
    length: int | None
    height: int | None
    width: int | None
    hs_code: str | None
    origin_country: str | None
    mid_code: str | None
    material: str | None
    metadata: Json | None
    created_at: WireInstant
    updated_at: WireInstant
    deleted_at: None = None


class DatedOut(BaseModel):
    """What every group of products has."""

    id: str
    metadata: Json | None
    created_at: WireInstant
    updated_at: WireInstant
    deleted_at: None = None


class CategorySummaryOut(DatedOut):
    """A category without its family."""

    name: str
    description: str
    handle: str
    rank: int
    parent_category_id: str | None


def product_summary_values(product: Product) -> dict[str, object]:
    """The fields of `ProductSummaryOut`."""
    return {
        "id": product.id,
        "title": product.title,
        "handle": product.handle,
        "subtitle": product.subtitle,
        "description": product.description,
        "thumbnail": absolute_url(product.thumbnail),
        "status": product.status,
        "is_giftcard": product.is_giftcard,
        "discountable": product.is_discountable,
        "collection_id": product.collection_id,
        "type_id": product.type_id,
        "external_id": product.external_id,
        **_customs_values(product),
        "metadata": product.details,
        "created_at": product.created_at,
        "updated_at": product.updated_at,
    }


def variant_values(variant: ProductVariant, _product: Product) -> dict[str, object]:
    """The fields of `VariantOut`."""
    return {
        "id": variant.id,
        "title": variant.title,
        "sku": variant.sku,
        "barcode": variant.barcode,
        "ean": variant.ean,
        "upc": variant.upc,
        "allow_backorder": variant.allows_backorder,
        "manage_inventory": variant.manages_stock,
        "variant_rank": variant.rank,
        "thumbnail": absolute_url(variant.thumbnail),
        **_customs_values(variant),
        "metadata": variant.details,
        "product_id": variant.product_id,
        "created_at": variant.created_at,
        "updated_at": variant.updated_at,
    }


def _customs_values(goods: CustomsColumns) -> dict[str, object]:
    return {
        "weight": goods.weight_grams,
        "length": goods.length_mm,
        "height": goods.height_mm,
        "width": goods.width_mm,
        "hs_code": goods.hs_code,
        "origin_country": goods.origin_country,
        "mid_code": goods.mid_code,
        "material": goods.material,
    }
