"""One request, one transaction, committed before the answer leaves (design §4.2, §4.3): on real processes."""

from collections.abc import Callable

import httpx2
import psycopg
import pytest

from tests.api.commit_app import SCRATCH
from tests.processes import Processes
from tests.waiting import wait_until

JOB_SECONDS = 10
JOBS = "SELECT task_name, status::text FROM procrastinate_jobs WHERE task_name LIKE 'scratch.%'"


@pytest.fixture
def database(environment: dict[str, str]) -> psycopg.Connection[tuple[object, ...]]:
    """A look at the test's database from outside the product."""
    dsn = environment["DATABASE_URL"].replace("postgresql+psycopg://", "postgresql://")
    connection = psycopg.connect(dsn, autocommit=True)
    connection.execute(SCRATCH)
    return connection


def test_a_commit_that_fails_answers_500(
    database: psycopg.Connection[tuple[object, ...]], start_server: Callable[[str], str]
) -> None:
    url = start_server("tests.api.commit_app")
    answer = httpx2.post(f"{url}/scratch/late", headers={"x-request-id": "commit-that-fails"})
    assert answer.status_code == 500
    assert answer.json() == {
        "type": "unknown_error",
        "message": "An unknown error occurred.",
        "code": "unknown_error",
        "requestId": "commit-that-fails",
    }
    assert answer.headers["x-request-id"] == "commit-that-fails"
    assert rows(database, "SELECT name FROM scratch") == []
    assert rows(database, JOBS) == []

    careless = httpx2.post(f"{url}/careless/late")
    assert careless.status_code == 200, "the control must lie: otherwise this test cannot see the difference"

    assert httpx2.post(f"{url}/scratch/fine").status_code == 200
    assert rows(database, "SELECT name FROM scratch") == [("fine",)]
    database.close()


def test_a_job_of_a_rolled_back_transaction_never_runs(
    database: psycopg.Connection[tuple[object, ...]], start_server: Callable[[str], str], processes: Processes
) -> None:
    processes.work("tests.api.commit_worker")
    url = start_server("tests.api.commit_app")
    for name, status in (("late", 500), ("refused", 409), ("kept", 200)):
        answer = httpx2.post(f"{url}/scratch/{name}", headers={"x-request-id": f"request-of-{name}"})
        assert (name, answer.status_code) == (name, status)
    wait_until(lambda: rows(database, "SELECT name FROM scratch_job"), JOB_SECONDS, "the committed job runs")
    # The jobs of the two others would have been asked for earlier; nothing waits any more.
    succeeded = [("scratch.note", "succeeded")]
    wait_until(
        lambda: rows(database, JOBS) == succeeded,
        JOB_SECONDS,
        "one job ended, and there is no other",
    )
    assert rows(database, "SELECT name FROM scratch_job") == [("kept",)]
    job_lines = [line for line in processes.log().splitlines() if '"job done"' in line and "scratch" in line]
    assert len(job_lines) == 1
    assert '"requestId": "request-of-kept"' in job_lines[0]
    database.close()


def rows(database: psycopg.Connection[tuple[object, ...]], query: str) -> list[tuple[object, ...]]:
    return database.execute(query.encode()).fetchall()
