"""What people who work here read of stock: pieces per variant that is counted, movements, promises."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from app.catalogue.models import Product, ProductVariant
from app.stock.errors import ReservationNotFound, StockItemNotFound
from app.stock.models import StockLevel, StockMovement, StockReservation

_variant, _product, _level = ProductVariant.__table__.c, Product.__table__.c, StockLevel.__table__.c
_stocked = func.coalesce(_level.stocked_quantity, 0)
_reserved = func.coalesce(_level.reserved_quantity, 0)
_ORDERS = {
    "id": _variant.id,
    "sku": _variant.sku,
    "created_at": _variant.created_at,
    "updated_at": _level.updated_at,
    "stocked_quantity": _stocked,
}


class StockItem(NamedTuple):
    """A variant that is counted, and its pieces; `changed_at` is of the level, the variant's where it has none."""

    variant_id: str
    sku: str | None
    title: str
    product_title: str
    thumbnail: str | None
    requires_shipping: bool
    weight_grams: int | None
    created_at: datetime
    changed_at: datetime
    stocked: int
    reserved: int


@dataclass(frozen=True)
class StockFilter:
    """Which variants: by id, by SKU, by a word in SKU or title, by pieces; nothing given is no condition."""

    variant_ids: Collection[str] | None = None
    skus: Collection[str] | None = None
    text: str | None = None
    order: str = "created_at"


_ITEMS = (
    select(
        _variant.id,
        _variant.sku,
        _variant.title,
        _product.title,
        func.coalesce(_variant.thumbnail, _product.thumbnail),
        _variant.requires_shipping,
        _variant.weight_grams,
        _variant.created_at,
        func.coalesce(_level.updated_at, _variant.updated_at),
        _stocked,
        _reserved,
    )
    .join_from(ProductVariant.__table__, Product.__table__, _product.id == _variant.product_id)
    .outerjoin(StockLevel.__table__, _level.variant_id == _variant.id)
    .where(_variant.manages_stock)
)


def list_stock(session: Session, wanted: StockFilter, *, limit: int, offset: int) -> tuple[list[StockItem], int]:
    """A page of the variants that are counted, and how many match in all."""
    query = _ITEMS.where(*_conditions(wanted))
    count = session.scalar(query.with_only_columns(func.count(), maintain_column_froms=True)) or 0
    first = _ORDERS[wanted.order.removeprefix("-")]
    turned = [each.desc() if wanted.order.startswith("-") else each.asc() for each in (first, _variant.id)]
    return _read(session, query.order_by(*turned).limit(limit).offset(offset)), count


def get_stock(session: Session, variant_id: str) -> StockItem:
    """One of them; raises `StockItemNotFound`."""
    for found in _read(session, _ITEMS.where(_variant.id == variant_id)):
        return found
    raise StockItemNotFound(variant_id)


def list_stock_by_sku(session: Session, skus: Collection[str]) -> dict[str, StockItem]:
    """Those of these SKUs that are counted, by SKU."""
    return {item.sku: item for item in _read(session, _ITEMS.where(_variant.sku.in_(skus))) if item.sku}


def list_movements(
    session: Session, variant_id: str | None, *, limit: int, offset: int
) -> tuple[list[StockMovement], int]:
    """Changes of levels, the newest first, and how many there are; `variant_id` None: of all variants."""
    query = select(StockMovement)
    if variant_id is not None:
        query = query.where(StockMovement.variant_id == variant_id)
    count = session.scalar(query.with_only_columns(func.count(StockMovement.id))) or 0
    return list(session.scalars(query.order_by(StockMovement.id.desc()).limit(limit).offset(offset))), count


def list_reservations(
    session: Session, variant_ids: Collection[str] | None, *, limit: int, offset: int
) -> tuple[list[StockReservation], int]:
    """Pieces promised to carts that are being paid, the newest first, and how many such promises there are."""
    query = select(StockReservation)
    if variant_ids is not None:
        query = query.where(StockReservation.variant_id.in_(variant_ids))
    count = session.scalar(query.with_only_columns(func.count())) or 0
    order = (StockReservation.created_at.desc(), StockReservation.cart_id, StockReservation.variant_id)
    return list(session.scalars(query.order_by(*order).limit(limit).offset(offset))), count


def get_reservation(session: Session, cart_id: str, variant_id: str) -> StockReservation:
    """What of a variant is promised to a cart; raises `ReservationNotFound`."""
    found = session.get(StockReservation, (cart_id, variant_id))
    if found is None:
        raise ReservationNotFound(cart_id, variant_id)
    return found


def _read(session: Session, query: Select[tuple[object, ...]]) -> list[StockItem]:
    return [StockItem._make(row) for row in session.execute(query)]


def _conditions(wanted: StockFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.variant_ids is not None:
        conditions.append(_variant.id.in_(wanted.variant_ids))
    if wanted.skus is not None:
        conditions.append(_variant.sku.in_(wanted.skus))
    for word in (wanted.text or "").split():
        folded = func.comptoir_fold(func.concat_ws(" ", _variant.sku, _variant.title, _product.title))
        conditions.append(func.strpos(folded, func.comptoir_fold(word)) > 0)
    return conditions
