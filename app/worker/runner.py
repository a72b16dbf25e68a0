"""The worker process: runs jobs, keeps the schedule, takes back what a killed worker left.

A killed worker stops beating; within `SILENT_SECONDS` plus one round its jobs are asked for again.
"""

import asyncio
import contextlib
import signal
from collections.abc import Callable, Sequence

import procrastinate
import psycopg
from procrastinate.exceptions import ProcrastinateException
from procrastinate.jobs import Status
from procrastinate.worker import Worker
from sqlalchemy.exc import SQLAlchemyError

from app.core.db import get_engine, unit_of_work
from app.core.jobs import JobDefinition, enqueue_once, list_jobs, run_job
from app.core.log import configure_logging, log_event, log_failure
from app.core.settings import get_settings
from app.worker.modules import import_job_modules
from app.worker.queue import GrowingWaits, get_queue
from app.worker.schedule import AT_START, SCHEDULE, Scheduled

JOBS_AT_ONCE = 4
HEARTBEAT_SECONDS = 5.0
SILENT_SECONDS = 15.0
ROUND_SECONDS = 5.0
POLL_SECONDS = 2.0  # new jobs are announced at once; this finds the ones that wait for a time
FINISH_SECONDS = 20.0  # below supervisor's stopwaitsecs
RECONNECT_SECONDS = 2.0

LOST_DATABASE = (ProcrastinateException, psycopg.Error, SQLAlchemyError, OSError)


def main() -> int:
    """Run until SIGTERM or SIGINT; raises `SettingsRefused` before anything is started."""
    settings = get_settings()
    configure_logging(settings.comptoir_release)
    asyncio.run(run_until_stopped(build_queue()))
    get_engine().dispose()
    return 0


def build_queue(schedule: Sequence[Scheduled] = SCHEDULE) -> procrastinate.App:
    """The queue with every registered job and the schedule."""
    import_job_modules()
    queue = get_queue()
    tasks = {
        definition.name: queue.task(name=definition.name, retry=GrowingWaits(definition))(runner_of(definition))
        for definition in list_jobs()
    }
    for scheduled in schedule:
        queue.periodic(cron=scheduled.cron)(tasks[scheduled.job])
    return queue


def runner_of(definition: JobDefinition) -> Callable[..., None]:
    """The function the queue calls, whatever arguments the row holds."""

    def run(**arguments: object) -> None:
        run_job(definition, arguments)

    return run


async def run_until_stopped(queue: procrastinate.App) -> None:
    """Work; when the database goes away wait for it here, instead of dying until supervisor gives up on us."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    while not stop.is_set():
        try:
            async with queue.open_async():
                await asyncio.to_thread(ask_for_first_jobs)
                await work(queue, stop)
        except LOST_DATABASE as exc:
            log_failure("worker lost the database", exc)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), RECONNECT_SECONDS)


def ask_for_first_jobs() -> None:
    """What each life of the worker begins with, unless it is waiting already."""
    with unit_of_work("job:worker.start") as session:
        for name, arguments in AT_START:
            enqueue_once(session, name, "at_start", **arguments)


async def work(queue: procrastinate.App, stop: asyncio.Event) -> None:
    """One life of the worker: until asked to stop, or until one of its parts fails."""
    worker = Worker(
        app=queue,
        name="comptoir",
        concurrency=JOBS_AT_ONCE,
        fetch_job_polling_interval=POLL_SECONDS,
        shutdown_graceful_timeout=FINISH_SECONDS,
        install_signal_handlers=False,
        update_heartbeat_interval=HEARTBEAT_SECONDS,
        stalled_worker_timeout=SILENT_SECONDS,
    )
    log_event("worker started")
    running = asyncio.create_task(worker.run())  # type: ignore[no-untyped-call]
    rescuing = asyncio.create_task(rescue_forever(queue))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({running, rescuing, stopping}, return_when=asyncio.FIRST_COMPLETED)
    worker.stop()  # type: ignore[no-untyped-call]
    rescuing.cancel()
    stopping.cancel()
    await running
    log_event("worker stopped")
    if rescuing.done() and not rescuing.cancelled():
        rescuing.result()


async def rescue_forever(queue: procrastinate.App) -> None:
    """Every few seconds, ask again for the jobs of workers that fell silent."""
    while True:
        await rescue_stalled_jobs(queue)
        await asyncio.sleep(ROUND_SECONDS)


async def rescue_stalled_jobs(queue: procrastinate.App) -> None:
    """Ask again for them, or give up on one that has used its attempts: it may be what kills the workers."""
    attempts = {definition.name: definition.attempts for definition in list_jobs()}
    for stalled in await queue.job_manager.get_stalled_jobs(seconds_since_heartbeat=SILENT_SECONDS):
        is_hopeless = stalled.attempts + 1 >= attempts.get(stalled.task_name, 1)
        log_event("job taken back", level="warning", job=stalled.task_name, status="failed" if is_hopeless else "retry")
        if is_hopeless:
            await queue.job_manager.finish_job(stalled, status=Status.FAILED, delete_job=False)
        else:
            await queue.job_manager.retry_job(stalled)
