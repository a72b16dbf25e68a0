"""Money asked for, money received, money to give back, and the ledger of what Stripe said. Knows no order."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, LargeBinary, String, func, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import Base, Json


class PaymentCollection(Base):
    """What one cart or order owes; its sessions are the attempts to pay it."""

    __tablename__ = "payment_collection"
    __table_args__ = (CheckConstraint("amount_cents >= 0", name="amount_is_not_negative"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    amount_cents: Mapped[int]
    currency_code: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())

    sessions: Mapped[list["PaymentSession"]] = relationship(lazy="raise", order_by="PaymentSession.created_at")


class PaymentSession(Base):
    """One attempt to pay with one provider; superseded ones stay, for their intent may still be paid."""

    __tablename__ = "payment_session"
    __table_args__ = (
        CheckConstraint(
            "status IN ('pending', 'requires_more', 'authorized', 'captured', 'error', 'canceled')", name="status"
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    payment_collection_id: Mapped[str] = mapped_column(ForeignKey("payment_collection.id"), index=True)
    provider_id: Mapped[str]
    status: Mapped[str] = mapped_column(server_default="pending")
    amount_cents: Mapped[int]
    currency_code: Mapped[str]
    payment_intent_id: Mapped[str | None] = mapped_column(unique=True)
    provider_data: Mapped[Json] = mapped_column(server_default=text("'{}'::jsonb"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    superseded_at: Mapped[datetime | None]


class Payment(Base):
    """Money received through a session; refunds can never pass what was captured."""

    __tablename__ = "payment"
    __table_args__ = (
        CheckConstraint("amount_cents >= 0", name="amount_is_not_negative"),
        CheckConstraint("refund_committed_cents BETWEEN 0 AND amount_cents", name="refund_within_capture"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    payment_collection_id: Mapped[str] = mapped_column(ForeignKey("payment_collection.id"), index=True)
    payment_session_id: Mapped[str] = mapped_column(ForeignKey("payment_session.id"), unique=True)
    provider_id: Mapped[str]
    payment_intent_id: Mapped[str | None] = mapped_column(unique=True)
    amount_cents: Mapped[int]
    currency_code: Mapped[str]
    captured_at: Mapped[datetime | None]
    refund_committed_cents: Mapped[int] = mapped_column(server_default="0")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Refund(Base):
    """A refund decided by `refunds.rules:decide_refund`; nothing goes to Stripe before a person approves it."""

    __tablename__ = "refund"
    __table_args__ = (
        CheckConstraint("amount_cents > 0", name="amount_is_positive"),
        CheckConstraint("status IN ('awaiting_approval')", name="status"),
        CheckConstraint("reason IN ('not_shipped', 'duplicate_payment')", name="reason"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    payment_id: Mapped[str] = mapped_column(ForeignKey("payment.id"), unique=True)
    amount_cents: Mapped[int]
    currency_code: Mapped[str]
    reason: Mapped[str]
    status: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class PaymentEvent(Base):
    """One Stripe event, written in the transaction that applies its effect (payments reference §3.1)."""

    __tablename__ = "payment_event"
    __table_args__ = (
        CheckConstraint("state IN ('received', 'processed', 'ignored', 'unmatched', 'failed')", name="state"),
        CheckConstraint("source IN ('webhook', 'reconcile', 'replay')", name="source"),
        Index("ix_payment_event_open", "state", postgresql_where=text("state IN ('received', 'failed', 'unmatched')")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    stripe_event_id: Mapped[str] = mapped_column(String(255, collation="C"), unique=True)
    type: Mapped[str]
    is_livemode: Mapped[bool]
    api_version: Mapped[str | None]
    event_created_at: Mapped[datetime]
    object_id: Mapped[str | None] = mapped_column(index=True)
    object_type: Mapped[str | None]
    payment_intent_id: Mapped[str | None] = mapped_column(index=True)
    order_id: Mapped[str | None] = mapped_column(index=True)
    state: Mapped[str]
    attempts: Mapped[int] = mapped_column(server_default="1")
    error_code: Mapped[str | None]
    source: Mapped[str]
    request_id: Mapped[str]
    received_at: Mapped[datetime] = mapped_column(server_default=func.now())
    processed_at: Mapped[datetime | None]
    next_try_at: Mapped[datetime | None]
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    body_sha256: Mapped[str]
