"""Decisions about money that need no order: providers, what an intent's status means here."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.payments.errors import PaymentProviderUnknown

STRIPE_PROVIDER = "pp_stripe_stripe"
MANUAL_PROVIDER = "pp_system_default"

# A session in one of these still waits for its customer.
OPEN_STATUSES = frozenset({"pending", "requires_more", "authorized", "error"})

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
    """A captured session stays captured; a superseded one only changes when its intent is paid after all.

    Source: payments §2.2 (facts only grow), the session's words are Medusa's. An unknown status of Stripe waits.
    """
    reported = _STATUS_OF_INTENT.get(intent_status, "pending")
    if current == "captured" or (is_superseded and reported != "captured"):
        return current
    return reported


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
