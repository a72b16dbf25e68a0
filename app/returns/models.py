"""What comes back of an order, and why."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Identity, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import Base


class ReturnReason(Base):
    """Why somebody sends something back, in the shop's words; `value` is what programs compare."""

    __tablename__ = "return_reason"

    id: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(unique=True)
    label: Mapped[str]
    description: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())


class OrderReturn(Base):
    """One parcel that comes back. A refund stands on it: once dispatched with proof, or received (design §4.9)."""

    __tablename__ = "order_return"
    __table_args__ = (
        CheckConstraint("status IN ('requested', 'in_transit', 'received', 'canceled')", name="status"),
        CheckConstraint("shipping_amount_cents >= 0", name="shipping_amount_is_not_negative"),
        CheckConstraint("(dispatched_at IS NULL) = (proof_of_dispatch IS NULL)", name="dispatch_is_proven"),
        CheckConstraint(
            "(status <> 'in_transit' OR dispatched_at IS NOT NULL)"
            " AND (status = 'received') = (received_at IS NOT NULL)"
            " AND (status = 'canceled') = (canceled_at IS NOT NULL)",
            name="status_has_its_instant",
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    display_id: Mapped[int] = mapped_column(Identity(), unique=True)
    order_id: Mapped[str] = mapped_column(ForeignKey("order.id", ondelete="RESTRICT"), index=True)
    status: Mapped[str] = mapped_column(server_default="requested")
    note: Mapped[str | None]
    # The customer's legal right, which proof of dispatch alone unlocks; else the shop's own kindness, after reception.
    is_withdrawal: Mapped[bool] = mapped_column(server_default="true")
    shipping_option_id: Mapped[str] = mapped_column(ForeignKey("shipping_option.id", ondelete="RESTRICT"))
    shipping_name: Mapped[str]
    shipping_amount_cents: Mapped[int]
    proof_of_dispatch: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())
    dispatched_at: Mapped[datetime | None]
    received_at: Mapped[datetime | None]
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
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    return_id: Mapped[str] = mapped_column(ForeignKey("order_return.id", ondelete="RESTRICT"))
    order_line_id: Mapped[str] = mapped_column(ForeignKey("order_line.id", ondelete="RESTRICT"), index=True)
    reason_id: Mapped[str | None] = mapped_column(ForeignKey("return_reason.id", ondelete="RESTRICT"), index=True)
    quantity: Mapped[int]
    received_quantity: Mapped[int] = mapped_column(server_default="0")
    dismissed_quantity: Mapped[int] = mapped_column(server_default="0")
    note: Mapped[str | None]
