"""Products, variants, prices and categories on the wire (store-api §4)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import BaseModel, Field

from app.carts.rules import Charge, compute_charge
from app.catalogue.models import Product, ProductCategory, ProductImage, ProductOption, ProductVariant
from app.core.db import Json
from app.core.money import WireAmount, to_wire
from app.pricing.models import Price
from app.shop.models import TaxRate
from app.shop.rules import pick_rate
from app.store_api.shapes import WireInstant, absolute_url, is_absent


class PriceSourceOut(BaseModel):
    """Which price it is; a price list comes with the sales."""

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


class OptionOut(BaseModel):
    """A dimension of a product."""

    id: str
    title: str
    product_id: str
    metadata: Json | None
    values: list[OptionValueOut]


class OptionTitleOut(BaseModel):
    """An option without its values."""

    id: str
    title: str
    product_id: str


class VariantOptionOut(BaseModel):
    """The value that a variant has of an option."""

    id: str
    value: str
    option_id: str
    option: OptionTitleOut


class VariantOut(BaseModel):
    """A variant; `calculated_price` comes with a region, `inventory_quantity` when its pieces are counted."""

    id: str
    title: str
    sku: str | None
    barcode: str | None
    ean: None = None
    upc: None = None
    allow_backorder: bool
    manage_inventory: bool
    variant_rank: int
    thumbnail: str | None
    hs_code: None = None
    origin_country: str | None
    mid_code: None = None
    material: str | None
    weight: int | None
    length: None = None
    height: None = None
    width: None = None
    metadata: Json | None
    product_id: str
    created_at: WireInstant
    updated_at: WireInstant
    deleted_at: None = None


class ShelvedVariantOut(VariantOut):
    """A variant on a product page."""

    options: list[VariantOptionOut]
    images: list[ImageOut]
    calculated_price: CalculatedPriceOut | None = Field(default=None, exclude_if=is_absent)
    inventory_quantity: int | None = Field(default=None, exclude_if=is_absent)


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
    collection_id: None = None
    type_id: None = None
    external_id: None = None
    weight: int | None
    length: None = None
    height: None = None
    width: None = None
    hs_code: None = None
    origin_country: str | None
    mid_code: None = None
    material: str | None
    metadata: Json | None
    created_at: WireInstant
    updated_at: WireInstant
    deleted_at: None = None


class CategorySummaryOut(BaseModel):
    """A category without its family."""

    id: str
    name: str
    description: str
    handle: str
    rank: int
    parent_category_id: str | None
    metadata: Json | None
    created_at: WireInstant
    updated_at: WireInstant
    deleted_at: None = None


class ProductOut(ProductSummaryOut):
    """A product page."""

    type: None = None
    collection: None = None
    tags: list[Json] = []
    options: list[OptionOut]
    images: list[ImageOut]
    variants: list[ShelvedVariantOut]
    categories: list[CategorySummaryOut]


@dataclass(frozen=True)
class Shelf:
    """What products show beside themselves: prices, VAT rates of the visitor's country, pieces."""

    prices: Mapping[str, Price] = field(default_factory=dict)
    rates: Mapping[str, TaxRate] = field(default_factory=dict)
    available: Mapping[str, int] = field(default_factory=dict)


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
        "is_giftcard": False,
        "discountable": product.is_discountable,
        "weight": product.weight_grams,
        "origin_country": product.origin_country,
        "material": product.material,
        "metadata": product.details,
        "created_at": product.created_at,
        "updated_at": product.updated_at,
    }


def variant_values(variant: ProductVariant, product: Product) -> dict[str, object]:
    """The fields of `VariantOut`."""
    return {
        "id": variant.id,
        "title": variant.title,
        "sku": variant.sku,
        "barcode": variant.barcode,
        "allow_backorder": False,
        "manage_inventory": variant.manages_stock,
        "variant_rank": variant.rank,
        "thumbnail": absolute_url(product.thumbnail),
        "origin_country": product.origin_country,
        "material": product.material,
        "weight": variant.weight_grams or product.weight_grams,
        "metadata": variant.details,
        "product_id": variant.product_id,
        "created_at": variant.created_at,
        "updated_at": variant.updated_at,
    }


def product_out(product: Product, shelf: Shelf) -> ProductOut:
    """A product with all that hangs on it loaded."""
    images = [_image(image) for image in product.images]
    return ProductOut.model_validate(
        {
            **product_summary_values(product),
            "options": [_option(option) for option in product.options],
            "images": images,
            "variants": [_variant(variant, product, images, shelf) for variant in product.variants],
            "categories": [category_summary_out(category) for category in product.categories if category.is_active],
        }
    )


def category_summary_out(category: ProductCategory) -> CategorySummaryOut:
    """A category by itself."""
    return CategorySummaryOut(
        id=category.id,
        name=category.name,
        description=category.description,
        handle=category.handle,
        rank=category.rank,
        parent_category_id=category.parent_category_id,
        metadata=None,
        created_at=category.created_at,
        updated_at=category.updated_at,
    )


def _image(image: ProductImage) -> ImageOut:
    return ImageOut(
        id=image.id, url=absolute_url(image.url), rank=image.rank, metadata=None, product_id=image.product_id
    )


def _option(option: ProductOption) -> OptionOut:
    values = [
        OptionValueOut(id=value.id, value=value.value, option_id=value.option_id, metadata=None)
        for value in option.values
    ]
    return OptionOut(id=option.id, title=option.title, product_id=option.product_id, metadata=None, values=values)


def _variant(variant: ProductVariant, product: Product, images: list[ImageOut], shelf: Shelf) -> ShelvedVariantOut:
    values = variant_values(variant, product) | {"options": _variant_options(variant, product), "images": images}
    price = shelf.prices.get(variant.id)
    if price is not None:
        values["calculated_price"] = calculated_price(price, pick_rate(shelf.rates, product.tax_category))
    if variant.manages_stock:
        values["inventory_quantity"] = shelf.available.get(variant.id, 0)
    return ShelvedVariantOut.model_validate(values)


def _variant_options(variant: ProductVariant, product: Product) -> list[VariantOptionOut]:
    """One entry per option, in the options' order: the starter compares the whole."""
    chosen = {value.option_id: value for value in variant.option_values}
    return [
        VariantOptionOut(
            id=chosen[option.id].id,
            value=chosen[option.id].value,
            option_id=option.id,
            option=OptionTitleOut(id=option.id, title=option.title, product_id=option.product_id),
        )
        for option in product.options
        if option.id in chosen
    ]


def calculated_price(price: Price, tax: TaxRate | None) -> CalculatedPriceOut:
    """A price as shown; VAT included always, and split when the country is known."""
    return price_shown(price.id, price.variant_id, price.amount_cents, price.currency_code, tax)


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
