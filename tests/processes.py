"""Real processes under test: the web process on an inherited socket, the worker; both are ended with the test."""

import os
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import pytest

from tests.services import ROOT
from tests.waiting import wait_until

START_SECONDS = 30.0
STOP_SECONDS = 30.0
# For clients of plain addresses: reading the machine's authorities costs each new client some 20 ms of work.
NO_AUTHORITIES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
READY_LINE = "Application startup complete."


@dataclass
class Processes:
    """Starts processes with the test's settings; their output goes to files of the test."""

    environment: dict[str, str]
    folder: Path
    running: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    def start(self, *arguments: str, stdin: int = subprocess.DEVNULL) -> "subprocess.Popen[bytes]":
        """Start `python ARGUMENTS` in the root of the tree."""
        with self.log_file.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=ROOT,
                env={**os.environ, **self.environment, "PYTHONUNBUFFERED": "1"},
                stdin=stdin,
                stdout=log,
                stderr=log,
            )
        self.running.append(process)
        return process

    @property
    def log_file(self) -> Path:
        """What every process of the test printed."""
        return self.folder / "processes.log"

    def log(self) -> str:
        """The text of `log_file`."""
        return self.log_file.read_text() if self.log_file.exists() else ""

    def serve(self, listener: socket.socket, module: str = "app.serve") -> "subprocess.Popen[bytes]":
        """One web process on a shared listening socket, as supervisor starts it."""
        return self.start("-m", module, "--fd", "0", stdin=listener.fileno())

    def serve_and_wait(self, listener: socket.socket) -> "subprocess.Popen[bytes]":
        """The same; returns once this very process takes requests."""
        before = self.log().count(READY_LINE)
        process = self.serve(listener)
        wait_until(lambda: self.log().count(READY_LINE) > before, START_SECONDS, "the web process starts")
        return process

    def work(self, module: str = "app.worker") -> "subprocess.Popen[bytes]":
        """One worker; returns once it takes jobs."""
        before = self.log().count('"worker started"')
        process = self.start("-m", module)
        wait_until(lambda: self.log().count('"worker started"') > before, START_SECONDS, "the worker starts")
        return process

    def stop_all(self) -> None:
        """End what still runs."""
        for process in self.running:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.terminate()
        for process in self.running:
            try:
                process.wait(timeout=STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def wait_until_serving(url: str) -> None:
    """Until `/health` answers 200."""
    wait_until(lambda: answers(url), START_SECONDS, f"{url} answers")


def answers(url: str) -> bool:
    """Whether the liveness route answers now."""
    try:
        return httpx2.get(f"{url}/health", timeout=2, verify=NO_AUTHORITIES).status_code == 200
    except httpx2.TransportError:
        return False


@contextmanager
def shared_socket() -> Iterator[socket.socket]:
    """A listening socket that processes inherit, as supervisor's fcgi-program holds it."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", 0))
        listener.listen(2048)
        listener.set_inheritable(True)
        yield listener


def url_of(listener: socket.socket) -> str:
    """The address clients use."""
    return f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.fixture
def processes(environment: dict[str, str], tmp_path: Path) -> Iterator[Processes]:
    """The test's process starter."""
    starter = Processes(environment, tmp_path)
    yield starter
    starter.stop_all()


@pytest.fixture
def server_url(processes: Processes) -> Iterator[str]:
    """A real web process serving the product."""
    with shared_socket() as listener:
        processes.serve(listener)
        wait_until_serving(url_of(listener))
        yield url_of(listener)


@pytest.fixture
def start_server(processes: Processes) -> Iterator[Callable[[str], str]]:
    """Start a real web process of another module (a test application); gives its address."""
    with shared_socket() as listener:

        def start(module: str) -> str:
            processes.serve(listener, module)
            wait_until_serving(url_of(listener))
            return url_of(listener)

        yield start
