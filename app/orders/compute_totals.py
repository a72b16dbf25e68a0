"""The totals of an order, from its own copies of price, reductions and VAT."""

from collections.abc import Sequence

from app.carts.models import AdjustmentColumns
from app.carts.rules import Charge, Totals, compute_totals
from app.orders.models import Order


def compute_order_totals(order: Order) -> Totals:
    """What an order came to; `items` go with its lines, `shipping` with its shipping methods."""
    return compute_totals(
        [
            Charge(line.quantity, line.unit_price_cents, line.tax_rate, _sum_up(line.adjustments))
            for line in order.lines
        ],
        [
            Charge(1, method.amount_cents, method.tax_rate, _sum_up(method.adjustments))
            for method in order.shipping_methods
        ],
    )


def _sum_up(adjustments: Sequence[AdjustmentColumns]) -> int:
    return sum(adjustment.amount_cents for adjustment in adjustments)
