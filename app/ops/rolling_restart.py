"""Restarts the shop without losing a request: one web worker at a time, the next only once this one answers; then jobs.

`python -m app.ops.rolling_restart`, as the service user. The socket is supervisord's and stays open throughout.
"""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from app.gateways.supervisor import RUNNING, Supervisor, ask_shared_socket

WEB_PORT = 9000
START_SECONDS = 30.0
BACKOFF_SECONDS = 6.0
ANSWER_SECONDS = 15.0
POLL_SECONDS = 0.05


class WorkerDidNotComeBack(Exception):
    """A worker did not start or does not answer; those after it were left alone and still serve."""


@dataclass(frozen=True)
class Restarted:
    """One process restarted: its name, its new pid, the seconds it was away."""

    name: str
    pid: int
    seconds: float


def restart_all(supervisor: Supervisor, port: int = WEB_PORT) -> list[Restarted]:
    """Every web worker in turn, then the job worker; raises WorkerDidNotComeBack at the first that fails."""
    names = [process.name for process in supervisor.list_processes()]
    web = [name for name in names if name.startswith("web:")]
    others = [name for name in names if name not in web]
    done = [restart_one(supervisor, name, lambda pid: wait_for_answer(pid, port)) for name in web]
    return done + [restart_one(supervisor, name, lambda _pid: None) for name in others]


def restart_one(supervisor: Supervisor, name: str, check_answer: Callable[[int], None]) -> Restarted:
    """Stop (it drains), start, wait until it runs and answers."""
    started = time.monotonic()
    supervisor.stop_process(name)
    supervisor.start_process(name)
    pid = wait_until_running(supervisor, name)
    check_answer(pid)
    return Restarted(name, pid, time.monotonic() - started)


def wait_until_running(supervisor: Supervisor, name: str) -> int:
    """The pid once supervisord calls the process RUNNING, which is startsecs after its start."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        process = supervisor.get_process(name)
        if process.state == RUNNING:
            return process.pid
        # A process that ended at once is started again a few times (a port, a database just coming up), not for ever.
        has_failed = process.state == "BACKOFF" and time.monotonic() > deadline - START_SECONDS + BACKOFF_SECONDS
        if has_failed or process.state == "FATAL":
            raise WorkerDidNotComeBack(f"{name}: {process.state}")
        time.sleep(POLL_SECONDS)
    raise WorkerDidNotComeBack(f"{name}: {process.state} après / after {START_SECONDS:.0f} s")


def wait_for_answer(pid: int, port: int) -> None:
    """Until this very process has answered 200: both workers accept on one socket, so ask until it was its turn."""
    deadline = time.monotonic() + ANSWER_SECONDS
    status = 0
    while time.monotonic() < deadline:
        try:
            answer = ask_shared_socket(port, pid)
        except OSError:
            time.sleep(POLL_SECONDS)
            continue
        status = answer.status
        if status == 200 and answer.is_from_pid:
            return
        time.sleep(POLL_SECONDS)
    raise WorkerDidNotComeBack(f"pid {pid}: aucune réponse saine / no healthy answer ({status})")


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
