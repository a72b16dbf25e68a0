"""What a variant costs, what it costs for a while, and what it ever cost."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, UniqueConstraint, func, text
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


class PriceList(Base):
    """Other prices for a while: a `sale` announces a reduction, an `override` simply replaces the price.

    One that is not public is for customers with an account only.
    """

    __tablename__ = "price_list"
    __table_args__ = (
        CheckConstraint("type IN ('sale', 'override')", name="type"),
        CheckConstraint("status IN ('draft', 'active')", name="status"),
        CheckConstraint("ends_at >= starts_at", name="ends_after_its_start"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    title: Mapped[str]
    description: Mapped[str] = mapped_column(server_default="")
    type: Mapped[str]
    status: Mapped[str] = mapped_column(server_default="draft")
    is_public: Mapped[bool] = mapped_column(server_default="true")
    starts_at: Mapped[datetime] = mapped_column(server_default=func.now())
    ends_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())


class PriceListPrice(Base):
    """What a variant costs in one currency while its list applies, VAT included."""

    __tablename__ = "price_list_price"
    __table_args__ = (
        UniqueConstraint("price_list_id", "variant_id", "currency_code"),
        CheckConstraint("amount_cents >= 0", name="amount_is_not_negative"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    price_list_id: Mapped[str] = mapped_column(ForeignKey("price_list.id", ondelete="CASCADE"))
    variant_id: Mapped[str] = mapped_column(ForeignKey("product_variant.id", ondelete="CASCADE"), index=True)
    currency_code: Mapped[str]
    amount_cents: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())


class ScheduledPrice(Base):
    """What a variant shall cost from an instant on, without any list; it is applied within the minute, or refused.

    The amount was looked at, and confirmed if it moves by more than half, when it was planned.
    """

    __tablename__ = "scheduled_price"
    __table_args__ = (
        CheckConstraint("status IN ('planned', 'applied', 'canceled', 'refused')", name="status"),
        CheckConstraint("amount_cents >= 0", name="amount_is_not_negative"),
        CheckConstraint(
            "(status = 'planned') = (ended_at IS NULL) AND (status = 'refused') = (refused_code IS NOT NULL)",
            name="status_has_its_facts",
        ),
        Index(
            "ix_scheduled_price_planned",
            "variant_id",
            "currency_code",
            "applies_at",
            unique=True,
            postgresql_where=text("status = 'planned'"),
        ),
        Index(None, "status", "applies_at"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    variant_id: Mapped[str] = mapped_column(ForeignKey("product_variant.id", ondelete="CASCADE"))
    currency_code: Mapped[str]
    amount_cents: Mapped[int]
    applies_at: Mapped[datetime]
    status: Mapped[str] = mapped_column(server_default="planned")
    reason: Mapped[str | None]
    refused_code: Mapped[str | None]
    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())
    ended_at: Mapped[datetime | None]


class PriceHistory(Base):
    """Every price that was ever decided, written by triggers, append-only (french-rules §2.6).

    A row replaces from `recorded_at` on what the same source (the price itself, or one list) said before, and applies
    from `valid_from` to `valid_to`; without an amount the source says nothing any more. No foreign keys: the history
    outlives lists and variants.
    """

    __tablename__ = "price_history"
    __table_args__ = (Index(None, "variant_id", "currency_code", "price_list_id", "id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    variant_id: Mapped[str]
    currency_code: Mapped[str]
    amount_cents: Mapped[int | None]
    price_list_id: Mapped[str | None]
    price_list_type: Mapped[str | None]
    is_public: Mapped[bool]
    valid_from_at: Mapped[datetime]
    valid_to_at: Mapped[datetime | None]
    recorded_at: Mapped[datetime]
    actor: Mapped[str]
    request_id: Mapped[str]
