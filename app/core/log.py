"""Logs: one JSON line per event on stdout, holding only fields of a closed list (design §4.13, payments §6)."""

import json
import logging
import sys
from collections.abc import Mapping
from functools import cache
from typing import TextIO, cast

import structlog
from structlog.typing import EventDict, FilteringBoundLogger, Processor

from app.core.context import NO_REQUEST, current_request_id

# Whatever is not in this list is dropped: an e-mail, a cookie, a token or a body cannot leave by a log line. The line
# says how many fields it lost (`dropped`), so that whoever misses one finds out why.
BUSINESS_FIELDS = frozenset({"requestId", "orderId", "stripeSessionId", "stripeEventId", "status", "code"})
ENVELOPE_FIELDS = frozenset(
    {
        "time",
        "level",
        "logger",
        "message",
        "method",
        "route",
        "httpStatus",
        "durationMs",
        "release",
        "at",
        "job",
        "backend",
        "dropped",
    }
)
ALLOWED_FIELDS = BUSINESS_FIELDS | ENVELOPE_FIELDS

# Their INFO lines hold addresses with e-mails, their errors hold bodies and SQL parameters.
NOISY_LOGGERS = ("stripe", "httpx", "httpx2", "httpcore", "urllib3", "sib_api_v3_sdk", "sqlalchemy", "asyncio")
# We log each job's outcome ourselves: theirs holds the arguments and the exception's text.
SILENT_LOGGERS = ("procrastinate", "uvicorn.access")
# Their texts are constants of ours or of uvicorn; of any other library only the place of the call is kept.
SPEAKING_LOGGERS = ("app", "uvicorn")

LEVELS = {name.lower(): number for name, number in logging.getLevelNamesMapping().items()}


class PresentStdout:
    """Whatever stdout is when a line is written: a test or a service manager may have replaced it since."""

    def write(self, text: str) -> int:
        return sys.stdout.write(text)

    def flush(self) -> None:
        sys.stdout.flush()


class PresentStderr:
    """The same for a command, whose stdout is its answer."""

    def write(self, text: str) -> int:
        return sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()


def log_event(event: str, *, level: str = "info", **fields: str | int | float | None) -> None:
    """Write one event; `event` is a constant text, the data goes into fields of the closed list."""
    _get_logger().log(LEVELS[level], event, **fields)


@cache
def _get_logger() -> FilteringBoundLogger:
    """Bound once: binding costs as much as the line itself."""
    logger: FilteringBoundLogger = structlog.get_logger("app").bind()
    return logger


def log_failure(event: str, failure: BaseException, **fields: str | int | float | None) -> None:
    """Write an event at level error naming the exception's class, never its text."""
    log_event(event, level="error", code=class_name(failure), **fields)


def class_name(failure: BaseException) -> str:
    """`sqlalchemy.exc.OperationalError`: which failure it was, without what it said."""
    kind = type(failure)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def configure_logging(release: str, *, is_command: bool = False) -> None:
    """Send structlog and the standard library's loggers to stdout as JSON lines; called once per process.

    A command's go to stderr.
    """
    stream = PresentStderr() if is_command else PresentStdout()

    def add_release(_logger: object, _name: str, event: EventDict) -> EventDict:
        event["release"] = release
        return event

    shared: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        add_request_id,
        add_release,
    ]
    last: list[Processor] = [structlog.processors.EventRenamer("message"), keep_allowed_fields, render_json]
    structlog.configure(
        processors=[*shared, *last],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(cast(TextIO, stream)),
        cache_logger_on_first_use=True,
    )
    _get_logger.cache_clear()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, describe_library_record],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    logging.root.handlers = [handler]
    logging.root.setLevel(logging.INFO)
    for name in NOISY_LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in SILENT_LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)


def add_request_id(_logger: object, _name: str, event: EventDict) -> EventDict:
    """Every line of a request or of a job carries its id."""
    request_id = current_request_id.get()
    if request_id != NO_REQUEST:
        event.setdefault("requestId", request_id)
    return event


def describe_library_record(_logger: object, _name: str, event: EventDict) -> EventDict:
    """Keep a library's logger, place and exception class; its text may hold anything."""
    record = event.get("_record")
    if not isinstance(record, logging.LogRecord):
        return event
    event["logger"] = record.name
    event["at"] = f"{record.module}:{record.lineno}"
    if record.exc_info and record.exc_info[1] is not None:
        event["code"] = class_name(record.exc_info[1])
    if not record.name.startswith(SPEAKING_LOGGERS) or record.exc_info:
        event["event"] = "library_message"
    return event


def keep_allowed_fields(_logger: object, _name: str, event: EventDict) -> EventDict:
    """Drop every field outside the closed list and count them, and those without a value (runbook S3-025)."""
    given = {name: value for name, value in event.items() if value is not None}
    kept = {name: value for name, value in given.items() if name in ALLOWED_FIELDS}
    return kept if len(kept) == len(given) else {**kept, "dropped": len(given) - len(kept)}


def render_json(_logger: object, _name: str, event: Mapping[str, object]) -> str:
    """One line; a value that JSON does not know becomes its class name, not its text."""
    return json.dumps(event, ensure_ascii=False, default=lambda value: type(value).__name__)
