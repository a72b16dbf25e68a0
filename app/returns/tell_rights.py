"""When an order's customer was told of the right to withdraw, otherwise than by our confirmation (L221-20)."""

from datetime import date

from sqlalchemy.orm import Session

from app.core.audit_log import record_change
from app.core.clock import utc_now
from app.orders.queries import lock_order_row
from app.returns.errors import InformedInFuture, InformingUnexplained
from app.returns.queries import find_withdrawal_end
from app.shop.rules import compute_business_day


def mark_informed(session: Session, order_id: str, day: date, reason: str) -> date | None:
    """They know since that day; gives the last day of the withdrawal, None while its days have not begun.

    Raises `OrderNotFound`, `InformedInFuture`, `InformingUnexplained`.
    """
    if day > compute_business_day(utc_now()):
        raise InformedInFuture
    if not reason.strip():
        raise InformingUnexplained
    order = lock_order_row(session, order_id)
    before = {"withdrawal_informed_on": _write(order.withdrawal_informed_on)}
    order.withdrawal_informed_on, order.updated_at = day, utc_now()
    after = {"withdrawal_informed_on": _write(day), "reason": reason.strip()}
    record_change(session, "order.informed", order.id, before, after)
    return find_withdrawal_end(session, order)


def _write(day: date | None) -> str | None:
    return day.isoformat() if day else None
