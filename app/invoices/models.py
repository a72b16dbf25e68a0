"""Invoices and what corrects them: written by one function of the database, never changed (docs/decisions/0034)."""

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Json


class InvoiceSeries(Base):
    """The last number given in a series; its row is locked last in a transaction, before the journal's head."""

    __tablename__ = "invoice_series"

    name: Mapped[str] = mapped_column(primary_key=True)
    prefix: Mapped[str]
    last_number: Mapped[int] = mapped_column(BigInteger)
    last_issued_at: Mapped[datetime]
    last_sha256: Mapped[str]


class Invoice(Base):
    """A numbered document: an invoice, a credit note for a refund, or what undoes a credit note whose refund failed.

    `document` is all it says; `sha256` seals that text with the seal of the number before.
    """

    __tablename__ = "invoice"
    __table_args__ = (
        UniqueConstraint("series", "number"),
        CheckConstraint("kind IN ('invoice', 'credit_note', 'reversal')", name="kind"),
        CheckConstraint("(kind = 'credit_note') = (series = 'credit_note')", name="series_of_kind"),
        CheckConstraint(
            "(kind = 'invoice') = (refund_id IS NULL) AND (kind = 'invoice') = (corrected_id IS NULL)",
            name="correction_has_its_refund",
        ),
        CheckConstraint("0 <= tax_cents AND tax_cents <= total_cents", name="tax_within_total"),
        Index("ix_invoice_issued_on", "issued_on", "id"),
        Index("uq_invoice_of_order", "order_id", unique=True, postgresql_where=text("kind = 'invoice'")),
        Index("uq_invoice_of_refund", "refund_id", unique=True, postgresql_where=text("kind = 'credit_note'")),
        Index("uq_invoice_of_credit_note", "corrected_id", unique=True, postgresql_where=text("kind = 'reversal'")),
        Index(
            "ix_invoice_distance",
            "issued_on",
            "distance_net_cents",
            postgresql_where=text("distance_net_cents IS NOT NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    series: Mapped[str] = mapped_column(ForeignKey("invoice_series.name"))
    number: Mapped[int] = mapped_column(BigInteger)
    display_number: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    issued_at: Mapped[datetime]
    issued_on: Mapped[date]
    order_id: Mapped[str] = mapped_column(ForeignKey("order.id", ondelete="RESTRICT"), index=True)
    # The payment that it says was made: what goes back of another one was never invoiced.
    payment_id: Mapped[str | None] = mapped_column(ForeignKey("payment.id", ondelete="RESTRICT"), index=True)
    refund_id: Mapped[str | None] = mapped_column(ForeignKey("refund.id", ondelete="RESTRICT"), index=True)
    corrected_id: Mapped[str | None] = mapped_column(ForeignKey("invoice.id", ondelete="RESTRICT"), index=True)
    currency_code: Mapped[str]
    total_cents: Mapped[int]
    tax_cents: Mapped[int]
    # Of a sale to another Member State, without VAT, in euro cents, less than nought for a credit note.
    distance_net_cents: Mapped[int | None] = mapped_column(BigInteger)
    document: Mapped[Json]
    sha256: Mapped[str]
    actor: Mapped[str]
    request_id: Mapped[str]


class InvoiceRendering(Base):
    """The PDF of an invoice, its XML inside, as a private file; made again it is the same to the byte."""

    __tablename__ = "invoice_rendering"

    invoice_id: Mapped[str] = mapped_column(ForeignKey("invoice.id", ondelete="RESTRICT"), primary_key=True)
    file_id: Mapped[str] = mapped_column(ForeignKey("stored_file.id", ondelete="RESTRICT"), index=True)
    sha256: Mapped[str]
    rendered_at: Mapped[datetime] = mapped_column(server_default=func.now())
