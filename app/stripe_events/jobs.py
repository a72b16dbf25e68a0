"""Events that failed or met nothing, taken up again; events that never arrived, fetched; bodies forgotten in time."""

from collections import Counter
from datetime import timedelta

from sqlalchemy.orm import Session

from app.core.clock import utc_now
from app.core.db import unit_of_work
from app.core.errors import Refusal
from app.core.jobs import job
from app.core.log import log_event, log_failure
from app.core.words import Words
from app.payments.models import PaymentEvent
from app.payments.record_event import forget_bodies, list_due_events
from app.shop.rules import compute_business_day
from app.stripe_events.acknowledge_drift import identify, list_known_drift
from app.stripe_events.check_objects import sweep_objects
from app.stripe_events.errors import GapTooLong
from app.stripe_events.list_drift import list_drift
from app.stripe_events.mark_refused import find_refused_at
from app.stripe_events.queries import find_last_run, forget_runs, list_given_up
from app.stripe_events.queue_alert import DRIFT, GAP, GIVEN_UP, queue_alert
from app.stripe_events.reconcile_events import reconcile_events
from app.stripe_events.render_drift import Rendered, render_drift
from app.stripe_events.rules import is_due
from app.stripe_events.schemas import Finding
from app.stripe_events.service import receive_event
from app.stripe_events.verify_event import parse_event
from app.stripe_events.watch_webhook import watch_webhook

MOST_AT_ONCE = 100
# Of the differences a mail names so many, and of the events given up so many have a mail of their own in a day: the
# command lists all, and customers' mails need the day's quota.
MOST_MAILED = 10
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
    with unit_of_work() as session:
        for given_up in list_given_up(session, utc_now() - timedelta(days=1), MOST_MAILED):
            _tell_given_up(session, given_up)


def _tell_given_up(session: Session, event: PaymentEvent) -> None:
    """Ten tries failed: only a person goes on from here (payments §3.2)."""
    event_id = event.stripe_event_id
    queue_alert(
        session,
        GIVEN_UP,
        event_id,
        event_id,
        Words(
            f"un événement de Stripe ({event.type}) n'a pas pu être appliqué après {event.attempts} essais "
            f"({event.error_code}).",
            f"an event of Stripe ({event.type}) could not be applied in {event.attempts} tries ({event.error_code}).",
        ),
        Words(
            f"comptoir trace {event_id}, puis, la cause réparée, comptoir events replay {event_id}.",
            f"comptoir trace {event_id}, then, once the cause is mended, comptoir events replay {event_id}.",
        ),
    )


@job("stripe_events.watch", attempts=1)
def watch() -> None:
    """Look at what the webhook answers; asked for every minute, and each cause is told once a day."""
    with unit_of_work() as session:
        watch_webhook(session, utc_now())


@job("stripe_events.reconcile", attempts=1)
def reconcile(is_asked: bool = False) -> None:
    """Fetch what never arrived, when it is due or `is_asked`; the clock asks every minute, so nothing is repeated."""
    with unit_of_work() as session:
        last_run = find_last_run(session)
    if not is_asked and not is_due(last_run, find_refused_at(), utc_now()):
        return
    try:
        reconcile_events()
    except GapTooLong as refusal:
        _tell_gap(refusal)
    except Refusal as refusal:  # somebody else runs it, or Stripe is down: the next minute asks again
        log_event("stripe events not reconciled", level="warning", code=refusal.code)


def _tell_gap(refusal: GapTooLong) -> None:
    """Once per day on which the gap began: the hourly check of objects goes on meanwhile."""
    french, _, english = refusal.message.partition(" / ")
    with unit_of_work() as session:
        about = f"{refusal.since:%Y-%m-%d}"
        what = Words(
            "des événements de Stripe sont trop anciens pour être relus (plus de 30 jours).",
            "events of Stripe are too old to be fetched (more than 30 days).",
        )
        queue_alert(session, GAP, about, None, what, Words(french, english))


@job("stripe_events.check_objects", attempts=1)
def read_objects() -> None:
    """Read what is still open here; what this run does not reach the next one does."""
    try:
        sweep_objects()
    except Refusal as refusal:
        log_event("stripe objects not read", level="warning", code=refusal.code)


@job("stripe_events.report_drift")
def report_drift() -> None:
    """Compare with Stripe once a day; the shop is written to when something differs that nobody has explained yet."""
    counts: Counter[str] = Counter()
    first: list[Finding] = []
    known = list_known_drift()
    for finding in list_drift():
        if identify(finding) in known:
            continue
        counts[finding.code] += 1
        first = [*first, finding][:MOST_MAILED]
    for code, count in sorted(counts.items()):
        log_event("money differs", level="warning", code=code, status=str(count))
    if first:
        _tell_drift(sum(counts.values()), [render_drift(finding) for finding in first])


def _tell_drift(count: int, first: list[Rendered]) -> None:
    with unit_of_work() as session:
        what = Words(
            f"{count} différence(s) avec Stripe : " + " · ".join(each.fr for each in first) + ".",
            f"{count} difference(s) with Stripe: " + " · ".join(each.en for each in first) + ".",
        )
        step = Words("comptoir events drift les donne toutes.", "comptoir events drift lists them all.")
        queue_alert(session, DRIFT, compute_business_day(utc_now()).isoformat(), None, what, step)


@job("stripe_events.forget_bodies")
def forget_old_bodies() -> None:
    """Raw bodies hold personal data and stay 30 days (design §4.7)."""
    with unit_of_work() as session:
        forget_bodies(session, utc_now() - KEEP_BODIES)
        forget_runs(session, utc_now() - KEEP_RUNS)
