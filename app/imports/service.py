"""Takes files in, lets them be confirmed or given up, and forgets them."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.core.audit_log import record_audit
from app.core.clock import utc_now
from app.core.context import current_actor
from app.core.ids import new_id
from app.core.jobs import enqueue_once
from app.files.rules import compute_shown_name
from app.imports.compare_file import end_run
from app.imports.errors import FileTooLarge, LinkEnded, RunNotInThisState
from app.imports.models import CsvChunk, CsvRun
from app.imports.queries import lock_run
from app.imports.render_problems import render_problem
from app.imports.rules import MOST_BYTES, Kind, Mode

CHUNK_BYTES = 256 * 1024
KEPT_FOR = timedelta(days=7)
LINK_LASTS = timedelta(minutes=15)


def create_run(
    session: Session,
    kind: Kind,
    *,
    mode: Mode = "all",
    direction: str = "import",
    state: str = "received",
    is_move_confirmed: bool = False,
    file_name: str | None = None,
) -> CsvRun:
    """A run of whoever asks; its file is added by `add_file`, or read from where the caller has it."""
    run = CsvRun(
        id=new_id("csv"),
        direction=direction,
        kind=kind,
        mode=mode,
        state=state,
        is_move_confirmed=is_move_confirmed,
        file_name=compute_shown_name(file_name) if file_name else None,
        created_by=current_actor.get(),
    )
    session.add(run)
    session.flush()  # its pieces, its lines and its job name it
    return run


def add_file(session: Session, run: CsvRun, pieces: Iterable[bytes]) -> None:
    """Keep a file in pieces of 256 kB, each written before the next is read; raises `FileTooLarge`."""
    size = 0
    for number, piece in enumerate(pieces):
        size += len(piece)
        if size > MOST_BYTES:
            problem = render_problem("too_large", most=MOST_BYTES // 1_000_000)
            raise FileTooLarge(f"{problem.message_fr} / {problem.message_en}")
        chunk = CsvChunk(run_id=run.id, number=number, content=piece)
        session.add(chunk)
        session.flush()  # one piece in memory at a time
        session.expunge(chunk)
    run.byte_count = size


def request_check(session: Session, run_id: str) -> None:
    """The file is here: the worker reads and compares it."""
    enqueue_once(session, "imports.check", run_id, run_id=run_id)


def demand_open_link(run: CsvRun, now: datetime) -> None:
    """A link takes one file, for a quarter of an hour; raises `LinkEnded`."""
    if run.state != "expected" or run.created_at < now - LINK_LASTS or run.byte_count:
        raise LinkEnded


def receive_by_link(session: Session, run_id: str, pieces: Iterable[bytes], now: datetime) -> None:
    """Keep the file that a link was made for; raises `RunNotFound`, `LinkEnded`, `FileTooLarge`."""
    run = lock_run(session, run_id)
    demand_open_link(run, now)
    add_file(session, run, pieces)


def receive_sent(session: Session, run_id: str, mode: Mode, *, is_move_confirmed: bool) -> CsvRun:
    """What was sent to a link is to be taken so; raises `RunNotFound`, `RunNotInThisState`."""
    run = lock_run(session, run_id)
    if run.state != "expected" or not run.byte_count:
        raise RunNotInThisState(
            "Aucun fichier n'attend à ce lien : demandez-en un autre. / No file waits at this link: ask for another."
        )
    run.state, run.mode, run.is_move_confirmed = "received", mode, is_move_confirmed
    return run


def request_export(session: Session, kind: Kind) -> CsvRun:
    """A file that the worker writes."""
    run = create_run(session, kind, direction="export")
    enqueue_once(session, "imports.export", run.id, run_id=run.id)
    return run


def confirm_run(session: Session, run_id: str) -> CsvRun:
    """Let what was checked be written; asked again, it goes on. Raises `RunNotFound`, `RunNotInThisState`."""
    run = lock_run(session, run_id)
    if run.state == "done":
        return run
    if run.state not in ("checked", "applying"):
        raise RunNotInThisState(
            f"Cet import ne peut pas être confirmé : il est « {run.state} ». Envoyez le fichier corrigé. / "
            f'This import cannot be confirmed: it is "{run.state}". Send the corrected file.'
        )
    if run.state == "checked":
        run.state, run.confirmed_by, run.confirmed_at = "applying", current_actor.get(), utc_now()
        record_audit(session, "import.confirm", run_id, {"kind": run.kind, "mode": run.mode})
    return run


def request_apply(session: Session, run_id: str) -> None:
    """The worker writes what was confirmed."""
    enqueue_once(session, "imports.apply", run_id, run_id=run_id)


def cancel_run(session: Session, run_id: str) -> CsvRun:
    """Give an import up. Line by line it stops where it is; all or nothing cannot be stopped once it is confirmed.

    Raises `RunNotFound`, `RunNotInThisState`.
    """
    run = lock_run(session, run_id)
    if run.state == "canceled":
        return run
    stops = run.state in ("expected", "received", "checked") or (run.state == "applying" and run.mode == "each")
    if run.direction != "import" or not stops:
        raise RunNotInThisState(
            f'Il est trop tard pour annuler : « {run.state} ». / It is too late to cancel: "{run.state}".'
        )
    record_audit(session, "import.cancel", run_id, {"kind": run.kind, "done": run.done_count})
    end_run(session, run, state="canceled")
    return run


def forget_runs(session: Session, now: datetime) -> None:
    """Runs are kept for a week, whatever became of them; the audit keeps what they wrote."""
    session.execute(delete(CsvRun).where(CsvRun.created_at < now - KEPT_FOR))
