"""How an order travels, and how a return comes back: the options a region offers, their prices and where they go."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import Base
from app.shipping.rules import Destination, PriceStep, Terms


class ShippingLocation(Base):
    """Where parcels start, and where goods are picked up."""

    __tablename__ = "shipping_location"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    phone: Mapped[str | None]
    address_1: Mapped[str]
    address_2: Mapped[str | None]
    postal_code: Mapped[str]
    city: Mapped[str]
    country_code: Mapped[str] = mapped_column(ForeignKey("country.iso_2"))


class ShippingOption(Base):
    """A way to send an order, or to send it back (`is_return`); `amount_cents` is its price before any step, VAT in."""

    __tablename__ = "shipping_option"
    __table_args__ = (
        UniqueConstraint("region_id", "code"),
        CheckConstraint("amount_cents >= 0", name="amount_is_not_negative"),
        CheckConstraint("kind IN ('shipping', 'pickup')", name="kind"),
        CheckConstraint("max_weight_grams > 0", name="max_weight_is_positive"),
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
    is_return: Mapped[bool] = mapped_column(server_default="false")
    max_weight_grams: Mapped[int | None]
    location_id: Mapped[str | None] = mapped_column(ForeignKey("shipping_location.id"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())

    location: Mapped["ShippingLocation | None"] = relationship(lazy="raise")
    steps: Mapped[list["ShippingPriceStep"]] = relationship(
        lazy="raise", order_by="ShippingPriceStep.id", cascade="all, delete-orphan"
    )
    destinations: Mapped[list["ShippingDestination"]] = relationship(
        lazy="raise", order_by="ShippingDestination.id", cascade="all, delete-orphan"
    )

    @property
    def terms(self) -> Terms:
        """What the rules need to know; steps and destinations are loaded."""
        return Terms(
            self.amount_cents,
            tuple(step.terms for step in self.steps),
            self.max_weight_grams,
            tuple(destination.terms for destination in self.destinations),
        )

    @property
    def price_type(self) -> str:
        """Medusa's word: `calculated` when the weight decides, for then a storefront asks for the amount."""
        is_weighed = any(step.from_weight_grams is not None for step in self.steps)
        return "calculated" if is_weighed else "flat"


class ShippingPriceStep(Base):
    """Another price of an option, from an item total or from a weight on."""

    __tablename__ = "shipping_price_step"
    __table_args__ = (
        UniqueConstraint("shipping_option_id", "from_item_total_cents"),
        UniqueConstraint("shipping_option_id", "from_weight_grams"),
        CheckConstraint("num_nonnulls(from_item_total_cents, from_weight_grams) = 1", name="one_threshold"),
        CheckConstraint("from_item_total_cents > 0 OR from_weight_grams > 0", name="threshold_is_positive"),
        CheckConstraint("amount_cents >= 0", name="amount_is_not_negative"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    shipping_option_id: Mapped[str] = mapped_column(ForeignKey("shipping_option.id", ondelete="CASCADE"))
    from_item_total_cents: Mapped[int | None]
    from_weight_grams: Mapped[int | None]
    amount_cents: Mapped[int]

    @property
    def terms(self) -> PriceStep:
        """What the rules need to know."""
        return PriceStep(self.amount_cents, self.from_item_total_cents, self.from_weight_grams)


class ShippingDestination(Base):
    """Where an option goes, or never goes; '' leaves province or postal code open."""

    __tablename__ = "shipping_destination"
    __table_args__ = (
        UniqueConstraint(
            "shipping_option_id", "country_code", "province", "postal_prefix", name="uq_shipping_destination_place"
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    shipping_option_id: Mapped[str] = mapped_column(ForeignKey("shipping_option.id", ondelete="CASCADE"))
    country_code: Mapped[str] = mapped_column(ForeignKey("country.iso_2"))
    is_served: Mapped[bool]
    province: Mapped[str] = mapped_column(server_default="")
    postal_prefix: Mapped[str] = mapped_column(server_default="")

    @property
    def terms(self) -> Destination:
        """What the rules need to know."""
        return Destination(self.country_code, self.is_served, self.province, self.postal_prefix)
