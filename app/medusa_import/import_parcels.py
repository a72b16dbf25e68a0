"""Parcels that left before the shop moved here: when they left and arrived is what a withdrawal counts from."""

from collections.abc import Mapping
from datetime import datetime

from app.core.ids import new_id
from app.fulfilment.models import Fulfilment, FulfilmentLabel, FulfilmentLine
from app.medusa_import.record_taken import Taking
from app.medusa_import.rules import compute_pieces
from app.medusa_import.schemas_order import LabelIn, OrderIn, ParcelIn
from app.orders.models import Order, OrderLine

SAFE = "https://"


def import_parcels(taking: Taking, order: OrderIn, made: Order, lines: Mapping[str, OrderLine]) -> None:
    """The parcels of a paid order that were not called off. Of an unpaid one only the counts of its lines stay."""
    standing = [each for each in order.fulfillments if each.canceled_at is None]
    if standing and (made.paid_at is None or order.status == "canceled"):
        taking.note("parcels_of_unpaid_order", str(len(standing)))
        return
    for parcel in standing:
        _add(taking, parcel, made, lines)
    taking.session.flush()  # while the order is a paid one that nobody ended: the database asks for it


def _add(taking: Taking, parcel: ParcelIn, made: Order, lines: Mapping[str, OrderLine]) -> None:
    pieces: dict[str, int] = {}
    for item in parcel.items:
        line = lines.get(item.line_item_id or "")
        if line is not None:
            pieces[line.id] = pieces.get(line.id, 0) + compute_pieces(item.quantity)
    shipped_at = _left_at(parcel)
    fulfilment = Fulfilment(
        id=new_id("ful"),
        order_id=made.id,
        created_by=f"medusa:{taking.run.id}",
        created_at=parcel.created_at,
        shipped_at=shipped_at,
        delivered_at=max(parcel.delivered_at, shipped_at) if parcel.delivered_at and shipped_at else None,
        lines=[
            FulfilmentLine(id=new_id("fulit"), order_line_id=line_id, quantity=number)
            for line_id, number in pieces.items()
            if number > 0
        ],
        labels=[made for made in map(_label, parcel.labels) if made is not None],
    )
    if fulfilment.lines:
        taking.session.add(fulfilment)


def _left_at(parcel: ParcelIn) -> datetime | None:
    """A pick-up is delivered and was never shipped: it left when it was handed over."""
    return parcel.shipped_at or parcel.delivered_at


def _label(label: LabelIn) -> FulfilmentLabel | None:
    number = (label.tracking_number or "").strip()
    if not number:
        return None
    url = label.tracking_url if (label.tracking_url or "").startswith(SAFE) else None
    return FulfilmentLabel(id=new_id("fullab"), tracking_number=number, tracking_url=url)
