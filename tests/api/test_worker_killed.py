"""A worker that dies in the middle of a job: the job is taken back and run again."""

import sys
import time

import psycopg

from app.core.db import get_engine, unit_of_work
from app.core.jobs import enqueue
from app.worker.runner import POLL_SECONDS, ROUND_SECONDS, SILENT_SECONDS
from tests.api.commit_app import SCRATCH
from tests.processes import Processes
from tests.waiting import wait_until

# Silence must last, then a round of the rescuer and one poll must come; the rest is start-up on a busy machine.
BOUND_SECONDS = SILENT_SECONDS + ROUND_SECONDS + POLL_SECONDS + 30
STATES = "SELECT task_name, status::text, attempts FROM procrastinate_jobs WHERE task_name LIKE 'scratch.%' ORDER BY id"


def test_the_job_of_a_killed_worker_runs_again(environment: dict[str, str], processes: Processes) -> None:
    with psycopg.connect(environment["DATABASE_URL"].replace("+psycopg", ""), autocommit=True) as database:
        database.execute(SCRATCH)
        first = processes.work("tests.api.commit_worker")
        with unit_of_work("test") as session:
            enqueue(session, "scratch.hang_once", name="x")
        wait_until(lambda: database.execute("SELECT FROM scratch_job").fetchall(), 10, "the job starts")
        first.kill()
        first.wait()
        killed_at = time.monotonic()
        second = processes.work("tests.api.commit_worker")
        succeeded = [("scratch.hang_once", "succeeded", 2)]
        wait_until(lambda: database.execute(STATES).fetchall() == succeeded, BOUND_SECONDS, "the job ends")
        sys.stdout.write(f"taken back and done {time.monotonic() - killed_at:.1f} s after kill -9\n")
        pids = [pid for (pid,) in database.execute("SELECT worker_pid FROM scratch_job").fetchall()]
        assert pids == [first.pid, second.pid]


def test_the_worker_outlives_its_database_connections(environment: dict[str, str], processes: Processes) -> None:
    with psycopg.connect(environment["DATABASE_URL"].replace("+psycopg", ""), autocommit=True) as database:
        database.execute(SCRATCH)
        worker = processes.work("tests.api.commit_worker")
        database.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        get_engine().dispose()
        with unit_of_work("test") as session:
            enqueue(session, "scratch.note", name="after the cut")
        succeeded = [("scratch.note", "succeeded", 1)]
        wait_until(lambda: database.execute(STATES).fetchall() == succeeded, 30, "the job runs after the cut")
        assert database.execute("SELECT worker_pid FROM scratch_job").fetchall() == [(worker.pid,)]


def test_a_failing_job_stays_for_a_person_and_its_text_is_not_logged(
    environment: dict[str, str], processes: Processes
) -> None:
    with psycopg.connect(environment["DATABASE_URL"].replace("+psycopg", ""), autocommit=True) as database:
        worker = processes.work("tests.api.commit_worker")
        with unit_of_work("test") as session:
            enqueue(session, "scratch.fail", name="marie@example.test")
        wait_until(
            lambda: database.execute(STATES).fetchall() == [("scratch.fail", "failed", 2)], 30, "both attempts are used"
        )
        worker.terminate()
        assert worker.wait(timeout=10) == 0
    lines = [line for line in processes.log().splitlines() if '"job failed"' in line and "scratch" in line]
    assert len(lines) == 2
    assert all('"code": "ValueError"' in line for line in lines)
    assert "canary" not in processes.log()
    assert "marie" not in processes.log()


def test_sigterm_lets_the_running_job_end(environment: dict[str, str], processes: Processes) -> None:
    with psycopg.connect(environment["DATABASE_URL"].replace("+psycopg", ""), autocommit=True) as database:
        database.execute(SCRATCH)
        worker = processes.work("tests.api.commit_worker")
        with database.transaction():
            database.execute("LOCK TABLE scratch_job IN ACCESS EXCLUSIVE MODE")
            with unit_of_work("test") as session:
                enqueue(session, "scratch.note", name="held")
            wait_until(lambda: waiting_for_a_lock(environment), 10, "the job waits inside its work")
            worker.terminate()
            assert worker.poll() is None
        assert worker.wait(timeout=10) == 0
        assert database.execute(STATES).fetchall() == [("scratch.note", "succeeded", 1)]
        assert len(database.execute("SELECT FROM scratch_job").fetchall()) == 1


def waiting_for_a_lock(environment: dict[str, str]) -> bool:
    with psycopg.connect(environment["DATABASE_URL"].replace("+psycopg", ""), autocommit=True) as other:
        waiting = "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        return bool(other.execute(waiting).fetchall())
