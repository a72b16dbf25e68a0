"""From a Stripe event to its effect: one transaction holds the ledger row and everything the event causes."""

from contextlib import suppress
from dataclasses import dataclass

import psycopg.errors
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from app.core.db import unit_of_work
from app.core.errors import Refusal
from app.core.log import class_name, log_event
from app.core.settings import get_settings
from app.payments.event_types import HANDLED_EVENT_TYPES
from app.payments.record_event import UNMATCHED, StripeEvent, claim_event, mark_event, mark_event_failed
from app.stripe_events.apply_event import apply_event
from app.stripe_events.errors import EventNotApplied
from app.stripe_events.fail_event import fail_if_asked
from app.stripe_events.queries import lock_event

# Two transactions took the same rows in another order: the loser's second try finds them free.
MOST_RETRIES = 3
WORTH_RETRYING = (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure)


@dataclass(frozen=True)
class Effect:
    """What an event came to: the state of its ledger row, and the order it touched."""

    state: str
    order_id: str | None = None


DUPLICATE = Effect("duplicate")


def receive_event(event: StripeEvent, source: str, *, is_forced: bool = False) -> Effect:
    """Apply an event once, whoever brings it: webhook, reconcile, replay, sweeper.

    `is_forced` applies one again that was applied: its effects are facts, set once, and stay as they are. On a failure
    nothing of it stands but a ledger row marked failed (one that was applied stays so), and the failure is raised.
    """
    try:
        effect = _apply_with_retries(event, source, is_forced=is_forced)
    except Exception as failure:  # whatever it was, the sweeper must find the event
        _keep_failed(event, source, failure)
        if isinstance(failure, Refusal):  # it would be rendered as the caller's fault, a 4xx (design §4.8)
            raise EventNotApplied(failure.code) from failure
        raise
    log_event("stripe event", stripeEventId=event.id, status=effect.state, orderId=effect.order_id)
    return effect


def _apply_with_retries(event: StripeEvent, source: str, *, is_forced: bool) -> Effect:
    for _ in range(MOST_RETRIES):
        try:
            return _claim_and_apply(event, source, is_forced=is_forced)
        except DBAPIError as failure:
            if not isinstance(failure.orig, WORTH_RETRYING):
                raise
    return _claim_and_apply(event, source, is_forced=is_forced)


def _claim_and_apply(event: StripeEvent, source: str, *, is_forced: bool) -> Effect:
    with unit_of_work(limits_statements=True) as session:
        claim = claim_event(session, event, source) or (lock_event(session, event.id) if is_forced else None)
        if claim is None:
            return DUPLICATE
        recorded = apply_event(session, event) if _is_for_us(event) else None
        fail_if_asked(event.id)
        if recorded is None:
            mark_event(session, claim, "ignored", UNMATCHED)
            return Effect("ignored")
        state = "processed" if recorded.is_matched else "unmatched"
        mark_event(session, claim, state, recorded)
        return Effect(state, recorded.order_id)


def _is_for_us(event: StripeEvent) -> bool:
    """Our account, our mode (test or live), a type we act on."""
    is_ours = event.is_livemode == get_settings().has_live_key and not event.is_of_connected_account
    return event.type in HANDLED_EVENT_TYPES and is_ours


def _keep_failed(event: StripeEvent, source: str, failure: Exception) -> None:
    # Without a database nothing can be kept; Stripe brings the event again.
    with suppress(SQLAlchemyError), unit_of_work() as session:
        mark_event_failed(session, event, source, class_name(failure))
