"""Decisions about mails: which goes first, whether it may leave now, and what an attempt that failed means."""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from app.notifications.errors import MailLinkForgotten, MailNotWaiting
from app.shop.rules import compute_business_day, compute_day_start

LOCALES = ("fr", "en")
WAIT_MINUTES = (1, 2, 5, 15, 30, 60)
GIVE_UP_AFTER = timedelta(hours=24)
# Of the mails that were given up, people are shown two days' (somebody sees it after a weekend's day), without those
# that nobody wants any more: a link that is over, and what may have left.
GIVEN_UP_SHOWN = timedelta(days=2)
NOBODY_WANTS = ("expired", "outcome_unknown")
# Brevo keeps a key 30 minutes; a margin for its clock and ours.
KEY_LIFE = timedelta(minutes=25)
# So many attempts in a row without a Brevo close the gate; then one mail tries at a time, at these intervals.
CLOSING_FAILURES = 3
PROBE_MINUTES = (1, 2, 5, 15)
# Longer than any call takes: another mail may try if the one that was let through died.
PROBE_LEASE = timedelta(minutes=2)
LIMITED_SECONDS = 60
BOUNCES_LOOKED_AT_AGAIN = timedelta(minutes=15)
QUOTA_WARNING = 0.8
LEAST_REQUESTS = 50
WARNING_RATE, CRITICAL_RATE = 0.02, 0.05

GateState = Literal["open", "limited", "down", "paused", "stopped"]
BounceLevel = Literal["ok", "warning", "critical"]
QUOTA_REACHED = "quota_reached"
BOUNCES = "bounces"


@dataclass(frozen=True)
class Kind:
    """What the template of a mail says about its way: 1 leaves first, the essential ones whatever the quota."""

    priority: int
    is_essential: bool = True
    # Rather twice than never, when nobody can say whether it left.
    may_repeat: bool = True
    # Its link is forgotten once it is given up: only whoever asked for it can ask again.
    has_secret: bool = False


KINDS = {
    "order_confirmation": Kind(1),
    "password_reset": Kind(1, may_repeat=False, has_secret=True),
    "refund_sent": Kind(1),
    "payment_failed": Kind(1),
    "mail_test": Kind(1),
    "shipment_sent": Kind(2),
    "order_transfer": Kind(2, has_secret=True),
    "withdrawal_link": Kind(1, has_secret=True),
    "withdrawal_acknowledged": Kind(1),
    "return_approved": Kind(2),
    "return_rejected": Kind(2),
    "dispute_opened": Kind(2),
    "dispute_closed": Kind(2),
    "refund_failed": Kind(2),
    "payout_failed": Kind(2),
    "checkout_recovered": Kind(2),
    "money_alert": Kind(2),
    "welcome": Kind(3, is_essential=False),
}
# A row of a later release, after a way back.
UNKNOWN_KIND = Kind(2)


@dataclass(frozen=True)
class NextAttempt:
    """When to try again; None: never, the message is dead and a person must look."""

    at: datetime | None


@dataclass(frozen=True)
class Departure:
    """Whether the mail leaves now; if not, why and when to ask again."""

    is_now: bool
    code: str | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class Setback:
    """What a failed attempt says: of this mail (Brevo may have it all the same) and of the way out."""

    is_unknown: bool
    gate: GateState
    gate_opens_at: datetime | None = None


@dataclass(frozen=True)
class Bounces:
    """Of the mails asked for within a time, those that found no mailbox."""

    requests: int
    bounces: int

    @property
    def rate(self) -> float:
        """The share that bounced; 0 while there is nothing to divide by."""
        return self.bounces / self.requests if self.requests else 0.0


def decide_next_attempt(
    attempts: int,
    queued_at: datetime,
    now: datetime,
    retry_after_seconds: int | None = None,
    expires_at: datetime | None = None,
) -> NextAttempt:
    """After 1, 2, 5, 15, 30, 60 minutes, then hourly up to 24 hours; never sooner than the vendor asked, and never
    once the mail is of no use.

    Source: payments §4, Brevo down.
    """
    if now - queued_at >= GIVE_UP_AFTER:
        return NextAttempt(None)
    minutes = WAIT_MINUTES[min(attempts, len(WAIT_MINUTES)) - 1]
    at = now + max(timedelta(minutes=minutes), timedelta(seconds=retry_after_seconds or 0))
    return NextAttempt(None if expires_at is not None and at >= expires_at else at)


def decide_departure(
    *,
    kind: Kind,
    gate: str,
    gate_opens_at: datetime,
    bounce_level: str,
    used_today: int,
    quota: int,
    now: datetime,
) -> Departure:
    """A closed gate holds every mail until one may try; many bounces or a full quota hold what is not essential.

    Source: payments §7.2 (quota, in priority order) and §7.3 (bounces pause non-essential mail).
    """
    if gate != "open" and gate_opens_at > now:
        return Departure(False, gate, gate_opens_at)
    if not kind.is_essential and bounce_level == "critical":
        return Departure(False, BOUNCES, now + BOUNCES_LOOKED_AT_AGAIN)
    if not kind.is_essential and used_today >= quota:
        return Departure(False, QUOTA_REACHED, compute_next_day_start(now))
    return Departure(True)


def decide_setback(
    *, code: str, http_status: int | None, retry_after_seconds: int | None, failures: int, now: datetime
) -> Setback:
    """401 and 403 stop the queue, 402 pauses it until tomorrow in Paris, 429 until Brevo says; a Brevo that is away
    closes it at the third failure in a row. Only an outage leaves open whether the mail left.

    `failures` counts this one. Source: payments §7.2, errors.
    """
    if http_status in (401, 403):
        return Setback(False, "stopped", compute_probe_time(failures, now))
    if http_status == 402:
        return Setback(False, "paused", compute_next_day_start(now))
    if http_status == 429:
        return Setback(False, "limited", now + timedelta(seconds=retry_after_seconds or LIMITED_SECONDS))
    is_unknown = code != "unreachable"
    if failures < CLOSING_FAILURES:
        return Setback(is_unknown, "open")
    return Setback(is_unknown, "down", compute_probe_time(failures - CLOSING_FAILURES + 1, now))


def compute_probe_time(failures: int, now: datetime) -> datetime:
    """When one mail may try again after so many failures: 1, 2, 5, then every 15 minutes. Source: payments §4."""
    return now + timedelta(minutes=PROBE_MINUTES[min(failures, len(PROBE_MINUTES)) - 1])


def compute_next_day_start(now: datetime) -> datetime:
    """When Brevo's next day begins: at midnight in Paris. Source: payments §7.2, counted per Paris day."""
    return compute_day_start(compute_business_day(now) + timedelta(days=1))


def compute_yesterday(now: datetime) -> date:
    """The day in Paris that is over. Source: payments §7.3, cross-check once a day."""
    return compute_business_day(now) - timedelta(days=1)


def decide_asking(unknown_since_at: datetime | None, now: datetime) -> bool:
    """Whether Brevo must be asked for the mail before it is handed over again: once it has forgotten the key.

    Source: payments §7.2, idempotency.
    """
    return unknown_since_at is not None and now - unknown_since_at >= KEY_LIFE


def compute_bounce_level(day: Bounces, week: Bounces) -> BounceLevel:
    """Above 2 % a warning, above 5 % critical, over a day or a week of at least fifty mails. Source: payments §7.3."""
    rates = [each.rate for each in (day, week) if each.requests >= LEAST_REQUESTS]
    worst = max(rates, default=0.0)
    return "critical" if worst > CRITICAL_RATE else "warning" if worst > WARNING_RATE else "ok"


def compute_mail_health(
    *,
    gate: str,
    dead: int,
    bounce_level: str,
    used_today: int,
    quota: int,
    untold_events: int,
    is_contact_suppressed: bool = False,
) -> str:
    """`ok`, or the gravest cause of mail that does not arrive. Source: payments §4, §7.2, §7.3.

    A shop whose own address is suppressed hears of no dispute and of no refund that failed.
    """
    if gate in ("stopped", "down", "paused"):
        return gate
    if is_contact_suppressed:
        return "contact_suppressed"
    if dead:
        return "dead_mails"
    if bounce_level != "ok":
        return f"bounces_{bounce_level}"
    if used_today >= quota:
        return QUOTA_REACHED
    if used_today >= compute_warning_count(quota):
        return "quota_warning"
    return "webhook_silent" if untold_events else "ok"


def compute_warning_count(quota: int) -> int:
    """The mail of the day at which the quota is nearly used: 80 % of it. Source: payments §7.2, S0-119."""
    return max(1, round(quota * QUOTA_WARNING))


def compute_address_hash(address: str) -> str:
    """What we keep of an address that mail must not reach: not the address. Source: payments §7.3."""
    return hashlib.sha256(f"comptoir-mail:{address.strip().lower()}".encode()).hexdigest()


def compute_mail_locale(locale: str | None) -> str:
    """English for whoever shops in English, French for everybody else. Source: design §4.15."""
    return "en" if (locale or "").lower().startswith("en") else "fr"


def check_retry(state: str, template: str, expires_at: datetime | None, now: datetime) -> None:
    """A mail that was given up, or kept from a suppressed address, may be tried again unless its link is gone.

    Raises `MailNotWaiting`, `MailLinkForgotten`. Source: payments §4, the command `mail retry`.
    """
    if state not in ("dead", "suppressed"):
        raise MailNotWaiting
    is_over = expires_at is not None and expires_at <= now
    if is_over or KINDS.get(template, UNKNOWN_KIND).has_secret:
        raise MailLinkForgotten
