"""Mail that has to leave: the outbox."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Json


class Message(Base):
    """One mail about one object, written in the transaction that causes it and sent by a job; never twice."""

    __tablename__ = "message"
    __table_args__ = (
        UniqueConstraint("template", "object_id"),
        CheckConstraint("state IN ('queued', 'sent', 'dead')", name="state"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    template: Mapped[str]
    object_id: Mapped[str]
    recipient: Mapped[str]
    locale: Mapped[str]
    content: Mapped[Json]
    # A link that opens something: added to the content while it is sent, forgotten by a trigger as soon as it left.
    secret: Mapped[Json | None]
    # Goes to Brevo with every attempt: a repeat within 30 minutes is refused there instead of being sent twice.
    idempotency_key: Mapped[UUID] = mapped_column(server_default=func.gen_random_uuid())
    state: Mapped[str] = mapped_column(server_default="queued", index=True)
    attempts: Mapped[int] = mapped_column(server_default="0")
    error_code: Mapped[str | None]
    provider_message_id: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    sent_at: Mapped[datetime | None]
    # After this nobody wants it any more: a link that is over, for instance.
    expires_at: Mapped[datetime | None]
