"""Are the invoices what was issued: no number missing, none changed, days in order, and one for each paid order?"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, NamedTuple

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.invoices.models import InvoiceSeries
from app.invoices.queries import list_uncorrected_refunds, list_uninvoiced_orders
from app.payments.journal import FIRST_PREVIOUS, freeze
from app.shop.rules import compute_business_day

PAGE = 500
Fault = Literal["missing", "changed", "unchained", "misdated", "differs", "surplus", "head_changed"]

_PAGE = text("""
SELECT number, display_number, issued_at, issued_on, document::text AS said, sha256,
    document ->> 'previous_sha256' AS previous_sha256,
    document ->> 'number' = display_number AND (document ->> 'issued_on')::date = issued_on
        AND (document ->> 'total_cents')::int = invoice.total_cents AND (document ->> 'tax_cents')::int = tax_cents
        AND document ->> 'currency_code' = invoice.currency_code AND document ->> 'kind' = kind
        AND document -> 'order' ->> 'id' = order_id
        AND (kind <> 'invoice' OR invoice.total_cents = "order".total_cents) AS agrees
FROM invoice JOIN "order" ON "order".id = order_id
WHERE series = :series AND number > :after ORDER BY number LIMIT :most
""")


class Row(NamedTuple):
    """One document as the table has it; `agrees`: its columns and its order say the same as what it says."""

    number: int
    display_number: str
    issued_at: datetime
    issued_on: date
    said: str
    sha256: str
    previous_sha256: str
    agrees: bool


@dataclass(frozen=True)
class Break:
    """The first number of a series that is not as it was issued, and what is wrong there."""

    series: str
    number: int
    fault: Fault


@dataclass(frozen=True)
class Verdict:
    """How many documents were read, where a series breaks, and what has no document yet (200 of each at most)."""

    documents: int
    last_numbers: dict[str, int]
    broken: Sequence[Break]
    uninvoiced_order_ids: Sequence[str]
    uncorrected_refund_ids: Sequence[str]

    @property
    def is_sound(self) -> bool:
        """Nothing to be explained to anybody."""
        return not (self.broken or self.uninvoiced_order_ids or self.uncorrected_refund_ids)


def verify_invoices(session: Session) -> Verdict:
    """Read every document as of one instant; memory stays bounded. The session must not have read before."""
    freeze(session)
    documents, last_numbers = 0, dict[str, int]()
    broken: list[Break] = []
    for series in session.scalars(select(InvoiceSeries).order_by(InvoiceSeries.name)):
        chain = Chain(series.name)
        fault = chain.follow(_read(session, series.name)) or chain.compare(series)
        documents += chain.last_number
        last_numbers[series.name] = chain.last_number
        broken += [fault] if fault is not None else []
    return Verdict(documents, last_numbers, broken, list_uninvoiced_orders(session), list_uncorrected_refunds(session))


def _read(session: Session, series: str) -> Iterator[Row]:
    last = 0
    while page := session.execute(_PAGE, {"series": series, "after": last, "most": PAGE}).all():
        yield from map(Row._make, page)
        last = page[-1].number


@dataclass
class Chain:
    """How far a series was followed: numbers from 1 without a gap, days that never go back, each seal on the last."""

    series: str
    last_number: int = 0
    last_sha256: str = FIRST_PREVIOUS
    last_at: datetime | None = None

    def follow(self, rows: Iterator[Row]) -> Break | None:
        """Read on to the end, or to the first that does not fit."""
        for row in rows:
            fault = self._find_fault(row)
            if fault is not None:
                return Break(self.series, self.last_number + 1, fault)
            self.last_number, self.last_sha256, self.last_at = row.number, row.sha256, row.issued_at
        return None

    def _find_fault(self, row: Row) -> Fault | None:
        if row.number != self.last_number + 1:
            return "missing"
        if row.previous_sha256 != self.last_sha256:
            return "unchained"
        if hashlib.sha256(row.said.encode()).hexdigest() != row.sha256:
            return "changed"
        is_later = self.last_at is None or row.issued_at >= self.last_at
        if not is_later or compute_business_day(row.issued_at) != row.issued_on:
            return "misdated"
        return None if row.agrees else "differs"

    def compare(self, series: InvoiceSeries) -> Break | None:
        """The series names its last document: less was cut off, more was not numbered by it."""
        if series.last_number > self.last_number:
            return Break(self.series, self.last_number + 1, "missing")
        if series.last_number < self.last_number:
            return Break(self.series, series.last_number + 1, "surplus")
        return None if series.last_sha256 == self.last_sha256 else Break(self.series, self.last_number, "head_changed")
