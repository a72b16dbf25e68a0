"""A real worker that also knows the scratch jobs: `python -m tests.api.commit_worker`."""

import os
import sys

from sqlalchemy import text

from app.core.db import unit_of_work
from app.core.jobs import job
from app.worker.runner import main


@job("scratch.note")
def note(name: str) -> None:
    """Write down that it ran."""
    with unit_of_work() as session:
        session.execute(text("INSERT INTO scratch_job VALUES (:name, :pid)"), {"name": name, "pid": os.getpid()})


@job("scratch.hang_once")
def hang_once(name: str) -> None:
    """The first worker hangs after having committed; the next finds the row and ends."""
    with unit_of_work() as session:
        seen = session.scalar(text("SELECT count(*) FROM scratch_job WHERE name = :name"), {"name": name})
        session.execute(text("INSERT INTO scratch_job VALUES (:name, :pid)"), {"name": name, "pid": os.getpid()})
    if not seen:
        with unit_of_work() as session:
            session.execute(text("SELECT pg_sleep(300)"))


@job("scratch.fail", attempts=2)
def fail(name: str) -> None:
    """Always fails, with a text that must not reach the log."""
    raise ValueError(f"canary-{name}")


if __name__ == "__main__":
    sys.exit(main())
