"""What somebody bought, at the prices it was bought at."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.carts.models import AdjustmentColumns
from app.core.db import Base, Json
from app.customers.models import AddressColumns


class OrderNumber(Base):
    """The last order number given (one row): raised under its row lock, so that numbers have no gap."""

    __tablename__ = "order_number"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, default=1)
    last_number: Mapped[int]


class OrderAddress(AddressColumns, Base):
    """An address as it stood when the order was placed."""

    __tablename__ = "order_address"

    id: Mapped[str] = mapped_column(primary_key=True)


class Order(Base):
    """A placed order: one per cart, facts only grow (`paid_at` is never undone)."""

    __tablename__ = "order"
    __table_args__ = (
        CheckConstraint("status IN ('pending', 'completed', 'canceled', 'requires_action', 'archived')", name="status"),
        CheckConstraint(
            "review_reason IN ('stock_gone', 'amount_differs', 'details_missing', 'promotion_used_up', 'withdrawn')",
            name="review_reason",
        ),
        CheckConstraint("total_cents >= 0", name="total_is_not_negative"),
        Index("ix_order_customer_id_created_at", "customer_id", "created_at", "id"),
        Index(
            "ix_order_unpaid",
            "created_at",
            postgresql_where=text("is_placed_unpaid AND paid_at IS NULL AND canceled_at IS NULL"),
        ),
        Index("ix_order_status_created_at", "status", "created_at", "id"),
        Index("ix_order_email", text("lower(email)")),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    display_id: Mapped[int] = mapped_column(unique=True)
    cart_id: Mapped[str] = mapped_column(ForeignKey("cart.id"), unique=True)
    region_id: Mapped[str] = mapped_column(ForeignKey("region.id"))
    sales_channel_id: Mapped[str] = mapped_column(ForeignKey("sales_channel.id"))
    customer_id: Mapped[str | None] = mapped_column(ForeignKey("customer.id"))
    payment_collection_id: Mapped[str] = mapped_column(ForeignKey("payment_collection.id"), unique=True)
    email: Mapped[str | None]
    locale: Mapped[str]
    currency_code: Mapped[str]
    total_cents: Mapped[int]
    status: Mapped[str] = mapped_column(server_default="pending")
    review_reason: Mapped[str | None]
    shipping_address_id: Mapped[str | None] = mapped_column(ForeignKey("order_address.id"))
    billing_address_id: Mapped[str | None] = mapped_column(ForeignKey("order_address.id"))
    details: Mapped[Json | None] = mapped_column("metadata")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now(), index=True)
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())
    paid_at: Mapped[datetime | None]
    # A person looked at it and says that it is worked on all the same.
    reviewed_at: Mapped[datetime | None]
    # Made before its payment (`POST /v1/orders`): its pieces are promised to it, and sold once it is paid.
    is_placed_unpaid: Mapped[bool] = mapped_column(server_default="false")
    # The money came after the attempt to pay had expired or the order was given up.
    is_paid_late: Mapped[bool] = mapped_column(server_default="false")
    canceled_at: Mapped[datetime | None]
    # Its customer has withdrawn: nothing more of it leaves (French law, L221-18).
    withdrawn_at: Mapped[datetime | None]
    # When its customer was told of that right otherwise than by our confirmation.
    withdrawal_informed_on: Mapped[date | None]
    # Sold by the shop's former software and brought along (docs/decisions/0030): it was invoiced there.
    is_imported: Mapped[bool] = mapped_column(server_default="false")

    lines: Mapped[list["OrderLine"]] = relationship(lazy="raise", order_by="OrderLine.position")
    shipping_methods: Mapped[list["OrderShippingMethod"]] = relationship(lazy="raise")
    shipping_address: Mapped["OrderAddress | None"] = relationship(lazy="raise", foreign_keys=[shipping_address_id])
    billing_address: Mapped["OrderAddress | None"] = relationship(lazy="raise", foreign_keys=[billing_address_id])

    @property
    def needs_review(self) -> bool:
        """Whether a person must still look at it."""
        return self.review_reason is not None and self.reviewed_at is None

    @property
    def is_canceled(self) -> bool:
        """Whether it is given up; money that came later than that has made it an order again."""
        is_last = self.canceled_at is not None and (self.paid_at is None or self.paid_at <= self.canceled_at)
        return is_last and self.status in ("canceled", "archived")


class OrderNote(Base):
    """What whoever works here writes down about an order; rows only grow, customers never see them."""

    __tablename__ = "order_note"

    id: Mapped[str] = mapped_column(primary_key=True)
    order_id: Mapped[str] = mapped_column(ForeignKey("order.id", ondelete="RESTRICT"), index=True)
    note: Mapped[str]
    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class OrderLine(Base):
    """Pieces of one variant as sold; names and price are copies, so a later change of the product changes nothing.

    A trigger lets nothing of it change but what became of the pieces. What is asked back counts as such until it comes
    in (`return_received_quantity`, or `return_dismissed_quantity` when it cannot be sold again) or is called off.
    """

    __tablename__ = "order_line"
    __table_args__ = (
        UniqueConstraint("order_id", "position"),
        CheckConstraint("quantity > 0", name="quantity_is_positive"),
        CheckConstraint("unit_price_cents >= 0", name="unit_price_is_not_negative"),
        CheckConstraint(
            "0 <= delivered_quantity AND delivered_quantity <= shipped_quantity"
            " AND shipped_quantity <= fulfilled_quantity AND fulfilled_quantity <= quantity",
            name="pieces_leave_in_order",
        ),
        CheckConstraint(
            "0 <= least(return_requested_quantity, return_received_quantity, return_dismissed_quantity) AND"
            " return_requested_quantity + return_received_quantity + return_dismissed_quantity <= fulfilled_quantity",
            name="pieces_come_back_once",
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    order_id: Mapped[str] = mapped_column(ForeignKey("order.id"))
    position: Mapped[int]
    # RESTRICT: a product that was sold cannot be deleted (runbook S0, design §4.10).
    product_id: Mapped[str] = mapped_column(ForeignKey("product.id", ondelete="RESTRICT"), index=True)
    variant_id: Mapped[str] = mapped_column(ForeignKey("product_variant.id", ondelete="RESTRICT"), index=True)
    quantity: Mapped[int]
    unit_price_cents: Mapped[int]
    compare_at_unit_price_cents: Mapped[int | None]
    product_title: Mapped[str]
    product_handle: Mapped[str]
    product_subtitle: Mapped[str | None]
    product_description: Mapped[str | None]
    variant_title: Mapped[str]
    variant_sku: Mapped[str | None]
    thumbnail: Mapped[str | None]
    requires_shipping: Mapped[bool]
    # Null when no country was known: then no VAT could be worked out, and a person must look at the order.
    tax_code: Mapped[str | None]
    tax_name: Mapped[str | None]
    tax_rate: Mapped[Decimal | None] = mapped_column(Numeric(5, 2))
    details: Mapped[Json | None] = mapped_column("metadata")
    # Of the product on that day: why nobody may withdraw from it (French law, L221-28); None: they may.
    withdrawal_excluded_reason: Mapped[str | None]
    fulfilled_quantity: Mapped[int] = mapped_column(server_default="0")
    shipped_quantity: Mapped[int] = mapped_column(server_default="0")
    delivered_quantity: Mapped[int] = mapped_column(server_default="0")
    return_requested_quantity: Mapped[int] = mapped_column(server_default="0")
    return_received_quantity: Mapped[int] = mapped_column(server_default="0")
    return_dismissed_quantity: Mapped[int] = mapped_column(server_default="0")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())

    adjustments: Mapped[list["OrderLineAdjustment"]] = relationship(lazy="raise", order_by="OrderLineAdjustment.id")

    @property
    def returnable_quantity(self) -> int:
        """Pieces that were sent and that nobody has asked back."""
        back = self.return_requested_quantity + self.return_received_quantity + self.return_dismissed_quantity
        return self.fulfilled_quantity - back


class OrderShippingMethod(Base):
    """How the order travels and what that cost, VAT included."""

    __tablename__ = "order_shipping_method"
    __table_args__ = (UniqueConstraint("order_id"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    order_id: Mapped[str] = mapped_column(ForeignKey("order.id"))
    shipping_option_id: Mapped[str] = mapped_column(ForeignKey("shipping_option.id"))
    name: Mapped[str]
    amount_cents: Mapped[int]
    tax_code: Mapped[str | None]
    tax_name: Mapped[str | None]
    tax_rate: Mapped[Decimal | None] = mapped_column(Numeric(5, 2))
    data: Mapped[Json | None]

    adjustments: Mapped[list["OrderShippingAdjustment"]] = relationship(
        lazy="raise", order_by="OrderShippingAdjustment.id"
    )


class OrderLineAdjustment(AdjustmentColumns, Base):
    """What a promotion took off a line; a trigger lets nothing of it change."""

    __tablename__ = "order_line_adjustment"
    __table_args__ = (
        UniqueConstraint("order_line_id", "promotion_id"),
        CheckConstraint("amount_cents > 0", name="amount_is_positive"),
    )

    order_line_id: Mapped[str] = mapped_column(ForeignKey("order_line.id"))


class OrderShippingAdjustment(AdjustmentColumns, Base):
    """What a promotion took off the way to send; a trigger lets nothing of it change."""

    __tablename__ = "order_shipping_adjustment"
    __table_args__ = (
        UniqueConstraint("order_shipping_method_id", "promotion_id"),
        CheckConstraint("amount_cents > 0", name="amount_is_positive"),
    )

    order_shipping_method_id: Mapped[str] = mapped_column(ForeignKey("order_shipping_method.id"))


class OrderTransfer(Base):
    """A customer asks for a guest's order; whoever reads the mail of the order's address says yes or no."""

    __tablename__ = "order_transfer"
    __table_args__ = (
        CheckConstraint("state IN ('requested', 'accepted', 'declined', 'canceled')", name="state"),
        Index(
            "uq_order_transfer_open",
            "order_id",
            "customer_id",
            unique=True,
            postgresql_where=text("state = 'requested'"),
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    order_id: Mapped[str] = mapped_column(ForeignKey("order.id"))
    customer_id: Mapped[str] = mapped_column(ForeignKey("customer.id", ondelete="CASCADE"), index=True)
    description: Mapped[str | None]
    token_hash: Mapped[str] = mapped_column(unique=True)
    state: Mapped[str] = mapped_column(server_default="requested")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
