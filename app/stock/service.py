"""Moves and promises pieces; every change of a level is a movement that says why."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Literal

from sqlalchemy import Integer, Text, any_, bindparam, column, delete, func, insert, literal, select, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from app.catalogue.models import ProductVariant
from app.core.audit_log import record_change
from app.core.clock import utc_now
from app.core.db import Base
from app.stock import queries
from app.stock.errors import AlreadyRestocked, UnknownPiece
from app.stock.models import StockLevel, StockMovement, StockReservation
from app.stock.rules import check_available, check_count, check_movement, compute_promise_end, compute_promise_start

_level = Base.metadata.tables[StockLevel.__tablename__]
_reservation = Base.metadata.tables[StockReservation.__tablename__]
_variant = Base.metadata.tables[ProductVariant.__tablename__]
_movement = Base.metadata.tables[StockMovement.__tablename__]
_VARIANTS = bindparam("variant_ids", type_=ARRAY(Text))
_MOVED = (
    func.unnest(_VARIANTS, bindparam("deltas", type_=ARRAY(Integer)))
    .table_valued(column("variant_id", Text), column("delta", Integer), name="moved")
    .render_derived()
)
_WHY = ("reason", "reference", "note", "return_line_id")
# Relative, so that the database's own limit still holds should the lock ever be lost; with the movements that say why.
_MOVE = (
    insert(_movement)
    .from_select(
        ["variant_id", "delta", *_WHY],
        select(_MOVED.c.variant_id, _MOVED.c.delta, *(bindparam(name, type_=Text()) for name in _WHY)),
    )
    .add_cte(
        update(_level)
        .where(_level.c.variant_id == _MOVED.c.variant_id)
        .values(stocked_quantity=_level.c.stocked_quantity + _MOVED.c.delta, updated_at=func.now())
        .cte("changed")
    )
)
# Of each variant that has none yet, in the order in which levels are locked; nobody changed its pieces by that.
_MAKE_LEVELS = (
    postgresql.insert(_level)
    .from_select(
        ["variant_id", "stocked_quantity", "updated_at"],
        select(_variant.c.id, literal(0), _variant.c.updated_at)
        .where(_variant.c.id == any_(_VARIANTS))
        .order_by(_variant.c.id),
    )
    .on_conflict_do_nothing()
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


def receive(
    session: Session, variant_id: str, quantity: int, reference: str | None = None, note: str | None = None
) -> None:
    """Put pieces on the shelf; `reference` says where from (a delivery note, `demo shop`).

    Raises `InvalidQuantity`, `UnknownPiece`.
    """
    receive_all(session, {variant_id: quantity}, reference, note)


def receive_all(
    session: Session, quantities: Mapping[str, int], reference: str | None = None, note: str | None = None
) -> dict[str, int]:
    """The same for a whole delivery, by variant id: all of it, or none; gives the pieces that were there before."""
    levels = lock_stock(session, quantities)
    for variant_id, quantity in quantities.items():
        check_movement(quantity, levels[variant_id].stocked)
    _move(session, quantities, "receipt", reference=reference, note=note)
    _record_levels(session, "stock.receive", levels, quantities)
    return {variant_id: levels[variant_id].stocked for variant_id in quantities}


def restock(session: Session, return_line_id: str, variant_id: str, quantity: int) -> None:
    """Put back on the shelf what one line of a return brought and somebody found saleable: once per line.

    The database sees to it that the line is about this variant and so many pieces. Raises `AlreadyRestocked`,
    `InvalidQuantity`, `UnknownPiece`.
    """
    # One line is of one variant: whoever holds its level is alone with the line too.
    levels = lock_stock(session, {variant_id: quantity})
    if queries.is_restocked(session, return_line_id):
        raise AlreadyRestocked
    check_movement(quantity, levels[variant_id].stocked)
    _move(session, {variant_id: quantity}, "return", return_line_id=return_line_id)
    _record_levels(session, "stock.restock", levels, {variant_id: quantity})


def record_count(session: Session, variant_id: str, counted: int, note: str) -> int:
    """Note how many pieces somebody counted on the shelf: a correction by the difference, which is returned.

    The same count again changes nothing. Raises `InvalidQuantity`, `CountBelowPromises`, `UnknownPiece`.
    """
    return record_counts(session, {variant_id: counted}, note)[variant_id]


def record_counts(
    session: Session, counts: Mapping[str, int], note: str, *, reason: Literal["correction", "import"] = "correction"
) -> dict[str, int]:
    """The same for many variants, by variant id: all of them, or none; `import` where a file or another shop says so.

    A transaction that calls it more than once does so in the order of the ids, or waits for others that do.
    """
    levels = lock_stock(session, counts)
    names: dict[str, str] | None = None
    for variant_id, counted in counts.items():
        if counted < levels[variant_id].reserved:
            names = names or queries.list_names(session, counts)
        check_count((names or {}).get(variant_id, variant_id), counted, levels[variant_id].reserved)
    deltas = {variant_id: counted - levels[variant_id].stocked for variant_id, counted in counts.items()}
    changed = {variant_id: delta for variant_id, delta in deltas.items() if delta}
    _move(session, changed, reason, note=note)
    _record_levels(session, f"stock.{reason}", levels, changed)
    return deltas


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
    _move(session, {variant_id: -quantity for variant_id, quantity in quantities.items()}, "sale", reference=order_id)


def put_back(session: Session, order_id: str, quantities: Mapping[str, int] | None = None) -> dict[str, int]:
    """Put what was sold to an order that is canceled back on the shelf; pieces by variant id, none the second time.

    `quantities`: no more than so many of each variant, where a part of the order never leaves. The caller holds the
    order's lock.
    """
    sold = queries.list_sold(session, order_id)
    if quantities is not None:
        most = {variant_id: min(pieces, quantities.get(variant_id, 0)) for variant_id, pieces in sold.items()}
        sold = {variant_id: pieces for variant_id, pieces in most.items() if pieces}
    queries.lock_levels(session, sold.keys(), "")
    _move(session, sold, "cancellation", reference=order_id)
    return sold


def _move(session: Session, deltas: Mapping[str, int], reason: str, **why: str | None) -> None:
    """Change levels that are locked, each by a movement that says why."""
    if deltas:
        moved = sorted(deltas.items())
        given = {"variant_ids": [pair[0] for pair in moved], "deltas": [pair[1] for pair in moved]}
        session.execute(_MOVE, {**dict.fromkeys(_WHY), **given, "reason": reason, **why})


def lock_stock(session: Session, variant_ids: Collection[str]) -> dict[str, queries.Shelf]:
    """The levels of these variants, made where there was none, locked; what was promised for too long is released."""
    session.execute(_MAKE_LEVELS, {"variant_ids": list(variant_ids)})
    levels = queries.lock_levels(session, variant_ids, "")
    for variant_id in variant_ids:
        if variant_id not in levels:
            raise UnknownPiece(variant_id)
    given = {"variant_ids": list(variant_ids), "now": utc_now()}
    for variant_id, quantity in session.execute(_DROP_EXPIRED, given):
        levels[variant_id] = levels[variant_id]._replace(reserved=levels[variant_id].reserved - quantity)
    return levels


def _record_levels(
    session: Session, action: str, levels: Mapping[str, queries.Shelf], deltas: Mapping[str, int]
) -> None:
    for variant_id, delta in sorted(deltas.items()):
        stocked = levels[variant_id].stocked
        record_change(session, action, variant_id, {"stocked": stocked}, {"stocked": stocked + delta})


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
