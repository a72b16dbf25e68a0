"""Reads of invoices."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement, Date, bindparam, exists, func, or_, select, text
from sqlalchemy.orm import Session, aliased, defer

from app.invoices.errors import InvoiceNotFound
from app.invoices.models import Invoice, InvoiceRendering
from app.invoices.rules import DistanceSales
from app.orders.models import Order
from app.payments.models import Payment, Refund

MOST_AT_ONCE = 200
_RATE_TOTALS = text("""
SELECT date_trunc(:by, issued_on)::date, currency_code, rate ->> 'rate', rate ->> 'category', count(*),
    sum(sign * (rate ->> 'net_cents')::int), sum(sign * (rate ->> 'tax_cents')::int),
    sum(sign * (rate ->> 'total_cents')::int)
FROM invoice, jsonb_array_elements(document -> 'rates') AS rate,
    LATERAL (SELECT CASE kind WHEN 'credit_note' THEN -1 ELSE 1 END AS sign) AS signed
WHERE issued_on BETWEEN coalesce(:first_on, '-infinity'::date) AND coalesce(:last_on, 'infinity'::date)
GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
""").bindparams(bindparam("first_on", type_=Date), bindparam("last_on", type_=Date))


@dataclass(frozen=True)
class InvoiceFilter:
    """Which documents; empty means no condition. Days are those of Paris, both included."""

    order_id: str | None = None
    kind: str | None = None
    first_on: date | None = None
    last_on: date | None = None

    @property
    def conditions(self) -> list[ColumnElement[bool]]:
        """As SQL."""
        found: list[ColumnElement[bool]] = []
        if self.order_id is not None:
            found.append(Invoice.order_id == self.order_id)
        if self.kind is not None:
            found.append(Invoice.kind == self.kind)
        if self.first_on is not None:
            found.append(Invoice.issued_on >= self.first_on)
        if self.last_on is not None:
            found.append(Invoice.issued_on <= self.last_on)
        return found


@dataclass(frozen=True)
class RateTotal:
    """What documents of a period came to at one rate, in cents; credit notes count below nought."""

    period: date
    currency_code: str
    rate: str
    category: str
    documents: int
    net_cents: int
    tax_cents: int
    total_cents: int


def list_invoices(session: Session, wanted: InvoiceFilter, *, limit: int, offset: int) -> tuple[list[Invoice], int]:
    """A page of documents, newest first, and how many match in all."""
    count = session.scalar(select(func.count()).select_from(Invoice).where(*wanted.conditions)) or 0
    page = select(Invoice).where(*wanted.conditions).order_by(Invoice.issued_at.desc(), Invoice.id)
    return list(session.scalars(page.limit(limit).offset(offset))), count


def get_invoice(session: Session, named: str) -> Invoice:
    """The document of this id or number (`F-000042`); raises `InvoiceNotFound`."""
    found = session.scalar(select(Invoice).where(or_(Invoice.id == named, Invoice.display_number == named.upper())))
    if found is None:
        raise InvoiceNotFound
    return found


def find_invoice_of_order(session: Session, order_id: str) -> Invoice | None:
    """The invoice of an order, without its document."""
    wanted = select(Invoice).where(Invoice.order_id == order_id, Invoice.kind == "invoice")
    return session.scalar(wanted.options(defer(Invoice.document)))


def find_invoice_of_payment(session: Session, payment_id: str) -> Invoice | None:
    """The invoice that says that this payment was made."""
    return session.scalar(select(Invoice).where(Invoice.payment_id == payment_id, Invoice.kind == "invoice"))


def list_corrections(session: Session, order_id: str) -> list[Invoice]:
    """The credit notes of an order and what undid them, oldest first."""
    wanted = select(Invoice).where(Invoice.order_id == order_id, Invoice.kind != "invoice")
    return list(session.scalars(wanted.order_by(Invoice.issued_at, Invoice.id)))


def find_rendering(session: Session, invoice_id: str) -> InvoiceRendering | None:
    """The PDF, once it is made."""
    return session.get(InvoiceRendering, invoice_id)


def list_unrendered_invoices(session: Session) -> list[str]:
    """Documents whose PDF nobody made within ten minutes, oldest first."""
    has_one = exists().where(InvoiceRendering.invoice_id == Invoice.id)
    wanted = select(Invoice.id).where(~has_one, Invoice.issued_at < func.now() - timedelta(minutes=10))
    return list(session.scalars(wanted.order_by(Invoice.issued_at, Invoice.id).limit(MOST_AT_ONCE)))


def list_uninvoiced_orders(session: Session) -> list[str]:
    """Orders that are paid and have no invoice, first paid first; history of another shop is invoiced there."""
    has_one = exists().where(Invoice.order_id == Order.id, Invoice.kind == "invoice")
    wanted = select(Order.id).where(Order.paid_at.is_not(None), Order.is_imported.is_(False), ~has_one)
    return list(session.scalars(wanted.order_by(Order.paid_at, Order.id).limit(MOST_AT_ONCE)))


def list_uncorrected_refunds(session: Session) -> list[str]:
    """Refunds of invoiced payments without their credit note, or whose credit note stands though they failed."""
    note, undone = aliased(Invoice), aliased(Invoice)
    has_note = exists().where(note.refund_id == Refund.id, note.kind == "credit_note")
    is_undone = exists().where(undone.refund_id == Refund.id, undone.kind == "reversal")
    wanted = (
        select(Refund.id)
        .join(Invoice, (Invoice.payment_id == Refund.payment_id) & (Invoice.kind == "invoice"))
        .where(
            or_(
                (Refund.status == "succeeded") & ~has_note,
                (Refund.status == "failed") & has_note & ~is_undone,
            ),
            Invoice.currency_code == Refund.currency_code,
            Invoice.total_cents > 0,
        )
    )
    return list(session.scalars(wanted.order_by(Refund.ended_at, Refund.id).limit(MOST_AT_ONCE)))


def list_returned_payments(session: Session, payment_ids: Sequence[str]) -> set[str]:
    """Of these, those that go back because they were there twice."""
    wanted = select(Refund.payment_id).where(
        Refund.payment_id.in_(payment_ids),
        Refund.reason == "duplicate_payment",
        Refund.status.not_in(("failed", "canceled")),
    )
    return set(session.scalars(wanted))


def list_captured(session: Session, order: Order) -> list[Payment]:
    """The payments of an order that came, earliest first."""
    wanted = select(Payment).where(
        Payment.payment_collection_id == order.payment_collection_id, Payment.captured_at.is_not(None)
    )
    return list(session.scalars(wanted.order_by(Payment.captured_at, Payment.id)))


def get_distance_sales(session: Session, today: date) -> DistanceSales:
    """What was sold to other Member States in the calendar year of this day, and in the one before."""
    year = func.date_part("year", Invoice.issued_on)
    sums = select(year, func.sum(Invoice.distance_net_cents)).where(
        Invoice.distance_net_cents.is_not(None), Invoice.issued_on >= date(today.year - 1, 1, 1)
    )
    found = {int(each): int(cents) for each, cents in session.execute(sums.group_by(year))}
    return DistanceSales(found.get(today.year - 1, 0), found.get(today.year, 0))


def list_rate_totals(session: Session, by: str, wanted: InvoiceFilter) -> list[RateTotal]:
    """What was invoiced, less what was credited, per day, month or year, currency and rate: for declarations."""
    given = {"by": by, "first_on": wanted.first_on, "last_on": wanted.last_on}
    return [RateTotal(*row[:4], *map(int, row[4:])) for row in session.execute(_RATE_TOTALS, given)]
