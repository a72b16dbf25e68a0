"""One run: what becomes of each object that is read, in its own savepoint, with the row that says what it was.

An object comes once: its row of `medusa_object` is written with it. What is refused leaves nothing but its report.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.core.errors import Refusal
from app.core.log import class_name
from app.medusa_import import queries
from app.medusa_import.errors import LeftOut
from app.medusa_import.models import MedusaObject, MedusaProblem
from app.medusa_import.schemas import Part

MOST_DETAIL = 300
# What a transaction checks at its end is checked with each object: one that fails must not take the others along.
_CHECK_NOW, _CHECK_LATER = text("SET CONSTRAINTS ALL IMMEDIATE"), text("SET CONSTRAINTS ALL DEFERRED")


class Figure(NamedTuple):
    """Something to count: of a kind, in a unit (a currency's code or ''), with what it comes to (units, pieces)."""

    kind: str
    unit: str = ""
    amount: Decimal = Decimal(0)


@dataclass(frozen=True)
class Sum:
    """How many, and what they come to."""

    number: int = 0
    amount: Decimal = Decimal(0)

    def plus(self, amount: Decimal) -> "Sum":
        """With one more."""
        return Sum(self.number + 1, self.amount + amount)


class Tally(defaultdict[tuple[str, str], Sum]):
    """Sums by kind and unit."""

    def __init__(self) -> None:
        super().__init__(Sum)

    def add(self, figures: Iterable[Figure]) -> None:
        """Count these too."""
        for each in figures:
            self[each.kind, each.unit] = self[each.kind, each.unit].plus(each.amount)


@dataclass(frozen=True)
class Problem:
    """One object that was left out, or taken with a difference; no personal data."""

    kind: str
    external_id: str
    code: str
    detail: str = ""
    is_left_out: bool = True


@dataclass
class Run:
    """What a run knows: where it reads, what is as it is for all, and what it counted so far."""

    id: str
    source: str
    open_session: Callable[[], AbstractContextManager[Session]]
    is_dry: bool = False
    prices_are_final: bool = False
    problems: list[Problem] = field(default_factory=list)
    there: Tally = field(default_factory=Tally)
    before: Tally = field(default_factory=Tally)
    left_out: Tally = field(default_factory=Tally)
    known: dict[tuple[str, str], str] = field(default_factory=dict)
    # Which variants take pieces of a stock, and of how many stocks each takes: read with products, needed later.
    takers: dict[str, list[tuple[str, Decimal]]] = field(default_factory=lambda: defaultdict(list))
    stocks_of: Counter[str] = field(default_factory=Counter)
    gross_currencies: set[str] = field(default_factory=set)
    renumbered: int = 0


class Taking:
    """One object on its way in; what it says is kept once its savepoint holds."""

    def __init__(self, run: Run, session: Session, kind: str, external_id: str) -> None:
        self.run = run
        self.session = session
        self.kind = kind
        self.external_id = external_id
        self.problems: list[Problem] = []
        self.left: list[Figure] = []
        self.fresh: dict[tuple[str, str], str] = {}

    def note(self, code: str, detail: str = "", *, kind: str = "", external_id: str = "") -> None:
        """Taken, with a difference that the owner reads of."""
        self.problems.append(
            Problem(kind or self.kind, external_id or self.external_id, code, detail[:MOST_DETAIL], is_left_out=False)
        )

    def leave(self, part: Figure, external_id: str, code: str, detail: str = "") -> None:
        """A part of it is left out; the rest is taken."""
        self.left.append(part)
        self.problems.append(Problem(part.kind, external_id, code, detail[:MOST_DETAIL]))

    def find(self, kind: str, external_id: str | None) -> str | None:
        """What another object of Medusa became here, if it was taken."""
        if external_id is None:
            return None
        key = kind, external_id
        found = self.fresh.get(key) or self.run.known.get(key)
        if found is None:
            found = queries.find_local_id(self.session, self.run.source, kind, external_id)
            if found is not None:
                self.run.known[key] = found
        return found

    def keep(self, local_id: str, figure: Figure | None = None, *, external_id: str = "", digest: str = "") -> None:
        """Write what an object of Medusa became; `figure` may name another kind than the object that is read."""
        counted = figure or Figure(self.kind)
        external = external_id or self.external_id
        self.fresh[counted.kind, external] = local_id
        self.session.add(
            MedusaObject(
                source=self.run.source,
                kind=counted.kind,
                external_id=external,
                local_id=local_id,
                sha256=digest,
                figure=int(counted.amount),
                unit=counted.unit,
                run_id=self.run.id,
            )
        )


Take = Callable[[Taking, Part], str]


def take_page(
    run: Run,
    session: Session,
    kind: str,
    page: Sequence[tuple[Part, str, list[Figure]]],
    take: Callable[..., str],
) -> None:
    """Take each of these `(object, id, figures)` that did not come before; one that is refused leaves no trace."""
    known = queries.list_digests(session, run.source, kind, [external_id for _, external_id, _ in page])
    for record, external_id, figures in page:
        run.there.add(figures)
        digest = compute_digest(record)
        if external_id in known:
            run.before.add(figures)
            if known[external_id] != digest:
                run.problems.append(Problem(kind, external_id, "changed_since", is_left_out=False))
            continue
        taking = Taking(run, session, kind, external_id)
        problem = _try(taking, record, digest, take)
        if problem is None:
            run.problems.extend(taking.problems)
            run.left_out.add(taking.left)
            run.known.update(taking.fresh)
        else:
            run.problems.append(problem)
            run.left_out.add(figures)


def _try(taking: Taking, record: Part, digest: str, take: Callable[..., str]) -> Problem | None:
    """Take it within a savepoint; why it was left out, if it was."""
    try:
        with taking.session.begin_nested():
            taking.keep(take(taking, record), digest=digest)
            taking.session.flush()  # within the savepoint: what the database refuses is refused here
            taking.session.execute(_CHECK_NOW)
            taking.session.execute(_CHECK_LATER)
    except LeftOut as left:
        return Problem(taking.kind, taking.external_id, left.reason, left.detail[:MOST_DETAIL])
    except Refusal as refusal:
        return Problem(taking.kind, taking.external_id, refusal.code, refusal.message[:MOST_DETAIL])
    except DBAPIError as failure:
        if failure.connection_invalidated:
            raise
        return Problem(taking.kind, taking.external_id, "database_refused", class_name(failure.orig or failure))
    return None


def compute_digest(record: Part) -> str:
    """The same for the same object, whichever way it was read."""
    plain = _plain(record.model_dump())
    return sha256(json.dumps(plain, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _plain(value: object) -> object:
    if isinstance(value, dict):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        plain = [_plain(each) for each in value]
        return sorted(plain, key=lambda each: str(each.get("id")) if isinstance(each, dict) else str(each))
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value


def record_problems(session: Session, run: Run) -> None:
    """Write down what was left out or taken with a difference since the last time."""
    session.add_all(
        MedusaProblem(
            run_id=run.id,
            kind=each.kind,
            external_id=each.external_id[:MOST_DETAIL],
            code=each.code,
            detail=each.detail.replace("\x00", ""),
            is_left_out=each.is_left_out,
        )
        for each in run.problems
    )


def leave_all(run: Run, kind: str, problem: Problem) -> None:
    """Nothing of it can even be read: it is counted as one."""
    run.there.add([Figure(kind)])
    run.left_out.add([Figure(kind)])
    run.problems.append(problem)
