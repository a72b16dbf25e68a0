"""The three health answers (design §5)."""

import re
import signal

from fastapi.testclient import TestClient
from sqlalchemy import text

from app.core.db import unit_of_work
from app.dev.postgres import Cluster
from app.dev.redis import RedisServer
from tests.rows import row

INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


@row("S0-121")
def test_liveness_says_ok_when_and_which_release(client: TestClient) -> None:
    answer = client.get("/health")
    assert answer.status_code == 200
    assert set(answer.json()) == {"status", "timestamp", "version"}
    assert answer.json()["status"] == "ok"
    assert answer.json()["version"] == "dev"
    assert INSTANT.fullmatch(answer.json()["timestamp"])
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"


def test_database_health(client: TestClient) -> None:
    answer = client.get("/health/db")
    assert (answer.status_code, answer.json()["status"], answer.json()["cause"]) == (200, "ok", None)


@row("S4-004", "S4-017", "S4-018")
def test_without_database_liveness_stays_and_the_cause_is_named(client: TestClient, postgres: Cluster) -> None:
    postgres.drop_database(database_name())
    assert client.get("/health").status_code == 200
    answer = client.get("/health/db")
    assert (answer.status_code, answer.json()["status"], answer.json()["cause"]) == (503, "down", "error")


def test_a_database_without_schema_is_migrating(client: TestClient) -> None:
    with unit_of_work("test") as session:
        session.execute(text("DROP TABLE alembic_version"))
    answer = client.get("/health/db")
    assert (answer.status_code, answer.json()["cause"]) == (503, "migrating")


@row("S2-007")
def test_readiness_names_every_dependency(client: TestClient) -> None:
    beat()
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")
    ok = {"status": "ok"}
    assert answer.json()["checks"] == {"db": ok, "redis": ok, "queue": ok, "stripe": ok, "mail": ok}
    assert client.get("/api/health").json()["checks"] == answer.json()["checks"]


def test_no_worker_is_down_and_no_redis_is_degraded(client: TestClient, redis_server: RedisServer) -> None:
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.json()["status"]) == (503, "down")
    assert answer.json()["checks"]["queue"] == {"status": "no_worker"}
    beat()
    redis_server.process.send_signal(signal.SIGSTOP)
    try:
        answer = client.get("/health/ready")
    finally:
        redis_server.process.send_signal(signal.SIGCONT)
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert answer.json()["checks"]["redis"] == {"status": "timeout"}


def test_given_up_jobs_show_on_their_dependency(client: TestClient) -> None:
    beat()
    with unit_of_work("test") as session:
        for task_name in ("notifications.send", "payments.refund"):
            session.execute(
                text(
                    "WITH made AS (INSERT INTO procrastinate_jobs (queue_name, task_name, status)"
                    " VALUES ('default', :name, 'doing') RETURNING id)"
                    " SELECT id FROM made"
                ),
                {"name": task_name},
            )
        session.execute(text("UPDATE procrastinate_jobs SET status = 'failed'"))
    checks = client.get("/health/ready").json()["checks"]
    assert checks["mail"] == checks["stripe"] == {"status": "failed_jobs"}


def beat() -> None:
    """A worker that has just beaten."""
    with unit_of_work("test") as session:
        session.execute(text("INSERT INTO procrastinate_workers DEFAULT VALUES"))


def database_name() -> str:
    """The name of this test's database."""
    with unit_of_work("test") as session:
        return str(session.scalar(text("SELECT current_database()")))
