"""The application and its jobs inside the test process: quick, for behaviour that needs no second process."""

import asyncio
from collections.abc import Callable, Iterator

import procrastinate
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import text

from app.core.db import unit_of_work
from app.core.jobs import get_queue
from app.main import create_app
from app.worker.runner import build_queue

RunJobs = Callable[[], list[str]]


@pytest.fixture
def app(environment: dict[str, str]) -> FastAPI:
    """The whole application on this test's database."""
    return create_app()


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    """A client of `app`; a failure is a 500 answer, as for anybody."""
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def run_jobs(environment: dict[str, str]) -> RunJobs:
    """Run the jobs that are due, until none is left; gives the names of those that did not succeed."""
    queues: list[procrastinate.App] = []

    def run() -> list[str]:
        if not queues:
            get_queue.cache_clear()
            queues.append(build_queue(schedule=()))  # a test asks for what it wants, the clock for nothing
        asyncio.run(_work_once(queues[0]))
        with unit_of_work("test") as session:
            unfinished = text("SELECT task_name FROM procrastinate_jobs WHERE status <> 'succeeded' AND attempts > 0")
            return list(session.scalars(unfinished))

    return run


async def _work_once(queue: procrastinate.App) -> None:
    async with queue.open_async():
        await queue.run_worker_async(wait=False, install_signal_handlers=False, listen_notify=False)
