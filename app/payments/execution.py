"""Carries out a decided refund at Stripe. No transaction is open; what came of it is for the caller to write down."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.gateways.stripe import StripeGateway, StripeRefund

# Stripe forgets a key after 24 hours; beyond that the same key could make a second refund.
KEY_LIFE = timedelta(hours=23)
REFUND_ID = "refund_id"
_PREFIX = "refund"


@dataclass(frozen=True)
class Transfer:
    """What Stripe is asked to give back; the same row always asks for the same."""

    refund_id: str
    payment_intent_id: str
    amount_cents: int
    key_number: int
    # An attempt was made before and its answer is not known: money may be on its way already.
    is_repeated: bool


def key_of(refund_id: str, key_number: int) -> str:
    """The idempotency key of a refund; another number only once Stripe has forgotten the one before."""
    return f"{_PREFIX}:{refund_id}" if key_number == 1 else f"{_PREFIX}:{refund_id}:{key_number}"


def find_refund_id(idempotency_key: str | None) -> str | None:
    """Our refund that a key of `key_of` belongs to: Stripe brings it back with the event (payments §1.3)."""
    prefix, _, rest = (idempotency_key or "").partition(":")
    return rest.partition(":")[0] if prefix == _PREFIX and rest else None


def is_key_spent(first_sent_at: datetime | None, now: datetime) -> bool:
    """Whether Stripe may have forgotten the key that was first used then."""
    return first_sent_at is not None and now - first_sent_at > KEY_LIFE


def find_sent(stripe: StripeGateway, transfer: Transfer) -> StripeRefund | None:
    """What an earlier attempt brought about, by our id in the refund's metadata."""
    made = stripe.list_refunds(payment_intent_id=transfer.payment_intent_id)
    return next((each for each in made if each.metadata.get(REFUND_ID) == transfer.refund_id), None)


def create(stripe: StripeGateway, transfer: Transfer) -> StripeRefund:
    """Ask Stripe to give the money back: one attempt of at most 5 s, under the row's key.

    Raises `Retryable` (it may have been done) or `Terminal` (it was not).
    """
    return stripe.create_refund(
        payment_intent_id=transfer.payment_intent_id,
        amount_cents=transfer.amount_cents,
        idempotency_key=key_of(transfer.refund_id, transfer.key_number),
        metadata={REFUND_ID: transfer.refund_id},
    )
