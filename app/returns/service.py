"""Writes down what somebody wants to send back. Nothing is received and no money moves here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.core.clock import utc_now
from app.core.ids import new_id
from app.core.money import to_wire
from app.orders.models import Order, OrderAddress, OrderLine
from app.orders.queries import get_order_row, list_goods, lock_lines
from app.returns.errors import UnfitReturnShipping
from app.returns.models import OrderReturn, ReturnLine, ReturnReason
from app.returns.queries import list_known_reasons
from app.returns.rules import AskedLine, check_pieces, check_reasons, check_requester
from app.shipping.rules import Place
from app.shipping.service import Offer, Parcel, find_offer


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

    Raises `OrderNotFound`, whatever `check_pieces` and `check_reasons` refuse, `UnfitReturnShipping`.
    """
    order = _open_order(session, new.order_id, requester)
    lines = lock_lines(session, order.id)
    check_pieces(order.id, new.lines, {line.id: line.returnable_quantity for line in lines.values()})
    check_reasons(new.lines, list_known_reasons(session, {line.reason_id for line in new.lines if line.reason_id}))
    offer = _get_way_back(session, order, new, lines)
    for asked in new.lines:
        _ask_back(session, asked)
    made = OrderReturn(
        id=new_id("return"),
        order_id=order.id,
        note=new.note,
        shipping_option_id=offer.option.id,
        shipping_name=offer.option.name,
        shipping_amount_cents=offer.amount_cents,
        lines=[_line(asked) for asked in new.lines],
    )
    session.add(made)
    session.flush()  # the answer shows the number that the database gave
    return made


def create_reason(session: Session, value: str, label: str, description: str | None = None) -> ReturnReason:
    """One more reason that people may choose."""
    reason = ReturnReason(id=new_id("rr"), value=value, label=label, description=description)
    session.add(reason)
    session.flush()  # the caller names it
    return reason


def _open_order(session: Session, order_id: str, requester: Requester) -> Order:
    order = get_order_row(session, order_id)
    check_requester(
        order_id,
        is_owner=order.customer_id is not None and order.customer_id == requester.customer_id,
        is_email_right=order.email is not None and order.email == (requester.email or "").lower(),
        created_at=order.created_at,
        now=utc_now(),
    )
    return order


def _get_way_back(session: Session, order: Order, new: NewReturn, lines: Mapping[str, OrderLine]) -> Offer:
    """The option at its own price: what the caller says it costs must be the same."""
    goods = list_goods(session, [order.id])
    weight_grams = sum(
        asked.quantity * (goods[asked.line_id][0].weight_grams or goods[asked.line_id][1].weight_grams or 0)
        for asked in new.lines
    )
    worth_cents = sum(asked.quantity * lines[asked.line_id].unit_price_cents for asked in new.lines)
    parcel = Parcel(order.region_id, worth_cents, weight_grams, _place_of(session, order))
    offer = find_offer(session, new.shipping_option_id, parcel, is_return=True)
    if offer is None or (new.price is not None and new.price != to_wire(offer.amount_cents, order.currency_code)):
        raise UnfitReturnShipping
    return offer


def _place_of(session: Session, order: Order) -> Place:
    address = session.get(OrderAddress, order.shipping_address_id) if order.shipping_address_id else None
    return Place(address.country_code, address.province, address.postal_code) if address else Place()


def _ask_back(session: Session, asked: AskedLine) -> None:
    """One statement: the row's own CHECK refuses more than was sent, whoever else commits at the same time."""
    raised = OrderLine.return_requested_quantity + asked.quantity
    session.execute(update(OrderLine).where(OrderLine.id == asked.line_id).values(return_requested_quantity=raised))


def _line(asked: AskedLine) -> ReturnLine:
    return ReturnLine(
        id=new_id("retitem"),
        order_line_id=asked.line_id,
        reason_id=asked.reason_id,
        quantity=asked.quantity,
        note=asked.note,
    )
