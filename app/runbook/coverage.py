"""Which lines of the source runbooks are shown by tests that ran and passed.

`rows.json` lists the lines. The evidence is written by the test suite, one entry per test (`tests/rows_report.py`);
nobody keeps it by hand.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

TREE = Path(__file__).resolve().parents[2]
# What the last runs in this tree left, else what the full-size proof recorded and a release carries.
EVIDENCE_FILES = (TREE / "var" / "rows.json", TREE / "docs" / "proofs" / "rows.json")


@dataclass(frozen=True)
class Row:
    """One line of a source runbook; `kind` is PROC, CHECK, NEVER, ENV and so on."""

    id: str
    lines: str
    kind: str
    section: str
    says: str


@dataclass(frozen=True)
class Coverage:
    """Row id -> the tests that showed it; `source` is the evidence file, None when no test has run here."""

    rows: tuple[Row, ...]
    shown_by: Mapping[str, tuple[str, ...]]
    source: Path | None

    @property
    def missing(self) -> tuple[Row, ...]:
        return tuple(row for row in self.rows if row.id not in self.shown_by)

    @property
    def covered(self) -> int:
        return len(self.rows) - len(self.missing)


@cache
def list_rows() -> tuple[Row, ...]:
    """Every line of the five source runbooks, in their order."""
    listed: list[dict[str, str]] = json.loads(Path(__file__).with_name("rows.json").read_text(encoding="utf-8"))
    return tuple(Row(**fields) for fields in listed)


def find_evidence(files: Sequence[Path] = EVIDENCE_FILES) -> Path | None:
    """The first evidence file that exists."""
    return next((path for path in files if path.is_file()), None)


def read_coverage(source: Path | None) -> Coverage:
    """Count the rows that this evidence shows; without evidence nothing is covered."""
    rows = list_rows()
    known = {row.id for row in rows}
    shown_by: dict[str, tuple[str, ...]] = {}
    for test, ids in sorted(_shown(source).items()):
        for row_id in known.intersection(ids):
            shown_by[row_id] = (*shown_by.get(row_id, ()), test)
    return Coverage(rows, shown_by, source)


def _shown(source: Path | None) -> dict[str, list[str]]:
    if source is None:
        return {}
    files: dict[str, dict[str, list[str]]] = json.loads(source.read_text(encoding="utf-8"))["tests"]
    return {test: ids for tests in files.values() for test, ids in tests.items()}
