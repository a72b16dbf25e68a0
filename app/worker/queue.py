"""The queue of the worker: its own package, its own connections, and how long a failed job waits."""

from functools import cache

import procrastinate
from procrastinate import RetryDecision, jobs

from app.core.jobs import JobDefinition, wait_seconds
from app.core.settings import get_settings


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
