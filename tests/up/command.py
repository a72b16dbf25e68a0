"""Runs `make up`'s command as a person does, and looks at what it left."""

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from app.dev.guard import is_alive, list_processes
from app.dev.postgres import free_port

ROOT = Path(__file__).parents[2]
UP = (sys.executable, "-m", "app.dev.up")
READY_SECONDS = 90.0
STOP_SECONDS = 30.0


class Contract(TypedDict):
    """`up.json`."""

    url: str
    publishable_key: str
    admin_email: str
    admin_password: str
    webhook_secret: str
    fake_stripe_url: str
    fake_brevo_url: str
    database_url: str
    draft_handle: str
    sold_out_handle: str
    promo_code: str
    price_checks: dict[str, int]


@dataclass
class Instance:
    """One run of the command on a data folder."""

    process: "subprocess.Popen[bytes]"
    data: Path
    port: int
    output: Path

    @property
    def url(self) -> str:
        """The address it was asked to serve."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def text(self) -> str:
        """What it printed so far, both streams."""
        return self.output.read_text()

    @property
    def contract(self) -> Contract:
        """Its `up.json`."""
        content: Contract = json.loads((self.data / "up.json").read_text())
        return content

    def is_ready(self) -> bool:
        """Whether its last line is the one that scripts wait for."""
        return self.text.endswith(f"\nComptoir is ready: {self.url}\n")

    def wait_until_ready(self) -> "Instance":
        """Fails with what it printed if it ends instead."""
        deadline = time.monotonic() + READY_SECONDS
        while not self.is_ready() and self.process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        assert self.is_ready(), self.text
        return self

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """Ctrl-C, or another signal; the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(timeout=STOP_SECONDS)

    def pids_of(self, word: str) -> list[int]:
        """Its processes with this word in their command line."""
        return [pid for pid in list_processes(self.data) if word.encode() in command_line(pid)]


def run_up(
    data: Path,
    output: Path,
    *,
    port: int | None = None,
    command: Sequence[str] = UP,
    environment: Mapping[str, str] | None = None,
    cwd: Path = ROOT,
) -> Instance:
    """Start the command and return at once; it may become ready or refuse."""
    port = port or free_port()
    values = {**os.environ, "PORT": str(port), "DATA": str(data), **(environment or {})}
    with output.open("wb") as file:
        process = subprocess.Popen(
            command, cwd=cwd, env=values, stdin=subprocess.DEVNULL, stdout=file, stderr=file, start_new_session=True
        )
    return Instance(process, data, port, output)


def refusal_of(instance: Instance) -> str:
    """What it said when it refused to start: the last line. It must end with status 1 and leave nothing running."""
    assert instance.process.wait(timeout=READY_SECONDS) == 1, instance.text
    assert running_on(instance.data) == []
    return instance.text.strip().splitlines()[-1]


def running_on(data: Path) -> list[str]:
    """Every process that belongs to this data folder: its own, the guard, the database server."""
    named = [entry.name for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    own = set(list_processes(data))
    lines = {int(pid): command_line(int(pid)).decode(errors="replace") for pid in named if is_alive(int(pid))}
    return [line for pid, line in lines.items() if pid in own or f"{data}/" in line or f"guard.py {data}" in line]


def command_line(pid: int) -> bytes:
    """The words it was started with; nothing if it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ")
    except OSError:
        return b""


def get(url: str, path: str, headers: Mapping[str, str] | None = None) -> tuple[int, bytes]:
    """One GET on a local address: status and body."""
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=10)
    try:
        connection.request("GET", path, headers=dict(headers or {}))
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()
