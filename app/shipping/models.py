"""How an order travels: the options a region offers."""

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base


class ShippingOption(Base):
    """A way to send an order at a flat price, VAT included."""

    __tablename__ = "shipping_option"
    __table_args__ = (
        UniqueConstraint("region_id", "code"),
        CheckConstraint("amount_cents >= 0", name="amount_is_not_negative"),
        CheckConstraint("kind IN ('shipping', 'pickup')", name="kind"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    region_id: Mapped[str] = mapped_column(ForeignKey("region.id"))
    code: Mapped[str]
    name: Mapped[str]
    description: Mapped[str] = mapped_column(server_default="")
    kind: Mapped[str] = mapped_column(server_default="shipping")
    amount_cents: Mapped[int]
    currency_code: Mapped[str]
    rank: Mapped[int] = mapped_column(server_default="0")
    is_active: Mapped[bool] = mapped_column(server_default="true")
