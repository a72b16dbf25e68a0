"""Variants as documents, with the prices and pieces of the moment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from sqlalchemy.orm import Session

from app.carts.rules import Charge, compute_charge
from app.catalogue.list_rows import Row
from app.core.clock import utc_now
from app.core.fields import FieldTree
from app.core.money import to_wire_number
from app.pricing.queries import list_effective_prices
from app.pricing.rules import EffectivePrice
from app.shop.models import TaxRate
from app.shop.queries import list_tax_rates
from app.shop.rules import pick_rate
from app.stock.queries import list_available
from app.store_api.render_rows import Document, Fields
from app.store_api.surroundings import Surroundings
from app.store_api.visitors import Visitor

VARIANT = Fields(
    {
        "id": "id",
        "title": "title",
        "sku": "sku",
        "barcode": "barcode",
        "ean": "ean",
        "upc": "upc",
        "allow_backorder": "allows_backorder",
        "manage_inventory": "manages_stock",
        "variant_rank": "rank",
        "thumbnail": "thumbnail",
        "hs_code": "hs_code",
        "origin_country": "origin_country",
        "mid_code": "mid_code",
        "material": "material",
        "weight": "weight_grams",
        "length": "length_mm",
        "height": "height_mm",
        "width": "width_mm",
        "metadata": "metadata",
        "product_id": "product_id",
        "created_at": "created_at",
        "updated_at": "updated_at",
    }
)
# Read behind the fields that are shown, whether these are shown or not.
BEHIND = ("id", "manages_stock")
LEADING = 3  # product id, option values, own pictures


@dataclass(frozen=True)
class Goods:
    """Prices, VAT rates of the visitor's country, pieces that can be sold."""

    prices: Mapping[str, EffectivePrice]
    rates: Mapping[str, TaxRate]
    available: Mapping[str, int]


def variant_columns(tree: FieldTree) -> tuple[str, ...]:
    """The columns to read for `compose_variants`."""
    return (*VARIANT.pick(tree).columns, *BEHIND)


def compose_variants(
    session: Session, rows: Sequence[Row], around: Surroundings, visitor: Visitor, tree: FieldTree
) -> list[tuple[str, Document]]:
    """Each variant with its product's id; rows as `catalogue.list_rows` reads them with `variant_columns`."""
    goods = _read_goods(session, rows, visitor, tree)
    picked = VARIANT.pick(tree)
    shows_options, shows_images = tree.wants("options"), tree.wants("images")
    shows_pieces = tree.wants("inventory_quantity")
    composed: list[tuple[str, Document]] = []
    for row in rows:
        product_id, value_ids, image_ids = str(row[0]), row[1], row[2]
        variant_id, is_counted = str(row[-2]), row[-1]
        document = picked.write(row[LEADING:])
        if shows_options:
            document["options"] = around.options_of(value_ids)
        if shows_images:
            document["images"] = around.images_of(product_id, image_ids)
        price = goods.prices.get(variant_id)
        if price is not None:
            tax = pick_rate(goods.rates, around.tax_categories[product_id])
            document["calculated_price"] = show_price(variant_id, price, str(visitor.currency_code), tax)
        if shows_pieces and is_counted:
            document["inventory_quantity"] = goods.available.get(variant_id, 0)
        composed.append((product_id, document))
    return composed


def _read_goods(session: Session, rows: Sequence[Row], visitor: Visitor, tree: FieldTree) -> Goods:
    prices: dict[str, EffectivePrice] = {}
    rates: dict[str, TaxRate] = {}
    available: dict[str, int] = {}
    if visitor.currency_code and tree.keeps("calculated_price"):
        ids = [str(row[-2]) for row in rows]
        at = utc_now()
        prices = list_effective_prices(session, ids, visitor.currency_code, at, customer_id=visitor.customer_id)
        if visitor.country_code:
            rates = list_tax_rates(session, visitor.country_code, visitor.today)
    if tree.wants("inventory_quantity"):
        available = list_available(session, [str(row[-2]) for row in rows if row[-1]])
    return Goods(prices, rates, available)


def show_price(variant_id: str, price: EffectivePrice, currency_code: str, tax: TaxRate | None) -> Document:
    """A price on the wire; VAT included always, and split when the country is known."""
    amount = to_wire_number(price.amount_cents, currency_code)
    original = to_wire_number(price.original_amount_cents, currency_code)
    shown: Document = {
        "id": f"pset_{variant_id.partition('_')[2]}",
        "currency_code": currency_code,
        "calculated_amount": amount,
        "is_calculated_price_tax_inclusive": True,
        "is_calculated_price_price_list": price.price_list_id is not None,
        "calculated_price": _source(price.price_id, price.price_list_id, price.price_list_type),
        "original_amount": original,
        "is_original_price_tax_inclusive": True,
        "is_original_price_price_list": price.original_price_list_id is not None,
        "original_price": _source(
            price.original_price_id, price.original_price_list_id, price.original_price_list_type
        ),
    }
    if tax is not None:
        shown["calculated_amount_with_tax"] = amount
        shown["calculated_amount_without_tax"] = _net(price.amount_cents, tax.rate, currency_code)
        shown["original_amount_with_tax"] = original
        shown["original_amount_without_tax"] = _net(price.original_amount_cents, tax.rate, currency_code)
    return shown


def _source(price_id: str, list_id: str | None, list_type: str | None) -> Document:
    return {
        "id": price_id,
        "price_list_id": list_id,
        "price_list_type": list_type,
        "min_quantity": None,
        "max_quantity": None,
    }


@lru_cache(maxsize=8_192)
def _net(amount_cents: int, rate: Decimal, currency_code: str) -> float:
    return to_wire_number(compute_charge(Charge(1, amount_cents, rate)).subtotal_cents, currency_code)
