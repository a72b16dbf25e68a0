"""Reads of stock, and the one place that locks it."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Text, any_, bindparam, exists, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from app.catalogue.models import ProductVariant
from app.stock.models import StockLevel, StockMovement, StockReservation

_level = StockLevel.__table__.c
_reserved = StockReservation.__table__.c
_VARIANTS = bindparam("variant_ids", type_=ARRAY(Text))

_AVAILABLE = select(_level.variant_id, _level.stocked_quantity - _level.reserved_quantity).where(
    _level.variant_id == any_(_VARIANTS)
)
_PROMISED_TO_OTHERS = (
    select(func.coalesce(func.sum(_reserved.quantity), 0))
    .where(
        _reserved.variant_id == _level.variant_id,
        _reserved.cart_id != bindparam("cart_id"),
        _reserved.expires_at > bindparam("now"),
    )
    .scalar_subquery()
)
_AVAILABLE_TO = (
    select(ProductVariant.id, func.coalesce(_level.stocked_quantity - _PROMISED_TO_OTHERS, 0))
    .join_from(ProductVariant, StockLevel, _level.variant_id == ProductVariant.id, isouter=True)
    .where(ProductVariant.id == any_(_VARIANTS), ProductVariant.manages_stock)
)

_OWN = func.array(select(_reserved.variant_id).where(_reserved.cart_id == bindparam("cart_id")).scalar_subquery())
_LOCKED = (
    select(_level.variant_id, _level.stocked_quantity, _level.reserved_quantity)
    .where(_level.variant_id == any_(_VARIANTS.op("||")(_OWN)))
    .order_by(_level.variant_id)
    .with_for_update()
)
_LOCKED_OF_EXPIRED = (
    select(_level.variant_id)
    .where(_level.variant_id.in_(select(_reserved.variant_id).where(_reserved.expires_at <= bindparam("now"))))
    .order_by(_level.variant_id)
    .with_for_update()
)


class Shelf(NamedTuple):
    """A locked level: pieces that are there, and how many of them are promised."""

    stocked: int
    reserved: int

    @property
    def available(self) -> int:
        """Pieces that are promised to nobody."""
        return self.stocked - self.reserved


def list_available(session: Session, variant_ids: Collection[str]) -> dict[str, int]:
    """Pieces that can be sold, by variant id; a variant that was never received is absent."""
    if not variant_ids:
        return {}
    return dict(session.execute(_AVAILABLE, {"variant_ids": list(variant_ids)}).all())


def list_available_to(session: Session, cart_id: str, variant_ids: Collection[str], now: datetime) -> dict[str, int]:
    """Pieces that this cart could have, of each variant that is counted.

    Its own reservation and expired ones of others do not stand in its way.
    """
    if not variant_ids:
        return {}
    given = {"variant_ids": list(variant_ids), "cart_id": cart_id, "now": now}
    return dict(session.execute(_AVAILABLE_TO, given).all())


def list_reserved(session: Session, cart_id: str) -> dict[str, int]:
    """Pieces promised to a cart, by variant id."""
    query = select(_reserved.variant_id, _reserved.quantity).where(_reserved.cart_id == cart_id)
    return dict(session.execute(query).all())


def lock_levels(session: Session, variant_ids: Collection[str], cart_id: str) -> dict[str, Shelf]:
    """The levels of these variants and of what is promised to the cart, locked: the only lock on stock.

    Always in the order of the ids, so that two buyers never wait for each other; for 3 s at most.
    """
    found = session.execute(_LOCKED, {"variant_ids": list(variant_ids), "cart_id": cart_id})
    return {variant_id: Shelf(stocked, reserved) for variant_id, stocked, reserved in found}


def lock_levels_of_expired(session: Session, now: datetime) -> list[str]:
    """The variants of which something was promised until now, their levels locked in the same order."""
    return list(session.scalars(_LOCKED_OF_EXPIRED, {"now": now}))


def is_restocked(session: Session, return_line_id: str) -> bool:
    """Whether what a line of a return brought is on the shelf already."""
    return session.scalar(select(exists().where(StockMovement.return_line_id == return_line_id))) or False


def list_sold(session: Session, order_id: str) -> dict[str, int]:
    """Pieces that were sold to an order and not put back since, by variant id."""
    sold = -func.sum(StockMovement.delta)
    moved = select(StockMovement.variant_id, sold).where(
        StockMovement.reference == order_id, StockMovement.reason.in_(("sale", "cancellation"))
    )
    found = session.execute(moved.group_by(StockMovement.variant_id).having(sold > 0))
    return {variant_id: int(pieces) for variant_id, pieces in found}


def list_names(session: Session, variant_ids: Collection[str]) -> dict[str, str]:
    """What people call these variants: the SKU, or the id."""
    query = select(ProductVariant.id, func.coalesce(ProductVariant.sku, ProductVariant.id))
    return dict(session.execute(query.where(ProductVariant.id.in_(variant_ids))).all())
