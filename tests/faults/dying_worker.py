"""The worker, which kills itself at a chosen moment of one job: `python -m tests.faults.dying_worker`."""

import sys
from typing import Any

import psycopg
from procrastinate.job_context import JobContext
from procrastinate.jobs import Status
from procrastinate.manager import JobManager
from procrastinate.worker import Worker

from app.core.settings import get_settings
from app.worker.modules import import_job_modules
from app.worker.runner import main as run_worker
from tests.faults.moments import reach, take_plan, watch_libraries, watched
from tests.faults.rebirth import live_again_and_again

LATER = (
    "UPDATE procrastinate_workers SET last_heartbeat = last_heartbeat - interval '1 hour'",
    "UPDATE stripe_task SET held_until_at = held_until_at - interval '1 hour'",
)


def watch_jobs() -> None:
    """The queue's own steps are moments too: the job is fetched, the job is written off."""
    worker: Any = Worker
    process_job, finish_job = worker._process_job, JobManager.finish_job_by_id_async

    async def process_watched(self: Worker, context: JobContext) -> None:
        watched.set(take_plan(context.job.task_name))
        reach("the job is fetched")
        await process_job(self, context)

    async def finish_watched(self: JobManager, job_id: int, status: Status, delete_job: bool) -> None:
        reach("before the job is written off")
        await finish_job(self, job_id, status, delete_job)
        reach("after the job is written off")

    worker._process_job = process_watched
    JobManager.finish_job_by_id_async = finish_watched  # type: ignore[method-assign]


def find_silent() -> None:
    """Time passes: who is silent for a quarter of a minute is taken for dead, and what it held is free after two."""
    with psycopg.connect(get_settings().database_url.replace("+psycopg", ""), autocommit=True) as database:
        for statement in LATER:
            database.execute(statement)


def main() -> int:
    """Work, life after life."""
    import_job_modules()
    watch_libraries()
    watch_jobs()
    return live_again_and_again(run_worker, before_each=find_silent)


if __name__ == "__main__":
    sys.exit(main())
