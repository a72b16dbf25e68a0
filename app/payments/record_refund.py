"""What Stripe says of a refund, written down once in whatever order it is said. Decides nothing and sends nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.core.clock import utc_now
from app.core.ids import new_id
from app.gateways.stripe import StripeRefund
from app.payments.compute_refunded import (
    GivenBack,
    RefundFact,
    RefundNews,
    compute_refund_status,
    compute_refunded,
)
from app.payments.models import Payment, Refund
from app.payments.queries import lock_refunds

IMPORTED = "stripe_dashboard"
ENDED = frozenset({"succeeded", "failed", "canceled"})


@dataclass(frozen=True)
class RefundTold:
    """A refund after the news, what it was before (None: nobody here knew it), and what passes the payment with it."""

    refund: Refund
    before: str | None
    excess_cents: int = 0

    @property
    def is_imported(self) -> bool:
        """Whether this news is the first we hear of a refund that we did not ask for."""
        return self.before is None

    def became(self, status: str) -> bool:
        """Whether this news brought it there."""
        return self.refund.status == status != self.before


def record_refund(
    session: Session, payment: Payment, told: StripeRefund, told_at: datetime, our_id: str | None
) -> RefundTold:
    """Write what Stripe says of a refund of this payment, whose row is locked. Repeating it changes nothing.

    `our_id` is what the refund's metadata or its idempotency key names: it may come before the API's own answer.
    """
    refunds = lock_refunds(session, payment.id)
    refund = _find_own(refunds, told, our_id)
    before = refund.status if refund is not None else None
    if refund is None:
        refund = _import(payment, told)
        session.add(refund)
        refunds = [*refunds, refund]
    _write_news(refund, RefundNews(told.status, told_at, told.pending_reason, told.failure_reason))
    refund.stripe_refund_id = told.id
    given = follow_refunds(payment, refunds)
    session.flush()  # whoever reads by a statement finds it
    return RefundTold(refund, before, given.excess_cents)


def mark_refund(session: Session, payment: Payment, refund: Refund, status: str, error_code: str | None = None) -> None:
    """Where a refund stands by our own word; the payment, whose row is locked, follows: what is over is given back."""
    refund.status, refund.error_code = status, error_code
    if status in ENDED:
        refund.ended_at = utc_now()
    follow_refunds(payment, lock_refunds(session, payment.id))
    session.flush()  # whoever reads by a statement finds it


def follow_refunds(payment: Payment, refunds: Sequence[Refund]) -> GivenBack:
    """Bring the payment's two sums to what its refunds and its charge say. Its row and theirs are locked."""
    facts = [
        RefundFact(
            amount_cents=each.amount_cents,
            status=each.status,
            is_known=each.stripe_refund_id is not None,
            told_at=each.told_at,
        )
        for each in refunds
    ]
    given = compute_refunded(payment.amount_cents, payment.charge_refunded_cents, payment.charge_told_at, facts)
    payment.refund_committed_cents, payment.refunded_cents = given.committed_cents, given.refunded_cents
    return given


def _find_own(refunds: Sequence[Refund], told: StripeRefund, our_id: str | None) -> Refund | None:
    known = next((each for each in refunds if each.stripe_refund_id == told.id), None)
    if known is not None:
        return known
    named = next((each for each in refunds if each.id == our_id and each.stripe_refund_id is None), None)
    is_same = named is not None and (named.amount_cents, named.currency_code) == (told.amount_cents, told.currency)
    return named if is_same else None


def _import(payment: Payment, told: StripeRefund) -> Refund:
    return Refund(
        id=new_id("ref"),
        payment_id=payment.id,
        origin=IMPORTED,
        amount_cents=told.amount_cents,
        currency_code=told.currency,
        status="requested",
        requested_by=IMPORTED,
        key_number=1,
    )


def _write_news(refund: Refund, told: RefundNews) -> None:
    current = RefundNews(refund.status, refund.told_at, refund.pending_reason, refund.error_code)
    news = compute_refund_status(current, told, is_known=refund.stripe_refund_id is not None)
    if news is current:
        return
    refund.status, refund.told_at = news.status, news.told_at
    refund.pending_reason, refund.error_code = news.pending_reason, news.error_code
    refund.ended_at = news.told_at if news.status in ENDED else None
