"""A real nginx with the product's configuration, before two real web processes, on loopback."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.dev.postgres import free_port
from bench.front import search_path, wait_until_listening, write_configuration
from tests.host_suites import is_required
from tests.processes import Processes, shared_socket, url_of


@dataclass(frozen=True)
class Front:
    """Where nginx listens, and where a web process does behind it."""

    url: str
    behind_url: str
    folder: Path


def demand_nginx() -> None:
    """The test needs nginx and openssl; without them it is not run, which CI counts as a failure."""
    missing = [name for name in ("nginx", "openssl") if shutil.which(name, path=search_path()) is None]
    if missing and is_required():
        pytest.fail(f"{missing} not installed")
    if missing:
        pytest.skip(f"NOT RUN: {missing} not installed")


@pytest.fixture
def front(processes: Processes, tmp_path: Path) -> Iterator[Front]:
    """nginx before two web processes on one socket."""
    demand_nginx()
    with shared_socket() as listener:
        for _ in range(2):
            processes.serve_and_wait(listener)
        folder, port = tmp_path / "front", free_port()
        write_configuration(folder, port, listener.getsockname()[1])
        with (folder / "nginx.out").open("wb") as output:
            command = ["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")]
            process = subprocess.Popen(command, env={**os.environ, "PATH": search_path()}, stdout=output, stderr=output)
        try:
            wait_until_listening(port, process, folder)
            yield Front(f"https://127.0.0.1:{port}", url_of(listener), folder)
        finally:
            process.terminate()
            process.wait(timeout=20)
