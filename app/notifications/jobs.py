"""Sends the mails of the outbox."""

from app.core.clock import utc_now
from app.core.db import unit_of_work
from app.core.jobs import job
from app.core.log import class_name, log_event, log_failure
from app.gateways.brevo import OutgoingMail, get_brevo
from app.gateways.errors import Retryable, Terminal
from app.notifications.models import Message
from app.notifications.queries import find_queued
from app.notifications.render_message import render_message
from app.notifications.service import mark_dead, mark_sent, mark_unsent

EXPIRED = "expired"


@job("notifications.send")
def send(message_id: str) -> None:
    """Hand one message to Brevo and note what it said.

    Killed between the two, the job runs again: Brevo refuses the key it has seen, which counts as sent.
    """
    with unit_of_work() as session:
        message = find_queued(session, message_id)
        if message is not None and message.expires_at is not None and message.expires_at <= utc_now():
            mark_dead(session, message_id, EXPIRED)
            message = None
    if message is None:
        return
    try:
        result = get_brevo().send(_outgoing(message))
    except Retryable as failure:
        with unit_of_work() as session:
            mark_unsent(session, message_id, failure.code, failure.retry_after_seconds)
        log_event("mail not sent yet", level="warning", code=failure.code)
    except Terminal as refusal:
        with unit_of_work() as session:
            mark_dead(session, message_id, refusal.code)
        log_event("mail refused", level="error", code=refusal.code)
    except Exception as failure:  # a template of ours: a release mends it within the day that a mail has
        with unit_of_work() as session:
            mark_unsent(session, message_id, class_name(failure), None)
        log_failure("mail could not be made", failure)
    else:
        with unit_of_work() as session:
            mark_sent(session, message_id, result.message_id)


def _outgoing(message: Message) -> OutgoingMail:
    rendered = render_message(message.template, message.locale, {**message.content, **(message.secret or {})})
    return OutgoingMail(
        idempotency_key=message.idempotency_key,
        to_email=message.recipient,
        subject=rendered.subject,
        html=rendered.html,
        text=rendered.text,
        tags=(message.template, message.id),
    )
