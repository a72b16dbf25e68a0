"""Reads of the ledger across events, and of what was asked of Stripe."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, collate, delete, func, or_, select
from sqlalchemy.orm import Session

from app.payments.models import Payment, PaymentEvent, PaymentSession, Refund
from app.payments.rules import OPEN_EVENT_STATES, STRIPE_PROVIDER
from app.stripe_events.models import ReconcileRun
from app.stripe_events.rules import Known


def find_last_run(session: Session) -> datetime | None:
    """When the newest complete run began."""
    return session.scalar(select(func.max(ReconcileRun.started_at)))


def get_known(session: Session) -> Known:
    """What decides how far back Stripe's events are read."""
    waiting = PaymentEvent.state.in_(OPEN_EVENT_STATES), PaymentEvent.next_try_at.is_not(None)
    asked = select(func.min(PaymentSession.created_at)).where(PaymentSession.provider_id == STRIPE_PROVIDER)
    last_run = find_last_run(session)
    return Known(
        oldest_open=session.scalar(select(func.min(PaymentEvent.event_created_at)).where(*waiting)),
        last_run=last_run,
        first_asked=None if last_run else session.scalar(asked),
    )


def list_known(session: Session, event_ids: Collection[str]) -> set[str]:
    """Those of these events that the ledger has; whatever their state, they need nobody to fetch them."""
    wanted = select(PaymentEvent.stripe_event_id).where(PaymentEvent.stripe_event_id.in_(event_ids))
    return set(session.scalars(wanted))


def forget_runs(session: Session, older_than: datetime) -> None:
    """Drop the runs that nothing depends on any more."""
    session.execute(delete(ReconcileRun).where(ReconcileRun.started_at < older_than))


@dataclass(frozen=True)
class OpenObject:
    """A payment or a refund of ours that Stripe may know more about; `known_status` in Stripe's own words."""

    id: str
    intent_id: str | None = None
    checkout_session_id: str | None = None
    refund_id: str | None = None
    known_status: str = ""


def list_open_objects(session: Session, after_id: str, before: datetime, limit: int) -> list[OpenObject]:
    """Attempts to pay without their money and refunds without their end, from before then, in the order of their ids.

    Superseded attempts too: their intent may have been paid before it could be cancelled.
    """
    found = [*_list_attempts(session, after_id, before, limit), *_list_refunds(session, after_id, before, limit)]
    return sorted(found, key=lambda each: each.id)[:limit]


def _list_attempts(session: Session, after_id: str, before: datetime, limit: int) -> list[OpenObject]:
    said = PaymentSession.provider_data["status"].astext
    paid = select(Payment.id).where(Payment.payment_session_id == PaymentSession.id)
    known = case(
        (PaymentSession.processing_since_at.is_not(None), "complete:unpaid"),
        (PaymentSession.failed_at.is_not(None), "failed"),
        else_="",
    )
    in_order = collate(PaymentSession.id, "C")
    wanted = select(PaymentSession.id, PaymentSession.payment_intent_id, PaymentSession.checkout_session_id, known)
    rows = session.execute(
        wanted.where(
            in_order > after_id,
            PaymentSession.created_at < before,
            or_(PaymentSession.payment_intent_id.is_not(None), PaymentSession.checkout_session_id.is_not(None)),
            PaymentSession.expired_at.is_(None),
            PaymentSession.canceled_at.is_(None),
            said.is_distinct_from("canceled"),
            ~paid.exists(),
        )
        .order_by(in_order)
        .limit(limit)
    )
    return [
        OpenObject(session_id, intent_id, checkout_id, known_status=status)
        for session_id, intent_id, checkout_id, status in rows
    ]


def _list_refunds(session: Session, after_id: str, before: datetime, limit: int) -> list[OpenObject]:
    in_order = collate(Refund.id, "C")
    wanted = select(Refund.id, Refund.stripe_refund_id, Refund.status).where(
        in_order > after_id,
        Refund.created_at < before,
        Refund.stripe_refund_id.is_not(None),
        Refund.status.in_(("requested", "pending")),
    )
    rows = session.execute(wanted.order_by(in_order).limit(limit))
    return [OpenObject(refund_id, refund_id=stripe_id, known_status=status) for refund_id, stripe_id, status in rows]
