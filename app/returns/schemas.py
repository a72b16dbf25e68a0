"""Returns and their reasons on the wire (store-api §8)."""

from pydantic import BaseModel, Field

from app.core.bodies import PageOut
from app.core.db import Json
from app.core.money import WireAmount, to_wire
from app.core.wire import WireInstant
from app.returns.models import OrderReturn, ReturnReason

# Medusa knows a draft, a request, a reception and a cancellation; what we know beside is in fields of our own.
_WIRE_STATUS = {"approved": "requested", "in_transit": "requested", "inspected": "received", "rejected": "canceled"}


class ReturnReasonOut(BaseModel):
    """Why something may be sent back."""

    id: str
    value: str
    label: str
    description: str | None
    parent_return_reason_id: None = None
    return_reason_children: list[Json] = []
    metadata: Json | None
    created_at: WireInstant
    updated_at: WireInstant


class ReturnReasonAnswer(BaseModel):
    """One reason."""

    return_reason: ReturnReasonOut


class ReturnReasonsOut(PageOut):
    """A page of reasons."""

    return_reasons: list[ReturnReasonOut]


class ReturnItemOut(BaseModel):
    """Pieces of one line of the order; `damaged_quantity` came in and cannot be sold again."""

    id: str
    return_id: str
    item_id: str
    quantity: int
    received_quantity: int
    damaged_quantity: int
    reason_id: str | None
    note: str | None
    metadata: Json | None = None


class ReturnShippingOut(BaseModel):
    """The way back and what it costs."""

    id: str
    shipping_option_id: str
    name: str
    amount: WireAmount
    is_tax_inclusive: bool
    data: Json
    tax_lines: list[Json]
    adjustments: list[Json]


class ReturnOut(BaseModel):
    """What somebody wants to send back; how much money goes back is decided once it is here."""

    id: str
    order_id: str
    status: str
    display_id: int
    order_version: int
    exchange_id: None = None
    claim_id: None = None
    location_id: str | None
    refund_amount: WireAmount | None = None
    metadata: Json | None = None
    created_at: WireInstant
    updated_at: WireInstant
    requested_at: WireInstant
    received_at: WireInstant | None
    canceled_at: WireInstant | None
    items: list[ReturnItemOut]
    shipping_methods: list[ReturnShippingOut]


class ReturnAnswer(BaseModel):
    """The envelope; `return` is a word of Python's own."""

    made: ReturnOut = Field(alias="return")


def reason_out(reason: ReturnReason) -> ReturnReasonOut:
    """One reason."""
    return ReturnReasonOut(
        id=reason.id,
        value=reason.value,
        label=reason.label,
        description=reason.description,
        metadata=reason.details,
        created_at=reason.created_at,
        updated_at=reason.updated_at,
    )


def return_out(made: OrderReturn, currency_code: str, location_id: str | None) -> ReturnOut:
    """A return whose lines are loaded."""
    return ReturnOut.model_validate(return_values(made, currency_code, location_id))


def return_values(made: OrderReturn, currency_code: str, location_id: str | None) -> dict[str, object]:
    """What every answer says of a return whose lines are loaded."""
    return {
        "id": made.id,
        "order_id": made.order_id,
        "status": _WIRE_STATUS.get(made.status, made.status),
        "display_id": made.display_id,
        "order_version": 1,
        "location_id": location_id,
        "metadata": made.details,
        "created_at": made.created_at,
        "updated_at": made.updated_at,
        "requested_at": made.created_at,
        "received_at": made.received_at,
        "canceled_at": made.canceled_at or made.rejected_at,
        "items": _items(made),
        "shipping_methods": _shipping(made, currency_code),
    }


def _items(made: OrderReturn) -> list[ReturnItemOut]:
    return [
        ReturnItemOut(
            id=line.id,
            return_id=made.id,
            item_id=line.order_line_id,
            quantity=line.quantity,
            received_quantity=line.received_quantity,
            damaged_quantity=line.dismissed_quantity,
            reason_id=line.reason_id,
            note=line.note,
        )
        for line in made.lines
    ]


def _shipping(made: OrderReturn, currency_code: str) -> list[ReturnShippingOut]:
    if made.shipping_option_id is None:
        return []
    way = ReturnShippingOut(
        id=f"ordsm_{made.id.partition('_')[2]}",
        shipping_option_id=made.shipping_option_id,
        name=made.shipping_name,
        amount=to_wire(made.shipping_amount_cents, currency_code),
        is_tax_inclusive=True,
        data={},
        tax_lines=[],
        adjustments=[],
    )
    return [way]
