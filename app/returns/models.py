"""What comes back of an order, and why."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import Base, Json


class ReturnReason(Base):
    """Why somebody sends something back, in the shop's words; `value` is what programs compare."""

    __tablename__ = "return_reason"

    id: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(unique=True)
    label: Mapped[str]
    description: Mapped[str | None]
    details: Mapped[Json | None] = mapped_column("metadata")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())


class OrderReturn(Base):
    """One parcel that comes back. A refund stands on it: once dispatched with proof, or received (design §4.9).

    `status` says where the parcel is; what became of its money is the refunds' to say (`refunds.return_money`).
    """

    __tablename__ = "order_return"
    __table_args__ = (
        CheckConstraint(
            "status IN ('open', 'requested', 'approved', 'in_transit', 'received', 'inspected', 'rejected',"
            " 'canceled')",
            name="status",
        ),
        CheckConstraint("shipping_amount_cents >= 0", name="shipping_amount_is_not_negative"),
        CheckConstraint("(dispatched_at IS NULL) = (proof_of_dispatch IS NULL)", name="dispatch_is_proven"),
        CheckConstraint(
            "(status <> 'approved' OR approved_at IS NOT NULL)"
            " AND (status <> 'in_transit' OR dispatched_at IS NOT NULL)"
            " AND (received_at IS NULL OR status IN ('received', 'inspected', 'rejected'))"
            " AND (status NOT IN ('received', 'inspected') OR received_at IS NOT NULL)"
            " AND (inspected_at IS NULL OR status IN ('inspected', 'rejected'))"
            " AND (status <> 'inspected' OR inspected_at IS NOT NULL)"
            " AND (status = 'rejected') = (rejected_at IS NOT NULL)"
            " AND (status = 'canceled') = (canceled_at IS NOT NULL)",
            name="status_has_its_instant",
        ),
        CheckConstraint("(rejected_at IS NULL) = (rejection IS NULL)", name="rejection_has_its_reason"),
        CheckConstraint(
            "shipping_option_id IS NOT NULL OR (shipping_name = '' AND shipping_amount_cents = 0)",
            name="way_back_has_its_name",
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    display_id: Mapped[int] = mapped_column(Identity(), unique=True)
    order_id: Mapped[str] = mapped_column(ForeignKey("order.id", ondelete="RESTRICT"), index=True)
    status: Mapped[str] = mapped_column(server_default="requested")
    note: Mapped[str | None]
    # The customer's legal right, which proof of dispatch alone unlocks; else the shop's own kindness, after reception.
    is_withdrawal: Mapped[bool] = mapped_column(server_default="true")
    # None: by the customer's own means, or not said yet.
    shipping_option_id: Mapped[str | None] = mapped_column(ForeignKey("shipping_option.id", ondelete="RESTRICT"))
    shipping_name: Mapped[str] = mapped_column(server_default="")
    shipping_amount_cents: Mapped[int] = mapped_column(server_default="0")
    proof_of_dispatch: Mapped[str | None]
    # Why it was refused: the customer is told these words.
    rejection: Mapped[str | None]
    details: Mapped[Json | None] = mapped_column("metadata")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())
    approved_at: Mapped[datetime | None]
    dispatched_at: Mapped[datetime | None]
    # A reception in several calls has begun (Medusa's); it counts once it is confirmed.
    receiving_at: Mapped[datetime | None]
    received_at: Mapped[datetime | None]
    inspected_at: Mapped[datetime | None]
    rejected_at: Mapped[datetime | None]
    canceled_at: Mapped[datetime | None]

    lines: Mapped[list["ReturnLine"]] = relationship(lazy="raise", order_by="ReturnLine.id")


class ReturnLine(Base):
    """Pieces of one line of the order; `dismissed_quantity` came in and cannot be sold again."""

    __tablename__ = "return_line"
    __table_args__ = (
        UniqueConstraint("return_id", "order_line_id"),
        CheckConstraint("quantity > 0", name="quantity_is_positive"),
        CheckConstraint(
            "0 <= least(received_quantity, dismissed_quantity) AND received_quantity + dismissed_quantity <= quantity",
            name="comes_in_once",
        ),
        CheckConstraint(
            "0 <= least(counted_quantity, counted_dismissed_quantity)"
            " AND counted_quantity + counted_dismissed_quantity <= quantity",
            name="is_counted_once",
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    return_id: Mapped[str] = mapped_column(ForeignKey("order_return.id", ondelete="RESTRICT"))
    order_line_id: Mapped[str] = mapped_column(ForeignKey("order_line.id", ondelete="RESTRICT"), index=True)
    reason_id: Mapped[str | None] = mapped_column(ForeignKey("return_reason.id", ondelete="RESTRICT"), index=True)
    quantity: Mapped[int]
    received_quantity: Mapped[int] = mapped_column(server_default="0")
    dismissed_quantity: Mapped[int] = mapped_column(server_default="0")
    # Of a reception that has begun and is not confirmed.
    counted_quantity: Mapped[int] = mapped_column(server_default="0")
    counted_dismissed_quantity: Mapped[int] = mapped_column(server_default="0")
    note: Mapped[str | None]


class Withdrawal(Base):
    """Somebody wants to withdraw from an order: asked with its number and e-mail, then declared by the mail's link.

    One is declared per order; from then on the row never changes. `statement` is what the acknowledgement says.
    """

    __tablename__ = "withdrawal"
    __table_args__ = (
        CheckConstraint("(declared_at IS NULL) = (statement IS NULL)", name="is_declared_in_words"),
        CheckConstraint("declared_at IS NULL OR order_id IS NOT NULL", name="declared_is_about_an_order"),
        CheckConstraint("(token_hash IS NULL) = (expires_at IS NULL)", name="link_ends"),
        CheckConstraint("return_id IS NULL OR declared_at IS NOT NULL", name="return_is_declared"),
        Index("uq_withdrawal_declared", "order_id", unique=True, postgresql_where=text("declared_at IS NOT NULL")),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    # None: nobody has such an order; whoever asks is answered alike.
    order_id: Mapped[str | None] = mapped_column(ForeignKey("order.id", ondelete="RESTRICT"), index=True)
    token_hash: Mapped[str | None] = mapped_column(unique=True)
    asked_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime | None]
    declared_at: Mapped[datetime | None]
    return_id: Mapped[str | None] = mapped_column(ForeignKey("order_return.id", ondelete="RESTRICT"), index=True)
    statement: Mapped[Json | None]
