"""What somebody is about to buy."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

import app.shipping.models  # noqa: F401 - a key of ours leads there: a worker that saw no route must know the table
from app.core.db import Base, Json
from app.customers.models import AddressColumns


class CartAddress(AddressColumns, Base):
    """An address as typed into a cart."""

    __tablename__ = "cart_address"

    id: Mapped[str] = mapped_column(primary_key=True)


class Cart(Base):
    """A cart; once `completed_at` is set it can only be read. One that nobody touches ends at `expires_at`."""

    __tablename__ = "cart"
    __table_args__ = (Index("ix_cart_expires_at", "expires_at", postgresql_where=text("completed_at IS NULL")),)

    id: Mapped[str] = mapped_column(primary_key=True)
    region_id: Mapped[str] = mapped_column(ForeignKey("region.id"))
    currency_code: Mapped[str]
    sales_channel_id: Mapped[str] = mapped_column(ForeignKey("sales_channel.id"))
    email: Mapped[str | None]
    locale: Mapped[str | None]
    customer_id: Mapped[str | None] = mapped_column(ForeignKey("customer.id"), index=True)
    shipping_address_id: Mapped[str | None] = mapped_column(ForeignKey("cart_address.id"), index=True)
    billing_address_id: Mapped[str | None] = mapped_column(ForeignKey("cart_address.id"), index=True)
    payment_collection_id: Mapped[str | None] = mapped_column(ForeignKey("payment_collection.id"), unique=True)
    details: Mapped[Json | None] = mapped_column("metadata")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())
    completed_at: Mapped[datetime | None]
    expires_at: Mapped[datetime] = mapped_column(server_default=text("now() + interval '7 days'"))
    # When its card payments began to keep pieces from others (docs/decisions/0010).
    promised_since_at: Mapped[datetime | None]

    lines: Mapped[list["CartLine"]] = relationship(lazy="raise", order_by="CartLine.position")
    shipping_method: Mapped["CartShippingMethod | None"] = relationship(lazy="raise")
    shipping_address: Mapped["CartAddress | None"] = relationship(lazy="raise", foreign_keys=[shipping_address_id])
    billing_address: Mapped["CartAddress | None"] = relationship(lazy="raise", foreign_keys=[billing_address_id])


class CartLine(Base):
    """Some pieces of one variant, at the price shown when they were put in."""

    __tablename__ = "cart_line"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_is_positive"),
        CheckConstraint("unit_price_cents >= 0", name="unit_price_is_not_negative"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    cart_id: Mapped[str] = mapped_column(ForeignKey("cart.id", ondelete="CASCADE"), index=True)
    variant_id: Mapped[str] = mapped_column(ForeignKey("product_variant.id", ondelete="CASCADE"), index=True)
    position: Mapped[int]
    quantity: Mapped[int]
    unit_price_cents: Mapped[int]
    # What the price is reduced from, where a reduction is announced (french-rules §2.6).
    compare_at_unit_price_cents: Mapped[int | None]
    details: Mapped[Json | None] = mapped_column("metadata")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())


class CartShippingMethod(Base):
    """The chosen way to send; a cart has one at most."""

    __tablename__ = "cart_shipping_method"
    __table_args__ = (UniqueConstraint("cart_id"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    cart_id: Mapped[str] = mapped_column(ForeignKey("cart.id", ondelete="CASCADE"))
    shipping_option_id: Mapped[str] = mapped_column(ForeignKey("shipping_option.id"))
    name: Mapped[str]
    amount_cents: Mapped[int]
    data: Mapped[Json | None]


class CartPromotion(Base):
    """A code that was typed into the cart."""

    __tablename__ = "cart_promotion"

    cart_id: Mapped[str] = mapped_column(ForeignKey("cart.id", ondelete="CASCADE"), primary_key=True)
    promotion_id: Mapped[str] = mapped_column(ForeignKey("promotion.id"), primary_key=True, index=True)


class AdjustmentColumns:
    """What a promotion takes off: orders keep their own copies."""

    id: Mapped[str] = mapped_column(primary_key=True)
    promotion_id: Mapped[str] = mapped_column(ForeignKey("promotion.id"), index=True)
    code: Mapped[str]
    amount_cents: Mapped[int]


class CartLineAdjustment(AdjustmentColumns, Base):
    """What a promotion takes off a line, VAT included."""

    __tablename__ = "cart_line_adjustment"
    __table_args__ = (
        UniqueConstraint("cart_line_id", "promotion_id"),
        CheckConstraint("amount_cents > 0", name="amount_is_positive"),
    )

    cart_line_id: Mapped[str] = mapped_column(ForeignKey("cart_line.id", ondelete="CASCADE"))


class CartShippingAdjustment(AdjustmentColumns, Base):
    """What a promotion takes off the way to send, VAT included."""

    __tablename__ = "cart_shipping_adjustment"
    __table_args__ = (
        UniqueConstraint("cart_shipping_method_id", "promotion_id"),
        CheckConstraint("amount_cents > 0", name="amount_is_positive"),
    )

    cart_shipping_method_id: Mapped[str] = mapped_column(ForeignKey("cart_shipping_method.id", ondelete="CASCADE"))
