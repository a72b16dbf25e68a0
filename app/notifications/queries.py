"""Reads of the outbox."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.notifications.models import Message


def find_queued(session: Session, message_id: str) -> Message | None:
    """The message if it still has to leave."""
    return session.scalars(select(Message).where(Message.id == message_id, Message.state == "queued")).one_or_none()


def lock_message(session: Session, message_id: str) -> Message:
    """The message's row, locked."""
    wanted = select(Message).where(Message.id == message_id).with_for_update()
    return session.scalars(wanted.execution_options(populate_existing=True)).one()
