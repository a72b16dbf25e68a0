"""The journal's entries of some days as a file that can be checked years later, without this database."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy.orm import Session

from app.core.clock import utc_now
from app.payments.journal import Entry, compute_bounds, freeze, read_entries
from app.payments.verify_journal import Break, Chain

FORMAT = "comptoir payment journal 1"


@dataclass
class Archived:
    """What went into an archive so far; sums in cents by currency."""

    entries: int = 0
    first_number: int | None = None
    last_number: int | None = None
    last_sha256: str | None = None
    sums_cents: dict[str, int] = field(default_factory=dict)

    def add(self, entry: Entry) -> None:
        """Count one more."""
        self.entries += 1
        self.first_number = self.first_number or entry.number
        self.last_number, self.last_sha256 = entry.number, entry.sha256
        self.sums_cents[entry.currency_code] = self.sums_cents.get(entry.currency_code, 0) + entry.amount_cents


def export_journal(session: Session, first_on: date, last_on: date) -> Iterator[str]:
    """The lines of an archive: what it is, an entry each, and what they come to. Business days, both included."""
    freeze(session)
    days = {"first_on": first_on.isoformat(), "last_on": last_on.isoformat(), "time_zone": "Europe/Paris"}
    yield _line({"format": FORMAT, **days, "written_at": utc_now().isoformat()})
    archived = Archived()
    for entry in read_entries(session, *compute_bounds(first_on, last_on)):
        archived.add(entry)
        yield _line({**entry._asdict(), "written_at": entry.written_at.isoformat()})
    yield _line(vars(archived))


def read_archive(lines: Iterable[str]) -> tuple[Archived, Break | None]:
    """What an archive holds, and the first number at which it is not what was written.

    Raises ValueError where it is no whole archive: its first or its last line is missing or another, or more follows.
    """
    given = (json.loads(line) for line in lines)
    first = next(given, None)
    if not isinstance(first, dict) or first.get("format") != FORMAT:
        raise ValueError
    archived, chain, end = Archived(), None, None
    for row in given:
        if "number" not in row:
            end = row
            break
        entry = Entry(**{**row, "written_at": datetime.fromisoformat(row["written_at"])})
        chain = chain or Chain(entry.number - 1, entry.previous_sha256)
        broken = chain.follow([entry])
        if broken is not None:
            return archived, broken
        archived.add(entry)
    if end != vars(archived) or next(given, None) is not None:
        raise ValueError
    return archived, None


def _line(document: object) -> str:
    return json.dumps(document, ensure_ascii=False) + "\n"
