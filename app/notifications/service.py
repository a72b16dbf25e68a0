"""Mails as rows: written with the change that causes them, sent by a job, never twice about the same thing."""

from datetime import datetime

from sqlalchemy import bindparam
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core.clock import utc_now
from app.core.db import Base, Json
from app.core.ids import new_id
from app.core.jobs import enqueue, enqueue_at
from app.core.settings import get_settings
from app.notifications.models import Message
from app.notifications.queries import lock_message
from app.notifications.rules import compute_mail_locale, decide_next_attempt
from app.shop.queries import find_shop_names

_message = Base.metadata.tables[Message.__tablename__]
_COLUMNS = ("id", "template", "object_id", "recipient", "locale", "content", "secret", "expires_at")
# Built once: making a statement anew costs as much as sending it.
_QUEUE = (
    insert(_message)
    .values({name: bindparam(name) for name in _COLUMNS})
    .on_conflict_do_nothing(index_elements=[_message.c.template, _message.c.object_id])
    .returning(_message.c.id)
)


def queue_mail(
    session: Session,
    template: str,
    object_id: str,
    recipient: str,
    locale: str | None,
    content: Json,
    *,
    secret: Json | None = None,
    expires_at: datetime | None = None,
) -> bool:
    """Have a mail sent once this transaction is committed; False when this object already had this mail.

    `content` holds everything the template shows, so that the mail says what was true when it was asked for. `secret`
    is shown like it and forgotten as soon as the mail left; after `expires_at` nobody wants the mail any more.
    """
    row = {
        "id": new_id("msg"),
        "template": template,
        "object_id": object_id,
        "recipient": recipient,
        "locale": compute_mail_locale(locale),
        "content": content,
        "secret": secret,
        "expires_at": expires_at,
    }
    written = session.execute(_QUEUE, row).scalar_one_or_none()
    if written is not None:
        enqueue(session, "notifications.send", message_id=written)
    return written is not None


def describe_shop(session: Session) -> Json:
    """Who writes, for a template; the sender at Brevo while no shop is set up."""
    names, settings = find_shop_names(session), get_settings()
    return {
        "shop_name": names.name if names else settings.brevo_sender_name,
        "contact_email": names.contact_email if names else settings.brevo_sender_email,
    }


def mark_sent(session: Session, message_id: str, provider_message_id: str | None) -> None:
    """Brevo has it. A repeat that Brevo refused as a duplicate has no id of its own."""
    message = lock_message(session, message_id)
    if message.state == "queued":
        message.state = "sent"
        message.attempts += 1
        message.error_code = None
        message.provider_message_id = provider_message_id
        message.sent_at = utc_now()


def mark_unsent(session: Session, message_id: str, error_code: str, retry_after_seconds: int | None) -> None:
    """It did not leave this time: ask for the next try, or give up after a day."""
    message = lock_message(session, message_id)
    if message.state != "queued":  # a worker taken for dead sent it meanwhile
        return
    message.attempts += 1
    message.error_code = error_code
    next_at = decide_next_attempt(
        message.attempts, message.created_at, utc_now(), retry_after_seconds, message.expires_at
    ).at
    if next_at is None:
        message.state = "dead"
    else:
        enqueue_at(session, "notifications.send", next_at, message_id=message_id)


def mark_dead(session: Session, message_id: str, error_code: str) -> None:
    """It will be refused for ever: a person has to look."""
    message = lock_message(session, message_id)
    if message.state == "queued":
        message.attempts += 1
        message.state = "dead"
        message.error_code = error_code
