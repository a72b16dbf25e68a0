"""Products, variants, prices and categories on the wire (store-api §4)."""

from pydantic import BaseModel, Field

from app.carts.rules import Charge, compute_charge
from app.catalogue.models import CustomsColumns, Product, ProductVariant
from app.core.db import Json
from app.core.money import WireAmount, to_wire
from app.core.wire import WireInstant, absolute_url, is_absent
from app.shop.models import TaxRate


class PriceSourceOut(BaseModel):
    """Which price it is, and of which list."""

    id: str
    price_list_id: str | None = None
    price_list_type: str | None = None
    min_quantity: int | None = None
    max_quantity: int | None = None


class CalculatedPriceOut(BaseModel):
    """What a variant costs here and now; the amounts with and without tax come when the country is known."""

    id: str
    currency_code: str
    calculated_amount: WireAmount
    is_calculated_price_tax_inclusive: bool
    is_calculated_price_price_list: bool
    calculated_price: PriceSourceOut
    original_amount: WireAmount
    is_original_price_tax_inclusive: bool
    is_original_price_price_list: bool
    original_price: PriceSourceOut
    calculated_amount_with_tax: WireAmount | None = Field(default=None, exclude_if=is_absent)
    calculated_amount_without_tax: WireAmount | None = Field(default=None, exclude_if=is_absent)
    original_amount_with_tax: WireAmount | None = Field(default=None, exclude_if=is_absent)
    original_amount_without_tax: WireAmount | None = Field(default=None, exclude_if=is_absent)


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


class ShelvedVariantOut(VariantOut):
    """A variant on a product page: its price comes with a region, pictures and pieces when they are named."""

    options: list[VariantOptionOut]
    images: list[ImageOut] | None = Field(default=None, exclude_if=is_absent)
    calculated_price: CalculatedPriceOut | None = Field(default=None, exclude_if=is_absent)
    inventory_quantity: int | None = Field(default=None, exclude_if=is_absent)


class ProductKeysOut(BaseModel):
    """What a variant says of its product."""

    id: str
    type_id: str | None


class SingleVariantOut(ShelvedVariantOut):
    """A variant by itself, with its pictures and a word on its product."""

    product: ProductKeysOut


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


class ListedOptionOut(OptionOut, DatedOut):
    """An option by itself: its product's alone, and as old."""

    is_exclusive: bool


class WordOut(DatedOut):
    """A tag or a type; its published products when they are named."""

    value: str
    products: list[ProductSummaryOut] | None = Field(default=None, exclude_if=is_absent)


class CollectionOut(DatedOut):
    """A collection; its published products when they are named."""

    title: str
    handle: str
    products: list[ProductSummaryOut] | None = Field(default=None, exclude_if=is_absent)


class CategorySummaryOut(DatedOut):
    """A category without its family."""

    name: str
    description: str
    handle: str
    rank: int
    parent_category_id: str | None


class CategoryOut(CategorySummaryOut):
    """A category with its family; its published products when they are named."""

    parent_category: CategorySummaryOut | None
    category_children: list[CategorySummaryOut]
    products: list[ProductSummaryOut] | None = Field(default=None, exclude_if=is_absent)


class ProductOut(ProductSummaryOut):
    """A product page; status, external id, metadata and categories when they are named."""

    type: WordOut | None
    collection: CollectionOut | None
    tags: list[WordOut]
    options: list[OptionOut]
    images: list[ImageOut]
    variants: list[ShelvedVariantOut]
    categories: list[CategorySummaryOut] | None = Field(default=None, exclude_if=is_absent)


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


def price_shown(
    price_id: str, owner_id: str, amount_cents: int, currency_code: str, tax: TaxRate | None
) -> CalculatedPriceOut:
    """The price of a variant or of a way to send."""
    amount = to_wire(amount_cents, currency_code)
    values: dict[str, object] = {
        "id": f"pset_{owner_id.partition('_')[2]}",
        "currency_code": currency_code,
        "calculated_amount": amount,
        "is_calculated_price_tax_inclusive": True,
        "is_calculated_price_price_list": False,
        "calculated_price": PriceSourceOut(id=price_id),
        "original_amount": amount,
        "is_original_price_tax_inclusive": True,
        "is_original_price_price_list": False,
        "original_price": PriceSourceOut(id=price_id),
    }
    if tax is not None:
        net = to_wire(compute_charge(Charge(1, amount_cents, tax.rate)).subtotal_cents, currency_code)
        values |= {"calculated_amount_with_tax": amount, "calculated_amount_without_tax": net}
        values |= {"original_amount_with_tax": amount, "original_amount_without_tax": net}
    return CalculatedPriceOut.model_validate(values)
