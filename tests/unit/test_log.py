"""Log lines hold fields of the closed list and nothing else (design §4.13)."""

import json
import logging

import pytest

from app.core.context import current_request_id
from app.core.log import ALLOWED_FIELDS, BUSINESS_FIELDS, configure_logging, log_event, log_failure
from tests.rows import row

CANARY = "marie.canary@example.test"


@pytest.fixture(autouse=True)
def _configured() -> None:
    configure_logging("v1.2.3")


def last_line(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    lines = capsys.readouterr().out.splitlines()
    line: dict[str, object] = json.loads(lines[-1])
    return line


def test_an_event_is_one_json_line(capsys: pytest.CaptureFixture[str]) -> None:
    token = current_request_id.set("request-12345")
    log_event("Webhook rate limit exceeded (429)", level="warning", stripeEventId="evt_1", httpStatus=429)
    current_request_id.reset(token)
    line = last_line(capsys)
    assert str(line.pop("time")).endswith("Z")
    assert line == {
        "message": "Webhook rate limit exceeded (429)",
        "level": "warning",
        "release": "v1.2.3",
        "requestId": "request-12345",
        "stripeEventId": "evt_1",
        "httpStatus": 429,
    }


@row("S3-025")
def test_unlisted_fields_are_dropped_and_counted(capsys: pytest.CaptureFixture[str]) -> None:
    log_event("order placed", orderId="order_1", email=CANARY, authorization="Bearer canary", code=None)
    line = last_line(capsys)
    assert "canary" not in json.dumps(line)
    assert set(line) == {"message", "level", "time", "release", "orderId", "dropped"}
    assert line["dropped"] == 2
    assert sorted(BUSINESS_FIELDS) == ["code", "orderId", "requestId", "status", "stripeEventId", "stripeSessionId"]
    log_event("order placed", **dict.fromkeys(BUSINESS_FIELDS, "1"))
    assert last_line(capsys).items() >= dict.fromkeys(BUSINESS_FIELDS, "1").items()


def test_a_failure_is_its_class_name(capsys: pytest.CaptureFixture[str]) -> None:
    log_failure("mail not sent", ValueError(CANARY), orderId="order_1")
    line = last_line(capsys)
    assert (line["code"], line["level"], line["orderId"]) == ("ValueError", "error", "order_1")
    assert CANARY not in json.dumps(line)


@pytest.mark.parametrize("name", ["stripe", "urllib3.connectionpool", "sqlalchemy.engine", "somebody.else", "asyncio"])
def test_a_librarys_text_never_leaves(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    logging.getLogger(name).info("GET https://example.test/customers?email=%s", CANARY)
    logging.getLogger(name).error("body: %s", CANARY)
    try:
        raise ConnectionError(CANARY)
    except ConnectionError:
        logging.getLogger(name).exception("failed for %s", CANARY)
    printed = capsys.readouterr()
    assert "canary" not in printed.out + printed.err
    lines = [json.loads(line) for line in printed.out.splitlines()]
    assert {line["message"] for line in lines} == {"library_message"}
    assert lines[-1]["code"] == "ConnectionError"
    assert all(set(line) <= ALLOWED_FIELDS for line in lines)


@pytest.mark.parametrize("name", ["procrastinate.worker", "uvicorn.access"])
def test_what_we_log_ourselves_is_not_logged_twice(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    logging.getLogger(name).critical(CANARY)
    assert capsys.readouterr().out == ""
