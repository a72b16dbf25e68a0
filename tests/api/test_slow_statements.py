"""Which request sent the statement that took long: a log line says it, PostgreSQL's process beside it."""

import json

import pytest
from sqlalchemy import text

from app.core.context import current_request_id
from app.core.db import unit_of_work
from app.core.slow_statements import SLOW_SECONDS
from tests.factories.storefront import Storefront

Line = dict[str, object]


def slow_lines(capsys: pytest.CaptureFixture[str]) -> list[Line]:
    """The lines about slow statements since the last look."""
    lines: list[Line] = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
    return [line for line in lines if line["message"] == "slow statement"]


def test_a_request_that_waits_for_a_lock_is_named(storefront: Storefront, capsys: pytest.CaptureFixture[str]) -> None:
    """Refused after its three seconds: the line has the id that the answer has, and holds nothing of the request."""
    cart_id = storefront.cart_id()
    with unit_of_work("test") as session:
        session.execute(text("SELECT id FROM cart WHERE id = :id FOR UPDATE"), {"id": cart_id})
        capsys.readouterr()
        refused = storefront.post(f"/carts/{cart_id}", {"email": "jeanne@example.com"})
    assert (refused.status_code, refused.json()["code"]) == (409, "invalid_state_error")
    (line,) = slow_lines(capsys)
    assert line["requestId"] == refused.headers["x-request-id"] == refused.json()["requestId"]
    assert (line["code"], line["level"]) == ("SELECT cart", "warning")
    assert isinstance(line["durationMs"], float)
    assert line["durationMs"] >= 2_900
    assert set(line) == {"message", "level", "time", "release", "requestId", "code", "durationMs", "backend"}


def test_a_slow_statement_is_told_with_its_process(storefront: Storefront, capsys: pytest.CaptureFixture[str]) -> None:
    token = current_request_id.set("request-12345")
    with unit_of_work("test") as session:
        process = session.scalar(text("SELECT pg_backend_pid()"))
        capsys.readouterr()
        session.execute(text("SELECT pg_sleep(:seconds)"), {"seconds": SLOW_SECONDS + 0.05})
    current_request_id.reset(token)
    (line,) = slow_lines(capsys)
    assert (line["requestId"], line["backend"], line["code"]) == ("request-12345", process, "SELECT")


def test_what_is_quick_is_not_told(storefront: Storefront, capsys: pytest.CaptureFixture[str]) -> None:
    with unit_of_work("test") as session:
        session.execute(text("SELECT pg_sleep(0.01)"))
    assert slow_lines(capsys) == []
