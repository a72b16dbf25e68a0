"""Reads of imports and exports; whoever works on one is alone with it."""

from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import ColumnElement, Text, and_, bindparam, func, select, text
from sqlalchemy.orm import Session

from app.imports.errors import RunNotFound
from app.imports.models import CsvChunk, CsvLine, CsvProblem, CsvRun
from app.imports.rules import MOST_VARIANTS

# A whole product fits into one reading, however many variants it has.
LINES_AT_ONCE = MOST_VARIANTS + 200
MOST_PROBLEMS = 10_000


@dataclass(frozen=True)
class Line:
    """A line of a file, read."""

    number: int
    cells: dict[str, object]
    state: str


@dataclass(frozen=True)
class Unit:
    """What is written together: a product's lines, or one line of prices or stock."""

    name: str
    number: int
    lines: tuple[Line, ...]


def get_run(session: Session, run_id: str) -> CsvRun:
    """The run; raises `RunNotFound`."""
    run = session.get(CsvRun, run_id, populate_existing=True)
    if run is None:
        raise RunNotFound
    return run


def lock_run(session: Session, run_id: str) -> CsvRun:
    """The run, locked for a change of its state; raises `RunNotFound`."""
    run = session.scalar(
        select(CsvRun).where(CsvRun.id == run_id).with_for_update().execution_options(populate_existing=True)
    )
    if run is None:
        raise RunNotFound
    return run


def list_runs(session: Session, direction: str, *, limit: int, offset: int) -> list[CsvRun]:
    """The imports, or the exports, newest first; not those whose file is expected: their id opens their link."""
    query = select(CsvRun).where(_is_told(direction)).order_by(CsvRun.created_at.desc(), CsvRun.id)
    return list(session.scalars(query.limit(limit).offset(offset)))


def count_runs(session: Session, direction: str) -> int:
    """How many of them there are."""
    return session.scalar(select(func.count()).select_from(CsvRun).where(_is_told(direction))) or 0


def _is_told(direction: str) -> ColumnElement[bool]:
    return and_(CsvRun.direction == direction, CsvRun.state != "expected")


def is_alone_with(session: Session, run_id: str) -> bool:
    """Whether nobody else works on this run until the transaction ends: a job may be given to two workers."""
    asked = text("SELECT pg_try_advisory_xact_lock(hashtext('csv_run'), hashtext(:run_id))")
    return bool(session.scalar(asked.bindparams(bindparam("run_id", type_=Text())), {"run_id": run_id}))


def list_units(session: Session, run_id: str, after: int, states: tuple[str, ...]) -> list[Unit]:
    """The units that follow, in the order of the file: those with a line in one of these states, each of them whole."""
    query = (
        select(CsvLine.unit_number, CsvLine.unit, CsvLine.number, CsvLine.cells, CsvLine.state)
        .where(CsvLine.run_id == run_id, CsvLine.unit_number > after, CsvLine.state.in_(states))
        .order_by(CsvLine.unit_number, CsvLine.number)
        .limit(LINES_AT_ONCE)
    )
    rows = session.execute(query).all()
    units = [
        Unit(name, number, tuple(Line(row.number, row.cells, row.state) for row in lines))
        for (number, name), lines in groupby(rows, key=lambda row: (row.unit_number, row.unit))
    ]
    # The last one may go on behind the limit.
    return units[:-1] if len(rows) == LINES_AT_ONCE and len(units) > 1 else units


def list_problems(session: Session, run_id: str, *, limit: int, offset: int = 0) -> list[CsvProblem]:
    """What is wrong in a file, in the order of its lines."""
    query = (
        select(CsvProblem)
        .where(CsvProblem.run_id == run_id)
        .order_by(CsvProblem.line, CsvProblem.id)
        .limit(limit)
        .offset(offset)
    )
    return list(session.scalars(query))


def find_chunk(session: Session, run_id: str, number: int) -> bytes | None:
    """One piece of the file, None behind the last."""
    return session.scalar(select(CsvChunk.content).where(CsvChunk.run_id == run_id, CsvChunk.number == number))
