"""Moves and promises pieces; every change of a level is a movement that says why."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Integer, Text, any_, bindparam, column, delete, func, insert, literal, select, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from app.core.clock import utc_now
from app.core.db import Base
from app.stock import queries
from app.stock.models import StockLevel, StockMovement, StockReservation
from app.stock.rules import check_available, check_movement, compute_promise_end, compute_promise_start

_level = Base.metadata.tables[StockLevel.__tablename__]
_reservation = Base.metadata.tables[StockReservation.__tablename__]
_movement = Base.metadata.tables[StockMovement.__tablename__]
_VARIANTS = bindparam("variant_ids", type_=ARRAY(Text))
_SOLD = (
    func.unnest(_VARIANTS, bindparam("quantities", type_=ARRAY(Integer)))
    .table_valued(column("variant_id", Text), column("quantity", Integer), name="sold")
    .render_derived()
)
# Relative, so that the database's own limit still holds should the lock ever be lost; with the movements that say why.
_TAKE = (
    insert(_movement)
    .from_select(
        ["variant_id", "delta", "reason", "reference"],
        select(_SOLD.c.variant_id, -_SOLD.c.quantity, literal("sale", Text), bindparam("order_id", type_=Text())),
    )
    .add_cte(
        update(_level)
        .where(_level.c.variant_id == _SOLD.c.variant_id)
        .values(stocked_quantity=_level.c.stocked_quantity - _SOLD.c.quantity, updated_at=func.now())
        .cte("taken")
    )
)
_DROP_OWN = (
    delete(_reservation)
    .where(_reservation.c.cart_id == bindparam("cart_id"))
    .returning(_reservation.c.variant_id, _reservation.c.quantity)
)
_DROP_EXPIRED = (
    delete(_reservation)
    .where(_reservation.c.variant_id == any_(_VARIANTS), _reservation.c.expires_at <= bindparam("now"))
    .returning(_reservation.c.variant_id, _reservation.c.quantity)
)


def receive(session: Session, variant_id: str, quantity: int, reference: str | None = None) -> None:
    """Put pieces on the shelf; `reference` says where from (a delivery note, `demo shop`). Raises `InvalidQuantity`."""
    check_movement(quantity)
    statement = postgresql.insert(StockLevel).values(variant_id=variant_id, stocked_quantity=quantity)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["variant_id"],
            set_={"stocked_quantity": StockLevel.stocked_quantity + quantity, "updated_at": func.now()},
        )
    )
    session.add(StockMovement(variant_id=variant_id, delta=quantity, reason="receipt", reference=reference))


def reserve(session: Session, cart_id: str, quantities: Mapping[str, int], since: datetime | None = None) -> datetime:
    """Promise counted pieces to a cart for a quarter of an hour, in place of what it was promised: all, or none.

    `since` is what the cart's last call gave: from when on its promises count. A cart that has had its time is promised
    nothing, and may have what is there. Raises `InsufficientInventory`, `InvalidQuantity`; the caller then undoes its
    transaction.
    """
    since = compute_promise_start(since, utc_now())
    reserve_until(session, cart_id, quantities, compute_promise_end(since, utc_now()))
    return since


def reserve_until(session: Session, cart_id: str, quantities: Mapping[str, int], expires_at: datetime) -> None:
    """The same until a given instant: an order keeps its pieces as long as the attempt to pay it is open."""
    now = utc_now()
    _demand_available(session, cart_id, quantities, now)
    rows = [
        {"cart_id": cart_id, "variant_id": variant_id, "quantity": quantity, "expires_at": expires_at}
        for variant_id, quantity in sorted(quantities.items())
    ]
    if rows and expires_at > now:
        session.execute(insert(_reservation), rows)


def release(session: Session, cart_id: str) -> None:
    """Promise nothing to a cart any more."""
    if queries.list_reserved(session, cart_id):
        queries.lock_levels(session, (), cart_id)
        session.execute(_DROP_OWN, {"cart_id": cart_id})


def release_expired(session: Session, now: datetime) -> None:
    """Take back what was promised until now."""
    variant_ids = queries.lock_levels_of_expired(session, now)
    if variant_ids:
        session.execute(_DROP_EXPIRED, {"variant_ids": variant_ids, "now": now})


def sell(session: Session, quantities: Mapping[str, int], order_id: str, cart_id: str) -> None:
    """Take counted pieces off the shelf for an order, those promised to its cart first: all of them, or none.

    What was promised to the cart is released whatever comes of it. Raises `InsufficientInventory`, `InvalidQuantity`.
    """
    _demand_available(session, cart_id, quantities, utc_now())
    if not quantities:
        return
    wanted = sorted(quantities.items())
    given = {"variant_ids": [pair[0] for pair in wanted], "quantities": [pair[1] for pair in wanted]}
    session.execute(_TAKE, {**given, "order_id": order_id})


def _demand_available(session: Session, cart_id: str, quantities: Mapping[str, int], now: datetime) -> None:
    """Lock the levels, drop what the cart was promised, and what others were promised for too long if it is needed."""
    for quantity in quantities.values():
        check_movement(quantity)
    levels = queries.lock_levels(session, quantities.keys(), cart_id)
    available = {variant_id: level.available for variant_id, level in levels.items()}
    for variant_id, quantity in session.execute(_DROP_OWN, {"cart_id": cart_id}):
        available[variant_id] += quantity
    short = [variant_id for variant_id, quantity in quantities.items() if quantity > available.get(variant_id, 0)]
    if short:
        for variant_id, quantity in session.execute(_DROP_EXPIRED, {"variant_ids": short, "now": now}):
            available[variant_id] += quantity
    check_available(quantities, available)
