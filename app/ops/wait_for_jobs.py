"""Waiting until the queue has nothing to do, for tests of a whole running shop."""

import asyncio
import time
from dataclasses import dataclass

from app.core.settings import Settings
from app.ops.health import connect

PAUSE_SECONDS = 0.1
# What waits for a time that has not come (a retry, a mail of tomorrow) is not due.
UNFINISHED = """
SELECT task_name, status::text, count(*) FROM procrastinate_jobs
WHERE status = 'doing' OR (status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now()))
GROUP BY 1, 2 ORDER BY 1, 2
"""


@dataclass(frozen=True)
class UnfinishedJobs:
    """So many jobs of one name that are due (`todo`) or running (`doing`)."""

    name: str
    status: str
    count: int


async def wait_for_jobs(settings: Settings, timeout_seconds: float) -> list[UnfinishedJobs]:
    """Until no job is due or running, or the time is over: what is left then. Takes no turn at the database."""
    deadline = time.monotonic() + timeout_seconds
    async with await connect(settings) as connection:
        while True:
            rows = await (await connection.execute(UNFINISHED)).fetchall()
            if not rows or time.monotonic() >= deadline:
                return [UnfinishedJobs(*row) for row in rows]
            await asyncio.sleep(PAUSE_SECONDS)
