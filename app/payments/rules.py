"""Decisions about money that need no order: providers, what an intent's status means here."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from app.payments.compute_dispute import Contest
from app.payments.errors import PaymentProviderUnknown
from app.shop.rules import compute_business_day

STRIPE_PROVIDER = "pp_stripe_stripe"
MANUAL_PROVIDER = "pp_system_default"

# A session in one of these still waits for its customer.
OPEN_STATUSES = frozenset({"pending", "requires_more", "authorized", "error"})

# Of a Checkout Session that asks for nothing more (payments §2.2).
PAID_PAGE_STATUSES = frozenset({"paid", "no_payment_required"})

# A ledger row in one of these may still need something.
OPEN_EVENT_STATES = ("received", "failed", "unmatched")
MOST_TRIES = 10
LONGEST_WAIT_MINUTES = 60
UNMATCHED_FOR = timedelta(minutes=15)

_STATUS_OF_INTENT = {
    "requires_payment_method": "pending",
    "requires_confirmation": "pending",
    "requires_action": "requires_more",
    "processing": "pending",
    "requires_capture": "authorized",
    "succeeded": "captured",
    "canceled": "canceled",
}


Standing = Literal[
    "disputed", "dispute_lost", "refunded", "partially_refunded", "refund_failed", "needs_review", "paid",
    "canceled", "expired", "failed", "processing", "pending",
]  # fmt: skip


@dataclass(frozen=True)
class Failure:
    """Why an attempt to pay failed; the customer may try again. `decline_code` is the bank's."""

    at: datetime
    code: str | None = None
    decline_code: str | None = None


@dataclass(frozen=True)
class AttemptFacts:
    """What Stripe told of one attempt to pay, and when it said so; none of it undoes a payment."""

    processing_since_at: datetime | None = None
    expired_at: datetime | None = None
    canceled_at: datetime | None = None
    failure: Failure | None = None


@dataclass(frozen=True)
class MoneyFacts:
    """What is known of the money of an order. `attempts` are in the order in which they were opened."""

    total_cents: int
    captured_cents: int
    refunded_cents: int
    contest: Contest
    has_failed_refund: bool
    is_paid: bool
    needs_review: bool
    is_canceled: bool
    attempts: tuple[AttemptFacts, ...] = ()


@dataclass(frozen=True)
class NextTry:
    """When the sweeper takes an event up again; None: never."""

    at: datetime | None


def decide_next_try(state: str, attempts: int, received_at: datetime, now: datetime) -> NextTry:
    """A failed event after 1, 2, 4 ... 60 minutes, ten times; an unmatched one every minute for 15.

    Source: payments §3.2.
    """
    if state == "failed" and attempts < MOST_TRIES:
        return NextTry(now + timedelta(minutes=min(1 << (attempts - 1), LONGEST_WAIT_MINUTES)))
    if state == "unmatched" and now - received_at < UNMATCHED_FOR:
        return NextTry(now + timedelta(minutes=1))
    return NextTry(None)


def list_provider_ids(*, is_manual_offered: bool) -> tuple[str, ...]:
    """Cards through Stripe always; transfer or cash where the shop said so. Source: design §4.5."""
    return (STRIPE_PROVIDER, MANUAL_PROVIDER) if is_manual_offered else (STRIPE_PROVIDER,)


def check_provider(provider_id: str, amount_cents: int, *, is_manual_offered: bool) -> None:
    """Only the providers of `list_provider_ids` open a session, and whoever has nothing to pay may name the manual one.

    Source: design §4.5.
    """
    offered = list_provider_ids(is_manual_offered=is_manual_offered or amount_cents == 0)
    if provider_id not in offered:
        raise PaymentProviderUnknown(f"Payment provider {provider_id} is not enabled")


def compute_provider(asked_id: str, amount_cents: int) -> str:
    """Stripe takes no payment of nought: the shop settles it by itself, whichever provider was asked for.

    Source: Stripe's least amounts; Medusa completes a cart of nought without any payment.
    """
    return asked_id if amount_cents else MANUAL_PROVIDER


def is_completable(
    provider_id: str, amount_cents: int, owed_cents: int, *, has_intent: bool, is_manual_offered: bool
) -> bool:
    """A card's attempt once Stripe has answered; any other while its way to pay is offered, or nothing is to pay.

    What is promised is what is owed. Of a card's money that is asked when it comes.

    Source: design §4.5 (manual payment is off unless set).
    """
    if provider_id == STRIPE_PROVIDER:
        return has_intent
    return amount_cents == owed_cents and (is_manual_offered or amount_cents == 0)


def compute_session_status(current: str, intent_status: str, *, is_superseded: bool) -> str:
    """A captured session stays captured; one that is over or superseded only changes when it is paid after all.

    Source: payments §2.2 (facts only grow), the session's words are Medusa's. An unknown status of Stripe waits.
    """
    reported = _STATUS_OF_INTENT.get(intent_status, "pending")
    is_over = is_superseded or current == "canceled"
    if current == "captured" or (is_over and reported != "captured"):
        return current
    return reported


def compute_page_status(current: str, page_status: str | None, payment_status: str, told: AttemptFacts) -> str:
    """Of an attempt on Stripe's page: paid it stays paid, ended without money it is over, else it waits.

    Source: payments §2.2 and §2.3; the words are Medusa's.
    """
    if current == "captured":
        return current
    if page_status == "complete" and payment_status in PAID_PAGE_STATUSES:
        return "captured"
    return "canceled" if told.expired_at or told.failure else current


def compute_collection_status(session_statuses: Collection[str], captured_cents: int, amount_cents: int) -> str:
    """What a collection says on the wire, from its payments first, then its sessions. Source: store-api §6."""
    is_settled = captured_cents > 0 or "captured" in session_statuses
    if is_settled and captured_cents >= amount_cents:
        return "completed"
    if captured_cents:
        return "partially_captured"
    if "authorized" in session_statuses:
        return "authorized"
    return "awaiting" if set(session_statuses) & OPEN_STATUSES else "not_paid"


def compute_attempt_facts(known: AttemptFacts, told: AttemptFacts) -> AttemptFacts:
    """What is known and what is told, together: the same in whatever order it is told, and however often.

    What happens once has its earliest instant; of several failures the newest counts. Source: payments §2.2.
    """
    return AttemptFacts(
        processing_since_at=_earlier(known.processing_since_at, told.processing_since_at),
        expired_at=_earlier(known.expired_at, told.expired_at),
        canceled_at=_earlier(known.canceled_at, told.canceled_at),
        failure=max((each for each in (known.failure, told.failure) if each), key=_weigh_failure, default=None),
    )


def compute_lateness(facts: AttemptFacts, given_up_at: datetime | None, paid_at: datetime) -> bool:
    """Whether money came after its attempt had ended or its order was given up. Source: payments §2.2 (`paid_late`)."""
    return any(ended and ended < paid_at for ended in (facts.expired_at, facts.canceled_at, given_up_at))


def is_of_earlier_day(told_at: datetime, captured_at: datetime) -> bool:
    """Whether money came on an earlier business day than the one noted; within a day the first to tell it stays.

    Source: docs/decisions/0016 (`captured_at` is when Stripe says that it happened).
    """
    return compute_business_day(told_at) < compute_business_day(captured_at)


def compute_kept(total_cents: int, captured_cents: int, refunded_cents: int) -> int:
    """What came and stayed, at most the total: a payment too many that went back leaves the order paid.

    Source: payments §3.2 (refunds belong to a payment, not to the order).
    """
    return max(0, min(total_cents, captured_cents - refunded_cents))


def compute_payment_standing(money: MoneyFacts) -> Standing:
    """Where the money of an order stands, from facts that only grow; the first that holds. Source: payments §2.2.

    An order that a person must look at says so although its money is there (docs/decisions/0016).
    """
    kept_cents = compute_kept(money.total_cents, money.captured_cents, money.refunded_cents)
    is_reduced = money.refunded_cents > 0 and kept_cents < money.total_cents
    settled: tuple[tuple[Standing, bool], ...] = (
        ("disputed", money.contest == "open"),
        ("dispute_lost", money.contest == "lost"),
        ("refunded", is_reduced and kept_cents == 0),
        ("partially_refunded", is_reduced),
        ("refund_failed", money.is_paid and money.has_failed_refund),
        ("needs_review", money.needs_review),
        ("paid", money.is_paid),
        ("canceled", money.is_canceled),
    )
    return next((standing for standing, holds in settled if holds), None) or _compute_unpaid(money.attempts)


def _compute_unpaid(attempts: tuple[AttemptFacts, ...]) -> Standing:
    """The newest attempt counts, but for one whose money may be on its way."""
    if any(is_processing(each) for each in attempts):
        return "processing"
    newest = attempts[-1] if attempts else AttemptFacts()
    if newest.expired_at or newest.canceled_at:
        return "expired" if newest.expired_at else "canceled"
    return "failed" if newest.failure else "pending"


def is_processing(facts: AttemptFacts) -> bool:
    """Whether its money may be on its way: it began, and nothing that came later ended it."""
    ends = (facts.expired_at, facts.canceled_at, facts.failure.at if facts.failure else None)
    since = facts.processing_since_at
    return since is not None and not any(end and end >= since for end in ends)


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((each for each in (one, other) if each), default=None)


def _weigh_failure(failure: Failure) -> tuple[datetime, str, str]:
    return failure.at, failure.code or "", failure.decline_code or ""
