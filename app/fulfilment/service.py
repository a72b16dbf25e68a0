"""What happens to a parcel: packed, shipped, delivered, or called off.

One lock for all: the order's row, then its lines. Every change counts for the order's version too: two people who
work on one order hear of each other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.core.audit_log import record_change
from app.core.clock import utc_now
from app.core.context import current_actor
from app.core.db import Json
from app.core.ids import new_id
from app.core.versions import check_unchanged
from app.fulfilment.models import Fulfilment, FulfilmentLabel, FulfilmentLine
from app.fulfilment.queries import find_same_at, lock_fulfilment
from app.fulfilment.queue_mails import queue_shipment_sent
from app.fulfilment.rules import (
    Packed,
    Pieces,
    Sold,
    check_cancel,
    check_contents,
    check_delivery,
    check_packed,
    check_repeated,
    check_shippable,
)
from app.orders.models import Order, OrderLine
from app.orders.queries import lock_lines, lock_order
from app.payments.compute_dispute import compute_contest
from app.payments.queries import list_disputes, list_payments


@dataclass(frozen=True)
class Label:
    """How a parcel is followed; links are https or absent."""

    tracking_number: str
    tracking_url: str | None = None
    label_url: str | None = None
    carrier: str | None = None


@dataclass(frozen=True)
class Shipment:
    """A parcel that leaves; `pieces` by line of the order is what the caller believes to send, None: all of it."""

    labels: Sequence[Label] = ()
    pieces: Mapping[str, int] | None = None
    tells_customer: bool = True


def create_fulfilment(
    session: Session,
    order_id: str,
    packed: Sequence[Packed],
    *,
    location_id: str | None = None,
    details: Json | None = None,
    if_match: str | None = None,
) -> Fulfilment:
    """Pack these pieces of an order into a parcel.

    Raises `OrderNotFound`, `ChangedMeanwhile`, and what `check_shippable`, `check_packed` and `check_repeated` refuse.
    """
    order, lines = _lock(session, order_id, if_match)
    check_shippable(_describe(session, order, [lines[each.line_id] for each in packed if each.line_id in lines]))
    check_packed(order.id, packed, {line.id: line.quantity - line.fulfilled_quantity for line in lines.values()})
    check_repeated(find_same_at(session, order.id, packed, current_actor.get()), utc_now())
    made = Fulfilment(
        id=new_id("ful"),
        order_id=order.id,
        location_id=location_id,
        details=details,
        created_by=current_actor.get(),
        created_at=utc_now(),
        lines=[
            FulfilmentLine(id=new_id("fulit"), order_line_id=each.line_id, quantity=each.quantity) for each in packed
        ],
        labels=[],
    )
    session.add(made)
    session.flush()  # the database's own no comes before any piece is counted
    _count(session, {each.line_id: each.quantity for each in packed}, "fulfilled_quantity")
    _note(session, order, made, "fulfilment.create", {})
    return lock_fulfilment(session, order.id, made.id)


def mark_shipped(
    session: Session, order_id: str, fulfilment_id: str, shipment: Shipment, if_match: str | None = None
) -> Fulfilment:
    """The parcel left; its customer is told once. Repeated, it changes nothing but how the parcel is followed.

    Raises `OrderNotFound`, `FulfilmentNotFound`, `ChangedMeanwhile`, and what `check_contents` and `check_shippable`
    refuse.
    """
    order, parcel = _open(session, order_id, fulfilment_id, if_match)
    check_contents(shipment.pieces, _pieces_of(parcel), is_canceled=parcel.canceled_at is not None)
    before = _describe_parcel(parcel)
    if shipment.labels:
        _set_labels(session, parcel, shipment.labels)
    if parcel.shipped_at is None:
        check_shippable(_describe(session, order, [each.sold for each in parcel.lines]))
        _ship(session, parcel, utc_now())
        if shipment.tells_customer:
            queue_shipment_sent(session, order, parcel)
    _note(session, order, parcel, "fulfilment.ship", before)
    return parcel


def mark_delivered(
    session: Session,
    order_id: str,
    fulfilment_id: str,
    delivered_at: datetime | None = None,
    if_match: str | None = None,
) -> Fulfilment:
    """The customer has it, since `delivered_at` (None: now); what was handed over in the shop leaves as it arrives.

    Repeating it changes nothing. Raises `OrderNotFound`, `FulfilmentNotFound`, `ChangedMeanwhile`, and what
    `check_delivery` and `check_shippable` refuse.
    """
    order, parcel = _open(session, order_id, fulfilment_id, if_match)
    at = delivered_at or utc_now()
    check_delivery(at, parcel.shipped_at or order.created_at, utc_now(), is_canceled=parcel.canceled_at is not None)
    if parcel.delivered_at is not None:
        return parcel
    before = _describe_parcel(parcel)
    if parcel.shipped_at is None:
        check_shippable(_describe(session, order, [each.sold for each in parcel.lines]))
        _ship(session, parcel, at)
    parcel.delivered_at = at
    _count(session, _pieces_of(parcel), "delivered_quantity")
    _note(session, order, parcel, "fulfilment.deliver", before)
    return parcel


def cancel_fulfilment(session: Session, order_id: str, fulfilment_id: str, if_match: str | None = None) -> Fulfilment:
    """Unpack what has not left; its pieces may go into another parcel. Repeating it changes nothing.

    Raises `OrderNotFound`, `FulfilmentNotFound`, `ChangedMeanwhile`, and what `check_cancel` refuses.
    """
    order, parcel = _open(session, order_id, fulfilment_id, if_match)
    if parcel.canceled_at is not None:
        return parcel
    check_cancel([Pieces(each.quantity, each.sold.returnable_quantity) for each in parcel.lines], parcel.shipped_at)
    before = _describe_parcel(parcel)
    parcel.canceled_at = utc_now()
    _count(session, {line_id: -quantity for line_id, quantity in _pieces_of(parcel).items()}, "fulfilled_quantity")
    _note(session, order, parcel, "fulfilment.cancel", before)
    return parcel


def _lock(session: Session, order_id: str, if_match: str | None) -> tuple[Order, dict[str, OrderLine]]:
    order = lock_order(session, order_id)
    check_unchanged(if_match, order.updated_at)
    return order, lock_lines(session, order.id)


def _open(session: Session, order_id: str, fulfilment_id: str, if_match: str | None) -> tuple[Order, Fulfilment]:
    order, _ = _lock(session, order_id, if_match)
    return order, lock_fulfilment(session, order.id, fulfilment_id)


def _describe(session: Session, order: Order, lines: Sequence[OrderLine]) -> Sold:
    """What decides whether these lines of it may leave: from some goods nobody withdraws (French law, L221-28)."""
    payments = [each for each in list_payments(session, order.payment_collection_id) if each.captured_at is not None]
    disputes = list_disputes(session, [payment.id for payment in payments]) if payments else []
    return Sold(
        status=order.status,
        needs_review=order.needs_review,
        is_paid=order.paid_at is not None,
        is_withdrawn=order.withdrawn_at is not None and any(line.withdrawal_excluded_reason is None for line in lines),
        contest=compute_contest([dispute.status for dispute in disputes]),
        total_cents=order.total_cents,
        kept_cents=sum(payment.amount_cents - payment.refund_committed_cents for payment in payments),
    )


def _ship(session: Session, parcel: Fulfilment, at: datetime) -> None:
    parcel.shipped_at = at
    session.flush()  # the database's own no comes before any piece is counted
    _count(session, _pieces_of(parcel), "shipped_quantity")


def _count(session: Session, pieces: Mapping[str, int], name: str) -> None:
    """Relative, so that the row's own CHECK refuses more than was sold, should the lock ever be lost."""
    column = getattr(OrderLine, name)
    for line_id, quantity in sorted(pieces.items()):
        session.execute(update(OrderLine).where(OrderLine.id == line_id).values({name: column + quantity}))


def _set_labels(session: Session, parcel: Fulfilment, labels: Sequence[Label]) -> None:
    if [_describe_label(each) for each in parcel.labels] == [_describe_label(each) for each in labels]:
        return
    parcel.labels = [
        FulfilmentLabel(
            id=new_id("fulla"),
            tracking_number=each.tracking_number,
            tracking_url=each.tracking_url,
            label_url=each.label_url,
            carrier=each.carrier,
            created_at=utc_now(),
        )
        for each in labels
    ]
    session.flush()  # in the order that they were given


def _pieces_of(parcel: Fulfilment) -> dict[str, int]:
    return {line.order_line_id: line.quantity for line in parcel.lines}


def _note(session: Session, order: Order, parcel: Fulfilment, action: str, before: Mapping[str, object]) -> None:
    after = _describe_parcel(parcel)
    if after == before:
        return
    order.updated_at = parcel.updated_at = utc_now()
    record_change(session, action, parcel.id, before, after)


def _describe_parcel(parcel: Fulfilment) -> dict[str, object]:
    """Of each state its instant; no name, no address."""
    return {
        "order_id": parcel.order_id,
        "pieces": [f"{line_id} x {quantity}" for line_id, quantity in sorted(_pieces_of(parcel).items())],
        "labels": [_describe_label(each) for each in parcel.labels],
        **{name: _write(getattr(parcel, name)) for name in ("shipped_at", "delivered_at", "canceled_at")},
    }


def _describe_label(label: Label | FulfilmentLabel) -> list[str | None]:
    return [label.tracking_number, label.tracking_url, label.label_url, label.carrier]


def _write(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None
