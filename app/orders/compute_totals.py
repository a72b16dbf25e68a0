"""The totals of an order, from its own copies of price and VAT."""

from app.carts.rules import Charge, Totals, compute_totals
from app.orders.models import Order


def compute_order_totals(order: Order) -> Totals:
    """What an order came to; `items` go with its lines, `shipping` with its shipping methods."""
    return compute_totals(
        [Charge(line.quantity, line.unit_price_cents, line.tax_rate) for line in order.lines],
        [Charge(1, method.amount_cents, method.tax_rate) for method in order.shipping_methods],
    )
