"""What became of Stripe's payouts to the shop's bank. No order is touched."""

from datetime import datetime

from sqlalchemy.orm import Session

from app.core.db import Json
from app.gateways.stripe import StripePayout
from app.notifications.service import queue_owner_mail
from app.payments import record_payout as payouts
from app.payments.models import Payout
from app.payments.record_event import Recorded
from app.payments.record_payout import PayoutFact


def record_payout(session: Session, told: StripePayout, told_at: datetime, fact: PayoutFact) -> Recorded:
    """Stripe can say what a payout is made of, or the bank refused it and the shop is told. May be repeated."""
    news = payouts.record_payout(session, told, told_at, fact)
    if fact == "failed" and news.is_news:
        _tell_shop(session, news.payout)
    return Recorded(is_matched=True)


def _tell_shop(session: Session, payout: Payout) -> None:
    content: Json = {
        "amount_cents": payout.amount_cents,
        "currency_code": payout.currency_code,
        "error_code": payout.error_code,
        "arrives_on": payout.arrives_on.isoformat() if payout.arrives_on else None,
        "stripe_payout_id": payout.stripe_payout_id,
    }
    queue_owner_mail(session, "payout_failed", payout.id, content)
