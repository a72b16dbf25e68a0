"""Restarts the shop without losing a request: one web worker at a time, the next once this one answers.

`python -m app.ops.rolling_restart`, as the service user. The socket is supervisord's and stays open throughout.
"""

import http
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from app.gateways.supervisor import RUNNING, Supervisor, WorkerAnswer, ask_shared_socket

WEB_PORT = 9000
POLL_SECONDS = 0.05


@dataclass(frozen=True)
class Patience:
    """How long to wait for a start, for a process that keeps ending at once, for an answer, and for one that is sick.

    A busy machine takes its time to import the application while the other worker serves; a sick one stays sick.
    """

    start_seconds: float = 30
    backoff_seconds: float = 6
    answer_seconds: float = 60
    unwell_seconds: float = 15


PATIENCE = Patience()


class WorkerDidNotComeBack(Exception):
    """A worker did not start or does not answer; those after it were left alone and still serve."""


@dataclass(frozen=True)
class Restarted:
    """One process restarted: its name, its new pid, the seconds it was away."""

    name: str
    pid: int
    seconds: float


def restart_all(supervisor: Supervisor, port: int = WEB_PORT, patience: Patience = PATIENCE) -> list[Restarted]:
    """The web workers in turn, the job worker beside them, which nobody waits for at the counter.

    Raises WorkerDidNotComeBack at the first that fails; the web workers after it are left alone and still serve.
    """
    names = [process.name for process in supervisor.list_processes()]
    web = [name for name in names if name.startswith("web:")]
    others = [name for name in names if name not in web]
    with ThreadPoolExecutor(max_workers=1) as beside:
        jobs = beside.submit(_restart_each, supervisor.connect_again(), others, None, patience)
        return _restart_each(supervisor, web, port, patience) + jobs.result()


def _restart_each(
    supervisor: Supervisor, names: Sequence[str], port: int | None, patience: Patience
) -> list[Restarted]:
    done = []
    for name in names:
        started = time.monotonic()
        supervisor.stop_process(name)  # it drains
        supervisor.start_process(name)
        pid = wait_until_running(supervisor, name, patience)
        if port is not None:
            wait_for_answer(pid, port, patience)
        done.append(Restarted(name, pid, time.monotonic() - started))
    return done


def wait_until_running(supervisor: Supervisor, name: str, patience: Patience) -> int:
    """The pid once supervisord calls the process RUNNING, which is startsecs after its start."""
    began = time.monotonic()
    process = supervisor.get_process(name)
    while process.state != RUNNING:
        waited = time.monotonic() - began
        # A process that ended at once is started again a few times (a database just coming up), not for ever.
        has_failed = process.state == "BACKOFF" and waited > patience.backoff_seconds
        if has_failed or process.state == "FATAL" or waited > patience.start_seconds:
            raise WorkerDidNotComeBack(f"{name}: {process.state}, {waited:.0f} s")
        time.sleep(POLL_SECONDS)
        process = supervisor.get_process(name)
    return process.pid


def wait_for_answer(pid: int, port: int, patience: Patience) -> None:
    """Until this very process has answered 200: both workers accept on one socket, so ask until it was its turn."""
    deadline = time.monotonic() + patience.answer_seconds
    status = 0
    while time.monotonic() < deadline:
        answer = _ask(port, pid)
        if answer is not None and answer.is_from_pid:
            if answer.status == http.HTTPStatus.OK:
                return
            status = answer.status
            deadline = min(deadline, time.monotonic() + patience.unwell_seconds)
        time.sleep(POLL_SECONDS)
    raise WorkerDidNotComeBack(f"pid {pid}: aucune réponse saine / no healthy answer ({status})")


def _ask(port: int, pid: int) -> WorkerAnswer | None:
    try:
        return ask_shared_socket(port, pid)
    except OSError:
        return None


def main() -> int:
    """Restart everything, one line per process; exit 1 at the first that did not come back."""
    try:
        restarted = restart_all(Supervisor())
    except (WorkerDidNotComeBack, OSError) as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    for process in restarted:
        sys.stdout.write(f"{process.name} pid {process.pid}, {process.seconds:.1f} s\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
