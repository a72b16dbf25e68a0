"""Prices that are set for later: planned, canceled, and applied by the job of the minute in which they are due."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core.audit_log import record_audit, record_change
from app.core.clock import utc_now
from app.core.context import current_actor
from app.core.errors import Refusal
from app.core.ids import new_id
from app.pricing.errors import AlreadyPlanned, ScheduledPriceEnded, ScheduledPriceNotFound
from app.pricing.models import ScheduledPrice
from app.pricing.rules import check_planned_instant
from app.pricing.service import NewPrice, demand_moves, demand_prices, lock_moves, set_prices


def create_scheduled_prices(
    session: Session,
    news: Sequence[NewPrice],
    applies_at: datetime,
    *,
    confirmed: bool = False,
    reason: str | None = None,
) -> list[ScheduledPrice]:
    """Plan prices, all or none: they are looked at now, as if they were set now, and applied at the instant.

    Raises what `set_prices` raises, `InvalidInstant`, and `AlreadyPlanned` where a price is planned for the same
    instant.
    """
    check_planned_instant(applies_at, utc_now())
    demand_prices(session, news)
    demand_moves(session, lock_moves(session, news), confirmed=confirmed)
    wanted = {(new.variant_id, new.currency_code): new.amount_cents for new in news}
    made = [_plan(session, *pair, amount_cents, applies_at, reason) for pair, amount_cents in sorted(wanted.items())]
    query = select(ScheduledPrice).where(ScheduledPrice.id.in_(made))
    return list(session.scalars(query.order_by(ScheduledPrice.variant_id, ScheduledPrice.currency_code)))


def cancel_scheduled_price(session: Session, scheduled_id: str) -> ScheduledPrice:
    """Never apply it. Repeating it changes nothing. Raises `ScheduledPriceNotFound`, `ScheduledPriceEnded`."""
    found = lock_scheduled_price(session, scheduled_id)
    if found.status == "canceled":
        return found
    if found.status != "planned":
        raise ScheduledPriceEnded(found.status)
    _end(found, "canceled")
    record_change(session, "scheduled_price.cancel", found.id, {"status": "planned"}, {"status": "canceled"})
    return found


def lock_scheduled_price(session: Session, scheduled_id: str) -> ScheduledPrice:
    """A planned price, locked until the transaction ends; raises `ScheduledPriceNotFound`."""
    query = select(ScheduledPrice).where(ScheduledPrice.id == scheduled_id).with_for_update()
    found = session.scalar(query.execution_options(populate_existing=True))
    if found is None:
        raise ScheduledPriceNotFound(scheduled_id)
    return found


def get_scheduled_price(session: Session, scheduled_id: str) -> ScheduledPrice:
    """A planned price, as it stands; raises `ScheduledPriceNotFound`."""
    found = session.get(ScheduledPrice, scheduled_id)
    if found is None:
        raise ScheduledPriceNotFound(scheduled_id)
    return found


def apply_due_price(session: Session, now: datetime) -> bool:
    """Set the price that has been due for longest; whether there was one. What cannot be set is refused, with why.

    Two workers never take the same one: a row that somebody holds is passed over.
    """
    due = (
        select(ScheduledPrice)
        .where(ScheduledPrice.status == "planned", ScheduledPrice.applies_at <= now)
        .order_by(ScheduledPrice.applies_at, ScheduledPrice.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    found = session.scalar(due)
    if found is None:
        return False
    try:
        # It was looked at when it was planned, and a large move confirmed.
        news = [NewPrice(found.variant_id, found.currency_code, found.amount_cents)]
        set_prices(session, news, confirmed=True, reason=f"{found.id} {found.reason or ''}".strip())
    except Refusal as refusal:
        found.refused_code = refusal.code
        _end(found, "refused")
        record_audit(session, "scheduled_price.refuse", found.id, {"code": refusal.code})
        return True
    _end(found, "applied")
    return True


def list_scheduled_prices(
    session: Session, status: str | None, *, limit: int, offset: int
) -> tuple[list[ScheduledPrice], int]:
    """Planned prices, what is due first, and how many there are; `status` None: those that have ended too."""
    query = select(ScheduledPrice)
    if status is not None:
        query = query.where(ScheduledPrice.status == status)
    count = session.scalar(query.with_only_columns(func.count(ScheduledPrice.id))) or 0
    ordered = query.order_by(ScheduledPrice.applies_at, ScheduledPrice.id)
    return list(session.scalars(ordered.limit(limit).offset(offset))), count


def _plan(
    session: Session, variant_id: str, code: str, amount_cents: int, applies_at: datetime, reason: str | None
) -> str:
    values = {
        "id": new_id("sprice"),
        "variant_id": variant_id,
        "currency_code": code,
        "amount_cents": amount_cents,
        "applies_at": applies_at,
        "reason": reason,
        "created_by": current_actor.get(),
    }
    statement = insert(ScheduledPrice).values(values).on_conflict_do_nothing().returning(ScheduledPrice.id)
    made = session.scalar(statement)
    if made is None:
        raise AlreadyPlanned(variant_id)
    details = {"variant": variant_id, "currency": code, "new_cents": amount_cents, "applies_at": applies_at.isoformat()}
    record_audit(session, "scheduled_price.create", made, {**details, "reason": reason} if reason else details)
    return made


def _end(found: ScheduledPrice, status: str) -> None:
    found.status = status
    found.ended_at = found.updated_at = utc_now()
