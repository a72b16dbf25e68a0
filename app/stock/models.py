"""How many pieces there are, and every movement that made it so."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, func
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base


class StockLevel(Base):
    """Pieces of a variant on the shelf; the database refuses to sell what is not there."""

    __tablename__ = "stock_level"
    __table_args__ = (CheckConstraint("stocked_quantity >= 0", name="never_oversold"),)

    variant_id: Mapped[str] = mapped_column(ForeignKey("product_variant.id", ondelete="CASCADE"), primary_key=True)
    stocked_quantity: Mapped[int]
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())


class StockMovement(Base):
    """One change of a level, append-only: the sum of a variant's movements is its level."""

    __tablename__ = "stock_movement"
    __table_args__ = (
        CheckConstraint("delta <> 0", name="moves_something"),
        CheckConstraint("reason IN ('receipt', 'sale')", name="reason"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    variant_id: Mapped[str] = mapped_column(ForeignKey("product_variant.id"), index=True)
    delta: Mapped[int]
    reason: Mapped[str]
    reference: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
