"""Sends the mails of the outbox; looks after what Brevo told of them."""

from app.core.clock import utc_now
from app.core.db import unit_of_work
from app.core.jobs import job
from app.core.log import class_name, log_event, log_failure
from app.gateways.brevo import OutgoingMail, get_brevo
from app.gateways.errors import Retryable, Terminal
from app.notifications import send_message as steps
from app.notifications.models import Message
from app.notifications.queries import get_gate, list_due
from app.notifications.render_message import RenderedMail, render_message
from app.notifications.rules import KINDS, UNKNOWN_KIND, compute_yesterday
from app.notifications.schemas import LATER
from app.notifications.send_message import OUTCOME_UNKNOWN, Claim, Failure
from app.notifications.watch_bounces import compare_day, forget_events, forget_messages, watch_bounces

# Brevo is asked for a mail within the time that it may have waited, and the day of its first attempt.
DAYS_ASKED = 3


@job("notifications.send")
def send(message_id: str, attempt: int | None = None) -> None:
    """Hand one message to Brevo and note what it said.

    Killed between the two, the job runs again: Brevo refuses the key it has seen, which counts as sent. `attempt`: the
    one that this job stands for; it does nothing if another one took its place.
    """
    deliver(message_id, attempt)


@job("notifications.pump")
def pump() -> None:
    """Each minute: what waited for the gate, for tomorrow or for its turn leaves, the important first."""
    with unit_of_work() as session:
        steps.expire_messages(session)
        due = list_due(session, utc_now())
    for message_id in due:
        with unit_of_work() as session:
            if not steps.is_passable(get_gate(session)):
                return
        deliver(message_id)


@job("notifications.watch")
def watch() -> None:
    """Whether too many mails bounce, of the last day and of the last week; what is too old to count is forgotten."""
    with unit_of_work() as session:
        watch_bounces(session, utc_now())
        forget_events(session, utc_now())


@job("notifications.compare")
def compare() -> None:
    """Yesterday's figures beside Brevo's: fewer here mean that its webhook does not reach us."""
    day = compute_yesterday(utc_now())
    report = get_brevo().read_report(day)
    with unit_of_work() as session:
        compare_day(session, day, requests=report.requests, bounces=report.bounces)


@job("notifications.forget_contents")
def forget_contents() -> None:
    """Whom a mail went to and what it said; that it left stays. A confirmed order is a contract of ten years."""
    with unit_of_work() as session:
        forget_messages(session, utc_now())


def deliver(message_id: str, attempt: int | None = None) -> None:
    """One attempt at one message, if it may leave now."""
    with unit_of_work() as session:
        claim = steps.claim_message(session, message_id, attempt)
    if claim is None:
        return
    try:
        rendered = render_message(
            claim.message.template,
            claim.message.locale,
            {**LATER.get(claim.message.template, {}), **claim.message.content, **(claim.message.secret or {})},
        )
    except Exception as failure:  # a template of ours: a release mends it within the day that a mail has
        _note_failure(claim, Failure(class_name(failure), is_ours=True))
        log_failure("mail could not be made", failure)
    else:
        _hand_over(claim, rendered)


def _hand_over(claim: Claim, rendered: RenderedMail) -> None:
    try:
        provider_message_id = _find_or_send(claim, rendered)
    except Retryable as failure:
        _note_failure(claim, Failure(failure.code, failure.http_status, failure.retry_after_seconds))
        log_event("mail not sent yet", level="warning", code=failure.code)
    except Terminal as refusal:
        with unit_of_work() as session:
            steps.mark_dead(session, claim.message.id, refusal.code, claim.at)
    else:
        with unit_of_work() as session:
            steps.mark_sent(session, claim.message.id, provider_message_id)


def _find_or_send(claim: Claim, rendered: RenderedMail) -> str | None:
    """Brevo's id of the mail, which it had or has now; None if only the first answer had it."""
    message = claim.message
    if claim.asks_first:
        found = _find_sent(message.id)
        if found is not None:
            return found
        if not KINDS.get(message.template, UNKNOWN_KIND).may_repeat:
            raise Terminal("brevo", OUTCOME_UNKNOWN)
        with unit_of_work() as session:
            message = steps.renew_key(session, message.id, claim.at)
    return get_brevo().send(_outgoing(message, rendered)).message_id


def _find_sent(message_id: str) -> str | None:
    """A Brevo that does not let us look does not keep a mail from leaving: that is for outages alone."""
    try:
        return get_brevo().find_sent(message_id, days=DAYS_ASKED)
    except Retryable as failure:
        if failure.http_status == 403:
            return None
        raise
    except Terminal:
        return None


def _note_failure(claim: Claim, failure: Failure) -> None:
    with unit_of_work() as session:
        steps.mark_unsent(session, claim.message.id, failure, claim.at)


def _outgoing(message: Message, rendered: RenderedMail) -> OutgoingMail:
    return OutgoingMail(
        idempotency_key=message.idempotency_key,
        to_email=message.recipient,
        subject=rendered.subject,
        html=rendered.html,
        text=rendered.text,
        tags=(message.template, message.id),
    )
