"""`/admin/reservations`: pieces promised to carts that are being paid. Read only: a promise ends by itself."""

from typing import Annotated

from fastapi import Depends, Path
from pydantic import Field

from app.admin_api.access import reading_router
from app.admin_api.schemas import AdminPageQuery
from app.admin_api.shapes_stock import (
    ReservationAnswer,
    ReservationsAnswer,
    list_variant_ids_of,
    reservation_out,
    reserved_by,
)
from app.core.bodies import LONGEST_ID, Ids
from app.core.db import SessionDep
from app.core.query import describe_query, query_of
from app.stock.list_stock import get_reservation, list_reservations

reading = reading_router()
# Of a cart and a variant.
ReservationId = Annotated[str, Path(max_length=3 * LONGEST_ID)]


class ReservationsQuery(AdminPageQuery):
    """Which promises."""

    inventory_item_id: Ids = Field(default=[])


@reading.get("/reservations", response_model=ReservationsAnswer, openapi_extra=describe_query(ReservationsQuery))
def list_promises(
    session: SessionDep, query: Annotated[ReservationsQuery, Depends(query_of(ReservationsQuery))]
) -> ReservationsAnswer:
    """The newest first."""
    wanted = list_variant_ids_of(query.inventory_item_id) if query.inventory_item_id else None
    found, count = list_reservations(session, wanted, limit=query.limit, offset=query.offset)
    shown = [reservation_out(promised) for promised in found]
    return ReservationsAnswer(reservations=shown, count=count, offset=query.offset, limit=query.limit)


@reading.get("/reservations/{reservation_id}")
def show_promise(session: SessionDep, reservation_id: ReservationId) -> ReservationAnswer:
    """One of them."""
    return ReservationAnswer(reservation=reservation_out(get_reservation(session, *reserved_by(reservation_id))))
