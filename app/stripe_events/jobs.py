"""Events that failed or met nothing, taken up again; events that never arrived, fetched; bodies forgotten in time."""

from datetime import timedelta

from app.core.clock import utc_now
from app.core.db import unit_of_work
from app.core.errors import Refusal
from app.core.jobs import job
from app.core.log import log_event, log_failure
from app.payments.record_event import forget_bodies, list_due_events
from app.stripe_events.check_objects import sweep_objects
from app.stripe_events.mark_refused import find_refused_at
from app.stripe_events.queries import find_last_run, forget_runs
from app.stripe_events.reconcile_events import reconcile_events
from app.stripe_events.rules import is_due
from app.stripe_events.service import receive_event
from app.stripe_events.verify_event import parse_event

MOST_AT_ONCE = 100
KEEP_BODIES = timedelta(days=30)
KEEP_RUNS = timedelta(days=90)


@job("stripe_events.sweep", attempts=1)
def sweep() -> None:
    """Apply what is due; asked for every minute, so it needs no second attempt of its own."""
    with unit_of_work() as session:
        due = list_due_events(session, MOST_AT_ONCE)
    for body in due:
        event = parse_event(body)
        try:
            receive_event(event, source="replay")
        except Exception as failure:  # it is kept as failed with its next try; the others must not wait for it
            log_failure("stripe event failed again", failure, stripeEventId=event.id)


@job("stripe_events.reconcile", attempts=1)
def reconcile(is_asked: bool = False) -> None:
    """Fetch what never arrived, when it is due or `is_asked`; the clock asks every minute, so nothing is repeated."""
    with unit_of_work() as session:
        last_run = find_last_run(session)
    if not is_asked and not is_due(last_run, find_refused_at(), utc_now()):
        return
    try:
        reconcile_events()
    except Refusal as refusal:  # somebody else runs it, or Stripe is down: the next minute asks again
        log_event("stripe events not reconciled", level="warning", code=refusal.code)


@job("stripe_events.check_objects", attempts=1)
def check_objects() -> None:
    """Read what is still open here; what this run does not reach the next one does."""
    try:
        sweep_objects()
    except Refusal as refusal:
        log_event("stripe objects not read", level="warning", code=refusal.code)


@job("stripe_events.forget_bodies")
def forget_old_bodies() -> None:
    """Raw bodies hold personal data and stay 30 days (design §4.7)."""
    with unit_of_work() as session:
        forget_bodies(session, utc_now() - KEEP_BODIES)
        forget_runs(session, utc_now() - KEEP_RUNS)
