"""The payment journal verified by the clock or by hand; the audit reads how it went, the shop hears of a broken one."""

from sqlalchemy.orm import Session

from app.core.audit_log import record_audit
from app.core.clock import utc_now
from app.core.db import unit_of_work
from app.core.log import log_event
from app.core.words import Words
from app.notifications.queue_alert import queue_alert
from app.payments.verify_journal import Verdict, verify_journal
from app.shop.rules import compute_business_day

ACT = "journal.verified"
BROKEN = "journal_broken"


def watch_journal() -> Verdict:
    """Verify the whole journal and write down how it went; whoever asks, a broken one is told to the shop once a day.

    Called with no transaction open.
    """
    with unit_of_work() as session:
        verdict = verify_journal(session)
    with unit_of_work() as session:
        details = {
            "verdict": "sound" if verdict.is_sound else "broken",
            "entries": verdict.entries,
            "number": verdict.broken.number if verdict.broken else None,
            "fault": verdict.broken.fault if verdict.broken else None,
            "differences": len(verdict.differences),
        }
        record_audit(session, ACT, "payment_journal", details)
        if not verdict.is_sound:
            _tell(session, verdict)
    log_event("payment journal verified", level="info" if verdict.is_sound else "error", status=details["verdict"])
    return verdict


def _tell(session: Session, verdict: Verdict) -> None:
    broken = verdict.broken
    reference = f"n° {broken.number}" if broken else verdict.differences[0].payment_id
    what = Words(
        "le journal des paiements n'est plus celui que la base a écrit.",
        "the payment journal is no longer what the database wrote.",
    )
    next_step = Words(
        "ne corrigez rien ; comptoir journal verify dit où, puis comparez avec la dernière archive.",
        "correct nothing; comptoir journal verify says where, then compare with the last archive.",
    )
    queue_alert(session, BROKEN, compute_business_day(utc_now()).isoformat(), reference, what, next_step)
