"""Invoices verified by the clock or by hand; the audit reads how it went, the shop hears of what is not right."""

from sqlalchemy.orm import Session

from app.core.audit_log import record_audit
from app.core.clock import utc_now
from app.core.db import unit_of_work
from app.core.log import log_event
from app.core.words import Words
from app.invoices.queries import get_distance_sales
from app.invoices.rules import compute_distance_standing
from app.invoices.verify_invoices import Verdict, verify_invoices
from app.notifications.queue_alert import queue_alert
from app.shop.queries import find_seller
from app.shop.rules import compute_business_day

ACT = "invoices.verified"


def watch_invoices() -> Verdict:
    """Verify all invoices and write down how it went; what is wrong is told to the shop once a day.

    Called with no transaction open.
    """
    with unit_of_work() as session:
        verdict = verify_invoices(session)
    status = "broken" if verdict.broken else "sound" if verdict.is_sound else "incomplete"
    with unit_of_work() as session:
        details = {
            "verdict": status,
            "documents": verdict.documents,
            "broken": [f"{each.series} {each.number} {each.fault}" for each in verdict.broken],
            "uninvoiced": len(verdict.uninvoiced_order_ids),
            "uncorrected": len(verdict.uncorrected_refund_ids),
        }
        record_audit(session, ACT, "invoice", details)
        if verdict.broken:
            _tell_broken(session, verdict)
        elif not verdict.is_sound:
            _tell_incomplete(session, verdict)
        _tell_distance(session)
    log_event("invoices verified", level="info" if verdict.is_sound else "error", status=status)
    return verdict


def _tell_broken(session: Session, verdict: Verdict) -> None:
    first = verdict.broken[0]
    what = Words("une série de factures n'est plus ce qui a été émis.", "a series of invoices is not what was issued.")
    next_step = Words(
        "ne corrigez rien ; comptoir invoices verify dit où, puis comparez avec la dernière sauvegarde.",
        "correct nothing; comptoir invoices verify says where, then compare with the last backup.",
    )
    reference = f"{first.series} {first.number}"
    queue_alert(session, "invoices_broken", _today(), reference, what, next_step)


def _tell_incomplete(session: Session, verdict: Verdict) -> None:
    what = Words("des commandes payées n'ont pas leur facture.", "paid orders have no invoice.")
    next_step = Words(
        "donnez l'identité du vendeur (partie [seller] de comptoir setup) ; les numéros suivent dans l'heure.",
        "give the seller's identity (part [seller] of comptoir setup); the numbers follow within the hour.",
    )
    if find_seller(session) is not None:
        next_step = Words(
            "comptoir invoices verify les nomme ; si elles y sont encore dans une heure, lisez le journal du worker.",
            "comptoir invoices verify names them; if they are still there in an hour, read the worker's log.",
        )
    missing = len(verdict.uninvoiced_order_ids) + len(verdict.uncorrected_refund_ids)
    queue_alert(session, "invoices_missing", _today(), str(missing), what, next_step)


def _tell_distance(session: Session) -> None:
    """Once a year at 80 %, once when the limit is reached; from then on nothing is sold there without OSS."""
    seller, today = find_seller(session), compute_business_day(utc_now())
    sales = get_distance_sales(session, today)
    standing = compute_distance_standing(sales)
    is_declared = seller is not None and seller.oss_since_on is not None and seller.oss_since_on <= today
    if standing == "below" or is_declared:
        return
    what = Words(
        "vos ventes aux particuliers des autres pays de l'Union approchent ou passent 10 000 € hors taxe sur l'année.",
        "your sales to consumers of other Member States near or pass 10,000 euros excluding VAT this year.",
    )
    next_step = Words(
        "inscrivez-vous au guichet OSS, puis : comptoir invoices oss ; sans cela ces ventes s'arrêtent à 10 000 €.",
        "register at the one-stop shop, then: comptoir invoices oss; without it these sales stop at 10,000 euros.",
    )
    reference = f"{sales.this_year_cents // 100} €"
    queue_alert(session, f"distance_sales_{standing}", str(today.year), reference, what, next_step)


def _today() -> str:
    return compute_business_day(utc_now()).isoformat()
