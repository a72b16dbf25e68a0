"""Orders read with all that hangs on them: as many as wanted with the same few statements."""

from collections.abc import Callable, Collection, Sequence
from typing import TypeVar

from sqlalchemy.orm import Session

from app.admin_api.shapes_order import OrderFile, OrderOut, order_out
from app.fulfilment.queries import list_fulfilments
from app.orders.models import Order
from app.orders.queries import list_notes
from app.payments.models import Payment
from app.payments.queries import list_collections, list_disputes, list_payments_by_collection, list_refunds
from app.returns.queries import list_returns_of, list_withdrawal_ends

Row = TypeVar("Row")


def compose_orders(session: Session, orders: Sequence[Order]) -> list[OrderOut]:
    """The answers that show these orders, out of several nouns."""
    order_ids = [order.id for order in orders]
    collection_ids = [order.payment_collection_id for order in orders]
    if not orders:
        return []
    collections = list_collections(session, collection_ids)
    payments = list_payments_by_collection(session, collection_ids)
    payment_ids = [payment.id for paid in payments.values() for payment in paid]
    refunds = _group(list_refunds(session, payment_ids), lambda refund: refund.payment_id)
    disputes = _group(list_disputes(session, payment_ids), lambda dispute: dispute.payment_id)
    returns = _group(list_returns_of(session, *order_ids), lambda each: each.order_id)
    ends = list_withdrawal_ends(session, orders)
    parcels, notes = list_fulfilments(session, order_ids), list_notes(session, order_ids)
    return [
        order_out(
            OrderFile(
                order=order,
                collection=collections[order.payment_collection_id],
                payments=payments[order.payment_collection_id],
                refunds=_pick(refunds, payments[order.payment_collection_id]),
                disputes=_pick(disputes, payments[order.payment_collection_id]),
                parcels=parcels[order.id],
                returns=returns.get(order.id, []),
                notes=notes[order.id],
                withdrawal_end=ends[order.id],
            )
        )
        for order in orders
    ]


def _group(rows: Collection[Row], owner_of: Callable[[Row], str]) -> dict[str, list[Row]]:
    grouped: dict[str, list[Row]] = {}
    for row in rows:
        grouped.setdefault(owner_of(row), []).append(row)
    return grouped


def _pick(rows: dict[str, list[Row]], payments: Sequence[Payment]) -> list[Row]:
    return [row for payment in payments for row in rows.get(payment.id, [])]
