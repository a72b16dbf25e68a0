"""Whether money is the same here and at Stripe: what differs is listed, nothing is changed (payments §3.3)."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from app.core.clock import utc_now
from app.core.db import unit_of_work
from app.gateways.errors import VendorFailure
from app.gateways.stripe import get_stripe
from app.stripe_events.errors import StripeUnanswered
from app.stripe_events.list_drift_here import list_excess, list_reviews, list_stuck_events
from app.stripe_events.list_drift_there import (
    list_dispute_drift,
    list_payment_drift,
    list_payout_drift,
    list_refund_drift,
)
from app.stripe_events.schemas import Finding

# Of the daily report; what is older was reported then, or is asked for by `--since`.
LOOKS_BACK = timedelta(days=7)
# What happened a moment ago is on its way.
SETTLES_IN = timedelta(minutes=10)


def list_drift(since: datetime | None = None, until: datetime | None = None) -> Iterator[Finding]:
    """Everything that differs between two instants, as it is found; raises `StripeUnanswered`.

    Stripe is read by the day with no transaction open, so that neither memory nor a lock grows with the shop.
    """
    until = until or utc_now() - SETTLES_IN
    since = since or until - LOOKS_BACK
    with unit_of_work() as session:
        here = [*list_stuck_events(session, until), *list_reviews(session), *list_excess(session, since)]
    yield from here
    stripe = get_stripe()
    try:
        yield from list_payment_drift(stripe, since, until)
        yield from list_refund_drift(stripe, since, until)
        yield from list_dispute_drift(stripe, since, until)
        yield from list_payout_drift(stripe, since)
    except VendorFailure as failure:
        raise StripeUnanswered(failure.code) from failure
