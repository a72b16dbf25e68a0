"""The application and its jobs inside the test process: quick, for behaviour that needs no second process."""

import asyncio
from collections.abc import Callable, Iterator
from functools import cache

import httpx2
import procrastinate
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import text

from app.core.db import unit_of_work
from app.core.log import configure_logging
from app.core.settings import get_settings
from app.main import create_app
from app.worker.queue import get_queue
from app.worker.runner import build_queue

RunJobs = Callable[[], list[str]]


@cache
def kept_application() -> FastAPI:
    """The application with the settings of the tests, kept as a web process keeps it: its routes are dear to build.

    What it keeps of the settings (origins, release) is the same for all tests, the rest it reads for each request. A
    test that wants another one, or adds a route, makes its own with `create_app`.
    """
    return create_app()


@pytest.fixture
def app(environment: dict[str, str]) -> FastAPI:
    """The whole application on this test's database."""
    configure_logging(get_settings().comptoir_release)  # as each start does; a test may have sent it elsewhere
    return kept_application()


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    """A client of `app`; a failure is a 500 answer, as for anybody."""
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


class SameThread(httpx2.BaseTransport):
    """Calls the application on a loop of this thread: Starlette's client wakes another one seven times a call."""

    def __init__(self, app: FastAPI, loop: asyncio.Runner) -> None:
        self._application = httpx2.ASGITransport(app, raise_app_exceptions=False, client=("testclient", 50_000))
        self._loop = loop

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """One call; the body stays encoded as it was sent."""
        return self._loop.run(self._ask(request))

    async def _ask(self, request: httpx2.Request) -> httpx2.Response:
        answer = await self._application.handle_async_request(request)
        assert isinstance(answer.stream, httpx2.AsyncByteStream)
        body = b"".join([part async for part in answer.stream])
        return httpx2.Response(answer.status_code, headers=answer.headers, stream=httpx2.ByteStream(body))


@pytest.fixture
def quick_client(app: FastAPI) -> Iterator[httpx2.Client]:
    """`client` for thousands of calls, one after the other."""
    with (
        asyncio.Runner() as loop,
        httpx2.Client(transport=SameThread(app, loop), base_url="http://testserver", follow_redirects=True) as client,
    ):
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
