"""Mail that has to leave: the outbox, the gate it leaves by, and what Brevo told of it."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Identity, SmallInteger, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Json


class Message(Base):
    """One mail about one object, written in the transaction that causes it and sent by a job; never twice."""

    __tablename__ = "message"
    __table_args__ = (
        UniqueConstraint("template", "object_id"),
        CheckConstraint("state IN ('queued', 'sent', 'dead', 'suppressed')", name="state"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    template: Mapped[str]
    object_id: Mapped[str]
    recipient: Mapped[str]
    locale: Mapped[str]
    content: Mapped[Json]
    # A link that opens something: added to the content while it is sent, forgotten by a trigger as soon as it left.
    secret: Mapped[Json | None] = mapped_column(JSONB(none_as_null=True))
    # Goes to Brevo with every attempt: a repeat within 30 minutes is refused there instead of being sent twice.
    idempotency_key: Mapped[UUID] = mapped_column(server_default=func.gen_random_uuid())
    state: Mapped[str] = mapped_column(server_default="queued", index=True)
    attempts: Mapped[int] = mapped_column(server_default="0")
    error_code: Mapped[str | None]
    provider_message_id: Mapped[str | None] = mapped_column(index=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    sent_at: Mapped[datetime | None]
    # After this nobody wants it any more: a link that is over, for instance.
    expires_at: Mapped[datetime | None]
    # 1 leaves before 2: the release that did not know it writes 2.
    priority: Mapped[int] = mapped_column(SmallInteger, server_default="2")
    next_attempt_at: Mapped[datetime] = mapped_column(server_default=func.now())
    # Its day of attempts begins here; again when a person retries it.
    queued_at: Mapped[datetime] = mapped_column(server_default=func.now())
    # The day, in Paris, on which it took a place of Brevo's quota.
    quota_on: Mapped[date | None] = mapped_column(index=True)
    # Handed over under the present key without an answer since: Brevo may have it.
    unknown_since_at: Mapped[datetime | None]


class MailGate(Base):
    """Whether mails may leave, in one row: every worker locks it before it hands a mail over."""

    __tablename__ = "mail_gate"
    __table_args__ = (
        CheckConstraint("id = 1", name="is_one_row"),
        CheckConstraint("state IN ('open', 'limited', 'down', 'paused', 'stopped')", name="state"),
        CheckConstraint("bounce_level IN ('ok', 'warning', 'critical')", name="bounce_level"),
    )

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    state: Mapped[str] = mapped_column(server_default="open")
    error_code: Mapped[str | None]
    # Attempts in a row that found no Brevo, or an account that may not send.
    failures: Mapped[int] = mapped_column(server_default="0")
    since_at: Mapped[datetime] = mapped_column(server_default=func.now())
    # While it is not open: when one mail may try.
    opens_at: Mapped[datetime] = mapped_column(server_default=func.now())
    bounce_level: Mapped[str] = mapped_column(server_default="ok")
    # How many events of yesterday Brevo counts and never told us: its webhook does not reach us.
    untold_events: Mapped[int] = mapped_column(server_default="0")


class MailSuppression(Base):
    """An address that gets no mail, known by its hash alone."""

    __tablename__ = "mail_suppression"
    __table_args__ = (CheckConstraint("reason IN ('hard_bounce', 'spam', 'invalid_email')", name="reason"),)

    address_hash: Mapped[str] = mapped_column(primary_key=True)
    reason: Mapped[str]
    since_at: Mapped[datetime] = mapped_column(server_default=func.now())


class MailEvent(Base):
    """What Brevo told of one mail, once; no address, and of its reason the code alone."""

    __tablename__ = "mail_event"
    __table_args__ = (
        UniqueConstraint("provider_message_id", "event", "told_at", "address_hash", name="uq_mail_event_told"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    provider_message_id: Mapped[str]
    event: Mapped[str]
    told_at: Mapped[datetime]
    address_hash: Mapped[str]
    message_id: Mapped[str | None] = mapped_column(index=True)
    smtp_code: Mapped[str | None]
    received_at: Mapped[datetime] = mapped_column(server_default=func.now())
