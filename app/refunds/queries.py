"""Reads for refunds, and the locks on an order's money in the one order of `app/core/locks.py`."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.orders.compute_totals import compute_order_totals
from app.orders.models import Order, OrderLine
from app.orders.queries import list_orders_by_id, lock_order_row
from app.payments.compute_dispute import Contest, compute_contest
from app.payments.models import Payment, Refund
from app.payments.queries import get_refund, list_disputes, lock_payment
from app.refunds.rules import (
    Given,
    Parcel,
    PiecesBack,
    ReturnMoney,
    compute_delivery_due,
    compute_goods_due,
    compute_return_money,
    compute_rounding,
    is_delivery_given,
)
from app.returns.models import OrderReturn
from app.returns.queries import get_return, list_returns_of
from app.returns.rules import ARRIVED_STATUSES, STANDING_STATUSES, UNLOCKED_STATUSES

MOST_AT_ONCE = 100


@dataclass(frozen=True)
class LockedMoney:
    """A payment and the order that it paid, if it paid one, both locked until the transaction ends."""

    order: Order | None
    payment: Payment


def lock_money(session: Session, payment_id: str) -> LockedMoney:
    """The order first, then its payment; raises `PaymentNotFound`."""
    order_id = find_order_id(session, payment_id)
    order = lock_order_row(session, order_id) if order_id is not None else None
    return LockedMoney(order, lock_payment(session, payment_id))


def lock_money_of_refund(session: Session, refund_id: str) -> tuple[LockedMoney, Refund]:
    """The order, the payment, then the refund itself; raises `RefundNotFound`."""
    money = lock_money(session, get_refund(session, refund_id).payment_id)
    wanted = select(Refund).where(Refund.id == refund_id).with_for_update()
    return money, session.scalars(wanted.execution_options(populate_existing=True)).one()


def find_order_id(session: Session, payment_id: str) -> str | None:
    """The order that a payment paid."""
    paid = select(Order.id).join(Payment, Payment.payment_collection_id == Order.payment_collection_id)
    return session.scalar(paid.where(Payment.id == payment_id))


def find_same_at(session: Session, ask: Refund) -> datetime | None:
    """When the same person last asked for the same, unless it came to nothing."""
    same = select(func.max(Refund.created_at)).where(
        Refund.payment_id == ask.payment_id,
        Refund.amount_cents == ask.amount_cents,
        Refund.reason.is_not_distinct_from(ask.reason),
        Refund.return_id.is_not_distinct_from(ask.return_id),
        Refund.requested_by == ask.requested_by,
        Refund.status.not_in(("failed", "canceled")),
    )
    return session.scalar(same)


def get_contest(session: Session, payment_id: str) -> Contest:
    """What the disputes about a payment say together."""
    return compute_contest([dispute.status for dispute in list_disputes(session, [payment_id])])


def list_stuck_refunds(session: Session, before: datetime) -> list[Refund]:
    """Refunds that were to be sent before then and of which Stripe has said nothing, oldest first."""
    since = func.coalesce(Refund.approved_at, Refund.created_at)
    wanted = select(Refund).where(
        Refund.status == "requested", Refund.stripe_refund_id.is_(None), Refund.origin == "comptoir", since < before
    )
    return list(session.scalars(wanted.order_by(Refund.created_at, Refund.id).limit(MOST_AT_ONCE)))


def list_refunds_by_status(session: Session, status: str | None, *, limit: int, offset: int) -> list[Refund]:
    """A page of the refunds in this status (None: any), newest first."""
    wanted = select(Refund).order_by(Refund.created_at.desc(), Refund.id).limit(limit).offset(offset)
    return list(session.scalars(wanted if status is None else wanted.where(Refund.status == status)))


def count_refunds(session: Session, status: str | None) -> int:
    """How many refunds are in this status (None: any)."""
    counted = select(func.count()).select_from(Refund)
    return session.scalar(counted if status is None else counted.where(Refund.status == status)) or 0


def get_parcel(session: Session, order: Order | None, return_id: str) -> Parcel:
    """A return as a refund sees it: what is due for it of this order, which is locked; raises `ReturnNotFound`."""
    wanted = get_return(session, return_id)
    if order is None or wanted.order_id != order.id or wanted.status not in STANDING_STATUSES:
        is_here = order is not None and wanted.order_id == order.id
        return _parcel(wanted, is_of_this_payment=is_here, due_cents=0)
    return list_parcels(session, [wanted])[wanted.id]


def list_parcels(session: Session, wanted: Sequence[OrderReturn]) -> dict[str, Parcel]:
    """The same of many returns that stand, with as many statements as for one."""
    order_ids = sorted({each.order_id for each in wanted})
    orders = {order.id: order for order in list_orders_by_id(session, order_ids)}
    returns = list_returns_of(session, *order_ids)
    committed = _sum_up_committed(session, returns)
    found: dict[str, Parcel] = {}
    for each in wanted:
        siblings = [other for other in returns if other.order_id == each.order_id]
        own = next(other for other in siblings if other.id == each.id)
        due_cents = _compute_due(orders[each.order_id], siblings, committed, own)
        found[each.id] = _parcel(own, is_of_this_payment=True, due_cents=due_cents)
    return found


def _compute_due(
    order: Order, returns: Sequence[OrderReturn], committed: Mapping[str, int], wanted: OrderReturn
) -> int:
    others = [
        Given(committed[other.id], compute_goods_due(_pieces_back(order, returns, other)))
        for other in returns
        if other.id != wanted.id
    ]
    pieces = _pieces_back(order, returns, wanted)
    delivery_cents = sum(charge.total_cents for charge in compute_order_totals(order).shipping)
    is_given = is_delivery_given(others, delivery_cents)
    due_cents = compute_goods_due(pieces) + compute_rounding(others, delivery_cents, len(order.lines))
    due_cents += compute_delivery_due(pieces, delivery_cents, is_withdrawal=wanted.is_withdrawal, is_given=is_given)
    return due_cents - committed.get(wanted.id, 0)


def sum_up_returns(session: Session, return_ids: Collection[str]) -> dict[str, ReturnMoney]:
    """What became of the money of each of these returns; one statement."""
    found: dict[str, list[tuple[str, int]]] = {return_id: [] for return_id in return_ids}
    given = select(Refund.return_id, Refund.status, Refund.amount_cents).where(Refund.return_id.in_(return_ids))
    for return_id, status, amount_cents in session.execute(given.order_by(Refund.created_at, Refund.id)):
        if return_id is not None:
            found[return_id].append((status, amount_cents))
    return {return_id: compute_return_money(refunds) for return_id, refunds in found.items()}


def sum_up_not_shipped(session: Session, payment_ids: Collection[str]) -> int:
    """What is refunded or promised of these payments because something never left, in cents."""
    given = select(func.coalesce(func.sum(Refund.amount_cents), 0)).where(
        Refund.payment_id.in_(payment_ids),
        Refund.reason == "not_shipped",
        Refund.status.not_in(("failed", "canceled")),
    )
    return session.scalar(given) or 0


def _parcel(wanted: OrderReturn, *, is_of_this_payment: bool, due_cents: int) -> Parcel:
    return Parcel(
        status=wanted.status,
        is_withdrawal=wanted.is_withdrawal,
        is_proven=wanted.proof_of_dispatch is not None,
        is_of_this_payment=is_of_this_payment,
        due_cents=due_cents,
    )


def _sum_up_committed(session: Session, returns: Sequence[OrderReturn]) -> dict[str, int]:
    """What is refunded or promised back for each of these returns, in cents."""
    sums = {each.id: 0 for each in returns}
    standing = select(Refund.return_id, Refund.amount_cents).where(
        Refund.return_id.in_(list(sums)), Refund.status.not_in(("failed", "canceled"))
    )
    for return_id, amount_cents in session.execute(standing):
        if return_id is not None:
            sums[return_id] += amount_cents
    return sums


def _pieces_back(order: Order, returns: Sequence[OrderReturn], wanted: OrderReturn) -> list[PiecesBack]:
    older = [each for each in returns if each.display_id < wanted.display_id]
    others = [each for each in returns if each.id != wanted.id and each.status in UNLOCKED_STATUSES]
    return [
        PiecesBack(
            pieces=_count_pieces([wanted], line.id),
            pieces_before=_count_pieces(older, line.id),
            pieces_elsewhere=_count_pieces(others, line.id) + _count_unsent(order, line),
            quantity=line.quantity,
            total_cents=charge.total_cents,
        )
        for line, charge in zip(order.lines, compute_order_totals(order).items, strict=True)
    ]


def _count_unsent(order: Order, line: OrderLine) -> int:
    """Of a withdrawn order what never left stays here: its customer keeps nothing of it."""
    return line.quantity - line.fulfilled_quantity if order.withdrawn_at is not None else 0


def _count_pieces(returns: Sequence[OrderReturn], order_line_id: str) -> int:
    """Of this line of the order: what came in of a return that is here, else what is on its way."""
    return sum(
        line.received_quantity + line.dismissed_quantity if each.status in ARRIVED_STATUSES else line.quantity
        for each in returns
        for line in each.lines
        if line.order_line_id == order_line_id
    )
