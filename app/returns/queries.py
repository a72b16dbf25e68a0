"""Reads of returns and their reasons."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session, selectinload

from app.fulfilment.queries import list_last_deliveries
from app.notifications.queries import list_queued_at
from app.orders.models import Order, OrderLine
from app.orders.queries import lock_lines, lock_order_row
from app.payments.models import Refund
from app.returns.compute_deadlines import compute_withdrawal_end
from app.returns.errors import ReturnNotFound, ReturnReasonNotFound
from app.returns.models import OrderReturn, ReturnLine, ReturnReason, Withdrawal
from app.returns.rules import STANDING_STATUSES
from app.shop.rules import compute_business_day
from app.stock.models import StockMovement

# The mail that tells a customer of the right to withdraw, in writing (code de la consommation, L221-13).
INFORMING = "order_confirmation"
RETURNS = {
    "id": OrderReturn.id,
    "display_id": OrderReturn.display_id,
    "created_at": OrderReturn.created_at,
    "updated_at": OrderReturn.updated_at,
}


@dataclass(frozen=True)
class ReturnFilter:
    """Which returns; empty means no condition. `statuses` are ours."""

    ids: Collection[str] = ()
    order_ids: Collection[str] = ()
    statuses: Collection[str] = ()


@dataclass(frozen=True)
class LockedReturn:
    """A return, its order and all of the order's lines by id, locked until the transaction ends."""

    order: Order
    lines: Mapping[str, OrderLine]
    parcel: OrderReturn


def list_reasons(session: Session, *, limit: int, offset: int) -> tuple[list[ReturnReason], int]:
    """A page of the shop's reasons in the order of their words, and how many there are."""
    count = session.scalar(select(func.count()).select_from(ReturnReason)) or 0
    page = select(ReturnReason).order_by(ReturnReason.value).limit(limit).offset(offset)
    return list(session.scalars(page)), count


def get_reason(session: Session, reason_id: str) -> ReturnReason:
    """One reason; raises `ReturnReasonNotFound`."""
    reason = session.get(ReturnReason, reason_id)
    if reason is None:
        raise ReturnReasonNotFound(reason_id)
    return reason


def list_known_reasons(session: Session, reason_ids: Collection[str]) -> set[str]:
    """Which of these reasons the shop has."""
    if not reason_ids:
        return set()
    return set(session.scalars(select(ReturnReason.id).where(ReturnReason.id.in_(reason_ids))))


def get_return(session: Session, return_id: str) -> OrderReturn:
    """The return with its lines; raises `ReturnNotFound`."""
    wanted = select(OrderReturn).where(OrderReturn.id == return_id).options(selectinload(OrderReturn.lines))
    found = session.scalar(wanted.execution_options(populate_existing=True))
    if found is None:
        raise ReturnNotFound(return_id)
    return found


def lock_return(session: Session, return_id: str) -> OrderReturn:
    """The return with its lines, its row locked; whoever locks it has locked the order's lines."""
    wanted = select(OrderReturn).where(OrderReturn.id == return_id).options(selectinload(OrderReturn.lines))
    return session.scalars(wanted.with_for_update(of=OrderReturn).execution_options(populate_existing=True)).one()


def lock_whole(session: Session, return_id: str) -> LockedReturn:
    """The order first, so that no refund is decided meanwhile, then its lines, then the return.

    Raises `ReturnNotFound`.
    """
    order = lock_order_row(session, get_return(session, return_id).order_id)
    return LockedReturn(order, lock_lines(session, order.id), lock_return(session, return_id))


def list_returns_of(session: Session, *order_ids: str) -> list[OrderReturn]:
    """The returns of these orders with their lines, oldest first; no drafts, nothing called off or refused."""
    wanted = select(OrderReturn).where(
        OrderReturn.order_id.in_(order_ids), OrderReturn.status.in_(sorted(STANDING_STATUSES))
    )
    loaded = wanted.options(selectinload(OrderReturn.lines)).order_by(OrderReturn.display_id)
    return list(session.scalars(loaded.execution_options(populate_existing=True)))


def list_returns(
    session: Session, wanted: ReturnFilter, *, limit: int, offset: int = 0, order: str = "-display_id"
) -> tuple[list[OrderReturn], int]:
    """A page of returns with their lines, and how many match. `order`: a field of `RETURNS`, a minus turns it round."""
    conditions = _conditions(wanted)
    count = session.scalar(select(func.count()).select_from(OrderReturn).where(*conditions)) or 0
    if limit == 0 or count <= offset:
        return [], count
    column = RETURNS[order.removeprefix("-")]
    turned = [column.desc(), OrderReturn.id.desc()] if order.startswith("-") else [column, OrderReturn.id]
    page = select(OrderReturn).where(*conditions).order_by(*turned).limit(limit).offset(offset)
    return list(session.scalars(page.options(selectinload(OrderReturn.lines)))), count


def _conditions(wanted: ReturnFilter) -> list[ColumnElement[bool]]:
    given = (
        (OrderReturn.id, wanted.ids),
        (OrderReturn.order_id, wanted.order_ids),
        (OrderReturn.status, wanted.statuses),
    )
    return [column.in_(list(values)) for column, values in given if values]


def has_standing_refund(session: Session, return_id: str) -> bool:
    """Whether money went back for it, or is promised."""
    given = exists().where(Refund.return_id == return_id, Refund.status.not_in(("failed", "canceled")))
    return bool(session.scalar(select(given)))


def has_restocked(session: Session, return_id: str) -> bool:
    """Whether a piece of it is on the shelf again."""
    put_back = exists().where(ReturnLine.return_id == return_id, StockMovement.return_line_id == ReturnLine.id)
    return bool(session.scalar(select(put_back)))


def is_reason_used(session: Session, reason_id: str) -> bool:
    """Whether a return has this reason."""
    return bool(session.scalar(select(exists().where(ReturnLine.reason_id == reason_id))))


def lock_reason(session: Session, reason_id: str) -> ReturnReason:
    """One reason, its row locked; raises `ReturnReasonNotFound`."""
    wanted = select(ReturnReason).where(ReturnReason.id == reason_id).with_for_update()
    found = session.scalar(wanted.execution_options(populate_existing=True))
    if found is None:
        raise ReturnReasonNotFound(reason_id)
    return found


def list_withdrawal_ends(session: Session, orders: Sequence[Order]) -> dict[str, date | None]:
    """The last day, in Paris, on which each order may be withdrawn from; None: the days have not begun.

    Two statements at most, however many orders. The customer knows of the right from our confirmation, or otherwise.
    """
    order_ids = [order.id for order in orders]
    received = (
        {order_id: compute_business_day(at) for order_id, at in list_last_deliveries(session, order_ids).items()}
        if order_ids
        else {}
    )
    told = list_queued_at(session, INFORMING, list(received)) if received else {}
    ends: dict[str, date | None] = dict.fromkeys(order_ids)
    for order in orders:
        if order.id in received:
            mailed_on = compute_business_day(told[order.id]) if order.id in told else None
            days = [day for day in (mailed_on, order.withdrawal_informed_on) if day is not None]
            ends[order.id] = compute_withdrawal_end(received[order.id], min(days, default=None))
    return ends


def find_withdrawal_end(session: Session, order: Order) -> date | None:
    """The same of one order."""
    return list_withdrawal_ends(session, [order])[order.id]


def find_order_by_number(session: Session, number: int, email: str) -> Order | None:
    """The order with this number, if this is its e-mail."""
    return session.scalar(select(Order).where(Order.display_id == number, func.lower(Order.email) == email.lower()))


def find_withdrawal(session: Session, token_hash: str) -> Withdrawal | None:
    """The withdrawal that this link is about, whether or not its time is over."""
    return session.scalar(select(Withdrawal).where(Withdrawal.token_hash == token_hash))


def lock_withdrawal(session: Session, withdrawal_id: str) -> Withdrawal | None:
    """The row, locked; None once it was forgotten. Whoever declares it has locked the order."""
    wanted = select(Withdrawal).where(Withdrawal.id == withdrawal_id).with_for_update()
    return session.scalar(wanted.execution_options(populate_existing=True))


def find_declared(session: Session, order_id: str) -> Withdrawal | None:
    """The withdrawal that was declared from this order."""
    wanted = select(Withdrawal).where(Withdrawal.order_id == order_id, Withdrawal.declared_at.is_not(None))
    return session.scalar(wanted.execution_options(populate_existing=True))


def list_declared_at(session: Session, return_ids: Collection[str]) -> dict[str, datetime]:
    """When the withdrawals were declared that these returns stand on, by return."""
    wanted = select(Withdrawal.return_id, Withdrawal.declared_at).where(Withdrawal.return_id.in_(return_ids))
    return {str(return_id): at for return_id, at in session.execute(wanted) if at is not None}
