"""One timeline of a purchase: what each table and the log say, by instant. No personal data."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from app.core.money import to_wire
from app.core.words import Words
from app.payments.models import Dispute
from app.runbook.trace_dossier import Dossier
from app.runbook.trace_log import LogLine
from app.runbook.trace_words import Kind, same


@dataclass(frozen=True)
class Entry:
    """Something that happened; `detail` holds ids and codes. The English of both is stable: programs read it."""

    at: datetime
    kind: Kind
    what: Words
    detail: Words


def list_entries(dossier: Dossier, log: list[LogLine]) -> list[Entry]:
    """Everything, oldest first."""
    entries = [
        *_list_order_facts(dossier),
        *_list_attempt_facts(dossier),
        *_list_money_facts(dossier),
        *_list_events(dossier),
        *_list_mails(dossier),
        *(
            Entry(job.at, "job", same(f"{job.name} {job.what}"), same(f"#{job.job_id} {job.status}"))
            for job in dossier.jobs
        ),
        *(Entry(act.created_at, "act", same(act.action), same(f"{act.actor} {act.subject}")) for act in dossier.audits),
        *(Entry(line.at, "request", same(line.message), same(_fields(line))) for line in log),
    ]
    return sorted(entries, key=lambda entry: entry.at)


def _fact(at: datetime, fr: str, en: str, detail: str = "") -> Entry:
    return Entry(at, "fact", Words(fr, en), same(detail))


def _list_order_facts(dossier: Dossier) -> Iterator[Entry]:
    cart, order = dossier.cart, dossier.order
    if cart is not None:
        yield _fact(cart.created_at, "panier créé", "cart created", cart.id)
        if cart.completed_at is not None:
            yield _fact(cart.completed_at, "panier validé", "cart completed", cart.id)
    if order is not None:
        total = _amount(order.total_cents, order.currency_code)
        review = f" review={order.review_reason}" if order.review_reason else ""
        detail = f"#{order.display_id} {order.id} {total}{review}"
        yield _fact(order.created_at, "commande passée", "order placed", detail)
        if order.paid_at is not None:
            late = Words("en retard", "late") if order.is_paid_late else same("")
            yield Entry(order.paid_at, "fact", Words("commande payée", "order paid"), late)
        if order.canceled_at is not None:
            yield _fact(order.canceled_at, "commande annulée", "order canceled")


def _list_attempt_facts(dossier: Dossier) -> Iterator[Entry]:
    for attempt in dossier.sessions:
        name = attempt.payment_intent_id or attempt.checkout_session_id or attempt.id
        amount = _amount(attempt.amount_cents, attempt.currency_code)
        detail = f"{name} {attempt.provider_id} {amount}"
        yield _fact(attempt.created_at, "paiement demandé", "payment asked for", detail)
        codes = " ".join(filter(None, (attempt.error_code, attempt.decline_code)))
        for at, fr, en, detail in (
            (attempt.superseded_at, "tentative remplacée", "attempt superseded", name),
            (attempt.processing_since_at, "paiement en cours", "payment processing", name),
            (attempt.failed_at, "paiement refusé", "payment declined", f"{name} {codes}"),
            (attempt.canceled_at, "tentative annulée", "attempt canceled", name),
            (attempt.expired_at, "tentative expirée", "attempt expired", name),
        ):
            if at is not None:
                yield _fact(at, fr, en, detail)


def _list_money_facts(dossier: Dossier) -> Iterator[Entry]:
    for payment in dossier.payments:
        detail = f"{payment.id} {_amount(payment.amount_cents, payment.currency_code)}"
        if payment.captured_at is None:
            yield _fact(payment.created_at, "paiement promis", "payment promised", detail)
        else:
            yield _fact(payment.captured_at, "paiement reçu", "payment received", detail)
    for refund in dossier.refunds:
        name = " ".join(filter(None, (refund.stripe_refund_id or refund.id, refund.reason or refund.origin)))
        amount = _amount(refund.amount_cents, refund.currency_code)
        yield _fact(refund.created_at, "remboursement écrit", "refund written", f"{name} {amount}")
        for at, fr, en in (
            (refund.approved_at, "remboursement validé", "refund approved"),
            (refund.first_sent_at, "remboursement envoyé", "refund sent"),
            (refund.ended_at, f"remboursement {refund.status}", f"refund {refund.status}"),
        ):
            if at is not None:
                yield _fact(at, fr, en, f"{name} {refund.error_code or ''}".strip())
    for dispute in dossier.disputes:
        yield from _list_dispute_facts(dispute)


def _list_dispute_facts(dispute: Dispute) -> Iterator[Entry]:
    amount = _amount(dispute.amount_cents, dispute.currency_code)
    name = dispute.stripe_dispute_id
    detail = f"{name} {amount} {dispute.reason or ''}".strip()
    yield _fact(dispute.created_at, "litige ouvert", "dispute opened", detail)
    for at, fr, en in (
        (dispute.withdrawn_at, "litige : argent repris", "dispute: money withdrawn"),
        (dispute.reinstated_at, "litige : argent rendu", "dispute: money reinstated"),
        (dispute.closed_at, f"litige {dispute.status}", f"dispute {dispute.status}"),
    ):
        if at is not None:
            yield _fact(at, fr, en, name)


def _list_events(dossier: Dossier) -> Iterator[Entry]:
    for event in dossier.events:
        name, kind, state = event.stripe_event_id, event.type, event.state
        at_stripe = Words(f"{kind} chez Stripe", f"{kind} at Stripe")
        yield Entry(event.event_created_at, "event", at_stripe, same(name))
        cause = f" {event.error_code}" if event.error_code else ""
        detail = Words(
            f"{name} par {event.source}, essais : {event.attempts}{cause} requête {event.request_id}",
            f"{name} by {event.source}, tries: {event.attempts}{cause} request {event.request_id}",
        )
        yield Entry(event.received_at, "event", Words(f"{kind} reçu : {state}", f"{kind} received: {state}"), detail)


def _list_mails(dossier: Dossier) -> Iterator[Entry]:
    for message in dossier.messages:
        cause = f" {message.error_code}" if message.error_code else ""
        stands, tries = f"{message.id} {message.state}", f"{message.attempts}{cause}"
        asked = Words(f"{message.template} demandé", f"{message.template} asked for")
        detail = Words(f"{stands}, essais : {tries}", f"{stands}, tries: {tries}")
        yield Entry(message.created_at, "mail", asked, detail)
        if message.sent_at is not None:
            sent = Words(f"{message.template} envoyé", f"{message.template} sent")
            yield Entry(message.sent_at, "mail", sent, same(message.id))


def _amount(cents: int, currency_code: str) -> str:
    return f"{to_wire(cents, currency_code)} {currency_code.upper()}"


def _fields(line: LogLine) -> str:
    return " ".join(f"{name}={value}" for name, value in line.fields.items())
