"""How far back Stripe's news are read, and when; what an object that is read means."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from app.shop.rules import compute_business_day
from app.stripe_events.errors import GapTooLong

STRIPE_KEEPS = timedelta(days=30)
# What is being delivered at this moment is the webhook's.
YOUNG = timedelta(minutes=2)
# Stripe's clock is not ours, and an event may be listed a little after its instant.
OVERLAP = timedelta(hours=1)
EVERY = timedelta(minutes=15)


@dataclass(frozen=True)
class Reach:
    """From when on events are read; None: nothing was ever asked of Stripe, so nothing can be missing."""

    since: datetime | None


@dataclass(frozen=True)
class Known:
    """What the database knows of the past.

    `oldest_open`: the oldest event whose effect is still to come. `last_run`: when the last complete run began.
    `first_asked`: when a payment was first asked of Stripe.
    """

    oldest_open: datetime | None
    last_run: datetime | None
    first_asked: datetime | None


def decide_reach(known: Known, asked: datetime | None, now: datetime) -> Reach:
    """From the older of what is still open in the ledger and the last complete run on, with an hour of overlap.

    An event that never arrived leaves no trace in the ledger, only the run that would have found it. Whoever asks for
    more (`--since`) gets it. Beyond what Stripe still lists an effect may be lost for ever: that is refused
    (`GapTooLong`) until a person names the day to begin with. Source: payments §3.3.
    """
    before = known.last_run or known.first_asked
    instants = [each for each in (before, known.oldest_open) if each is not None]
    since = min(instants) - OVERLAP if instants else None
    oldest = now - STRIPE_KEEPS
    if asked is not None and (since is None or asked < since or since < oldest):
        since = asked
    if since is not None and since < oldest:
        # The first day of the shop that Stripe lists as a whole: its clock is not UTC's.
        raise GapTooLong(since, compute_business_day(oldest) + timedelta(days=1))
    return Reach(since)


# What an object's status means as an event; a status that is not here is no news.
_NEWS = {
    ("payment_intent", "succeeded"): "payment_intent.succeeded",
    ("payment_intent", "canceled"): "payment_intent.canceled",
    ("payment_intent", "failed"): "payment_intent.payment_failed",
    ("checkout.session", "complete:paid"): "checkout.session.completed",
    ("checkout.session", "complete:no_payment_required"): "checkout.session.completed",
    ("checkout.session", "complete:unpaid"): "checkout.session.completed",
    ("checkout.session", "complete:failed"): "checkout.session.async_payment_failed",
    ("checkout.session", "expired:unpaid"): "checkout.session.expired",
    ("refund", "pending"): "refund.updated",
    ("refund", "succeeded"): "refund.updated",
    ("refund", "failed"): "refund.failed",
    ("refund", "canceled"): "refund.updated",
}


@dataclass(frozen=True)
class News:
    """As which event what was read is applied; None: nothing that was not known."""

    event_type: str | None


def decide_news(kind: str, status: str, known_status: str) -> News:
    """An object whose status is another one than the one known here is news, as the event that never came.

    A Checkout Session that waits for its money is known as `complete:unpaid`, one whose intent failed meanwhile is
    `complete:failed`. Source: payments §2.3, §3.3.
    """
    return News(None if status == known_status else _NEWS.get((kind, status)))


def is_due(last_run: datetime | None, refused_at: datetime | None, now: datetime) -> bool:
    """Every 15 minutes; each minute after a 429, until a run began when what was refused was no more too young.

    Source: design §4.8, payments §3.3.
    """
    if last_run is None or last_run <= now - EVERY:
        return True
    return refused_at is not None and last_run < refused_at + YOUNG + timedelta(seconds=5)


# The runbooks' thresholds (S3-003, S3-012, S3-013, S1-018, C-39), and how often something must be seen to be a rate.
BAD_SIGNATURES = 3
FEWEST_FAILURES, FAILING_SHARE = 10, 0.01
FEWEST_DUPLICATES, DUPLICATE_SHARE = 20, 0.05

Alarm = Literal[
    "webhook_signatures", "webhook_rate_limited", "webhook_failing", "webhook_duplicates", "events_stuck",
    "events_missed",
]  # fmt: skip
# What the webhook answered with 200; what else it answers is a failed delivery to Stripe.
GOOD = ("processed", "ignored", "unmatched", "duplicate")
BAD = ("server_error", "signature_invalid", "event_malformed", "too_many_requests")


@dataclass(frozen=True)
class Heard:
    """How often the webhook gave which answer, in five minutes and in an hour; what the ledger says meanwhile.

    `stuck`: events that were tried more than three times in vain. `missed`: events of the hour that had to be fetched.
    """

    lately: Counter[str] = field(default_factory=Counter)
    hour: Counter[str] = field(default_factory=Counter)
    stuck: int = 0
    missed: int = 0


def decide_alarms(heard: Heard) -> list[Alarm]:
    """What a person must hear of the webhook; a cause that is named is not told again as a rate.

    Source: runbook S3 "Alertes webhook", S4 3.1 and 6; payments §0, §2.4.
    """
    good, bad = (sum(heard.hour[name] for name in names) for names in (GOOD, BAD))
    repeated = heard.hour["duplicate"]
    is_forged = heard.lately["signature_invalid"] >= BAD_SIGNATURES
    is_limited = heard.lately["too_many_requests"] > 0
    is_failing = bad >= FEWEST_FAILURES and bad > FAILING_SHARE * (good + bad)
    alarms: dict[Alarm, bool] = {
        "webhook_signatures": is_forged,
        "webhook_rate_limited": is_limited,
        "webhook_failing": is_failing and not (is_forged or is_limited),
        "webhook_duplicates": repeated >= FEWEST_DUPLICATES and repeated > DUPLICATE_SHARE * good,
        "events_stuck": heard.stuck > 0,
        "events_missed": heard.missed > 0 and not heard.hour["too_many_requests"],
    }
    return [alarm for alarm, is_heard in alarms.items() if is_heard]


def decide_burst(minutes: Iterable[Mapping[str, int]]) -> Literal["none", "stripe", "strangers"]:
    """Who came too often: of what passed in the minutes with a 429, most was signed by Stripe, or most was not."""
    limited = [minute for minute in minutes if minute.get("too_many_requests")]
    if not limited:
        return "none"
    signed = sum(minute.get(name, 0) for minute in limited for name in (*GOOD, "server_error", "event_malformed"))
    unsigned = sum(minute.get("signature_invalid", 0) for minute in limited)
    return "stripe" if signed > unsigned else "strangers"
