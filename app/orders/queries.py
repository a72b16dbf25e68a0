"""Reads of orders, and the locks on them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, Text, any_, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session, joinedload, selectinload

from app.catalogue.models import Product, ProductVariant
from app.orders.errors import OrderNotFound
from app.orders.models import Order, OrderLine, OrderNote, OrderShippingMethod, OrderTransfer

ORDERS = {
    "id": Order.id,
    "display_id": Order.display_id,
    "created_at": Order.created_at,
    "updated_at": Order.updated_at,
}

_GOODS = (
    select(OrderLine.id, ProductVariant, Product)
    .join(ProductVariant, ProductVariant.id == OrderLine.variant_id)
    .join(Product, Product.id == OrderLine.product_id)
    .where(OrderLine.order_id == any_(bindparam("order_ids", type_=ARRAY(Text))))
)


@dataclass(frozen=True)
class OrderFilter:
    """Which orders of a customer; empty means no condition."""

    customer_id: str
    ids: Collection[str] = ()
    statuses: Collection[str] = ()


def list_orders(
    session: Session, wanted: OrderFilter, *, limit: int, offset: int, order: str
) -> tuple[list[Order], int]:
    """A page of a customer's orders, whole, and how many match in all.

    `order` is a field of `ORDERS`, with a minus in front to turn it round.
    """
    conditions = [Order.customer_id == wanted.customer_id]
    if wanted.ids:
        conditions.append(Order.id.in_(wanted.ids))
    if wanted.statuses:
        conditions.append(Order.status.in_(wanted.statuses))
    return list_whole_orders(session, conditions, limit=limit, offset=offset, order=order)


def list_whole_orders(
    session: Session, conditions: Sequence[ColumnElement[bool]], *, limit: int, offset: int, order: str
) -> tuple[list[Order], int]:
    """A page of the orders that meet these conditions, whole, and how many do; `order` as in `list_orders`."""
    count = session.scalar(select(func.count()).select_from(Order).where(*conditions)) or 0
    if limit == 0 or count <= offset:
        return [], count
    column = ORDERS[order.removeprefix("-")]
    turned = [column.desc(), Order.id.desc()] if order.startswith("-") else [column, Order.id]
    page = _whole().where(*conditions).order_by(*turned).limit(limit).offset(offset)
    return list(session.scalars(page)), count


def get_order(session: Session, order_id: str) -> Order:
    """The order with lines, shipping methods and addresses; raises `OrderNotFound`."""
    found = session.scalars(_whole().where(Order.id == order_id)).one_or_none()
    if found is None:
        raise OrderNotFound(order_id)
    return found


def list_orders_by_id(session: Session, order_ids: Collection[str]) -> list[Order]:
    """These orders, whole, as they are now; as many statements as for one."""
    wanted = _whole().where(Order.id.in_(order_ids)).execution_options(populate_existing=True)
    return list(session.scalars(wanted).unique())


def get_order_row(session: Session, order_id: str) -> Order:
    """The order without what hangs on it; raises `OrderNotFound`."""
    found = session.get(Order, order_id)
    if found is None:
        raise OrderNotFound(order_id)
    return found


def get_order_id(session: Session, named: str) -> str:
    """The id of the order that a person names by its number (`1042`, `#1042`) or by its id; raises `OrderNotFound`."""
    number = named.lstrip("#")
    is_number = number.isascii() and number.isdigit() and len(number) < len("1000000000")
    found = session.scalar(select(Order.id).where(Order.display_id == int(number) if is_number else Order.id == named))
    if found is None:
        raise OrderNotFound(named)
    return found


def get_order_of_cart(session: Session, cart_id: str) -> Order:
    """The order a completed cart became, whole."""
    return session.scalars(_whole().where(Order.cart_id == cart_id)).one()


def lock_order_of_cart(session: Session, cart_id: str) -> Order:
    """The row of the order a completed cart became, locked."""
    wanted = select(Order).where(Order.cart_id == cart_id).with_for_update()
    return session.scalars(wanted.execution_options(populate_existing=True)).one()


def lock_order(session: Session, order_id: str) -> Order:
    """The order whole, its row locked: who owns it changes once at a time; raises `OrderNotFound`."""
    wanted = _whole().where(Order.id == order_id).with_for_update(of=Order)
    found = session.scalars(wanted.execution_options(populate_existing=True)).one_or_none()
    if found is None:
        raise OrderNotFound(order_id)
    return found


def lock_order_row(session: Session, order_id: str) -> Order:
    """The order without what hangs on it, locked."""
    wanted = select(Order).where(Order.id == order_id).with_for_update()
    return session.scalars(wanted.execution_options(populate_existing=True)).one()


def find_open_transfer(session: Session, order_id: str, token_hash: str, now: datetime) -> OrderTransfer | None:
    """The request for this order whose token this is, while it may be answered."""
    return session.scalar(
        select(OrderTransfer).where(
            OrderTransfer.order_id == order_id,
            OrderTransfer.token_hash == token_hash,
            OrderTransfer.state == "requested",
            OrderTransfer.expires_at > now,
        )
    )


def list_open_transfers(session: Session, order_id: str) -> list[OrderTransfer]:
    """Everybody's requests for an order that wait for an answer."""
    wanted = select(OrderTransfer).where(OrderTransfer.order_id == order_id, OrderTransfer.state == "requested")
    return list(session.scalars(wanted))


def lock_lines(session: Session, order_id: str) -> dict[str, OrderLine]:
    """The lines of an order by id, locked until the transaction ends: the only lock on what became of their pieces."""
    wanted = select(OrderLine).where(OrderLine.order_id == order_id).order_by(OrderLine.id).with_for_update()
    lines = session.scalars(wanted.execution_options(populate_existing=True))
    return {line.id: line for line in lines}


def list_notes(session: Session, order_ids: Collection[str]) -> dict[str, list[OrderNote]]:
    """What those who work here wrote down about these orders, oldest first."""
    found: dict[str, list[OrderNote]] = {order_id: [] for order_id in order_ids}
    wanted = select(OrderNote).where(OrderNote.order_id.in_(order_ids)).order_by(OrderNote.created_at, OrderNote.id)
    for note in session.scalars(wanted):
        found[note.order_id].append(note)
    return found


def _whole() -> Select[Order]:
    return select(Order).options(
        # What promotions took off is little: it comes along with what it was taken off.
        selectinload(Order.lines).joinedload(OrderLine.adjustments),
        selectinload(Order.shipping_methods).joinedload(OrderShippingMethod.adjustments),
        joinedload(Order.shipping_address),
        joinedload(Order.billing_address),
    )


def list_goods(session: Session, order_ids: Collection[str]) -> dict[str, tuple[ProductVariant, Product]]:
    """What the lines of these orders were made of, as it is now, by line id."""
    found = session.execute(_GOODS, {"order_ids": list(order_ids)})
    return {line_id: (variant, product) for line_id, variant, product in found}
