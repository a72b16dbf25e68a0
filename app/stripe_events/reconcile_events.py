"""Fetch the events that never arrived: Stripe's own list, read to its end, through the door that the webhook uses."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.core.clock import utc_now
from app.core.context import current_actor
from app.core.db import unit_of_work
from app.core.log import log_event, log_failure
from app.gateways.errors import VendorFailure
from app.gateways.stripe import Event, get_stripe
from app.payments.event_types import HANDLED_EVENT_TYPES
from app.stripe_events.errors import EventMalformed, StripeUnanswered
from app.stripe_events.hold_task import hold_task
from app.stripe_events.models import ReconcileRun
from app.stripe_events.queries import get_known, list_known
from app.stripe_events.rules import YOUNG, decide_reach
from app.stripe_events.service import DUPLICATE, receive_event
from app.stripe_events.verify_event import parse_event

TASK = "reconcile"
# Read at once, and with it held in memory.
WINDOW = timedelta(hours=2)


@dataclass(frozen=True)
class Reconciled:
    """What a run came to. `since` is None when there was nothing to look for.

    `is_complete`: every event up to its start is now in the ledger, whatever came of it.
    """

    since: datetime | None
    started_at: datetime
    found: int = 0
    applied: int = 0
    failed: int = 0
    is_complete: bool = True


def reconcile_events(asked_since: datetime | None = None) -> Reconciled:
    """Bring every event that Stripe lists and the ledger lacks, oldest first; one bad event never stops the others.

    Repeating it changes nothing. Raises `TaskRunsAlready`, `GapTooLong`, `StripeUnanswered`.
    """
    with hold_task(TASK) as held:
        started_at = utc_now()
        with unit_of_work() as session:
            since = decide_reach(get_known(session), asked_since, started_at).since
        if since is None:
            return Reconciled(None, started_at)
        done = Reconciled(since, started_at)
        for start, end in list_windows(since, started_at - YOUNG, WINDOW):
            done = _add(done, _bring(_list_missing(start, end)))
            held.renew()
        if done.is_complete:
            _record(since, done)
    log_event("stripe events reconciled", status=f"{done.found} found, {done.applied} applied, {done.failed} failed")
    return done


def list_windows(since: datetime, until: datetime, length: timedelta) -> Iterator[tuple[datetime, datetime]]:
    """The time between two instants, cut into pieces."""
    while since < until:
        end = min(since + length, until)
        yield since, end
        since = end


def _list_missing(start: datetime, end: datetime) -> Sequence[Event]:
    try:
        listed = get_stripe().list_events(since=start, until=end, types=sorted(HANDLED_EVENT_TYPES))
    except VendorFailure as failure:
        raise StripeUnanswered(failure.code) from failure
    with unit_of_work() as session:
        known = list_known(session, [event.id for event in listed])
    return [event for event in listed if event.id not in known]


@dataclass(frozen=True)
class _Brought:
    found: int = 0
    applied: int = 0
    failed: int = 0
    is_kept: bool = True


def _bring(events: Sequence[Event]) -> _Brought:
    """Each through the one door, in its own transaction."""
    outcomes = [_receive(event) for event in events]
    failed = [event.id for event, outcome in zip(events, outcomes, strict=True) if outcome == "failed"]
    with unit_of_work() as session:
        kept = list_known(session, failed)
    return _Brought(
        found=len(events),
        applied=outcomes.count("applied"),
        failed=outcomes.count("failed") + outcomes.count("malformed"),
        is_kept=len(kept) == len(failed),
    )


def _receive(event: Event) -> str:
    try:
        effect = receive_event(parse_event(json.dumps(event.raw).encode()), source="reconcile")
    except EventMalformed as refusal:  # it would be no better the next time
        log_failure("stripe listed what is not an event", refusal, stripeEventId=event.id)
        return "malformed"
    except Exception as failure:  # the ledger keeps it as failed with its next try; the others must not wait for it
        log_failure("stripe event failed", failure, stripeEventId=event.id)
        return "failed"
    return "known" if effect == DUPLICATE else "applied"


def _add(done: Reconciled, brought: _Brought) -> Reconciled:
    return Reconciled(
        since=done.since,
        started_at=done.started_at,
        found=done.found + brought.found,
        applied=done.applied + brought.applied,
        failed=done.failed + brought.failed,
        is_complete=done.is_complete and brought.is_kept,
    )


def _record(since: datetime, done: Reconciled) -> None:
    with unit_of_work() as session:
        session.add(
            ReconcileRun(
                since_at=since,
                started_at=done.started_at,
                asked_by=current_actor.get(),
                found=done.found,
                applied=done.applied,
                failed=done.failed,
            )
        )
