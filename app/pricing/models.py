"""What a variant costs."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base


class Price(Base):
    """The price of a variant in one currency, VAT included, in the currency's smallest unit."""

    __tablename__ = "price"
    __table_args__ = (
        UniqueConstraint("variant_id", "currency_code"),
        CheckConstraint("amount_cents >= 0", name="amount_is_not_negative"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    variant_id: Mapped[str] = mapped_column(ForeignKey("product_variant.id", ondelete="CASCADE"))
    currency_code: Mapped[str]
    amount_cents: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())
