"""Refunds that the request which asked for them could not finish."""

from datetime import timedelta

from app.core.clock import utc_now
from app.core.db import unit_of_work
from app.core.jobs import enqueue_once, job
from app.core.words import Words
from app.refunds.list_deadlines import list_refund_deadlines, list_urgent
from app.refunds.queries import list_stuck_refunds
from app.refunds.queue_mails import queue_deadline_alert, queue_refund_alert
from app.refunds.send_refund import send_refund
from app.shop.rules import compute_business_day

# When the attempts of the first `refunds.send`, which span eight hours, are over.
STUCK_AFTER = timedelta(hours=9)


@job("refunds.send")
def send(refund_id: str) -> None:
    """Give the money back unless that is done. A repeat looks first, and asks under the same key while Stripe knows it.

    After its eight attempts in eight hours `refunds.resume` asks again, until Stripe says yes or no.
    """
    send_refund(refund_id)


@job("refunds.resume", attempts=1)
def resume() -> None:
    """Ask again, one job at a time each, for refunds that nobody finished, and tell the shop once that they wait."""
    with unit_of_work() as session:
        for refund in list_stuck_refunds(session, utc_now() - STUCK_AFTER):
            enqueue_once(session, "refunds.send", refund.id, refund_id=refund.id)
            queue_refund_alert(
                session,
                "refund_not_sent",
                refund,
                what=Words(
                    "Un remboursement n'est pas parti : Stripe n'y répond pas depuis plusieurs heures.",
                    "A refund has not left: Stripe has not answered for hours.",
                ),
                next_step=Words(
                    "vérifiez la clé et l'état de Stripe (comptoir events endpoint) ; il sera retenté chaque heure, "
                    "une seule fois payé, ne le refaites pas à la main.",
                    "check the key and the state of Stripe (comptoir events endpoint); it is tried again every hour "
                    "and paid once, do not repeat it by hand.",
                ),
            )


@job("refunds.watch_deadlines", attempts=1)
def watch_deadlines() -> None:
    """Tell the shop what withdrawals make due within three days, once, and once more at each step of a delay's cost."""
    with unit_of_work() as session:
        today = compute_business_day(utc_now())
        for deadline in list_urgent(list_refund_deadlines(session), today):
            queue_deadline_alert(session, deadline, today)
