"""`/admin/inventory-items`: how many pieces there are. A delivery is added, a count is absolute; both are movements.

Source: store-api §11, decision 0028.
"""

from typing import Annotated, Literal

from fastapi import Depends, Response
from pydantic import Field, StringConstraints

from app.admin_api.access import IfMatchDep, reading_router, writing_router
from app.admin_api.schemas import AdminPageQuery, AdminQuery, PathId
from app.admin_api.shapes_stock import (
    LOCATION_ID,
    InventoryItemAnswer,
    InventoryItemsAnswer,
    LocationLevelsAnswer,
    MovementsAnswer,
    item_out,
    level_out,
    list_variant_ids_of,
    movement_out,
    variant_id_of,
)
from app.core.api_document import refusing
from app.core.bodies import Body, Ids, Line
from app.core.db import SessionDep
from app.core.fields import answer, answer_page, parse_fields
from app.core.query import describe_query, query_of
from app.core.versions import ChangedMeanwhile, check_unchanged, etag_of
from app.stock.errors import CountBelowPromises, StockLocationNotFound
from app.stock.list_stock import StockFilter, get_stock, list_movements, list_stock
from app.stock.rules import LARGEST_LEVEL, LARGEST_MOVEMENT
from app.stock.service import lock_stock, receive, record_count

reading = reading_router()
writing = writing_router()

Skus = Annotated[list[Line], Field(max_length=200)]
Note = Annotated[str, StringConstraints(min_length=1, max_length=1_000, strip_whitespace=True)]
DEFAULT_LIMIT = 20
COUNTED_HERE = "Admin API"
Order = Literal[
    "id", "sku", "created_at", "updated_at", "stocked_quantity",
    "-id", "-sku", "-created_at", "-updated_at", "-stocked_quantity",
]  # fmt: skip


class ItemsQuery(AdminPageQuery):
    """Which items."""

    limit: Annotated[int, Field(ge=0, le=1_000)] = DEFAULT_LIMIT
    id: Ids = Field(default=[])
    sku: Skus = Field(default=[])
    order: Order = "created_at"


class CountBody(Body):
    """Medusa's keys: how many there are; pieces that are on their way are not kept. And ours: why."""

    stocked_quantity: Annotated[int, Field(ge=0, le=LARGEST_LEVEL)]
    incoming_quantity: Literal[0] | None = None
    note: Note | None = None


class DeliveryBody(Body):
    """So many pieces more."""

    quantity: Annotated[int, Field(ge=1, le=LARGEST_MOVEMENT)]
    reference: Line | None = None
    note: Note | None = None


@reading.get("/inventory-items", response_model=InventoryItemsAnswer, openapi_extra=describe_query(ItemsQuery))
def list_items(session: SessionDep, query: Annotated[ItemsQuery, Depends(query_of(ItemsQuery))]) -> Response:
    """The variants whose pieces are counted."""
    wanted = StockFilter(
        variant_ids=list_variant_ids_of(query.id) if query.id else None,
        skus=query.sku or None,
        text=query.q,
        order=query.order,
    )
    found, count = list_stock(session, wanted, limit=query.limit, offset=query.offset)
    shown = [item_out(item) for item in found]
    tree = parse_fields(query.fields)
    return answer_page("inventory_items", shown, tree, count=count, offset=query.offset, limit=query.limit)


@reading.get("/inventory-items/{item_id}", response_model=InventoryItemAnswer, openapi_extra=describe_query(AdminQuery))
def show_item(
    session: SessionDep, item_id: PathId, query: Annotated[AdminQuery, Depends(query_of(AdminQuery))]
) -> Response:
    """One of them; the version is that of its level."""
    return _answer(session, variant_id_of(item_id), query.fields)


@reading.get("/inventory-items/{item_id}/location-levels")
def list_levels(session: SessionDep, item_id: PathId) -> LocationLevelsAnswer:
    """Its level: there is one location."""
    item = get_stock(session, variant_id_of(item_id))
    return LocationLevelsAnswer(inventory_levels=[level_out(item)], count=1, offset=0, limit=1)


@reading.get(
    "/inventory-items/{item_id}/movements",
    response_model=MovementsAnswer,
    openapi_extra=describe_query(AdminPageQuery),
)
def list_changes(
    session: SessionDep, item_id: PathId, query: Annotated[AdminPageQuery, Depends(query_of(AdminPageQuery))]
) -> MovementsAnswer:
    """Every change of its level, the newest first: what came, what was sold, what was counted, and by whom."""
    item = get_stock(session, variant_id_of(item_id))
    found, count = list_movements(session, item.variant_id, limit=query.limit, offset=query.offset)
    shown = [movement_out(movement) for movement in found]
    return MovementsAnswer(movements=shown, count=count, offset=query.offset, limit=query.limit)


@writing.post(
    "/inventory-items/{item_id}/location-levels/{location_id}",
    response_model=InventoryItemAnswer,
    responses=refusing(CountBelowPromises, ChangedMeanwhile),
)
def count_pieces(
    session: SessionDep, item_id: PathId, location_id: PathId, body: CountBody, if_match: IfMatchDep
) -> Response:
    """Say how many pieces there are: the difference is a correction. The same count again changes nothing."""
    if location_id != LOCATION_ID:
        raise StockLocationNotFound(location_id)
    variant_id = get_stock(session, variant_id_of(item_id)).variant_id
    lock_stock(session, [variant_id])
    check_unchanged(if_match, get_stock(session, variant_id).changed_at)
    record_count(session, variant_id, body.stocked_quantity, body.note or COUNTED_HERE)
    return _answer(session, variant_id)


@writing.post("/inventory-items/{item_id}/receive", response_model=InventoryItemAnswer)
def receive_pieces(session: SessionDep, item_id: PathId, body: DeliveryBody) -> Response:
    """Add pieces that were delivered to what is there by then. Ours: Medusa knows absolute counts only."""
    variant_id = get_stock(session, variant_id_of(item_id)).variant_id
    receive(session, variant_id, body.quantity, body.reference, body.note)
    return _answer(session, variant_id)


def _answer(session: SessionDep, variant_id: str, fields: str | None = None) -> Response:
    item = get_stock(session, variant_id)
    shown = answer("inventory_item", item_out(item), parse_fields(fields))
    shown.headers["etag"] = etag_of(item.changed_at)
    return shown
