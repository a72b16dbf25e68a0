"""What was checked is written: line by line, each batch a transaction of its own, or all of it in one."""

from collections.abc import Sequence

from sqlalchemy import text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.core.audit_log import record_audit
from app.core.context import acting_as
from app.core.db import unit_of_work
from app.core.errors import Refusal
from app.imports.compare_file import Tell, end_run, mark_lines, plan_units, tell_nobody
from app.imports.models import CsvRun
from app.imports.plan_lines import write_prices, write_stock
from app.imports.plan_product import Planned
from app.imports.plan_products import write_products
from app.imports.queries import Unit, get_run, is_alone_with, list_units, lock_run
from app.imports.render_problems import Problem, render_problem
from app.imports.stage_lines import write_problems

WRITES = {"products": write_products, "prices": write_prices, "stock": write_stock}
TO_WRITE = ("create", "update")
# SQLSTATE of what passes by itself: somebody else holds the row, or two waited for each other.
PASSING = frozenset({"55P03", "40P01", "57014"})
TAKEN = "23505"
UNPUBLISHABLE = "publishable"
# All that the run will change, in the order in which everybody locks (app/core/locks.py): nobody waits in a circle.
_LOCKS = {
    "products": text(
        "SELECT count(*) FROM (SELECT FROM product WHERE handle IN (SELECT unit FROM csv_line WHERE run_id = :run_id"
        " AND state IN ('create', 'update')) ORDER BY id FOR NO KEY UPDATE) locked"
    ),
    "prices": text(
        "SELECT count(*) FROM (SELECT FROM product WHERE id IN (SELECT v.product_id FROM product_variant v"
        " JOIN csv_line l ON v.sku = l.cells->>'variant_sku' WHERE l.run_id = :run_id"
        " AND l.state IN ('create', 'update')) ORDER BY id FOR NO KEY UPDATE) locked"
    ),
    "stock": text(
        "SELECT count(*) FROM (SELECT FROM stock_level WHERE variant_id IN (SELECT v.id FROM product_variant v"
        " JOIN csv_line l ON v.sku = l.cells->>'variant_sku' WHERE l.run_id = :run_id"
        " AND l.state IN ('create', 'update')) ORDER BY variant_id FOR UPDATE) locked"
    ),
}


class _Aborted(Exception):
    """All or nothing: it is nothing."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = problems
        super().__init__()


def apply_run(run_id: str, tell: Tell = tell_nobody) -> CsvRun:
    """Write what is confirmed, in the name of whoever confirmed it; gives the run as it stands then.

    Called again after a death it goes on where it was. Raises `RunNotFound`.
    """
    with unit_of_work() as session:
        run = get_run(session, run_id)
    if run.state != "applying":
        return run
    with acting_as(run.confirmed_by or run.created_by):
        if run.mode == "each":
            return _apply_each(run, tell)
        return _apply_all(run, tell)


def _apply_each(run: CsvRun, tell: Tell) -> CsvRun:
    total = run.create_count + run.update_count
    after = 0
    while True:
        with unit_of_work() as session:
            if not is_alone_with(session, run.id):
                return run
            if get_run(session, run.id).state != "applying":
                return get_run(session, run.id)  # canceled meanwhile: what is written stays
            units = list_units(session, run.id, after, TO_WRITE)
            if not units:
                return _end(session, run.id)
            done = _write_batch(session, run, units)
        after = units[-1].number
        tell("written", done, total)


def _write_batch(session: Session, run: CsvRun, units: list[Unit]) -> int:
    """Write what can be written of these; the others are noted with their reason. Gives how many are done so far."""
    planned = plan_units(session, run, units, is_locking=True)
    wanted = [each for each in planned if each.action in TO_WRITE]
    if _try_writing(session, run.kind, wanted) is not None:
        # Somewhere among them is one that cannot be: each by itself, so that it alone is left out.
        for each in wanted:
            problem = _try_writing(session, run.kind, [each])
            if problem is not None:
                each.action, each.problems = "refused", [problem]
    refused = [each for each in planned if each.action == "refused"]
    mark_lines(session, run.id, {each.unit.number: "refused" if each in refused else "done" for each in planned})
    write_problems(session, run.id, [problem for each in refused for problem in each.problems])
    counted = (
        update(CsvRun)
        .where(CsvRun.id == run.id)
        .values(
            done_count=CsvRun.done_count + len(planned) - len(refused),
            refused_count=CsvRun.refused_count + len(refused),
        )
        .returning(CsvRun.done_count)
    )
    return session.scalar(counted.execution_options(synchronize_session=False)) or 0


def _try_writing(session: Session, kind: str, planned: Sequence[Planned]) -> Problem | None:
    """Write them, all or none of them; the reason where it is none. The database says its own no here, not later."""
    try:
        with session.begin_nested():
            WRITES[kind](session, planned)
            session.flush()  # the audit's rows are part of it
            session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
            session.execute(text("SET CONSTRAINTS ALL DEFERRED"))
    except Refusal as refusal:
        return _explain(planned, render_problem("refused", found=refusal.message))
    except DBAPIError as failure:
        if failure.connection_invalidated:
            raise
        return _explain(planned, _name_failure(failure))
    return None


def _explain(planned: Sequence[Planned], problem: Problem) -> Problem:
    """The same at the line that it is about."""
    return Problem(planned[0].unit.lines[0].number, "", problem.code, problem.message_fr, problem.message_en)


def _name_failure(failure: DBAPIError) -> Problem:
    state = getattr(failure.orig, "sqlstate", None) or ""
    if state in PASSING:
        return render_problem("busy")
    diagnosis = getattr(failure.orig, "diag", None)
    if getattr(diagnosis, "constraint_name", None) == UNPUBLISHABLE:
        return render_problem("publish", found="-", found_english="-")
    if state == TAKEN or state.startswith("23"):
        return render_problem("changed_meanwhile")
    raise failure


def _apply_all(run: CsvRun, tell: Tell) -> CsvRun:
    try:
        with unit_of_work() as session:
            if not is_alone_with(session, run.id):
                return run
            _write_all(session, run, tell)
            return _end(session, run.id)
    except _Aborted as aborted:
        with unit_of_work() as session:
            found = lock_run(session, run.id)
            found.done_count = 0
            session.flush()  # the count of problems is raised by a statement
            write_problems(session, run.id, aborted.problems)
            session.refresh(found)
            end_run(session, found, render_problem("has_problems", count=len(aborted.problems)))
            return found


def _write_all(session: Session, run: CsvRun, tell: Tell) -> None:
    try:
        session.execute(_LOCKS[run.kind], {"run_id": run.id})
    except DBAPIError as failure:
        raise _Aborted([_name_failure(failure)]) from None
    after, done, total = 0, 0, run.create_count + run.update_count
    while units := list_units(session, run.id, after, TO_WRITE):
        planned = plan_units(session, run, units, is_locking=True)
        problems = [problem for each in planned for problem in each.problems]
        wanted = [each for each in planned if each.action in TO_WRITE]
        problem = None if problems else _try_writing(session, run.kind, wanted)
        if problem is not None or problems:
            raise _Aborted(problems or ([problem] if problem else []))
        session.expunge_all()  # else the audit's rows stay in memory to the end
        after, done = units[-1].number, done + len(units)
        _tell_others(run.id, done)
        tell("written", done, total)


def _tell_others(run_id: str, done: int) -> None:
    """How far it is, in a transaction of its own: the large one is seen by nobody until its end."""
    with unit_of_work() as session:
        session.execute(update(CsvRun).where(CsvRun.id == run_id).values(done_count=done))


def _end(session: Session, run_id: str) -> CsvRun:
    run = lock_run(session, run_id)
    counts = {
        name: getattr(run, f"{name}_count") for name in ("create", "update", "same", "refused", "done", "problem")
    }
    end_run(session, run)
    record_audit(session, f"import.{run.kind}", run_id, {"mode": run.mode, **counts})
    return run
