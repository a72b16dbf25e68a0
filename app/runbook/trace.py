"""`comptoir trace`: one id in, one timeline and one verdict out. Changes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from app.core.clock import utc_now
from app.core.db import unit_of_work
from app.payments.compute_dispute import compute_contest
from app.runbook.rules import Findings, GivenBack, Refused, Verdict, decide_verdict
from app.runbook.trace_dossier import Dossier, list_collection_ids, list_recorded, read_dossier
from app.runbook.trace_log import LOG_FOLDER, RATE_LIMIT_LINE, SIGNATURE_LINE, LogLine, read_log
from app.runbook.trace_stripe import AboutId, AboutPayment, ask_about_id, ask_about_payment
from app.runbook.trace_timeline import Entry, list_entries
from app.runbook.trace_words import Advice, describe_verdict

# A mail that waits for less is on its way.
MAIL_LEAVES_WITHIN = timedelta(minutes=10)


@dataclass(frozen=True)
class Trace:
    """What is known of one id."""

    named: str
    verdict: Verdict
    advice: Advice
    order_id: str | None
    display_id: int | None
    cart_id: str | None
    timeline: Sequence[Entry] = field(default=())


def trace(named: str, log_folder: Path = LOG_FOLDER) -> Trace:
    """Everything about a purchase or a request, by whichever id. Stripe is asked with no transaction open."""
    with unit_of_work() as session:
        dossier = read_dossier(session, named)
    about_id = AboutId(False)
    if not dossier.is_known:
        about_id = ask_about_id(dossier.named)
        dossier = _read_as(about_id.also_named) or dossier
    about_payment = _ask(dossier, about_id, named)
    log = _read_log(dossier, log_folder)
    verdict = decide_verdict(_compute_findings(dossier, about_id, about_payment, log))
    order, cart = dossier.order, dossier.cart
    return Trace(
        named=named,
        verdict=verdict,
        advice=describe_verdict(verdict, str(order.display_id) if order else "?"),
        order_id=order.id if order else None,
        display_id=order.display_id if order else None,
        cart_id=cart.id if cart else None,
        timeline=list_entries(dossier, log),
    )


def trace_person(email: str, log_folder: Path = LOG_FOLDER) -> list[Trace]:
    """One for each thing that somebody bought or was about to pay, newest first."""
    with unit_of_work() as session:
        collection_ids = list_collection_ids(session, email)
    return [trace(collection_id, log_folder) for collection_id in collection_ids]


def _read_as(names: Sequence[str]) -> Dossier | None:
    """The purchase under one of these other names."""
    for name in filter(None, names):
        with unit_of_work() as session:
            found = read_dossier(session, name)
        if found.is_purchase:
            return found
    return None


def _ask(dossier: Dossier, about_id: AboutId, named: str) -> AboutPayment:
    """What Stripe says of the money, and which of its events the ledger lacks."""
    if dossier.is_purchase and not _is_paid(dossier):
        said = ask_about_payment(dossier.sessions)
    else:
        said = AboutPayment("silent" if about_id.is_there is None else "not_asked")
    listed = [*said.event_ids, *([named] if about_id.is_there and named.startswith("evt_") else ())]
    with unit_of_work() as session:
        recorded = list_recorded(session, listed)
    return AboutPayment(said.status, [event_id for event_id in listed if event_id not in recorded])


def _read_log(dossier: Dossier, folder: Path) -> list[LogLine]:
    ids = {*dossier.request_ids, *(event.stripe_event_id for event in dossier.events), *dossier.checkout_ids}
    if dossier.order is not None:
        ids.add(dossier.order.id)
    since = dossier.since or utc_now() - timedelta(days=30)
    return read_log(folder, since - timedelta(minutes=1), ids)


def _compute_findings(
    dossier: Dossier, about_id: AboutId, about_payment: AboutPayment, log: Sequence[LogLine]
) -> Findings:
    order, contest = dossier.order, compute_contest([dispute.status for dispute in dossier.disputes])
    is_told_by_log = any("requestId" in line.fields and line.fields["requestId"] == dossier.named for line in log)
    return Findings(
        is_known=dossier.is_known or is_told_by_log or bool(about_payment.event_ids),
        is_at_stripe=bool(about_id.is_there),
        is_purchase=dossier.is_purchase,
        has_order=order is not None,
        is_paid=_is_paid(dossier),
        is_promised=bool(dossier.payments),
        was_declined=any(each.failed_at is not None or each.status == "error" for each in dossier.sessions[-1:]),
        at_stripe=about_payment.status,
        missing_event=next(iter(about_payment.event_ids), ""),
        failed_event=_event_in(dossier, "failed"),
        unmatched_event=_event_in(dossier, "unmatched"),
        ignored_event=_event_in(dossier, "ignored"),
        applied_event=_event_in(dossier, "processed"),
        refused=_refusal_in(log),
        review_reason=(order.review_reason or "") if order and order.status == "requires_action" else "",
        given_back=_find_given_back(dossier) or "",
        contest=contest if contest != "none" else "",
        unsent_mail=_find_mail(dossier, "dead", utc_now()) or "",
        waiting_mail=_find_mail(dossier, "queued", utc_now() - MAIL_LEAVES_WITHIN) or "",
        http_status=max((int(line.fields.get("httpStatus", "0")) for line in log), default=0),
    )


def _is_paid(dossier: Dossier) -> bool:
    return any(payment.captured_at is not None for payment in dossier.payments)


def _event_in(dossier: Dossier, state: str) -> str:
    """The newest event in this state; the one that was asked for before any other."""
    found = [event.stripe_event_id for event in dossier.events if event.state == state]
    return dossier.named if dossier.named in found else next(reversed(found), "")


def _refusal_in(log: Sequence[LogLine]) -> Refused:
    """Why the webhook refused something lately. Nothing of a refused body is known, so it may have been another one."""
    refusals: dict[str, Refused] = {SIGNATURE_LINE: "signature", RATE_LIMIT_LINE: "rate_limit"}
    return next((refusals[line.message] for line in reversed(log) if line.message in refusals), "")


def _find_given_back(dossier: Dossier) -> GivenBack | None:
    statuses = [refund.status for refund in dossier.refunds]
    if "awaiting_approval" in statuses:
        return "awaiting_approval"
    if statuses and statuses[-1] == "failed":
        return "failed"
    if "pending" in statuses or "requested" in statuses:
        return "pending"
    given = sum(payment.refunded_cents for payment in dossier.payments)
    came = sum(payment.amount_cents for payment in dossier.payments if payment.captured_at is not None)
    return None if not given else "fully" if given >= came else "partially"


def _find_mail(dossier: Dossier, state: str, before: datetime) -> str | None:
    """The id of a mail in this state that was asked for before then: only one that was given up can be retried."""
    return next((each.id for each in dossier.messages if each.state == state and each.created_at < before), None)
