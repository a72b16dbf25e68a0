"""How many pieces there are, whom they are promised to, and every movement that made it so."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base


class StockLevel(Base):
    """Pieces of a variant on the shelf; the database refuses to sell or to promise what is not there.

    `reserved_quantity` is counted by a trigger from the reservations.
    """

    __tablename__ = "stock_level"
    __table_args__ = (
        CheckConstraint("stocked_quantity >= 0", name="never_oversold"),
        CheckConstraint("reserved_quantity >= 0 AND reserved_quantity <= stocked_quantity", name="never_overpromised"),
    )

    variant_id: Mapped[str] = mapped_column(ForeignKey("product_variant.id", ondelete="CASCADE"), primary_key=True)
    stocked_quantity: Mapped[int]
    reserved_quantity: Mapped[int] = mapped_column(server_default="0")
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())


class StockReservation(Base):
    """Pieces promised to a cart that is being paid, for a while. Knows its cart by id only."""

    __tablename__ = "stock_reservation"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_is_positive"),
        Index(None, "variant_id", "expires_at"),
    )

    cart_id: Mapped[str] = mapped_column(primary_key=True)
    variant_id: Mapped[str] = mapped_column(ForeignKey("stock_level.variant_id", ondelete="CASCADE"), primary_key=True)
    quantity: Mapped[int]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class StockMovement(Base):
    """One change of a level, append-only: the sum of a variant's movements is its level.

    What came back knows its line of a return by id only, and goes on the shelf once.
    """

    __tablename__ = "stock_movement"
    __table_args__ = (
        CheckConstraint("delta <> 0", name="moves_something"),
        CheckConstraint(
            "(reason IN ('receipt', 'return', 'cancellation') AND delta > 0) OR (reason = 'sale' AND delta < 0)"
            " OR reason IN ('correction', 'import')",
            name="reason",
        ),
        Index("ix_stock_movement_order", "reference", postgresql_where=text("reason IN ('sale', 'cancellation')")),
        CheckConstraint("(reason = 'return') = (return_line_id IS NOT NULL)", name="return_has_its_line"),
        CheckConstraint("reason <> 'correction' OR note IS NOT NULL", name="correction_has_its_note"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    variant_id: Mapped[str] = mapped_column(index=True)
    delta: Mapped[int]
    reason: Mapped[str]
    reference: Mapped[str | None]
    note: Mapped[str | None]
    return_line_id: Mapped[str | None] = mapped_column(unique=True)
    actor: Mapped[str] = mapped_column(server_default=text("coalesce(current_setting('comptoir.actor', true), '')"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
