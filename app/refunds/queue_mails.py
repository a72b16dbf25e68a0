"""Who hears of a refund or a dispute: the customer that money left, the shop when somebody has to do something."""

from datetime import date

from sqlalchemy.orm import Session

from app.core.db import Json
from app.core.words import Words
from app.notifications.queue_alert import queue_alert
from app.notifications.service import describe_shop, queue_mail, queue_owner_mail
from app.orders.models import Order
from app.payments.models import Dispute, Payment, Refund
from app.refunds.list_deadlines import RefundDeadline
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


def queue_deadline_alert(session: Session, deadline: RefundDeadline, today: date) -> None:
    """Tell the shop that a withdrawal must be refunded, or is late and costs more, once per step."""
    due_on, cost = deadline.due_on, deadline.surcharge
    if due_on is None:
        return
    if due_on >= today:
        what = Words(
            f"Le remboursement d'une rétractation est dû au plus tard le {due_on:%d/%m/%Y}.",
            f"The refund of a withdrawal is due by {due_on.isoformat()}.",
        )
        code, step = "refund_due_soon", "soon"
    else:
        french = f"{cost.percent} %" if cost.kind != "legal_rate" else "le taux d'intérêt légal"
        english = f"{cost.percent} %" if cost.kind != "legal_rate" else "the legal rate of interest"
        what = Words(
            f"Le remboursement d'une rétractation est en retard depuis le {due_on:%d/%m/%Y} : la somme due au client "
            f"est majorée de plein droit, de {french} aujourd'hui (article L242-4).",
            f"The refund of a withdrawal is late since {due_on.isoformat()}: by law the sum due to the customer grows, "
            f"by {english} today (article L242-4).",
        )
        code, step = "refund_late", f"{cost.kind}-{cost.percent}"
    target = f" --return {deadline.return_id}" if deadline.return_id else " --reason not_shipped"
    command = f"comptoir orders refund {deadline.display_id}{target}"
    next_step = Words(
        f"remboursez ({command}) ; comptoir returns deadlines montre ce qui presse.",
        f"refund it ({command}); comptoir returns deadlines shows what is urgent.",
    )
    queue_alert(session, code, f"{deadline.about}:{step}", f"n° {deadline.display_id}", what, next_step)
