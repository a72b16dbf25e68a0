"""Lines of an order in the store: with the product and the variant of today, as far as somebody asked."""

from collections.abc import Mapping

from pydantic import Field

from app.carts.rules import ChargeTotals
from app.catalogue.models import Product, ProductVariant
from app.catalogue.schemas import ProductSummaryOut, VariantOut, product_summary_values, variant_values
from app.core.fields import FieldTree
from app.core.wire import is_absent
from app.orders.models import OrderLine
from app.orders.schemas_line import SoldLineOut, sold_line_values

Goods = Mapping[str, tuple[ProductVariant, Product]]


class LineVariantOut(VariantOut):
    """The variant as it is today; with its product when that was asked for."""

    product: ProductSummaryOut | None = Field(default=None, exclude_if=is_absent)


class OrderLineOut(SoldLineOut):
    """A line as it was sold; `product` and `variant` come when they are asked for."""

    product: ProductSummaryOut | None = Field(default=None, exclude_if=is_absent)
    variant: LineVariantOut | None = Field(default=None, exclude_if=is_absent)


def order_line_values(
    line: OrderLine, charge: ChargeTotals, goods: Goods, tree: FieldTree, code: str
) -> dict[str, object]:
    """The fields of `OrderLineOut`; `tree` is that of the lines."""
    return {**sold_line_values(line, charge, code), **_goods_values(line, goods, tree)}


def _goods_values(line: OrderLine, goods: Goods, tree: FieldTree) -> dict[str, object]:
    """The product and the variant of today, as far as somebody asked."""
    values: dict[str, object] = {}
    if tree.wants("product"):
        values["product"] = product_summary_values(goods[line.id][1])
    if tree.wants("variant"):
        variant, product = goods[line.id]
        values["variant"] = variant_values(variant, product)
        if tree.wants("variant.product"):
            values["variant"] = {**variant_values(variant, product), "product": product_summary_values(product)}
    return values
