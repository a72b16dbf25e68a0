"""Background work as rows of the caller's transaction: asked for by name, run by the worker after the commit.

A job may run twice (a worker can die after its commit), so it must give the same result the second time. It opens its
own `unit_of_work()`; nothing it does leaves before that commits.
"""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, ParamSpec, TypeVar

import procrastinate
from procrastinate import RetryDecision, jobs
from procrastinate.exceptions import AlreadyEnqueued
from sqlalchemy.orm import Session

from app.core.context import NO_REQUEST, acting_as, current_request_id
from app.core.log import log_event, log_failure
from app.core.settings import get_settings

JsonValue = str | int | bool | None | Sequence["JsonValue"] | dict[str, "JsonValue"]
P = ParamSpec("P")
R = TypeVar("R")

REQUEST_ID_ARGUMENT = "request_id"
# 5 s, 20 s, 80 s, 5 min, 21 min, 85 min, 6 h: eight attempts span eight hours.
FIRST_WAIT_SECONDS = 5
WAIT_GROWTH = 4
LONGEST_WAIT_SECONDS = 6 * 3600
DEFAULT_ATTEMPTS = 8


@dataclass(frozen=True)
class JobDefinition:
    """What `@job` recorded."""

    name: str
    run: Callable[..., object]
    attempts: int
    gives_up_on: tuple[type[Exception], ...]


_definitions: dict[str, JobDefinition] = {}


def job(
    name: str, *, attempts: int = DEFAULT_ATTEMPTS, gives_up_on: tuple[type[Exception], ...] = ()
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Register a plain function of a `jobs.py` as the job `noun.verb`; its module stands in `app/worker/modules.py`.

    It is tried again with growing waits, `attempts` times in all, except after `gives_up_on`. Add arguments with
    defaults only: jobs of the previous release must still run.
    """

    def register(function: Callable[P, R]) -> Callable[P, R]:
        if name in _definitions:
            raise ValueError(f"two jobs are named {name}")
        _definitions[name] = JobDefinition(name, function, attempts, gives_up_on)
        return function

    return register


def list_jobs() -> tuple[JobDefinition, ...]:
    """The jobs of the modules imported so far."""
    return tuple(_definitions.values())


def enqueue(session: Session, name: str, /, **arguments: JsonValue) -> int:
    """Ask for a job in the session's own transaction; the number of its row. No commit, no job."""
    return _defer(session, name, arguments)


def enqueue_at(session: Session, name: str, run_at: datetime, /, **arguments: JsonValue) -> int:
    """Ask for a job that starts at `run_at` or soon after."""
    return _defer(session, name, arguments, run_at=run_at)


def enqueue_once(session: Session, name: str, key: str, /, **arguments: JsonValue) -> int | None:
    """Ask for a job unless one with this key is waiting already; None then."""
    try:
        with session.begin_nested():  # the refused insert must not spoil the caller's transaction
            return _defer(session, name, arguments, waiting_key=f"{name}:{key}")
    except AlreadyEnqueued:
        return None


def _defer(
    session: Session,
    name: str,
    arguments: dict[str, JsonValue],
    run_at: datetime | None = None,
    waiting_key: str | None = None,
) -> int:
    connection = session.connection().connection.driver_connection
    request_id = current_request_id.get()
    task = _get_asker().configure_task(name, connection=connection, schedule_at=run_at, queueing_lock=waiting_key)
    row: dict[str, Any] = {**arguments, REQUEST_ID_ARGUMENT: request_id}
    return int(task.defer(**row))


@cache
def _get_asker() -> procrastinate.App:
    """Writes rows through the caller's connection, and has none of its own.

    Not the worker's queue: once that is open it takes every connection for an asynchronous one, the caller's too.
    """
    return procrastinate.App(connector=procrastinate.SyncPsycopgConnector())


@cache
def get_queue() -> procrastinate.App:
    """The worker's queue; nobody else opens its pool."""
    dsn = get_settings().database_url.replace("postgresql+psycopg://", "postgresql://", 1)
    connector = procrastinate.PsycopgConnector(conninfo=dsn, min_size=1, max_size=4, timeout=10, name="jobs")
    return procrastinate.App(connector=connector)


class GrowingWaits(procrastinate.BaseRetryStrategy):
    """Try again later and later; after the last attempt the row stays, as `failed`, for a person."""

    def __init__(self, definition: JobDefinition) -> None:
        self.definition = definition

    def get_retry_decision(self, *, exception: BaseException, job: jobs.Job) -> RetryDecision | None:
        if isinstance(exception, self.definition.gives_up_on) or job.attempts + 1 >= self.definition.attempts:
            return None
        # A vendor that says when to come back is obeyed (gateways put it on their failures).
        asked = getattr(exception, "retry_after_seconds", None) or 0
        return RetryDecision(retry_in={"seconds": max(wait_seconds(job.attempts), asked)})


def wait_seconds(attempts_before: int) -> int:
    """How long to wait after one more failed attempt."""
    growth: int = WAIT_GROWTH**attempts_before
    return min(FIRST_WAIT_SECONDS * growth, LONGEST_WAIT_SECONDS)


def run_job(definition: JobDefinition, arguments: dict[str, object]) -> None:
    """Run one job as its actor, under the request id of whoever asked for it."""
    arguments = dict(arguments)
    arguments.pop("timestamp", None)  # the schedule's own argument
    asked_by = str(arguments.pop(REQUEST_ID_ARGUMENT, NO_REQUEST))
    request_id = asked_by if asked_by != NO_REQUEST else f"job-{secrets.token_hex(12)}"
    token = current_request_id.set(request_id)
    try:
        with acting_as(f"job:{definition.name}"):
            definition.run(**arguments)
        log_event("job done", job=definition.name)
    except Exception as exc:
        log_failure("job failed", exc, job=definition.name)
        raise
    finally:
        current_request_id.reset(token)
