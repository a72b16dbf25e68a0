"""Reads of parcels, and the locks on them."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import Session, selectinload

from app.fulfilment.errors import FulfilmentNotFound
from app.fulfilment.models import Fulfilment, FulfilmentLine
from app.fulfilment.rules import Packed
from app.orders.models import OrderLine


def find_last_delivery(session: Session, order_id: str) -> datetime | None:
    """When the customer had everything that is sent to them; None while a piece of it has not arrived.

    The fourteen days of a withdrawal count from it (french-rules §2.5): while it is None they have not begun.
    """
    return list_last_deliveries(session, [order_id]).get(order_id)


def list_last_deliveries(session: Session, order_ids: Collection[str]) -> dict[str, datetime]:
    """The same of many orders, without those that have not wholly arrived; one statement."""
    missing = exists().where(
        OrderLine.order_id == Fulfilment.order_id,
        OrderLine.requires_shipping,
        OrderLine.delivered_quantity < OrderLine.quantity,
    )
    arrived = select(Fulfilment.order_id, func.max(Fulfilment.delivered_at)).where(
        Fulfilment.order_id.in_(order_ids), Fulfilment.delivered_at.is_not(None), ~missing
    )
    return {order_id: at for order_id, at in session.execute(arrived.group_by(Fulfilment.order_id)) if at}


def has_parcel(session: Session, order_id: str) -> bool:
    """Whether something of the order is packed, on its way, or with its customer."""
    standing = exists().where(Fulfilment.order_id == order_id, Fulfilment.canceled_at.is_(None))
    return bool(session.scalar(select(standing)))


def list_fulfilments(session: Session, order_ids: Collection[str]) -> dict[str, list[Fulfilment]]:
    """The parcels of these orders, oldest first, whole and called off ones too; three statements at most."""
    found: dict[str, list[Fulfilment]] = {order_id: [] for order_id in order_ids}
    wanted = _whole().where(Fulfilment.order_id.in_(order_ids)).order_by(Fulfilment.created_at, Fulfilment.id)
    for each in session.scalars(wanted):
        found[each.order_id].append(each)
    return found


def get_fulfilment(session: Session, order_id: str, fulfilment_id: str) -> Fulfilment:
    """A parcel of this order, whole; raises `FulfilmentNotFound`."""
    wanted = _whole().where(Fulfilment.id == fulfilment_id, Fulfilment.order_id == order_id)
    found = session.scalar(wanted.execution_options(populate_existing=True))
    if found is None:
        raise FulfilmentNotFound(fulfilment_id)
    return found


def lock_fulfilment(session: Session, order_id: str, fulfilment_id: str) -> Fulfilment:
    """The same, its row locked; whoever locks it has locked the order and its lines. Raises `FulfilmentNotFound`."""
    wanted = _whole().where(Fulfilment.id == fulfilment_id, Fulfilment.order_id == order_id)
    locked = wanted.with_for_update(of=Fulfilment).execution_options(populate_existing=True)
    found = session.scalar(locked)
    if found is None:
        raise FulfilmentNotFound(fulfilment_id)
    return found


def find_same_at(session: Session, order_id: str, packed: Sequence[Packed], actor: str) -> datetime | None:
    """When this person last packed a parcel of the same pieces of this order, unless it was called off."""
    made = _whole().where(
        Fulfilment.order_id == order_id, Fulfilment.created_by == actor, Fulfilment.canceled_at.is_(None)
    )
    wanted = {each.line_id: each.quantity for each in packed}
    same = [each for each in session.scalars(made) if {x.order_line_id: x.quantity for x in each.lines} == wanted]
    return max((each.created_at for each in same), default=None)


def _whole() -> Select[Fulfilment]:
    return select(Fulfilment).options(
        selectinload(Fulfilment.lines).joinedload(FulfilmentLine.sold), selectinload(Fulfilment.labels)
    )
