"""Products as staff reads them: whatever their state, with their prices; composed for a page in a handful of reads."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.orm import Session

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
)
from app.catalogue.schemas import (
    CategorySummaryOut,
    DatedOut,
    ImageOut,
    OptionOut,
    OptionTitleOut,
    OptionValueOut,
    ProductSummaryOut,
    VariantOptionOut,
    VariantOut,
    product_summary_values,
    variant_values,
)
from app.core.bodies import PageOut
from app.core.fields import FieldTree
from app.core.money import WireAmount, to_wire
from app.core.wire import WireInstant, absolute_url, is_absent
from app.pricing.models import Price
from app.pricing.queries import list_prices
from app.shop.models import SalesChannel
from app.stock.queries import list_available

Kind = TypeVar("Kind", ProductType, ProductCollection, SalesChannel)


class ProductPriceOut(BaseModel):
    """What a variant costs in one currency, VAT included, for any quantity."""

    id: str
    variant_id: str
    currency_code: str
    amount: WireAmount
    min_quantity: int | None = None
    max_quantity: int | None = None
    created_at: WireInstant
    updated_at: WireInstant


class StaffVariantOut(VariantOut):
    """A variant with its prices; pieces and pictures when they are named."""

    options: list[VariantOptionOut]
    prices: list[ProductPriceOut]
    images: list[ImageOut] | None = Field(default=None, exclude_if=is_absent)
    inventory_quantity: int | None = Field(default=None, exclude_if=is_absent)
    product: ProductSummaryOut | None = Field(default=None, exclude_if=is_absent)


class ProductWordOut(DatedOut):
    """A tag or a type."""

    value: str


class ProductCollectionOut(DatedOut):
    """A collection."""

    title: str
    handle: str


class ProductChannelOut(BaseModel):
    """A channel it is sold in."""

    id: str
    name: str


class StaffProductOut(ProductSummaryOut):
    """A product page with everything on it; categories when they are named."""

    type: ProductWordOut | None
    collection: ProductCollectionOut | None
    tags: list[ProductWordOut]
    options: list[OptionOut]
    images: list[ImageOut]
    variants: list[StaffVariantOut]
    sales_channels: list[ProductChannelOut]
    categories: list[CategorySummaryOut] | None = Field(default=None, exclude_if=is_absent)


class StaffProductAnswer(BaseModel):
    """One product."""

    product: StaffProductOut


class StaffProductsAnswer(PageOut):
    """A page of products."""

    products: list[StaffProductOut]


class StaffVariantAnswer(BaseModel):
    """One variant."""

    variant: StaffVariantOut


class StaffVariantsAnswer(PageOut):
    """A page of variants."""

    variants: list[StaffVariantOut]


class ProductDeletedOut(BaseModel):
    """What of a product was deleted; `parent` is the product without it."""

    id: str
    object: str
    deleted: bool = True
    parent: StaffProductOut


class DeletedManyOut(BaseModel):
    """What a batch deleted."""

    ids: list[str]
    object: str
    deleted: bool = True


class ProductBatchAnswer(BaseModel):
    """What a batch made, changed and deleted."""

    created: list[StaffProductOut]
    updated: list[StaffProductOut]
    deleted: DeletedManyOut


class VariantBatchAnswer(BaseModel):
    """What a batch made, changed and deleted."""

    created: list[StaffVariantOut]
    updated: list[StaffVariantOut]
    deleted: DeletedManyOut


@dataclass(frozen=True)
class Beside:
    """What products show that is not on their own rows, for a whole page."""

    prices: Mapping[str, Sequence[Price]]
    types: Mapping[str, ProductType]
    collections: Mapping[str, ProductCollection]
    channels: Mapping[str, SalesChannel]
    available: Mapping[str, int] | None


def products_out(session: Session, products: Sequence[Product], tree: FieldTree) -> list[StaffProductOut]:
    """Products that are loaded with what hangs on them."""
    beside = read_beside(session, products, wants_pieces=tree.wants("variants.inventory_quantity"))
    return [_product_out(product, beside, tree) for product in products]


def variants_out(
    session: Session, products: Mapping[str, Product], variants: Sequence[ProductVariant], tree: FieldTree
) -> list[StaffVariantOut]:
    """Variants whose products are loaded with what hangs on them, by product id."""
    beside = read_beside(session, list(products.values()), wants_pieces=tree.wants("inventory_quantity"))
    return [_variant_out(variant, products[variant.product_id], beside, tree) for variant in variants]


def option_out(option: ProductOption) -> OptionOut:
    """An option with its values."""
    values = [
        OptionValueOut(id=value.id, value=value.value, option_id=option.id, metadata=None) for value in option.values
    ]
    return OptionOut(id=option.id, title=option.title, product_id=option.product_id, metadata=None, values=values)


def read_beside(session: Session, products: Sequence[Product], *, wants_pieces: bool) -> Beside:
    """The prices, groups and channels of these products."""
    variant_ids = [variant.id for product in products for variant in product.variants]
    prices: defaultdict[str, list[Price]] = defaultdict(list)
    for price in list_prices(session, variant_ids):
        prices[price.variant_id].append(price)
    return Beside(
        prices,
        _by_id(session, ProductType, {product.type_id for product in products}),
        _by_id(session, ProductCollection, {product.collection_id for product in products}),
        _by_id(session, SalesChannel, {each for product in products for each in product.channel_ids}),
        list_available(session, variant_ids) if wants_pieces else None,
    )


def _by_id(session: Session, kind: type[Kind], ids: Collection[str | None]) -> dict[str, Kind]:
    wanted = [each for each in ids if each is not None]
    return {each.id: each for each in session.scalars(select(kind).where(kind.id.in_(wanted)))} if wanted else {}


def _product_out(product: Product, beside: Beside, tree: FieldTree) -> StaffProductOut:
    kind, collection = beside.types.get(product.type_id or ""), beside.collections.get(product.collection_id or "")
    values = product_summary_values(product) | {
        "type": kind and _word_values(kind),
        "collection": collection
        and {**dated_values(collection), "title": collection.title, "handle": collection.handle},
        "tags": [_word_values(tag) for tag in sorted(product.tags, key=lambda tag: tag.value)],
        "options": [option_out(option) for option in product.options],
        "images": [_image_values(image) for image in product.images],
        "variants": [_variant_out(variant, product, beside, tree.below("variants")) for variant in product.variants],
        "sales_channels": [
            {"id": each, "name": beside.channels[each].name} for each in product.channel_ids if each in beside.channels
        ],
        "categories": [category_values(each) for each in product.categories] if tree.wants("categories") else None,
    }
    return StaffProductOut.model_validate(values)


def _variant_out(variant: ProductVariant, product: Product, beside: Beside, tree: FieldTree) -> StaffVariantOut:
    titles = {value.id: option for option in product.options for value in option.values}
    counted = beside.available if variant.manages_stock else None
    own = variant.images or product.images
    values = variant_values(variant, product) | {
        "options": [_choice_values(value, titles[value.id]) for value in variant.option_values if value.id in titles],
        "prices": [_price_values(price) for price in beside.prices.get(variant.id, ())],
        "images": [_image_values(image) for image in own] if tree.wants("images") else None,
        "inventory_quantity": None if counted is None else counted.get(variant.id, 0),
        "product": product_summary_values(product) if tree.wants("product") else None,
    }
    return StaffVariantOut.model_validate(values)


def category_values(category: ProductCategory) -> dict[str, object]:
    """The fields of `CategorySummaryOut`."""
    return {
        **dated_values(category),
        "name": category.name,
        "description": category.description,
        "handle": category.handle,
        "rank": category.rank,
        "parent_category_id": category.parent_category_id,
    }


def dated_values(row: ProductCategory | ProductCollection | ProductTag | ProductType) -> dict[str, object]:
    """The fields of `DatedOut`."""
    return {"id": row.id, "metadata": row.details, "created_at": row.created_at, "updated_at": row.updated_at}


def _word_values(word: ProductTag | ProductType) -> dict[str, object]:
    return {**dated_values(word), "value": word.value}


def _image_values(image: ProductImage) -> dict[str, object]:
    return {
        "id": image.id,
        "url": absolute_url(image.url),
        "rank": image.rank,
        "metadata": image.details,
        "product_id": image.product_id,
    }


def _choice_values(value: ProductOptionValue, option: ProductOption) -> dict[str, object]:
    shown = OptionTitleOut(id=option.id, title=option.title, product_id=option.product_id, metadata=None)
    return {"id": value.id, "value": value.value, "option_id": option.id, "metadata": None, "option": shown}


def _price_values(price: Price) -> dict[str, object]:
    return {
        "id": price.id,
        "variant_id": price.variant_id,
        "currency_code": price.currency_code,
        "amount": to_wire(price.amount_cents, price.currency_code),
        "created_at": price.created_at,
        "updated_at": price.updated_at,
    }
