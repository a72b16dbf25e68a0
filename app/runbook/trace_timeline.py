"""One timeline of a purchase: what each table and the log say, by instant. No personal data."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from app.core.money import to_wire
from app.runbook.trace_dossier import Dossier
from app.runbook.trace_log import LogLine


@dataclass(frozen=True)
class Entry:
    """Something that happened: `kind` is request, event, fact, job, mail or act; `detail` holds ids and codes."""

    at: datetime
    kind: str
    what: str
    detail: str = ""


def list_entries(dossier: Dossier, log: list[LogLine]) -> list[Entry]:
    """Everything, oldest first."""
    entries = [
        *_list_order_facts(dossier),
        *_list_attempt_facts(dossier),
        *_list_money_facts(dossier),
        *_list_events(dossier),
        *_list_mails(dossier),
        *(Entry(job.at, "job", f"{job.name} {job.what}", f"#{job.job_id} {job.status}") for job in dossier.jobs),
        *(Entry(act.created_at, "act", act.action, f"{act.actor} {act.subject}") for act in dossier.audits),
        *(Entry(line.at, "request", line.message, _fields(line)) for line in log),
    ]
    return sorted(entries, key=lambda entry: entry.at)


def _list_order_facts(dossier: Dossier) -> Iterator[Entry]:
    cart, order = dossier.cart, dossier.order
    if cart is not None:
        yield Entry(cart.created_at, "fact", "cart created", cart.id)
        if cart.completed_at is not None:
            yield Entry(cart.completed_at, "fact", "cart completed", cart.id)
    if order is not None:
        total = _amount(order.total_cents, order.currency_code)
        review = f" review={order.review_reason}" if order.review_reason else ""
        yield Entry(order.created_at, "fact", "order placed", f"#{order.display_id} {order.id} {total}{review}")
        if order.paid_at is not None:
            yield Entry(order.paid_at, "fact", "order paid", "late" if order.is_paid_late else "")
        if order.canceled_at is not None:
            yield Entry(order.canceled_at, "fact", "order canceled")


def _list_attempt_facts(dossier: Dossier) -> Iterator[Entry]:
    for attempt in dossier.sessions:
        name = attempt.payment_intent_id or attempt.checkout_session_id or attempt.id
        amount = _amount(attempt.amount_cents, attempt.currency_code)
        yield Entry(attempt.created_at, "fact", "payment asked for", f"{name} {attempt.provider_id} {amount}")
        codes = " ".join(filter(None, (attempt.error_code, attempt.decline_code)))
        for at, what, detail in (
            (attempt.superseded_at, "attempt superseded", name),
            (attempt.processing_since_at, "payment processing", name),
            (attempt.failed_at, "payment declined", f"{name} {codes}"),
            (attempt.canceled_at, "attempt canceled", name),
            (attempt.expired_at, "attempt expired", name),
        ):
            if at is not None:
                yield Entry(at, "fact", what, detail)


def _list_money_facts(dossier: Dossier) -> Iterator[Entry]:
    for payment in dossier.payments:
        amount = _amount(payment.amount_cents, payment.currency_code)
        what = "payment received" if payment.captured_at else "payment promised"
        yield Entry(payment.captured_at or payment.created_at, "fact", what, f"{payment.id} {amount}")
    for refund in dossier.refunds:
        name = " ".join(filter(None, (refund.stripe_refund_id or refund.id, refund.reason or refund.origin)))
        amount = _amount(refund.amount_cents, refund.currency_code)
        yield Entry(refund.created_at, "fact", "refund written", f"{name} {amount}")
        for at, what in (
            (refund.approved_at, "refund approved"),
            (refund.first_sent_at, "refund sent"),
            (refund.ended_at, f"refund {refund.status}"),
        ):
            if at is not None:
                yield Entry(at, "fact", what, f"{name} {refund.error_code or ''}".strip())
    for dispute in dossier.disputes:
        amount = _amount(dispute.amount_cents, dispute.currency_code)
        name = dispute.stripe_dispute_id
        yield Entry(dispute.created_at, "fact", "dispute opened", f"{name} {amount} {dispute.reason or ''}".strip())
        for at, what in (
            (dispute.withdrawn_at, "dispute: money withdrawn"),
            (dispute.reinstated_at, "dispute: money reinstated"),
            (dispute.closed_at, f"dispute {dispute.status}"),
        ):
            if at is not None:
                yield Entry(at, "fact", what, name)


def _list_events(dossier: Dossier) -> Iterator[Entry]:
    for event in dossier.events:
        name = event.stripe_event_id
        yield Entry(event.event_created_at, "event", f"{event.type} at Stripe", name)
        cause = f" {event.error_code}" if event.error_code else ""
        detail = f"{name} by {event.source}, tries: {event.attempts}{cause} request {event.request_id}"
        yield Entry(event.received_at, "event", f"{event.type} received: {event.state}", detail)


def _list_mails(dossier: Dossier) -> Iterator[Entry]:
    for message in dossier.messages:
        cause = f" {message.error_code}" if message.error_code else ""
        detail = f"{message.id} {message.state}, tries: {message.attempts}{cause}"
        yield Entry(message.created_at, "mail", f"{message.template} asked for", detail)
        if message.sent_at is not None:
            yield Entry(message.sent_at, "mail", f"{message.template} sent", message.id)


def _amount(cents: int, currency_code: str) -> str:
    return f"{to_wire(cents, currency_code)} {currency_code.upper()}"


def _fields(line: LogLine) -> str:
    return " ".join(f"{name}={value}" for name, value in line.fields.items())
