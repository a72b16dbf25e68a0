"""The payment journal as it is read: its entries, what seals them, what they come to.

The database writes it (migration 0021). What seals an entry is worked out here a second time, by other code than that
which wrote it.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal, NamedTuple

from sqlalchemy import ColumnElement, Date, bindparam, cast, func, select
from sqlalchemy.orm import Session

from app.core.db import Base
from app.payments.models import JournalEntry, JournalHead
from app.shop.rules import BUSINESS_TIME, compute_day_start

FIRST_PREVIOUS = "0" * 64
PAGE = 1000
Period = Literal["day", "month", "year"]

_journal = Base.metadata.tables[JournalEntry.__tablename__]
_head = Base.metadata.tables[JournalHead.__tablename__]


class Entry(NamedTuple):
    """One movement of money; `amount_cents` is positive for what came in."""

    number: int
    written_at: datetime
    kind: str
    payment_id: str
    reference: str
    amount_cents: int
    currency_code: str
    provider_id: str
    request_id: str
    actor: str
    previous_sha256: str
    sha256: str


class Head(NamedTuple):
    """What the journal's last entry is said to be."""

    last_number: int
    last_sha256: str


@dataclass(frozen=True)
class Total:
    """What moved in a day, month or year of Paris, in cents of one currency; `cumulated_cents` is since the first."""

    period: date
    currency_code: str
    entries: int
    first_number: int
    last_number: int
    payments_cents: int
    refunds_cents: int
    disputes_cents: int
    corrections_cents: int
    net_cents: int
    cumulated_cents: int


_PAGE = (
    select(*(_journal.c[name] for name in Entry._fields))
    .where(
        _journal.c.number > bindparam("after"),
        _journal.c.written_at >= bindparam("since"),
        _journal.c.written_at < bindparam("until"),
    )
    .order_by(_journal.c.number)
    .limit(PAGE)
)
_HEAD = select(_head.c.last_number, _head.c.last_sha256)
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
END = datetime(9999, 1, 1, tzinfo=UTC)


def compute_seal(entry: Entry) -> str:
    """SHA-256 over the entry before and every field, each as its length in bytes, a colon, itself and a comma.

    Hexadecimal. Source: french-rules §2.8; the form is that of docs/payments.md, "Le journal".
    """
    fields = (
        entry.previous_sha256,
        str(entry.number),
        entry.written_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        entry.kind,
        entry.payment_id,
        entry.reference,
        str(entry.amount_cents),
        entry.currency_code,
        entry.provider_id,
        entry.request_id,
        entry.actor,
    )
    digest = hashlib.sha256()
    for field in fields:
        encoded = field.encode()
        digest.update(b"%d:%b," % (len(encoded), encoded))
    return digest.hexdigest()


def freeze(session: Session) -> None:
    """Let everything that this session reads be of one instant, whatever is written meanwhile. Called first."""
    session.connection(execution_options={"isolation_level": "REPEATABLE READ"})


def read_entries(session: Session, since: datetime = BEGINNING, until: datetime = END) -> Iterator[Entry]:
    """The entries written from an instant until before another, in their order, a thousand in memory at a time."""
    last = 0
    while page := session.execute(_PAGE, {"after": last, "since": since, "until": until}).all():
        yield from map(Entry._make, page)
        last = page[-1].number


def get_head(session: Session) -> Head:
    """What the journal's last entry is said to be; number 0 before the first."""
    return Head(*session.execute(_HEAD).one())


def find_seal(session: Session, number: int) -> str | None:
    """The seal of one entry, by its number."""
    return session.scalar(select(_journal.c.sha256).where(_journal.c.number == number))


def list_totals(session: Session, by: Period, first_on: date | None, last_on: date | None) -> list[Total]:
    """What moved in each period, and since the beginning, by currency; periods in which nothing moved are absent.

    `first_on` and `last_on` are business days; a period that holds one of them is shown whole.
    """
    local = func.timezone(BUSINESS_TIME.key, _journal.c.written_at)
    period = cast(func.date_trunc(by, local), Date).label("period")
    net = func.sum(_journal.c.amount_cents)
    currency = _journal.c.currency_code
    sums = select(
        period,
        currency,
        func.count().label("entries"),
        func.min(_journal.c.number).label("first_number"),
        func.max(_journal.c.number).label("last_number"),
        _sum_of("payment").label("payments_cents"),
        _sum_of("refund", "refund_failed").label("refunds_cents"),
        _sum_of("dispute_withdrawn", "dispute_reinstated").label("disputes_cents"),
        _sum_of("correction").label("corrections_cents"),
        net.label("net_cents"),
        func.sum(net).over(partition_by=currency, order_by=period).label("cumulated_cents"),
    )
    every = sums.group_by(period, currency).subquery()
    shown = select(every).order_by(every.c.period, every.c.currency_code)
    if first_on is not None:
        shown = shown.where(every.c.period >= func.date_trunc(by, cast(first_on, Date)))
    if last_on is not None:
        shown = shown.where(every.c.period <= last_on)
    return [_total(*row) for row in session.execute(shown)]


def _sum_of(*kinds: str) -> ColumnElement[int]:
    return func.coalesce(func.sum(_journal.c.amount_cents).filter(_journal.c.kind.in_(kinds)), 0)


def _total(period: date, currency_code: str, *figures: int) -> Total:
    return Total(period, currency_code, *(int(figure) for figure in figures))  # a sum of bigints is a numeric


def compute_bounds(first_on: date, last_on: date) -> tuple[datetime, datetime]:
    """From the beginning of one business day until the end of another. Source: design §4.16."""
    return compute_day_start(first_on), compute_day_start(last_on + timedelta(days=1))
