"""Events that failed or met nothing, taken up again; bodies forgotten in time."""

from datetime import timedelta

from app.core.clock import utc_now
from app.core.db import unit_of_work
from app.core.jobs import job
from app.core.log import log_failure
from app.payments.record_event import forget_bodies, list_due_events
from app.stripe_events.service import receive_event
from app.stripe_events.verify_event import parse_event

MOST_AT_ONCE = 100
KEEP_BODIES = timedelta(days=30)


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


@job("stripe_events.forget_bodies")
def forget_old_bodies() -> None:
    """Raw bodies hold personal data and stay 30 days (design §4.7)."""
    with unit_of_work() as session:
        forget_bodies(session, utc_now() - KEEP_BODIES)
