"""Stock as Medusa's Admin reads it: an inventory item is a variant whose pieces are counted, at the one location.

Ids are the variant's with another prefix: nothing has to be looked up to find one by the other.
"""

from collections.abc import Iterable

from pydantic import BaseModel

from app.core.bodies import PageOut
from app.core.wire import WireInstant
from app.stock.errors import StockItemNotFound
from app.stock.list_stock import StockItem
from app.stock.models import StockMovement, StockReservation

LOCATION_ID = "sloc_shop"
ITEM_PREFIX, VARIANT_PREFIX = "iitem_", "variant_"
RESERVATION_PREFIX = "resitem_"


class LocationLevelOut(BaseModel):
    """Pieces of an item at the location."""

    id: str
    inventory_item_id: str
    location_id: str = LOCATION_ID
    stocked_quantity: int
    reserved_quantity: int
    available_quantity: int
    incoming_quantity: int = 0
    created_at: WireInstant
    updated_at: WireInstant


class InventoryItemOut(BaseModel):
    """An item with its level."""

    id: str
    sku: str | None
    title: str
    description: str
    thumbnail: str | None
    requires_shipping: bool
    weight: int | None
    variant_id: str
    stocked_quantity: int
    reserved_quantity: int
    location_levels: list[LocationLevelOut]
    created_at: WireInstant
    updated_at: WireInstant


class InventoryItemAnswer(BaseModel):
    """Medusa's envelope."""

    inventory_item: InventoryItemOut


class InventoryItemsAnswer(PageOut):
    """A page of items."""

    inventory_items: list[InventoryItemOut]


class LocationLevelsAnswer(PageOut):
    """The levels of an item: one."""

    inventory_levels: list[LocationLevelOut]


class MovementOut(BaseModel):
    """One change of a level, and who made it."""

    id: int
    inventory_item_id: str
    delta: int
    reason: str
    reference: str | None
    note: str | None
    return_line_id: str | None
    actor: str
    created_at: WireInstant


class MovementsAnswer(PageOut):
    """A page of movements, the newest first."""

    movements: list[MovementOut]


class ReservationOut(BaseModel):
    """Pieces promised to a cart that is being paid, until `expires_at`."""

    id: str
    inventory_item_id: str
    location_id: str = LOCATION_ID
    line_item_id: str | None = None
    quantity: int
    description: str | None = None
    expires_at: WireInstant
    created_at: WireInstant
    updated_at: WireInstant


class ReservationAnswer(BaseModel):
    """Medusa's envelope."""

    reservation: ReservationOut


class ReservationsAnswer(PageOut):
    """A page of promises."""

    reservations: list[ReservationOut]


class StockLocationOut(BaseModel):
    """Where the pieces are: a shop has one place."""

    id: str = LOCATION_ID
    name: str
    address: None = None


class StockLocationAnswer(BaseModel):
    """Medusa's envelope."""

    stock_location: StockLocationOut


class StockLocationsAnswer(PageOut):
    """The one location."""

    stock_locations: list[StockLocationOut]


def item_id_of(variant_id: str) -> str:
    """`iitem_...` of `variant_...`."""
    return ITEM_PREFIX + variant_id.removeprefix(VARIANT_PREFIX)


def list_variant_ids_of(item_ids: Iterable[str]) -> list[str]:
    """The other way; an id that is none of ours is left out."""
    return [VARIANT_PREFIX + each.removeprefix(ITEM_PREFIX) for each in item_ids if each.startswith(ITEM_PREFIX)]


def variant_id_of(item_id: str) -> str:
    """The same for one; raises `StockItemNotFound` for an id that is none of ours."""
    for variant_id in list_variant_ids_of([item_id]):
        return variant_id
    raise StockItemNotFound(item_id)


def reserved_by(reservation_id: str) -> tuple[str, str]:
    """The cart and the variant that an id names; of an id that is none of ours, two that nobody has."""
    cart_id, _, variant_id = reservation_id.removeprefix(RESERVATION_PREFIX).partition(".")
    return cart_id, variant_id


def item_out(item: StockItem) -> InventoryItemOut:
    """One item."""
    return InventoryItemOut(
        id=item_id_of(item.variant_id),
        sku=item.sku,
        title=item.title,
        description=item.product_title,
        thumbnail=item.thumbnail,
        requires_shipping=item.requires_shipping,
        weight=item.weight_grams,
        variant_id=item.variant_id,
        stocked_quantity=item.stocked,
        reserved_quantity=item.reserved,
        location_levels=[level_out(item)],
        created_at=item.created_at,
        updated_at=item.changed_at,
    )


def level_out(item: StockItem) -> LocationLevelOut:
    """Its level."""
    return LocationLevelOut(
        id="ilev_" + item.variant_id.removeprefix(VARIANT_PREFIX),
        inventory_item_id=item_id_of(item.variant_id),
        stocked_quantity=item.stocked,
        reserved_quantity=item.reserved,
        available_quantity=item.stocked - item.reserved,
        created_at=item.created_at,
        updated_at=item.changed_at,
    )


def movement_out(movement: StockMovement) -> MovementOut:
    """One movement."""
    return MovementOut(
        id=movement.id,
        inventory_item_id=item_id_of(movement.variant_id),
        delta=movement.delta,
        reason=movement.reason,
        reference=movement.reference,
        note=movement.note,
        return_line_id=movement.return_line_id,
        actor=movement.actor,
        created_at=movement.created_at,
    )


def reservation_out(promised: StockReservation) -> ReservationOut:
    """One promise."""
    return ReservationOut(
        id=f"{RESERVATION_PREFIX}{promised.cart_id}.{promised.variant_id}",
        inventory_item_id=item_id_of(promised.variant_id),
        quantity=promised.quantity,
        expires_at=promised.expires_at,
        created_at=promised.created_at,
        updated_at=promised.created_at,
    )
