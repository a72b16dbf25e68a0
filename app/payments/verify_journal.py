"""Is the journal what the database wrote, and does it agree with payments, refunds and disputes?"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.payments.journal import FIRST_PREVIOUS, Entry, Head, compute_seal, freeze, get_head, read_entries

# Enough to see what happened; whoever wants all of them asks the two tables.
MOST_DIFFERENCES = 20
Fault = Literal["missing", "changed", "unchained", "surplus", "head_changed"]

_DIFFERENCES = text("""
WITH moved AS (
    SELECT payment_id, currency_code, sum(cents) AS cents FROM (
        SELECT id AS payment_id, currency_code, amount_cents::bigint AS cents FROM payment
            WHERE captured_at IS NOT NULL AND NOT is_imported
        UNION ALL SELECT payment_id, currency_code, -amount_cents FROM refund WHERE status = 'succeeded'
        UNION ALL SELECT payment_id, currency_code, -amount_cents FROM dispute WHERE withdrawn_at IS NOT NULL
        UNION ALL SELECT payment_id, currency_code, amount_cents FROM dispute WHERE reinstated_at IS NOT NULL
    ) AS movement GROUP BY payment_id, currency_code
), written AS (
    SELECT payment_id, currency_code, sum(amount_cents) AS cents FROM payment_journal GROUP BY payment_id, currency_code
)
SELECT payment_id, currency_code, coalesce(written.cents, 0)::bigint, coalesce(moved.cents, 0)::bigint
FROM written FULL JOIN moved USING (payment_id, currency_code)
WHERE coalesce(written.cents, 0) <> coalesce(moved.cents, 0)
ORDER BY payment_id, currency_code LIMIT :most
""")


@dataclass(frozen=True)
class Break:
    """The first number at which the chain is not what was written, and what is wrong there."""

    number: int
    fault: Fault


@dataclass(frozen=True)
class Difference:
    """A payment of which the journal says another sum than its rows do, both signed, in cents."""

    payment_id: str
    currency_code: str
    journal_cents: int
    rows_cents: int


@dataclass(frozen=True)
class Verdict:
    """What was read, where the chain breaks, and where the sums differ (20 payments at most)."""

    entries: int
    last_sha256: str
    broken: Break | None
    differences: Sequence[Difference]

    @property
    def is_sound(self) -> bool:
        """Nothing to be explained to anybody."""
        return self.broken is None and not self.differences


def verify_journal(session: Session) -> Verdict:
    """Read the whole journal as of one instant; memory stays bounded. The session must not have read before."""
    freeze(session)
    chain = Chain()
    broken = chain.follow(read_entries(session)) or chain.compare(get_head(session))
    return Verdict(chain.entries, chain.last_sha256, broken, _list_differences(session))


@dataclass
class Chain:
    """How far the entries were followed."""

    last_number: int = 0
    last_sha256: str = FIRST_PREVIOUS
    entries: int = 0

    def follow(self, entries: Iterable[Entry]) -> Break | None:
        """Read on to the end, or to the first entry that does not fit."""
        for entry in entries:
            fault = self._find_fault(entry)
            if fault is not None:
                return Break(self.last_number + 1, fault)
            self.last_number, self.last_sha256 = entry.number, entry.sha256
            self.entries += 1
        return None

    def _find_fault(self, entry: Entry) -> Fault | None:
        if entry.number != self.last_number + 1:
            return "missing"
        if entry.previous_sha256 != self.last_sha256:
            return "unchained"
        return None if compute_seal(entry) == entry.sha256 else "changed"

    def compare(self, head: Head) -> Break | None:
        """The head names the last entry: less was cut off, more was not written by the database."""
        if head.last_number > self.last_number:
            return Break(self.last_number + 1, "missing")
        if head.last_number < self.last_number:
            return Break(head.last_number + 1, "surplus")
        return None if head.last_sha256 == self.last_sha256 else Break(head.last_number, "head_changed")


def _list_differences(session: Session) -> list[Difference]:
    return [Difference(*row) for row in session.execute(_DIFFERENCES, {"most": MOST_DIFFERENCES})]
