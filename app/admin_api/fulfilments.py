"""`/admin/orders/:id/fulfillments`: parcels that are packed, leave, arrive, or are called off.

Source: store-api §11, decision 0032.
"""

from collections.abc import Sequence
from typing import Annotated

from fastapi import Query, Response

from app.admin_api.access import IfMatchDep, writing_router
from app.admin_api.orders import answer_order
from app.admin_api.schemas import AdminQuery, PathId
from app.admin_api.schemas_order import DeliveryBody, FulfilmentBody, LabelBody, PiecesBody, ShipmentBody
from app.admin_api.shapes_order import OrderAnswer
from app.admin_api.shapes_stock import LOCATION_ID
from app.core.api_document import refusing
from app.core.db import SessionDep
from app.core.versions import ChangedMeanwhile
from app.fulfilment.rules import Packed
from app.fulfilment.service import (
    Label,
    Shipment,
    cancel_fulfilment,
    create_fulfilment,
    mark_delivered,
    mark_shipped,
)
from app.stock.errors import StockLocationNotFound

router = writing_router()
Fields = Annotated[AdminQuery, Query()]


@router.post("/orders/{order_id}/fulfillments", response_model=OrderAnswer, responses=refusing(ChangedMeanwhile))
def pack(session: SessionDep, order_id: PathId, query: Fields, body: FulfilmentBody, if_match: IfMatchDep) -> Response:
    """Pack pieces of a paid order into a parcel."""
    if body.location_id not in (None, LOCATION_ID):
        raise StockLocationNotFound(str(body.location_id))
    packed = [Packed(each.id, each.quantity) for each in body.items]
    create_fulfilment(session, order_id, packed, location_id=body.location_id, details=body.metadata, if_match=if_match)
    return answer_order(session, order_id, query)


@router.post(
    "/orders/{order_id}/fulfillments/{fulfillment_id}/shipments",
    response_model=OrderAnswer,
    responses=refusing(ChangedMeanwhile),
)
def ship(
    session: SessionDep,
    order_id: PathId,
    fulfillment_id: PathId,
    query: Fields,
    body: ShipmentBody,
    if_match: IfMatchDep,
) -> Response:
    """The parcel left, its customer is told once. Of one that has left, how it is followed is corrected."""
    shipment = Shipment(
        labels=[_label(label) for label in body.labels],
        pieces=_pieces(body.items) if body.items is not None else None,
        tells_customer=not body.no_notification,
    )
    mark_shipped(session, order_id, fulfillment_id, shipment, if_match)
    return answer_order(session, order_id, query)


@router.post(
    "/orders/{order_id}/fulfillments/{fulfillment_id}/mark-as-delivered",
    response_model=OrderAnswer,
    responses=refusing(ChangedMeanwhile),
)
def deliver(
    session: SessionDep,
    order_id: PathId,
    fulfillment_id: PathId,
    query: Fields,
    if_match: IfMatchDep,
    body: DeliveryBody | None = None,
) -> Response:
    """The customer has it. Repeating it changes nothing."""
    mark_delivered(session, order_id, fulfillment_id, body.delivered_at if body else None, if_match)
    return answer_order(session, order_id, query)


@router.post(
    "/orders/{order_id}/fulfillments/{fulfillment_id}/cancel",
    response_model=OrderAnswer,
    responses=refusing(ChangedMeanwhile),
)
def cancel(
    session: SessionDep, order_id: PathId, fulfillment_id: PathId, query: Fields, if_match: IfMatchDep
) -> Response:
    """Unpack what has not left. Repeating it changes nothing."""
    cancel_fulfilment(session, order_id, fulfillment_id, if_match)
    return answer_order(session, order_id, query)


def _pieces(items: Sequence[PiecesBody]) -> dict[str, int]:
    pieces: dict[str, int] = {}
    for each in items:
        pieces[each.id] = pieces.get(each.id, 0) + each.quantity
    return pieces


def _label(body: LabelBody) -> Label:
    return Label(body.tracking_number, body.tracking_url or None, body.label_url or None, body.carrier or None)
