"""Returns as whoever works here reads them: Medusa's keys (store-api §11), and where parcel and money really are."""

from datetime import date

from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from app.admin_api.read_orders import compose_orders
from app.admin_api.shapes_order import OrderOut
from app.admin_api.shapes_stock import LOCATION_ID
from app.core.bodies import PageOut
from app.core.money import WireAmount, to_wire
from app.core.wire import WireInstant
from app.orders.models import Order
from app.orders.queries import get_order, list_orders_by_id
from app.refunds.list_deadlines import RefundDeadline
from app.refunds.queries import sum_up_returns
from app.refunds.rules import ReturnMoney, compute_return_standing
from app.returns.models import OrderReturn
from app.returns.schemas import ReturnItemOut, ReturnOut, return_values


class AdminReturnItemOut(ReturnItemOut):
    """And what a reception that is under way has counted."""

    counted_quantity: int
    counted_damaged_quantity: int


class AdminReturnOut(ReturnOut):
    """`refund_amount` is what went back or is promised; `standing` is one word for parcel and money together."""

    items: list[AdminReturnItemOut]  # type: ignore[assignment]
    standing: str
    parcel_status: str
    refund_status: str
    is_withdrawal: bool
    note: str | None
    proof_of_dispatch: str | None
    rejection: str | None
    approved_at: WireInstant | None
    dispatched_at: WireInstant | None
    receiving_at: WireInstant | None
    inspected_at: WireInstant | None
    rejected_at: WireInstant | None


class ReturnAnswer(BaseModel):
    """The envelope; `return` is a word of Python's own."""

    found: AdminReturnOut = Field(alias="return")


class ReturnOrderAnswer(ReturnAnswer):
    """With the order, at the beginning of a request or a reception."""

    order: OrderOut


class ReturnPreviewAnswer(ReturnAnswer):
    """With the order as it is after the step."""

    order_preview: OrderOut


class ReturnsAnswer(PageOut):
    """A page of returns."""

    returns: list[AdminReturnOut]


class DeadlineOut(BaseModel):
    """Money that a withdrawal makes due; days are Paris's. `surcharge_amount` is what the law adds to a late refund."""

    order_id: str
    display_id: int
    return_id: str | None
    status: str
    declared_on: date
    send_back_by: date | None
    unlocked_on: date | None
    due_on: date | None
    amount: WireAmount
    currency_code: str
    days_late: int
    surcharge: str
    surcharge_percent: int
    surcharge_amount: WireAmount


class DeadlinesAnswer(BaseModel):
    """The most urgent first."""

    deadlines: list[DeadlineOut]


def compose_returns(session: Session, returns: list[OrderReturn]) -> list[AdminReturnOut]:
    """As many returns as wanted, their lines loaded, with the same few statements."""
    money = sum_up_returns(session, [each.id for each in returns])
    orders = {order.id: order for order in list_orders_by_id(session, [each.order_id for each in returns])}
    return [_return_out(each, orders[each.order_id], money[each.id]) for each in returns]


def read_order_out(session: Session, order_id: str) -> OrderOut:
    """The order of a return, as it is now."""
    (shown,) = compose_orders(session, [get_order(session, order_id)])
    return shown


def deadline_out(found: RefundDeadline) -> DeadlineOut:
    """One row of what must be refunded."""
    return DeadlineOut(
        order_id=found.order_id,
        display_id=found.display_id,
        return_id=found.return_id,
        status=found.status,
        declared_on=found.declared_on,
        send_back_by=found.send_by,
        unlocked_on=found.unlocked_on,
        due_on=found.due_on,
        amount=to_wire(found.due_cents, found.currency_code),
        currency_code=found.currency_code,
        days_late=found.surcharge.days_late,
        surcharge=found.surcharge.kind,
        surcharge_percent=found.surcharge.percent,
        surcharge_amount=to_wire(found.surcharge.amount_cents, found.currency_code),
    )


def _return_out(found: OrderReturn, order: Order, money: ReturnMoney) -> AdminReturnOut:
    given_cents = money.refunded_cents + money.promised_cents
    names = (
        "is_withdrawal", "note", "proof_of_dispatch", "rejection", "approved_at", "dispatched_at", "receiving_at",
        "inspected_at", "rejected_at",
    )  # fmt: skip
    counted = {line.id: (line.counted_quantity, line.counted_dismissed_quantity) for line in found.lines}
    values = return_values(found, order.currency_code, LOCATION_ID)
    items = [
        AdminReturnItemOut(
            **item.model_dump(), counted_quantity=counted[item.id][0], counted_damaged_quantity=counted[item.id][1]
        )
        for item in _items_of(values)
    ]
    return AdminReturnOut.model_validate(
        {
            **values,
            **{name: getattr(found, name) for name in names},
            "items": items,
            "refund_amount": to_wire(given_cents, order.currency_code) if given_cents else None,
            "standing": compute_return_standing(found.status, money),
            "parcel_status": found.status,
            "refund_status": money.word,
        }
    )


def _items_of(values: dict[str, object]) -> list[ReturnItemOut]:
    items = values["items"]
    return [item for item in items if isinstance(item, ReturnItemOut)] if isinstance(items, list) else []
