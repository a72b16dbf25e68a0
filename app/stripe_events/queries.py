"""Reads of the ledger across events, and of what was asked of Stripe."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, collate, delete, func, literal, or_, select
from sqlalchemy.orm import Session, defer

from app.core.clock import utc_now
from app.notifications.models import Message
from app.notifications.queue_alert import ALERT
from app.payments.models import Payment, PaymentEvent, PaymentSession, Refund
from app.payments.record_event import Claim
from app.payments.rules import OPEN_EVENT_STATES, STRIPE_PROVIDER
from app.stripe_events.models import ReconcileRun
from app.stripe_events.queue_alert import GIVEN_UP
from app.stripe_events.rules import Known

# A delivery that fails once or twice is everyday; one more, and somebody must know (runbook S4 3.1).
MOST_QUIET_TRIES = 3


def find_last_run(session: Session) -> datetime | None:
    """When the newest complete run began; one that a wrong clock dated ahead of now is none."""
    return session.scalar(select(func.max(ReconcileRun.started_at)).where(ReconcileRun.started_at <= utc_now()))


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


def find_event(session: Session, event_id: str) -> PaymentEvent | None:
    """The ledger's row of an event."""
    return session.scalars(select(PaymentEvent).where(PaymentEvent.stripe_event_id == event_id)).one_or_none()


def lock_event(session: Session, event_id: str) -> Claim:
    """The ledger's row of an event whatever its state, held to be applied again."""
    wanted = select(PaymentEvent).where(PaymentEvent.stripe_event_id == event_id).with_for_update()
    row = session.scalars(wanted).one()
    return Claim(row.id, row.attempts, row.received_at)


def list_open_event_ids(session: Session, states: Collection[str], since: datetime | None, limit: int) -> list[str]:
    """The events in one of these states that were made since then, oldest first."""
    wanted = select(PaymentEvent.stripe_event_id).where(PaymentEvent.state.in_(states))
    if since is not None:
        wanted = wanted.where(PaymentEvent.event_created_at >= since)
    return list(session.scalars(wanted.order_by(PaymentEvent.event_created_at, PaymentEvent.id).limit(limit)))


def list_given_up(session: Session, since: datetime, most: int) -> list[PaymentEvent]:
    """Failed events that nobody tries again and of which the shop was not told; so many with those told since then."""
    lately = Message.template == ALERT, Message.object_id.startswith(f"{GIVEN_UP}:"), Message.created_at >= since
    left = most - session.scalars(select(func.count()).where(*lately)).one()
    told = select(Message.id).where(
        Message.template == ALERT, Message.object_id == literal(f"{GIVEN_UP}:") + PaymentEvent.stripe_event_id
    )
    wanted = select(PaymentEvent).where(
        PaymentEvent.state == "failed", PaymentEvent.next_try_at.is_(None), ~told.exists()
    )
    without_body = wanted.options(defer(PaymentEvent.body))
    return list(session.scalars(without_body.order_by(PaymentEvent.id).limit(max(0, left))))


@dataclass(frozen=True)
class EventFilter:
    """Which rows of the ledger; empty means no condition. `about`: an id at Stripe, or the id of an order."""

    state: str = ""
    type: str = ""
    about: str = ""
    since: datetime | None = None


def list_events(session: Session, wanted: EventFilter, limit: int) -> list[PaymentEvent]:
    """Rows of the ledger, newest first, without their bodies."""
    conditions: list[ColumnElement[bool]] = []
    if wanted.state:
        conditions.append(PaymentEvent.state == wanted.state)
    if wanted.type:
        conditions.append(PaymentEvent.type == wanted.type)
    if wanted.since is not None:
        conditions.append(PaymentEvent.event_created_at >= wanted.since)
    if wanted.about:
        named = (PaymentEvent.stripe_event_id, PaymentEvent.object_id, PaymentEvent.payment_intent_id)
        also = (PaymentEvent.checkout_session_id, PaymentEvent.order_id)
        conditions.append(or_(*(column == wanted.about for column in (*named, *also))))
    newest = (PaymentEvent.event_created_at.desc(), PaymentEvent.id.desc())
    return list(
        session.scalars(
            select(PaymentEvent).where(*conditions).options(defer(PaymentEvent.body)).order_by(*newest).limit(limit)
        )
    )


def list_known(session: Session, event_ids: Collection[str]) -> set[str]:
    """Those of these events that the ledger has; whatever their state, they need nobody to fetch them."""
    wanted = select(PaymentEvent.stripe_event_id).where(PaymentEvent.stripe_event_id.in_(event_ids))
    return set(session.scalars(wanted))


def count_stuck(session: Session) -> int:
    """How many events were tried more than three times in vain."""
    stuck = PaymentEvent.state == "failed", PaymentEvent.attempts > MOST_QUIET_TRIES
    return session.scalars(select(func.count()).where(*stuck)).one()


def count_missed(session: Session, since: datetime) -> int:
    """How many events the runs since then had to fetch: the webhook had not brought them."""
    found = func.coalesce(func.sum(ReconcileRun.found), 0)
    return session.scalars(select(found).where(ReconcileRun.started_at >= since)).one()


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
    # Its money was on its way and does not come: such a page is over.
    is_lost = and_(
        PaymentSession.checkout_session_id.is_not(None),
        PaymentSession.status == "canceled",
        func.coalesce(PaymentSession.failed_at >= PaymentSession.processing_since_at, False),
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
            ~is_lost,
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
