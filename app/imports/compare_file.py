"""The dry run: a file is read, compared with the shop, and what it would change is counted; nothing else is written."""

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import count

from sqlalchemy import bindparam, delete, text, update
from sqlalchemy.orm import Session

from app.core.clock import utc_now
from app.core.db import unit_of_work
from app.core.rows import pack_rows
from app.imports.models import CsvChunk, CsvLine, CsvRun
from app.imports.parse_table import Source
from app.imports.plan_lines import plan_prices, plan_stock
from app.imports.plan_product import Planned
from app.imports.plan_products import plan_products
from app.imports.queries import Unit, find_chunk, get_run, list_units, lock_run
from app.imports.render_problems import Problem, Unreadable, render_problem
from app.imports.stage_lines import stage_lines, write_problems

Tell = Callable[[str, int, int], None]
"""Hears how far it is: what is done (`read`, `checked`, `written`), how many, of how many (0: not known yet)."""

PLANS = {"products": plan_products, "prices": plan_prices, "stock": plan_stock}
CHECKABLE = ("received", "checking")
_SET_STATES = text(
    "UPDATE csv_line SET state = given.state FROM jsonb_to_recordset(CAST(:given AS jsonb))"
    " AS given(unit_number integer, state text)"
    " WHERE csv_line.run_id = :run_id AND csv_line.unit_number = given.unit_number"
).bindparams(bindparam("given"))


def tell_nobody(_what: str, _done: int, _of: int) -> None:
    """Nobody watches."""


def compare_file(run_id: str, source: Source | None = None, tell: Tell = tell_nobody) -> CsvRun:
    """Read and compare a file that was received; gives the run as it stands then: `checked`, or `refused`.

    `source` is the file where the caller has it, else its pieces are read from the database. Somebody else's run, or
    one that is further already, is left as it is. Source: docs/decisions/0029. Raises `RunNotFound`.
    """
    with unit_of_work() as session:
        run = lock_run(session, run_id)
        if run.state not in CHECKABLE:
            return run
        _begin(run)
    try:
        form = stage_lines(run_id, run.kind, run.mode, source or _kept(run_id), lambda lines: tell("read", lines, 0))
    except Unreadable as unreadable:
        return _refuse_file(run_id, unreadable.problem)
    with unit_of_work() as session:
        found = get_run(session, run_id)
        found.encoding, found.separator, found.byte_count = form.encoding, form.separator, form.byte_count
    _compare(run, tell)
    return _end_check(run_id)


def _begin(run: CsvRun) -> None:
    run.state = "checking"
    for name in ("line_count", "unit_count", "create_count", "update_count", "same_count", "refused_count"):
        setattr(run, name, 0)
    run.problem_count = 0


def _kept(run_id: str) -> Source:
    """The pieces that came by HTTP, each read in a transaction of its own."""

    def read() -> Iterator[bytes]:
        for number in count():
            with unit_of_work() as session:
                content = find_chunk(session, run_id, number)
            if content is None:
                return
            yield content

    return read


def _refuse_file(run_id: str, problem: Problem) -> CsvRun:
    with unit_of_work() as session:
        run = lock_run(session, run_id)
        write_problems(session, run_id, [problem])
        session.refresh(run)
        end_run(session, run, problem)
        return run


def end_run(session: Session, run: CsvRun, problem: Problem | None = None, state: str = "done") -> None:
    """The run is over: done, canceled, or refused for this reason. What it read is forgotten, its problems stay."""
    run.state, run.ended_at = "refused" if problem else state, utc_now()
    if problem is not None:
        run.refusal_code, run.refusal_fr, run.refusal_en = problem.code, problem.message_fr, problem.message_en
    if run.direction == "import":
        session.execute(delete(CsvLine).where(CsvLine.run_id == run.id))
        session.execute(delete(CsvChunk).where(CsvChunk.run_id == run.id))


def _compare(run: CsvRun, tell: Tell) -> None:
    after, total = 0, 0
    while True:
        with unit_of_work() as session:
            units = list_units(session, run.id, after, ("read", "refused"))
            if not units:
                return
            planned = plan_units(session, run, units)
            record_plan(session, run.id, planned)
        after, total = units[-1].number, total + len(units)
        tell("checked", total, 0)


def plan_units(session: Session, run: CsvRun, units: list[Unit], *, is_locking: bool = False) -> list[Planned]:
    """What these units come to."""
    plan = PLANS[run.kind]
    return plan(session, units, is_move_confirmed=run.is_move_confirmed, is_locking=is_locking)


def record_plan(session: Session, run_id: str, planned: list[Planned]) -> None:
    """Note what each unit comes to, on its lines and in the run's counts."""
    counts = Counter(each.action for each in planned)
    session.execute(
        update(CsvRun)
        .where(CsvRun.id == run_id)
        .values(
            unit_count=CsvRun.unit_count + len(planned),
            create_count=CsvRun.create_count + counts["create"],
            update_count=CsvRun.update_count + counts["update"],
            same_count=CsvRun.same_count + counts["same"],
            refused_count=CsvRun.refused_count + counts["refused"],
        )
        .execution_options(synchronize_session=False)
    )
    mark_lines(session, run_id, {each.unit.number: each.action for each in planned})
    write_problems(session, run_id, [problem for each in planned for problem in each.problems])


def mark_lines(session: Session, run_id: str, states: dict[int, str]) -> None:
    """The lines of these units, by the units' numbers, are in this state."""
    given = pack_rows([{"unit_number": number, "state": state} for number, state in states.items()])
    session.execute(_SET_STATES, {"run_id": run_id, "given": given})


def _end_check(run_id: str) -> CsvRun:
    with unit_of_work() as session:
        run = lock_run(session, run_id)
        session.execute(delete(CsvChunk).where(CsvChunk.run_id == run_id))
        run.checked_at = utc_now()
        if run.refused_count and run.mode == "all":
            end_run(session, run, render_problem("has_problems", count=run.problem_count))
        elif run.refused_count == run.unit_count:
            end_run(session, run, render_problem("nothing_left"))
        else:
            run.state = "checked"
        return run
