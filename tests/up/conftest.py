"""One running instance for the tests that only look; others start their own."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.up.command import Instance, run_up

StartUp = Callable[..., Instance]


@pytest.fixture(scope="session")
def session_place() -> Iterator[Path]:
    """A folder that other users reach, as a data folder usually is; pytest's own are closed to them."""
    yield from make_open_folder()


@pytest.fixture
def place(session_place: Path) -> Iterator[Path]:
    """The same, of one test."""
    yield from make_open_folder()


def make_open_folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="comptoir-up-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def shop(session_place: Path) -> Iterator[Instance]:
    """A ready instance. Tests must leave it running."""
    instance = run_up(session_place / "data", session_place / "output").wait_until_ready()
    yield instance
    instance.stop()


@pytest.fixture
def start_up(place: Path) -> Iterator[StartUp]:
    """Start instances that end with the test; by default on the test's own data folder."""
    started: list[Instance] = []

    def start(data: Path | None = None, **options: object) -> Instance:
        output = place / f"output-{len(started)}"
        started.append(run_up(data or place / "data", output, **options))  # type: ignore[arg-type]
        return started[-1]

    yield start
    for instance in started:
        instance.stop()
