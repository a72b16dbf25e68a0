"""Reads of the outbox, and its locks: the gate first, then a message."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.ids import ALPHABET
from app.notifications.errors import MailNotFound
from app.notifications.models import MailEvent, MailGate, MailSuppression, Message
from app.notifications.rules import GIVEN_UP_SHOWN, NOBODY_WANTS, Bounces

BOUNCE_EVENTS = ("hard_bounce", "soft_bounce", "blocked", "invalid_email")
REQUEST_EVENT = "request"
MOST_AT_ONCE = 500
LONGEST_MESSAGE_ID = 64


@dataclass(frozen=True)
class Wanted:
    """Which messages to show: in this state, of this template (None: any), so many of the newest."""

    state: str | None
    template: str | None
    count: int


def lock_gate(session: Session) -> MailGate:
    """The one row every mail passes by, locked: what is counted under it is exact."""
    wanted = select(MailGate).with_for_update().execution_options(populate_existing=True)
    return session.scalars(wanted).one()


def get_gate(session: Session) -> MailGate:
    """The gate, to be looked at."""
    return session.scalars(select(MailGate)).one()


def lock_message(session: Session, message_id: str) -> Message:
    """The message's row, locked. Raises `MailNotFound`."""
    wanted = select(Message).where(Message.id == message_id).with_for_update()
    found = session.scalars(wanted.execution_options(populate_existing=True)).one_or_none()
    if found is None:
        raise MailNotFound
    return found


def get_message(session: Session, message_id: str) -> Message:
    """The message. Raises `MailNotFound`."""
    found = session.get(Message, message_id, populate_existing=True)
    if found is None:
        raise MailNotFound
    return found


def list_queued_at(session: Session, template: str, object_ids: Collection[str]) -> dict[str, datetime]:
    """When this mail about each of these objects was asked for; without those that were given up or kept back."""
    wanted = select(Message.object_id, Message.created_at).where(
        Message.template == template,
        Message.object_id.in_(object_ids),
        Message.state.not_in(("dead", "suppressed")),
    )
    return dict(session.execute(wanted).all())


def get_message_id(session: Session, template: str, object_id: str) -> str:
    """The id of the one mail of this template about this object."""
    return session.scalars(select(Message.id).filter_by(template=template, object_id=object_id)).one()


def lock_queued(session: Session, message_id: str) -> Message | None:
    """The message's row, locked, if it still has to leave."""
    wanted = select(Message).where(Message.id == message_id, Message.state == "queued").with_for_update()
    return session.scalars(wanted.execution_options(populate_existing=True)).one_or_none()


def count_used(session: Session, day: date) -> int:
    """How many mails took a place of this day's quota; exact under the gate's lock."""
    return session.scalars(select(func.count()).where(Message.quota_on == day)).one()


def list_due(session: Session, now: datetime) -> Sequence[str]:
    """The ids of the messages whose time has come, the important first, then the older."""
    wanted = select(Message.id).where(Message.state == "queued", Message.next_attempt_at <= now)
    return session.scalars(wanted.order_by(Message.priority, Message.created_at, Message.id).limit(MOST_AT_ONCE)).all()


def find_suppression(session: Session, address_hash: str) -> MailSuppression | None:
    """Why this address gets no mail, if it gets none."""
    return session.get(MailSuppression, address_hash)


def list_suppressions(session: Session) -> Sequence[MailSuppression]:
    """Every address that gets no mail, the newest first."""
    return session.scalars(select(MailSuppression).order_by(MailSuppression.since_at.desc())).all()


def find_told_message(session: Session, provider_message_id: str, tags: Sequence[str]) -> Message | None:
    """The message an event is about: by the tag that names it, else by the id that Brevo answered."""
    ours = [tag for tag in tags if _is_message_id(tag)][:1]
    wanted = Message.id == ours[0] if ours else Message.provider_message_id == provider_message_id
    return session.scalars(select(Message).where(wanted).limit(1)).one_or_none()


def _is_message_id(tag: str) -> bool:
    prefix, _, rest = tag.partition("_")
    return prefix == "msg" and len(tag) <= LONGEST_MESSAGE_ID and bool(rest) and set(rest) <= set(ALPHABET)


def read_bounces(session: Session, since: datetime, until: datetime) -> Bounces:
    """What Brevo told of the mails of this time."""
    counted = session.execute(
        select(
            func.count().filter(MailEvent.event == REQUEST_EVENT),
            func.count().filter(MailEvent.event.in_(BOUNCE_EVENTS)),
        ).where(MailEvent.told_at >= since, MailEvent.told_at < until)
    ).one()
    return Bounces(*counted)


def list_messages(session: Session, wanted: Wanted) -> Sequence[Message]:
    """The newest messages that fit."""
    found = select(Message).order_by(Message.created_at.desc(), Message.id).limit(wanted.count)
    if wanted.state is not None:
        found = found.where(Message.state == wanted.state)
    if wanted.template is not None:
        found = found.where(Message.template == wanted.template)
    return session.scalars(found).all()


def list_last_events(session: Session, message_ids: Sequence[str]) -> dict[str, str]:
    """What Brevo told last of each of these messages."""
    told = (
        select(MailEvent.message_id, MailEvent.event)
        .where(MailEvent.message_id.in_(message_ids))
        .order_by(MailEvent.told_at, MailEvent.id)
    )
    return {str(message_id): event for message_id, event in session.execute(told)}


def list_told_events(session: Session, message_id: str) -> set[str]:
    """All that Brevo told of this message so far."""
    return set(session.scalars(select(MailEvent.event).where(MailEvent.message_id == message_id)))


def list_dead(session: Session) -> Sequence[str]:
    """The ids of the messages that were given up, the older first."""
    return session.scalars(select(Message.id).where(Message.state == "dead").order_by(Message.created_at)).all()


def count_given_up(session: Session, now: datetime) -> int:
    """How many messages of the last two days were given up for want of Brevo; not those that nobody wants any more."""
    lately = Message.queued_at > now - GIVEN_UP_SHOWN
    wanted = (Message.state == "dead", Message.error_code.not_in(NOBODY_WANTS), lately)
    return session.scalars(select(func.count()).where(*wanted)).one()


def count_states(session: Session) -> dict[str, int]:
    """How many messages there are in each state."""
    return dict(session.execute(select(Message.state, func.count()).group_by(Message.state)).all())
