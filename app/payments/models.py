"""Money asked for, money received, money to give back, and the ledger of what Stripe said. Knows no order."""

from datetime import date, datetime

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
    # Of an order that exists before its payment: Stripe's Checkout Session, where it sends its customer, until when.
    checkout_session_id: Mapped[str | None] = mapped_column(unique=True)
    checkout_url: Mapped[str | None]
    expires_at: Mapped[datetime | None]
    provider_data: Mapped[Json] = mapped_column(server_default=text("'{}'::jsonb"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    superseded_at: Mapped[datetime | None]
    # Facts that Stripe told: each is set once, none undoes a payment, and a customer may try again after a failure.
    processing_since_at: Mapped[datetime | None]
    expired_at: Mapped[datetime | None]
    canceled_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
    error_code: Mapped[str | None]
    decline_code: Mapped[str | None]


class Payment(Base):
    """Money received through a session; refunds can never pass what was captured."""

    __tablename__ = "payment"
    __table_args__ = (
        CheckConstraint("amount_cents >= 0", name="amount_is_not_negative"),
        CheckConstraint("refund_committed_cents BETWEEN 0 AND amount_cents", name="refund_within_capture"),
        CheckConstraint("charge_refunded_cents >= 0", name="charge_refunded_is_not_negative"),
        CheckConstraint("refunded_cents BETWEEN 0 AND refund_committed_cents", name="refunded_is_committed"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    payment_collection_id: Mapped[str] = mapped_column(ForeignKey("payment_collection.id"), index=True)
    payment_session_id: Mapped[str] = mapped_column(ForeignKey("payment_session.id"), unique=True)
    provider_id: Mapped[str]
    payment_intent_id: Mapped[str | None] = mapped_column(unique=True)
    amount_cents: Mapped[int]
    currency_code: Mapped[str]
    captured_at: Mapped[datetime | None]
    # Both follow from the refunds and the charge (`payments.compute_refunded`): what is promised back, and what went.
    refund_committed_cents: Mapped[int] = mapped_column(server_default="0")
    refunded_cents: Mapped[int] = mapped_column(server_default="0")
    # What Stripe says of the charge as a whole, and when it said so: a refund made in its dashboard shows here too.
    charge_id: Mapped[str | None] = mapped_column(unique=True)
    charge_refunded_cents: Mapped[int] = mapped_column(server_default="0")
    charge_told_at: Mapped[datetime | None]
    # Came in before the shop moved here: a fact of the past that the journal does not write (docs/decisions/0030).
    is_imported: Mapped[bool] = mapped_column(server_default="false")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Refund(Base):
    """Money given back: decided by `refunds.rules:decide_refund`, or made in Stripe's dashboard and imported."""

    __tablename__ = "refund"
    __table_args__ = (
        CheckConstraint("amount_cents > 0", name="amount_is_positive"),
        CheckConstraint(
            "status IN ('awaiting_approval', 'requested', 'pending', 'succeeded', 'failed', 'canceled')", name="status"
        ),
        CheckConstraint(
            "reason IN ('not_shipped', 'lost_in_transit', 'service_or_booking', 'duplicate_payment', 'goodwill')",
            name="reason",
        ),
        CheckConstraint("origin IN ('comptoir', 'stripe_dashboard')", name="origin"),
        CheckConstraint(
            "return_id IS NOT NULL OR reason IS NOT NULL OR origin = 'stripe_dashboard'", name="has_ground"
        ),
        CheckConstraint("reason IS DISTINCT FROM 'goodwill' OR note IS NOT NULL", name="goodwill_is_explained"),
        # What a person has not looked at yet: one intention per payment, however often the news comes.
        Index("uq_refund_waiting", "payment_id", unique=True, postgresql_where=text("status = 'awaiting_approval'")),
        Index("ix_refund_payment_id", "payment_id"),
        Index(
            "ix_refund_open", "status", postgresql_where=text("status IN ('awaiting_approval', 'requested', 'pending')")
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    payment_id: Mapped[str] = mapped_column(ForeignKey("payment.id"))
    return_id: Mapped[str | None] = mapped_column(ForeignKey("order_return.id", ondelete="RESTRICT"), index=True)
    origin: Mapped[str] = mapped_column(server_default="comptoir")
    amount_cents: Mapped[int]
    currency_code: Mapped[str]
    reason: Mapped[str | None]
    note: Mapped[str | None]
    status: Mapped[str]
    stripe_refund_id: Mapped[str | None] = mapped_column(unique=True)
    # Which idempotency key is in use: Stripe forgets one after a day, and only then there is another.
    key_number: Mapped[int] = mapped_column(server_default="1")
    # Of the newest event that told its status: an older one that comes later changes nothing.
    told_at: Mapped[datetime | None]
    pending_reason: Mapped[str | None]
    error_code: Mapped[str | None]
    requested_by: Mapped[str] = mapped_column(server_default="job:checkout")
    approved_by: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    approved_at: Mapped[datetime | None]
    first_sent_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class Dispute(Base):
    """A customer's bank takes the money back; while it is open nothing is refunded and nothing is shipped."""

    __tablename__ = "dispute"
    __table_args__ = (CheckConstraint("amount_cents >= 0", name="amount_is_not_negative"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    stripe_dispute_id: Mapped[str] = mapped_column(unique=True)
    payment_id: Mapped[str] = mapped_column(ForeignKey("payment.id"), index=True)
    amount_cents: Mapped[int]
    currency_code: Mapped[str]
    # Stripe's words; it adds new ones, so they are not closed here.
    status: Mapped[str]
    reason: Mapped[str | None]
    evidence_due_at: Mapped[datetime | None]
    told_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    reinstated_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Payout(Base):
    """Money on its way from Stripe to the shop's bank, and whether its parts are all known here."""

    __tablename__ = "payout"

    id: Mapped[str] = mapped_column(primary_key=True)
    stripe_payout_id: Mapped[str] = mapped_column(unique=True)
    amount_cents: Mapped[int]
    currency_code: Mapped[str]
    status: Mapped[str]
    arrives_on: Mapped[date | None]
    error_code: Mapped[str | None]
    told_at: Mapped[datetime]
    reconciled_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
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
    checkout_session_id: Mapped[str | None] = mapped_column(index=True)
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


class JournalEntry(Base):
    """One movement of money, written by the database when its transaction commits; never changed (decision 0021)."""

    __tablename__ = "payment_journal"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('payment', 'refund', 'refund_failed', 'dispute_withdrawn', 'dispute_reinstated', 'correction')",
            name="kind",
        ),
        CheckConstraint("amount_cents <> 0", name="moves_something"),
    )

    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    written_at: Mapped[datetime] = mapped_column(index=True)
    kind: Mapped[str]
    payment_id: Mapped[str] = mapped_column(index=True)
    # Stripe's id of the intent, refund or dispute; our own where money does not go through Stripe.
    reference: Mapped[str]
    # Signed: what came in is positive.
    amount_cents: Mapped[int] = mapped_column(BigInteger)
    currency_code: Mapped[str]
    provider_id: Mapped[str]
    request_id: Mapped[str]
    actor: Mapped[str]
    previous_sha256: Mapped[str]
    sha256: Mapped[str]


class JournalHead(Base):
    """The journal's last entry (one row): locked last in a transaction, so that numbers have no gap."""

    __tablename__ = "payment_journal_head"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last_number: Mapped[int] = mapped_column(BigInteger)
    last_at: Mapped[datetime]
    last_sha256: Mapped[str]
