"""What Stripe says of a payout: money on its way to the shop's bank."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core.ids import new_id
from app.gateways.stripe import StripePayout
from app.payments.models import Payout

PayoutFact = Literal["reconciled", "failed"]


@dataclass(frozen=True)
class PayoutTold:
    """A payout after the news, and whether this news is the first of its kind."""

    payout: Payout
    is_news: bool


def record_payout(session: Session, told: StripePayout, told_at: datetime, fact: PayoutFact) -> PayoutTold:
    """Write a payout and what became of it, once however often it is said; a failure is final."""
    payout = _lock_or_create(session, told, told_at)
    known = payout.failed_at if fact == "failed" else payout.reconciled_at
    moment = told_at if known is None else min(known, told_at)
    if fact == "failed":
        payout.failed_at, payout.error_code = moment, told.failure_code
    else:
        payout.reconciled_at = moment
    if fact == "failed" or (payout.failed_at is None and told_at >= payout.told_at):
        payout.status = told.status
    payout.told_at = max(payout.told_at, told_at)
    payout.amount_cents, payout.currency_code, payout.arrives_on = told.amount_cents, told.currency, told.arrives_on
    session.flush()  # whoever reads by a statement finds it
    return PayoutTold(payout, is_news=known is None)


def _lock_or_create(session: Session, told: StripePayout, told_at: datetime) -> Payout:
    row = insert(Payout).values(
        id=new_id("po"),
        stripe_payout_id=told.id,
        amount_cents=told.amount_cents,
        currency_code=told.currency,
        status=told.status,
        arrives_on=told.arrives_on,
        told_at=told_at,
    )
    session.execute(row.on_conflict_do_nothing(index_elements=[Payout.stripe_payout_id]))
    wanted = select(Payout).where(Payout.stripe_payout_id == told.id).with_for_update()
    return session.scalars(wanted.execution_options(populate_existing=True)).one()
