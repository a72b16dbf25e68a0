"""Parcels on the wire, as both of Medusa's APIs show them (store-api §8, §11)."""

from pydantic import BaseModel

from app.core.db import Json
from app.core.wire import WireInstant
from app.fulfilment.models import Fulfilment, FulfilmentLabel, FulfilmentLine
from app.shipping.schemas import PROVIDER


class FulfilmentLineOut(BaseModel):
    """Pieces of one line of the order."""

    id: str
    title: str
    quantity: int
    sku: str | None
    barcode: str | None
    line_item_id: str
    inventory_item_id: str | None
    fulfillment_id: str


class FulfilmentLabelOut(BaseModel):
    """How the parcel is followed; beside Medusa's keys, who carries it."""

    id: str
    tracking_number: str
    tracking_url: str
    label_url: str
    carrier: str | None
    fulfillment_id: str


class FulfilmentOut(BaseModel):
    """One parcel; Medusa calls packing a fulfillment."""

    id: str
    location_id: str | None
    provider_id: str
    requires_shipping: bool
    packed_at: WireInstant
    shipped_at: WireInstant | None
    delivered_at: WireInstant | None
    canceled_at: WireInstant | None
    created_by: str | None
    data: Json
    metadata: Json | None
    created_at: WireInstant
    updated_at: WireInstant
    items: list[FulfilmentLineOut]
    labels: list[FulfilmentLabelOut]


def fulfilment_out(parcel: Fulfilment, *, is_whole: bool = True) -> FulfilmentOut:
    """A parcel whose lines and labels are loaded; not whole: without who packed it, and how it is followed."""
    return FulfilmentOut(
        id=parcel.id,
        location_id=parcel.location_id if is_whole else None,
        provider_id=PROVIDER,
        requires_shipping=any(line.sold.requires_shipping for line in parcel.lines),
        packed_at=parcel.created_at,
        shipped_at=parcel.shipped_at,
        delivered_at=parcel.delivered_at,
        canceled_at=parcel.canceled_at,
        created_by=parcel.created_by if is_whole else None,
        data={},
        metadata=parcel.details if is_whole else None,
        created_at=parcel.created_at,
        updated_at=parcel.updated_at,
        items=[_line(line) for line in parcel.lines],
        labels=[_label(label) for label in parcel.labels] if is_whole else [],
    )


def _line(line: FulfilmentLine) -> FulfilmentLineOut:
    return FulfilmentLineOut(
        id=line.id,
        title=line.sold.product_title,
        quantity=line.quantity,
        sku=line.sold.variant_sku,
        barcode=None,
        line_item_id=line.order_line_id,
        inventory_item_id=None,
        fulfillment_id=line.fulfilment_id,
    )


def _label(label: FulfilmentLabel) -> FulfilmentLabelOut:
    return FulfilmentLabelOut(
        id=label.id,
        tracking_number=label.tracking_number,
        tracking_url=label.tracking_url or "",
        label_url=label.label_url or "",
        carrier=label.carrier,
        fulfillment_id=label.fulfilment_id,
    )
