"""What one transaction may do and leave: signed, limited in its waits, asking for jobs at most once."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import httpx2
import psycopg
import pytest
from fastapi.testclient import TestClient
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.core.audit_log import record_audit
from app.core.db import SessionDep, unit_of_work
from app.core.http import ANYONE, DATABASE_TURNS, router
from app.core.jobs import enqueue, enqueue_at, enqueue_once
from app.core.locks import LOCK_TIMEOUT_MILLISECONDS
from app.main import create_app
from tests.api.commit_app import SCRATCH

AT_ONCE = 6 * DATABASE_TURNS
AUDIT = "SELECT actor, action, subject, details FROM audit_log ORDER BY id"


class Answer(BaseModel):
    """What the scratch routes give."""

    text: str


@pytest.fixture
def scratch_client(environment: dict[str, str]) -> TestClient:
    """The product with routes that lock, and that write whatever number they are given."""
    routes = router(ANYONE)

    def lock(session: SessionDep) -> Answer:
        session.execute(text("LOCK TABLE audit_log IN ACCESS EXCLUSIVE MODE"))
        return Answer(text="locked")

    for path in ("/store/lock", "/v1/lock", "/stripe/lock"):
        routes.post(path)(lock)

    @routes.post("/store/number/{number}")
    def number(number: int, session: SessionDep) -> Answer:
        session.execute(text("SELECT CAST(:number AS integer)"), {"number": number})
        return Answer(text="stored")

    app = create_app()
    app.include_router(routes)
    return TestClient(app, raise_server_exceptions=False)


def test_a_transaction_names_its_actor_and_request(environment: dict[str, str]) -> None:
    with unit_of_work("staff:marie") as session:
        record_audit(session, "price.change", "variant_1", {"from_cents": 100, "to_cents": 200})
        signed = text("SELECT current_setting('comptoir.actor'), current_setting('comptoir.request_id')")
        assert session.execute(signed).one() == ("staff:marie", "none")
    with unit_of_work("test") as session:
        expected = ("staff:marie", "price.change", "variant_1", {"from_cents": 100, "to_cents": 200})
        assert session.execute(text(AUDIT)).all() == [expected]


@pytest.mark.parametrize(
    "statement", ["UPDATE audit_log SET actor = 'x'", "DELETE FROM audit_log", "TRUNCATE audit_log"]
)
def test_the_audit_log_only_grows(environment: dict[str, str], statement: str) -> None:
    with unit_of_work("test") as session:
        record_audit(session, "act", "subject")
    with pytest.raises(DBAPIError, match="only grows"), unit_of_work("test") as session:
        session.execute(text(statement))
    with unit_of_work("test") as session:
        assert len(session.execute(text(AUDIT)).all()) == 1


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/store/lock", 409, "invalid_state_error"),
        ("/v1/lock", 409, "invalid_state_error"),
        ("/stripe/lock", 500, "unknown_error"),
    ],
)
def test_a_lock_that_is_not_had_in_three_seconds(
    scratch_client: TestClient, environment: dict[str, str], path: str, status: int, code: str
) -> None:
    assert LOCK_TIMEOUT_MILLISECONDS == 3000
    with psycopg.connect(environment["DATABASE_URL"].replace("+psycopg", "")) as holder:
        holder.execute("LOCK TABLE audit_log IN ACCESS EXCLUSIVE MODE")
        answer = scratch_client.post(path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert scratch_client.post(path).status_code == 200


def test_a_number_the_database_cannot_hold_is_400(scratch_client: TestClient) -> None:
    assert scratch_client.post("/store/number/2147483647").status_code == 200
    answer = scratch_client.post("/store/number/2147483648")
    assert (answer.status_code, answer.json()["message"]) == (400, "Invalid request: A number is out of range")


def test_jobs_are_rows_of_the_transaction(environment: dict[str, str]) -> None:
    later = datetime.now(UTC) + timedelta(hours=1)
    with unit_of_work("test") as session:
        enqueue(session, "scratch.a", order_id="order_1", lines=[1, 2], note=None)
        enqueue_at(session, "scratch.b", later, n=1)
        assert enqueue_once(session, "scratch.c", "one-a-minute") is not None
        assert enqueue_once(session, "scratch.c", "one-a-minute") is None
        assert enqueue_once(session, "scratch.c", "another") is not None
        record_audit(session, "still", "usable")
    with pytest.raises(DBAPIError), unit_of_work("test") as session:
        ask_then_fail(session)
    with unit_of_work("test") as session:
        found = session.execute(text("SELECT task_name, args, scheduled_at FROM procrastinate_jobs ORDER BY id")).all()
        assert len(session.execute(text(AUDIT)).all()) == 1
    request = {"request_id": "none"}
    assert found == [
        ("scratch.a", {"order_id": "order_1", "lines": [1, 2], "note": None, **request}, None),
        ("scratch.b", {"n": 1, **request}, later),
        ("scratch.c", request, None),
        ("scratch.c", request, None),
    ]


def ask_then_fail(session: Session) -> None:
    enqueue(session, "scratch.never")
    session.execute(text("SELECT 1 / 0"))


def test_more_requests_than_connections_wait_their_turn(
    environment: dict[str, str], start_server: Callable[[str], str]
) -> None:
    with psycopg.connect(environment["DATABASE_URL"].replace("+psycopg", ""), autocommit=True) as database:
        database.execute(SCRATCH)
    url = start_server("tests.api.commit_app")
    assert answers_at_once(f"{url}/checked") == {200: AT_ONCE}
    # The control: without turns, those who hold a connection find no thread, and those in the threads no connection.
    assert set(answers_at_once(f"{url}/unlimited")) == {200, 500}


def answers_at_once(url: str) -> Counter[int]:
    limits = httpx2.Limits(max_connections=AT_ONCE)
    with httpx2.Client(timeout=60, limits=limits) as client, ThreadPoolExecutor(AT_ONCE) as pool:
        return Counter(pool.map(lambda number: client.post(f"{url}/r{number}").status_code, range(AT_ONCE)))
