"""Asking for money on Stripe's own page: what is owed and by what, whether an order, a booking or a subscription."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.checkout.release_pieces import give_up_answered, give_up_refused
from app.core.db import unit_of_work
from app.core.errors import Conflict
from app.gateways.errors import Retryable, Terminal
from app.gateways.stripe import CheckoutSession, get_stripe
from app.payments.breaker import guarded
from app.payments.errors import CheckoutUnavailable
from app.payments.models import PaymentSession
from app.payments.queries import find_page_session
from app.payments.rules import AttemptFacts
from app.payments.service import record_checkout_session

# Stripe's least is thirty minutes from its own clock and from each repeated call: so long may one be repeated.
LEAST_LIFE = timedelta(minutes=30)
ASK_AGAIN_FOR = timedelta(minutes=5)
# The news of a payment in the last second takes its time.
NEWS_TAKES = timedelta(minutes=5)

LANGUAGES = frozenset({"fr", "en"})


@dataclass(frozen=True)
class Payable:
    """Something that is owed, as Stripe's page shows it. How much, by which collection and until when is its attempt's.

    `reference` is its id, under which Stripe's dashboard finds it, `title` what the customer reads on the page.
    Whoever opens a page keeps what is scarce until its end, and a while longer (`NEWS_TAKES`).
    """

    reference: str
    title: str
    email: str | None
    locale: str
    metadata: Mapping[str, str]


@dataclass(frozen=True)
class Page:
    """Where to send the customer, until when."""

    attempt_id: str
    checkout_session_id: str
    url: str
    expires_at: datetime


def compute_page_end(now: datetime) -> datetime:
    """Until when a page opened now can be paid: Stripe's least, and as long as the call may be repeated."""
    return (now + LEAST_LIFE + ASK_AGAIN_FOR).replace(microsecond=0)


def request_page(attempt: PaymentSession, payable: Payable) -> PaymentSession | None:
    """Ask Stripe for the page of an attempt, with no transaction open; None: its key is spent, open another attempt.

    The attempt's row and all that is sent stand before the call, its id is the idempotency key: after any outcome the
    same call gives the same page. Raises `CheckoutUnavailable`, `AmountNotPayable`, and `Conflict` when the attempt was
    given up meanwhile.
    """
    try:
        page = guarded(lambda: _create(attempt, payable))
    except Retryable as failure:
        noted = _find_noted(attempt)
        if noted is not None:
            return noted
        give_up_answered(attempt, failure)
        raise CheckoutUnavailable(failure.retry_after_seconds) from failure
    except Terminal as refusal:
        give_up_refused(attempt, refusal)
        return None
    with unit_of_work() as session:
        noted = record_checkout_session(session, attempt.id, page, AttemptFacts())
    if noted.superseded_at is not None:
        raise Conflict
    return noted


def _find_noted(attempt: PaymentSession) -> PaymentSession | None:
    """What another caller who asked with the same key at the same moment was answered."""
    with unit_of_work() as session:
        return find_page_session(session, attempt.id)


def _create(attempt: PaymentSession, payable: Payable) -> CheckoutSession:
    language = payable.locale[:2].lower()
    return get_stripe().create_checkout_session(
        amount_cents=attempt.amount_cents,
        currency=attempt.currency_code,
        title=payable.title,
        idempotency_key=attempt.id,
        client_reference_id=payable.reference,
        # What finds the attempt again should our note of the page be lost (design §4.5).
        metadata={**payable.metadata, "session_id": attempt.id},
        success_url=str(attempt.provider_data["success_url"]),
        cancel_url=str(attempt.provider_data["cancel_url"]),
        expires_at=attempt.expires_at or compute_page_end(attempt.created_at),
        customer_email=payable.email,
        locale=language if language in LANGUAGES else "auto",
    )
