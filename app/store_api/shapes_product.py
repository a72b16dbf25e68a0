"""Products, variants, prices and categories on the wire (store-api §4)."""

from pydantic import BaseModel, Field

from app.carts.rules import Charge, compute_charge
from app.catalogue.schemas import (
    CategorySummaryOut,
    DatedOut,
    ImageOut,
    OptionOut,
    ProductSummaryOut,
    VariantOptionOut,
    VariantOut,
)
from app.core.money import WireAmount, to_wire
from app.core.wire import is_absent
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
