"""Writes down what somebody wants to send back. Nothing is received and no money moves here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.core.audit_log import record_change
from app.core.clock import utc_now
from app.core.db import Json
from app.core.ids import new_id
from app.core.money import to_wire
from app.core.versions import check_unchanged
from app.orders.models import Order, OrderAddress, OrderLine
from app.orders.queries import get_order_row, list_goods, lock_lines, lock_order_row
from app.returns.errors import ReturnReasonTaken, ReturnReasonUsed, UnfitReturnShipping
from app.returns.models import OrderReturn, ReturnLine, ReturnReason
from app.returns.queries import find_withdrawal_end, get_reason, is_reason_used, list_known_reasons, lock_reason
from app.returns.rules import (
    AskedLine,
    check_pieces,
    check_reasons,
    check_requester,
    check_unmixed,
    decide_is_withdrawal,
)
from app.shipping.rules import Place
from app.shipping.service import Offer, Parcel, find_offer
from app.shop.rules import compute_business_day


@dataclass(frozen=True)
class Requester:
    """Who asks: a customer who is logged in, or somebody who types the order's e-mail."""

    customer_id: str | None = None
    email: str | None = None


@dataclass(frozen=True)
class NewReturn:
    """What is to come back, and how; `price` is what the caller believes the way back costs, in currency units."""

    order_id: str
    lines: Sequence[AskedLine]
    shipping_option_id: str
    price: Decimal | None = None
    note: str | None = None


def create_return(session: Session, new: NewReturn, requester: Requester) -> OrderReturn:
    """Write the return down; its pieces count as asked back from now on.

    Within the days of the law it is a withdrawal, later a wish that the shop may grant. Raises `OrderNotFound`,
    whatever `check_pieces`, `check_reasons` and `check_unmixed` refuse, `UnfitReturnShipping`.
    """
    order = _open_order(session, new.order_id, requester)
    lines = lock_lines(session, order.id)
    check_asked(session, order.id, new.lines, lines)
    offer = get_way_back(session, order, new.lines, new.shipping_option_id, new.price, lines)
    made = OrderReturn(
        id=new_id("return"),
        order_id=order.id,
        note=new.note,
        is_withdrawal=is_asked_in_time(session, order, new.lines, lines),
        shipping_option_id=offer.option.id,
        shipping_name=offer.option.name,
        shipping_amount_cents=offer.amount_cents,
        lines=[write_line(asked) for asked in new.lines],
    )
    session.add(made)
    ask_back(session, new.lines)
    session.flush()  # the answer shows the number that the database gave
    return made


def check_asked(session: Session, order_id: str, asked: Sequence[AskedLine], lines: Mapping[str, OrderLine]) -> None:
    """These pieces of an order whose lines are locked may be asked back, for these reasons.

    Source: runbook S0-089. Raises what `check_pieces` and `check_reasons` refuse.
    """
    check_pieces(order_id, asked, {line.id: line.returnable_quantity for line in lines.values()})
    check_reasons(asked, list_known_reasons(session, {line.reason_id for line in asked if line.reason_id}))


def is_asked_in_time(
    session: Session, order: Order, asked: Sequence[AskedLine], lines: Mapping[str, OrderLine]
) -> bool:
    """Whether sending these pieces back today is the customer's right. Raises `ReturnMixed`."""
    reasons = {lines[each.line_id].withdrawal_excluded_reason for each in asked}
    end_on, today = find_withdrawal_end(session, order), compute_business_day(utc_now())
    check_unmixed(end_on, today, reasons)
    return decide_is_withdrawal(end_on, today, [reason for reason in reasons if reason is not None])


def ask_back(session: Session, asked: Sequence[AskedLine]) -> None:
    """One statement a line: its own CHECK refuses more than was sent, whoever else commits at the same time."""
    for each in sorted(asked, key=lambda each: each.line_id):
        raised = OrderLine.return_requested_quantity + each.quantity
        session.execute(update(OrderLine).where(OrderLine.id == each.line_id).values(return_requested_quantity=raised))


def write_line(asked: AskedLine) -> ReturnLine:
    """The row of these pieces, nothing of which is here yet."""
    return ReturnLine(
        id=new_id("retitem"),
        order_line_id=asked.line_id,
        reason_id=asked.reason_id,
        quantity=asked.quantity,
        note=asked.note,
    )


def get_way_back(
    session: Session,
    order: Order,
    asked: Sequence[AskedLine],
    option_id: str,
    price: Decimal | None,
    lines: Mapping[str, OrderLine],
) -> Offer:
    """The option at its own price: what the caller says it costs must be the same. Raises `UnfitReturnShipping`."""
    goods = list_goods(session, [order.id])
    weight_grams = sum(
        each.quantity * (goods[each.line_id][0].weight_grams or goods[each.line_id][1].weight_grams or 0)
        for each in asked
    )
    worth_cents = sum(each.quantity * lines[each.line_id].unit_price_cents for each in asked)
    parcel = Parcel(order.region_id, worth_cents, weight_grams, _place_of(session, order))
    offer = find_offer(session, option_id, parcel, is_return=True)
    if offer is None or (price is not None and price != to_wire(offer.amount_cents, order.currency_code)):
        raise UnfitReturnShipping
    return offer


def create_reason(
    session: Session, value: str, label: str, description: str | None = None, details: Json | None = None
) -> ReturnReason:
    """One more reason that people may choose. Raises `ReturnReasonTaken`."""
    reason_id = new_id("rr")
    row = insert(ReturnReason).values(id=reason_id, value=value, label=label, description=description)
    once = row.on_conflict_do_nothing(index_elements=[ReturnReason.value]).returning(ReturnReason.id)
    if session.execute(once).scalar_one_or_none() is None:
        raise ReturnReasonTaken(value)
    made = get_reason(session, reason_id)
    made.details = details
    record_change(session, "return_reason.create", made.id, {}, _describe_reason(made))
    return made


def update_reason(
    session: Session, reason_id: str, changes: Mapping[str, object], if_match: str | None = None
) -> ReturnReason:
    """Other words for a reason; what is absent stays.

    Raises `ReturnReasonNotFound`, `ChangedMeanwhile`, `ReturnReasonTaken`.
    """
    reason = lock_reason(session, reason_id)
    check_unchanged(if_match, reason.updated_at)
    before = _describe_reason(reason)
    for name, value in changes.items():
        setattr(reason, name, value)
    reason.updated_at = utc_now()
    try:
        with session.begin_nested():
            session.flush()  # the word may be another reason's
    except IntegrityError as exc:
        raise ReturnReasonTaken(str(changes.get("value"))) from exc
    record_change(session, "return_reason.update", reason.id, before, _describe_reason(reason))
    return reason


def delete_reason(session: Session, reason_id: str) -> None:
    """A reason that no return has. Raises `ReturnReasonNotFound`, `ReturnReasonUsed`."""
    reason = lock_reason(session, reason_id)
    if is_reason_used(session, reason_id):
        raise ReturnReasonUsed
    record_change(session, "return_reason.delete", reason.id, _describe_reason(reason), {})
    session.delete(reason)


def _describe_reason(reason: ReturnReason) -> dict[str, object]:
    return {"value": reason.value, "label": reason.label, "description": reason.description}


def _open_order(session: Session, order_id: str, requester: Requester) -> Order:
    order = get_order_row(session, order_id)
    check_requester(
        order_id,
        is_owner=order.customer_id is not None and order.customer_id == requester.customer_id,
        is_email_right=order.email is not None and order.email == (requester.email or "").lower(),
        created_at=order.created_at,
        now=utc_now(),
    )
    return lock_order_row(session, order.id)


def _place_of(session: Session, order: Order) -> Place:
    address = session.get(OrderAddress, order.shipping_address_id) if order.shipping_address_id else None
    return Place(address.country_code, address.province, address.postal_code) if address else Place()
