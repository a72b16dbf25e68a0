"""Reads of the ledger across events, and of what was asked of Stripe."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from app.payments.models import PaymentEvent, PaymentSession
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
