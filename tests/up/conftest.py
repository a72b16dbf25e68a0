"""One running instance for the tests that only look; others start their own."""

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.services import places
from tests.up.command import Instance, run_up

StartUp = Callable[..., Instance]


@pytest.fixture(scope="session")
def session_place() -> Iterator[Path]:
    """A folder that other users reach, as a data folder usually is; pytest's own are closed to them."""
    yield from make_open_folder(places()[0])


@pytest.fixture
def place(session_place: Path) -> Iterator[Path]:
    """The same, of one test."""
    yield from make_open_folder(places()[0])


def make_open_folder(where: Path | None = None) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="comptoir-up-", dir=where))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def first_run(session_place: Path) -> Instance:
    """A first start on an empty folder, stopped again: what others start from a copy of."""
    instance = run_up(session_place / "first", session_place / "first-output").wait_until_ready()
    assert instance.stop() == 0
    return instance


@pytest.fixture(scope="session")
def shop(first_run: Instance, session_place: Path) -> Iterator[Instance]:
    """A ready instance. Tests must leave it running."""
    copy_data(first_run.data, session_place / "data")
    instance = run_up(session_place / "data", session_place / "output").wait_until_ready()
    yield instance
    instance.stop()


@pytest.fixture
def start_up(first_run: Instance, place: Path) -> Iterator[StartUp]:
    """Start instances that end with the test; by default on the test's own copy of a prepared data folder."""
    started: list[Instance] = []

    def start(data: Path | None = None, **options: object) -> Instance:
        if data is None and not started:
            copy_data(first_run.data, place / "data")
        output = place / f"output-{len(started)}"
        started.append(run_up(data or place / "data", output, **options))  # type: ignore[arg-type]
        return started[-1]

    yield start
    for instance in started:
        instance.stop()


def copy_data(source: Path, target: Path) -> None:
    """A copy with owners and modes: the database server insists on both."""
    subprocess.run(["cp", "--archive", source, target], check=True)
