"""Reads of returns and their reasons."""

from collections.abc import Collection

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from app.returns.errors import ReturnNotFound, ReturnReasonNotFound
from app.returns.models import OrderReturn, ReturnReason


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


def list_returns_of(session: Session, order_id: str) -> list[OrderReturn]:
    """The returns of an order with their lines, oldest first; those that were called off are left out."""
    wanted = select(OrderReturn).where(OrderReturn.order_id == order_id, OrderReturn.status != "canceled")
    loaded = wanted.options(selectinload(OrderReturn.lines)).order_by(OrderReturn.display_id)
    return list(session.scalars(loaded.execution_options(populate_existing=True)))


def list_returns(session: Session, status: str | None, *, limit: int) -> list[OrderReturn]:
    """The newest returns in this status (None: any), with their lines."""
    wanted = select(OrderReturn).options(selectinload(OrderReturn.lines)).order_by(OrderReturn.display_id.desc())
    return list(
        session.scalars((wanted if status is None else wanted.where(OrderReturn.status == status)).limit(limit))
    )
