"""Mails as rows: written with the change that causes them, sent by a job, never twice about the same thing."""

from datetime import datetime

from sqlalchemy import bindparam
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core.db import Base, Json
from app.core.ids import new_id
from app.core.jobs import enqueue
from app.core.settings import get_settings
from app.notifications.models import Message
from app.notifications.rules import KINDS, compute_mail_locale
from app.shop.queries import find_shop, find_shop_names

_message = Base.metadata.tables[Message.__tablename__]
_COLUMNS = ("id", "template", "object_id", "recipient", "locale", "content", "secret", "expires_at", "priority")
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
        "priority": KINDS[template].priority,
    }
    written = session.execute(_QUEUE, row).scalar_one_or_none()
    if written is not None:
        enqueue(session, "notifications.send", message_id=written)
    return written is not None


def queue_owner_mail(session: Session, template: str, object_id: str, content: Json) -> bool:
    """Have the shop's contact told, in the shop's language; False when this object already had this mail."""
    shown, shop = {**describe_shop(session), **content}, find_shop(session)
    return queue_mail(
        session, template, object_id, str(shown["contact_email"]), shop.default_locale if shop else None, shown
    )


def describe_shop(session: Session) -> Json:
    """Who writes, for a template; the sender at Brevo while no shop is set up."""
    names, settings = find_shop_names(session), get_settings()
    return {
        "shop_name": names.name if names else settings.brevo_sender_name,
        "contact_email": names.contact_email if names else settings.brevo_sender_email,
    }
