"""The orders of the shop as whoever works here looks for them."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import ColumnElement, SQLColumnExpression, and_, case, false, func, literal, or_, select
from sqlalchemy.orm import Session

from app.orders.models import Order, OrderAddress, OrderLine
from app.orders.queries import list_whole_orders
from app.payments.models import Payment

LARGEST_NUMBER = 2_147_483_647
Comparison = Literal["eq", "gt", "gte", "lt", "lte"]


@dataclass(frozen=True)
class Instant:
    """A bound on when an order was placed or last changed."""

    column: Literal["created_at", "updated_at"]
    comparison: Comparison
    at: datetime


@dataclass(frozen=True)
class OrderSearch:
    """Which orders; empty means no condition. `text` is a number, part of an e-mail, or the beginning of a name."""

    text: str | None = None
    ids: Collection[str] = ()
    statuses: Collection[str] = ()
    customer_ids: Collection[str] = ()
    region_ids: Collection[str] = ()
    channel_ids: Collection[str] = ()
    emails: Collection[str] = ()
    payment_statuses: Collection[str] = ()
    fulfillment_statuses: Collection[str] = ()
    instants: Sequence[Instant] = ()


def list_found_orders(
    session: Session, wanted: OrderSearch, *, limit: int, offset: int, order: str
) -> tuple[list[Order], int]:
    """A page of the orders that are looked for, whole, and how many there are; `order` as in `list_orders`."""
    return list_whole_orders(session, list(_match(wanted)), limit=limit, offset=offset, order=order)


def _match(wanted: OrderSearch) -> Iterator[ColumnElement[bool]]:
    for column, values in (
        (Order.id, wanted.ids),
        (Order.status, wanted.statuses),
        (Order.customer_id, wanted.customer_ids),
        (Order.region_id, wanted.region_ids),
        (Order.sales_channel_id, wanted.channel_ids),
        (func.lower(Order.email), [email.lower() for email in wanted.emails]),
        (_payment_status(), wanted.payment_statuses),
        (_fulfillment_status(), wanted.fulfillment_statuses),
    ):
        if values:
            yield column.in_(values)
    for each in wanted.instants:
        yield _compare(getattr(Order, each.column), each)
    if wanted.text and wanted.text.strip():
        yield _match_text(wanted.text.strip())


def _compare(column: ColumnElement[datetime], bound: Instant) -> ColumnElement[bool]:
    match bound.comparison:
        case "gt":
            return column > bound.at
        case "gte":
            return column >= bound.at
        case "lt":
            return column < bound.at
        case "lte":
            return column <= bound.at
    return column == bound.at


def _match_text(text: str) -> ColumnElement[bool]:
    """`1042`, `#1042`, part of an e-mail, the beginning of a name."""
    number = text.removeprefix("#")
    is_number = number.isascii() and number.isdigit() and int(number) <= LARGEST_NUMBER
    named = select(OrderAddress.id).where(
        or_(
            *(
                column.istartswith(text, autoescape=True)
                for column in (OrderAddress.first_name, OrderAddress.last_name, OrderAddress.company)
            )
        )
    )
    return or_(
        Order.display_id == int(number) if is_number else false(),
        Order.id == text,
        Order.email.icontains(text, autoescape=True),
        Order.shipping_address_id.in_(named),
    )


def _payment_status() -> ColumnElement[str]:
    """`orders.rules:compute_payment_status` in SQL; a test compares the two."""
    paid = Payment.captured_at.is_not(None)

    def add_up(amount: SQLColumnExpression[int]) -> ColumnElement[int]:
        owed = Payment.payment_collection_id == Order.payment_collection_id
        return select(func.coalesce(func.sum(amount), 0)).where(owed).correlate(Order).scalar_subquery()

    authorized, refunded = add_up(Payment.amount_cents), add_up(Payment.refunded_cents)
    captured = add_up(case((paid, Payment.amount_cents), else_=0))
    is_canceled = and_(
        Order.canceled_at.is_not(None),
        or_(Order.paid_at.is_(None), Order.paid_at <= Order.canceled_at),
        Order.status.in_(("canceled", "archived")),
    )
    return case(
        (and_(is_canceled, captured == 0), literal("canceled")),
        (and_(Order.total_cents == 0, captured == 0), literal("captured")),
        (and_(captured > 0, refunded >= captured), literal("refunded")),
        (and_(captured > 0, refunded > 0, captured - refunded < Order.total_cents), literal("partially_refunded")),
        (and_(captured > 0, captured >= Order.total_cents), literal("captured")),
        (captured > 0, literal("partially_captured")),
        (authorized > 0, literal("authorized")),
        else_=literal("not_paid"),
    )


def _fulfillment_status() -> ColumnElement[str]:
    """`orders.rules:compute_fulfillment_status` in SQL; a test compares the two."""

    def add_up(pieces: SQLColumnExpression[int]) -> ColumnElement[int]:
        own = OrderLine.order_id == Order.id
        return select(func.coalesce(func.sum(pieces), 0)).where(own).correlate(Order).scalar_subquery()

    wanted = add_up(OrderLine.quantity)
    steps = (
        ("delivered", add_up(OrderLine.delivered_quantity)),
        ("shipped", add_up(OrderLine.shipped_quantity)),
        ("fulfilled", add_up(OrderLine.fulfilled_quantity)),
    )
    reached = [
        branch
        for name, pieces in steps
        for branch in (
            (and_(pieces > 0, pieces >= wanted), literal(name)),
            (pieces > 0, literal(f"partially_{name}")),
        )
    ]
    return case(*reached, else_=literal("not_fulfilled"))
