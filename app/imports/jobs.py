"""Files are read, written and exported by the worker: nobody waits in a browser for fifty thousand lines."""

from app.core.clock import utc_now
from app.core.db import unit_of_work
from app.core.jobs import job
from app.imports.apply_run import apply_run
from app.imports.compare_file import compare_file
from app.imports.errors import RunNotFound
from app.imports.export_run import export_run
from app.imports.service import forget_runs


@job("imports.check", gives_up_on=(RunNotFound,))
def check(run_id: str) -> None:
    """Read a file and compare it with the shop."""
    compare_file(run_id)


@job("imports.apply", gives_up_on=(RunNotFound,))
def apply(run_id: str) -> None:
    """Write what was confirmed; after a death it goes on where it was."""
    apply_run(run_id)


@job("imports.export", gives_up_on=(RunNotFound,))
def export(run_id: str) -> None:
    """Write the file that was asked for."""
    export_run(run_id)


@job("imports.forget")
def forget() -> None:
    """What nobody needs any more."""
    with unit_of_work() as session:
        forget_runs(session, utc_now())
