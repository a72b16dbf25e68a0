"""Reads of returns and their reasons."""

from collections.abc import Collection

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.returns.errors import ReturnReasonNotFound
from app.returns.models import ReturnReason


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
