"""Background work as rows of the caller's transaction: asked for by name, run by the worker after the commit.

A job may run twice (a worker can die after its commit), so it must give the same result the second time. It opens its
own `unit_of_work()`; nothing it does leaves before that commits.
"""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ParamSpec, TypeVar

import psycopg.errors
from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.core.context import NO_REQUEST, acting_as, current_request_id
from app.core.log import log_event, log_failure

JsonValue = str | int | bool | None | Sequence["JsonValue"] | dict[str, "JsonValue"]
P = ParamSpec("P")
R = TypeVar("R")

REQUEST_ID_ARGUMENT = "request_id"
# 5 s, 20 s, 80 s, 5 min, 21 min, 85 min, 6 h: eight attempts span eight hours.
FIRST_WAIT_SECONDS = 5
WAIT_GROWTH = 4
LONGEST_WAIT_SECONDS = 6 * 3600
DEFAULT_ATTEMPTS = 8

# The queue's own function (procrastinate, migration 0800), which the worker's package calls too. Called from here, a
# process that only asks for work loads nothing of that package.
DEFER_CALL = (
    "procrastinate_defer_jobs_v1(ARRAY("
    "SELECT ROW('default', name, 0, NULL, key, arguments, run_at)::procrastinate_job_to_defer_v1"
    " FROM jsonb_to_recordset(:jobs) AS asked(name text, key text, arguments jsonb, run_at timestamptz)))"
)
DEFER = text(f"SELECT unnest({DEFER_CALL})").bindparams(bindparam("jobs", type_=JSONB))
ONE_WAITING = "procrastinate_jobs_queueing_lock_idx_v1"


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
    return _defer(session, [_row(name, arguments)])


def job_row(name: str, /, **arguments: JsonValue) -> JsonValue:
    """A job for a statement of one's own that holds `DEFER_CALL`: asked for in the same round trip."""
    return _row(name, arguments)


def enqueue_many(session: Session, name: str, /, each: Sequence[dict[str, JsonValue]]) -> None:
    """Ask for a job with each of these arguments, in one statement."""
    if each:
        _defer(session, [_row(name, arguments) for arguments in each])


def enqueue_at(session: Session, name: str, run_at: datetime, /, **arguments: JsonValue) -> int:
    """Ask for a job that starts at `run_at` or soon after."""
    return _defer(session, [_row(name, arguments, run_at=run_at)])


def enqueue_once(session: Session, name: str, key: str, /, **arguments: JsonValue) -> int | None:
    """Ask for a job unless one with this key is waiting already; None then."""
    row = _row(name, arguments, waiting_key=f"{name}:{key}")
    try:
        with session.begin_nested():  # the refused insert must not spoil the caller's transaction
            return _defer(session, [row])
    except IntegrityError as refused:
        if _constraint_of(refused) != ONE_WAITING:
            raise
        return None


def _row(
    name: str, arguments: dict[str, JsonValue], run_at: datetime | None = None, waiting_key: str | None = None
) -> JsonValue:
    return {
        "name": name,
        "key": waiting_key,
        "arguments": {**arguments, REQUEST_ID_ARGUMENT: current_request_id.get()},
        "run_at": run_at.isoformat() if run_at else None,
    }


def _defer(session: Session, rows: list[JsonValue]) -> int:
    return int(session.connection().execute(DEFER, {"jobs": rows}).scalars().all()[-1])


def _constraint_of(refused: IntegrityError) -> str | None:
    return refused.orig.diag.constraint_name if isinstance(refused.orig, psycopg.errors.UniqueViolation) else None


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
