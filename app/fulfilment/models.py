"""Parcels of an order: what is in them, whether they left and arrived, and how to follow them."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import Base, Json
from app.orders.models import OrderLine


class Fulfilment(Base):
    """One parcel: packed, then shipped, then delivered; or called off while it is still here.

    Triggers let none be packed or leave for an order that is unpaid, disputed, canceled, refunded or not looked at.
    """

    __tablename__ = "fulfilment"
    __table_args__ = (
        CheckConstraint("canceled_at IS NULL OR shipped_at IS NULL", name="left_is_not_canceled"),
        CheckConstraint(
            "delivered_at IS NULL OR (shipped_at IS NOT NULL AND delivered_at >= shipped_at)",
            name="delivered_after_it_left",
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    order_id: Mapped[str] = mapped_column(ForeignKey("order.id", ondelete="RESTRICT"), index=True)
    # Where it starts, as the client named it: the shop has one stock.
    location_id: Mapped[str | None]
    details: Mapped[Json | None] = mapped_column("metadata")
    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())
    shipped_at: Mapped[datetime | None]
    # Received by the customer: the fourteen days of a withdrawal count from here (french-rules §2.5).
    delivered_at: Mapped[datetime | None]
    canceled_at: Mapped[datetime | None]

    lines: Mapped[list["FulfilmentLine"]] = relationship(lazy="raise", order_by="FulfilmentLine.id")
    labels: Mapped[list["FulfilmentLabel"]] = relationship(
        lazy="raise", order_by="FulfilmentLabel.id", cascade="all, delete-orphan"
    )


class FulfilmentLine(Base):
    """Pieces of one line of the order in a parcel; never changed."""

    __tablename__ = "fulfilment_line"
    __table_args__ = (
        UniqueConstraint("fulfilment_id", "order_line_id"),
        CheckConstraint("quantity > 0", name="quantity_is_positive"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    fulfilment_id: Mapped[str] = mapped_column(ForeignKey("fulfilment.id", ondelete="RESTRICT"))
    order_line_id: Mapped[str] = mapped_column(ForeignKey("order_line.id", ondelete="RESTRICT"), index=True)
    quantity: Mapped[int]

    sold: Mapped["OrderLine"] = relationship(lazy="raise")


class FulfilmentLabel(Base):
    """How a parcel is followed: the carrier's number, and its page."""

    __tablename__ = "fulfilment_label"
    __table_args__ = (
        CheckConstraint("tracking_url LIKE 'https://%' AND label_url LIKE 'https://%'", name="links_are_https"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    fulfilment_id: Mapped[str] = mapped_column(ForeignKey("fulfilment.id", ondelete="RESTRICT"), index=True)
    tracking_number: Mapped[str]
    tracking_url: Mapped[str | None]
    label_url: Mapped[str | None]
    carrier: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
