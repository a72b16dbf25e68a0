"""What Stripe says of a dispute: facts that only grow, whatever order they come in."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy.orm import Session

from app.core.ids import new_id
from app.gateways.stripe import StripeDispute
from app.payments.compute_dispute import DisputeNews, compute_dispute_status, is_over
from app.payments.models import Dispute, Payment
from app.payments.queries import find_dispute

Movement = Literal["withdrawn", "reinstated"]


@dataclass(frozen=True)
class DisputeTold:
    """A dispute after the news, and what it was before (None: nobody here knew it)."""

    dispute: Dispute
    before: str | None

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come of it."""
        return is_over(self.dispute.status)


def record_dispute(
    session: Session, payment: Payment, told: StripeDispute, told_at: datetime, movement: Movement | None = None
) -> DisputeTold:
    """Write what Stripe says of a dispute of this payment, whose row is locked. Repeating it changes nothing.

    `movement` is what the event was about, if it was the money.
    """
    dispute = find_dispute(session, told.id)
    before = dispute.status if dispute is not None else None
    if dispute is None:
        dispute = Dispute(id=new_id("dp"), stripe_dispute_id=told.id, payment_id=payment.id, told_at=told_at)
        _write_news(dispute, told, told_at)
        session.add(dispute)
    else:
        _follow(dispute, told, told_at)
    if movement == "withdrawn":
        dispute.withdrawn_at = _earlier(dispute.withdrawn_at, told_at)
    elif movement == "reinstated":
        dispute.reinstated_at = _earlier(dispute.reinstated_at, told_at)
    if is_over(told.status):
        dispute.closed_at = _earlier(dispute.closed_at, told_at)
    session.flush()  # whoever reads by a statement finds it
    return DisputeTold(dispute, before)


def _follow(dispute: Dispute, told: StripeDispute, told_at: datetime) -> None:
    current = DisputeNews(dispute.status, dispute.told_at, dispute.amount_cents)
    news = DisputeNews(told.status, told_at, told.amount_cents)
    if compute_dispute_status(current, news) is news:
        _write_news(dispute, told, told_at)


def _write_news(dispute: Dispute, told: StripeDispute, told_at: datetime) -> None:
    dispute.status, dispute.told_at = told.status, told_at
    dispute.amount_cents, dispute.currency_code = told.amount_cents, told.currency
    dispute.reason, dispute.evidence_due_at = told.reason, told.evidence_due_at


def _earlier(known: datetime | None, told_at: datetime) -> datetime:
    return told_at if known is None else min(known, told_at)
