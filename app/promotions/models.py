"""Promotions, what they are limited to, and each use that was made of them."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import Base
from app.promotions.rules import Terms


class Promotion(Base):
    """So many percent or so much money off; `used_count` never passes `usage_limit`, the database sees to it."""

    __tablename__ = "promotion"
    __table_args__ = (
        CheckConstraint("status IN ('draft', 'active', 'inactive')", name="status"),
        CheckConstraint("target_type IN ('items', 'shipping_methods', 'order')", name="target_type"),
        CheckConstraint("allocation IN ('each', 'across')", name="allocation"),
        CheckConstraint("target_type <> 'order' OR allocation = 'across'", name="order_is_across"),
        CheckConstraint(
            "(type = 'percentage' AND percentage > 0 AND percentage <= 100 AND amount_cents IS NULL)"
            " OR (type = 'fixed' AND amount_cents > 0 AND percentage IS NULL AND currency_code IS NOT NULL)",
            name="value",
        ),
        CheckConstraint(
            "minimum_item_total_cents IS NULL OR (minimum_item_total_cents > 0 AND currency_code IS NOT NULL)",
            name="minimum",
        ),
        CheckConstraint("max_quantity IS NULL OR (max_quantity > 0 AND allocation = 'each')", name="max_quantity"),
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        CheckConstraint("used_count >= 0 AND used_count <= usage_limit", name="never_overused"),
        CheckConstraint("usage_limit_per_customer > 0", name="usage_limit_per_customer"),
        Index("ix_promotion_automatic", "id", postgresql_where=text("is_automatic AND status = 'active'")),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    code: Mapped[str]
    folded_code: Mapped[str] = mapped_column(unique=True)
    is_automatic: Mapped[bool] = mapped_column(server_default="false")
    status: Mapped[str] = mapped_column(server_default="draft")
    type: Mapped[str]
    percentage: Mapped[Decimal | None] = mapped_column(Numeric(5, 2))
    amount_cents: Mapped[int | None]
    currency_code: Mapped[str | None]
    target_type: Mapped[str]
    allocation: Mapped[str]
    max_quantity: Mapped[int | None]
    minimum_item_total_cents: Mapped[int | None]
    # Stays true when the last product, category or collection it was limited to is gone: then nothing gets it.
    is_limited: Mapped[bool] = mapped_column(server_default="false")
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    usage_limit: Mapped[int | None]
    usage_limit_per_customer: Mapped[int | None]
    used_count: Mapped[int] = mapped_column(server_default="0")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())

    scopes: Mapped[list["PromotionScope"]] = relationship(lazy="raise", order_by="PromotionScope.id")

    @property
    def terms(self) -> Terms:
        """What the rules need to know; the scopes are loaded."""
        return Terms(
            promotion_id=self.id,
            code=self.code,
            status=self.status,
            percentage=self.percentage,
            amount_cents=self.amount_cents,
            currency_code=self.currency_code,
            target_type=self.target_type,
            allocation=self.allocation,
            max_quantity=self.max_quantity,
            minimum_item_total_cents=self.minimum_item_total_cents,
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            uses_left=None if self.usage_limit is None else self.usage_limit - self.used_count,
            uses_per_customer=self.usage_limit_per_customer,
            limited_to=frozenset(scope.target_id for scope in self.scopes) if self.is_limited else None,
        )


class PromotionScope(Base):
    """A product, category or collection whose lines alone get the promotion."""

    __tablename__ = "promotion_scope"
    __table_args__ = (
        CheckConstraint("num_nonnulls(product_id, category_id, collection_id) = 1", name="one_target"),
        Index("ix_promotion_scope_promotion_id", "promotion_id"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    promotion_id: Mapped[str] = mapped_column(ForeignKey("promotion.id", ondelete="CASCADE"))
    product_id: Mapped[str | None] = mapped_column(ForeignKey("product.id", ondelete="CASCADE"), index=True)
    category_id: Mapped[str | None] = mapped_column(ForeignKey("product_category.id", ondelete="CASCADE"), index=True)
    collection_id: Mapped[str | None] = mapped_column(
        ForeignKey("product_collection.id", ondelete="CASCADE"), index=True
    )

    @property
    def target_id(self) -> str:
        """The one of the three that is set; ids say by their prefix what they are."""
        return self.product_id or self.category_id or self.collection_id or ""


class PromotionUse(Base):
    """One order that had the promotion; a buyer's uses are numbered, so that two at once cannot be the same one."""

    __tablename__ = "promotion_use"
    __table_args__ = (
        UniqueConstraint("promotion_id", "reference"),
        UniqueConstraint("promotion_id", "buyer_key", "buyer_number"),
        CheckConstraint("buyer_number > 0", name="buyer_number_is_positive"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    promotion_id: Mapped[str] = mapped_column(ForeignKey("promotion.id"))
    reference: Mapped[str]
    # A hash of the e-mail: who it was is not to be read here, only whether it was the same person.
    buyer_key: Mapped[str | None]
    buyer_number: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
