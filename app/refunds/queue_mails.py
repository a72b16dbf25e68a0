"""Who hears of a refund or a dispute: the customer that money left, the shop when somebody has to do something."""

from sqlalchemy.orm import Session

from app.core.db import Json
from app.core.words import Words
from app.notifications.queue_alert import queue_alert
from app.notifications.service import describe_shop, queue_mail, queue_owner_mail
from app.orders.models import Order
from app.payments.models import Dispute, Payment, Refund
from app.shop.rules import compute_business_day


def queue_refund_sent(session: Session, order: Order | None, payment: Payment, refund: Refund) -> None:
    """Tell the customer that the money left, once per refund; an order without e-mail hears nothing."""
    if order is None or order.email is None:
        return
    content: Json = {
        **describe_shop(session),
        "display_id": order.display_id,
        "amount_cents": refund.amount_cents,
        "currency_code": refund.currency_code,
        "is_partial": payment.refunded_cents < order.total_cents,
    }
    queue_mail(session, "refund_sent", refund.id, order.email, order.locale, content)


def queue_refund_failed(session: Session, order: Order | None, refund: Refund) -> None:
    """Tell the shop that the money is back and that another way must be found (payments §5)."""
    content: Json = {
        "display_id": order.display_id if order else None,
        "amount_cents": refund.amount_cents,
        "currency_code": refund.currency_code,
        "error_code": refund.error_code,
        "refund_id": refund.id,
    }
    queue_owner_mail(session, "refund_failed", refund.id, content)


def queue_dispute_news(session: Session, order: Order | None, dispute: Dispute, *, is_over: bool) -> None:
    """Tell the shop that a bank took money back and until when to answer, or how it ended."""
    content: Json = {
        "display_id": order.display_id if order else None,
        "amount_cents": dispute.amount_cents,
        "currency_code": dispute.currency_code,
        "stripe_dispute_id": dispute.stripe_dispute_id,
    }
    if is_over:
        queue_owner_mail(session, "dispute_closed", dispute.id, {**content, "is_won": dispute.status != "lost"})
        return
    due = dispute.evidence_due_at
    more: Json = {"reason": dispute.reason, "evidence_due_on": compute_business_day(due).isoformat() if due else None}
    queue_owner_mail(session, "dispute_opened", dispute.id, {**content, **more})


def queue_refund_alert(session: Session, code: str, refund: Refund, what: Words, next_step: Words) -> None:
    """Tell the shop something about a refund that nobody asked the shop for, once."""
    queue_alert(session, code, refund.id, refund.stripe_refund_id or refund.id, what, next_step)
