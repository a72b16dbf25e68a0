"""The processes of `make up`: started, watched, started again when one dies, stopped in order."""

import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeVar

from app.dev.guard import is_alive, read_postmaster, send, wait_until
from app.dev.postgres import Cluster, PostgresUnavailable
from app.dev.refusals import gave_up

STOP_SECONDS = 15.0
QUICK_DEATH_SECONDS = 5.0
QUICK_DEATHS = 5
FIRST_DELAY_SECONDS = 0.1
LONGEST_DELAY_SECONDS = 5.0
LOG_BYTES = 5_000_000


class Running(Protocol):
    """What we need of a running process, ours by birth (Popen) or not (PostgreSQL, which detaches itself)."""

    def poll(self) -> int | None:
        """Its exit status, None while it runs."""

    def terminate(self) -> None:
        """Ask it to end."""

    def kill(self) -> None:
        """End it."""

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end; raises `subprocess.TimeoutExpired`."""


R = TypeVar("R", bound=Running)


@dataclass(frozen=True)
class Database:
    """A private cluster, seen as a process."""

    cluster: Cluster
    pid: int

    @classmethod
    def of(cls, cluster: Cluster) -> "Database":
        """The server of a cluster that was just started."""
        pid = read_postmaster(pid_file_of(cluster))
        if pid is None:
            raise PostgresUnavailable("PostgreSQL s'est arrêté aussitôt / stopped at once")
        return cls(cluster, pid)

    def poll(self) -> int | None:
        """None while it runs. Its exit status is unknown: it is no child of ours."""
        return None if is_alive(self.pid) else 1

    def terminate(self) -> None:
        """Stop it; returns when it is stopped, also if somebody removed its folder meanwhile."""
        self.cluster.stop()
        send(self.pid, signal.SIGINT)
        wait_until(lambda: not is_alive(self.pid), STOP_SECONDS)

    kill = terminate

    def wait(self, timeout: float | None = None) -> int:
        """Already stopped when `terminate` returns."""
        return 0


def pid_file_of(cluster: Cluster) -> Path:
    """Where a server writes its number."""
    return cluster.home / "pgdata" / "postmaster.pid"


@dataclass
class Member:
    """One process with its recipe; `starts_again_at` is set while it is dead."""

    name: str
    log: Path
    start: Callable[[], Running]
    running: Running | None = None
    started_at: float = 0.0
    starts_again_at: float = 0.0
    quick_deaths: int = 0


@dataclass
class Family:
    """All processes of an instance, in the order of their start. They die in the opposite order."""

    say: Callable[[str], None]
    members: list[Member] = field(default_factory=list)

    def add(self, name: str, log: Path, start: Callable[[], R]) -> R:
        """Start a process and answer for it from now on."""
        running = start()
        self.members.append(Member(name, log, start, running, time.monotonic()))
        return running

    def look_after(self) -> None:
        """Notice who died and start it again when its time has come; raises `StartRefused` after too many deaths."""
        for member in self.members:
            if member.running and (status := member.running.poll()) is not None:
                _bury(member, status)
                self.say(f"{member.name} s'est arrêté, je le relance / {member.name} stopped, starting it again")
            if not member.running and time.monotonic() >= member.starts_again_at:
                _start(member)

    def next_look_seconds(self) -> float:
        """How long nothing needs to be done if no process dies."""
        waits = [member.starts_again_at - time.monotonic() for member in self.members if not member.running]
        return max(0.0, min([1.0, *waits]))

    def stop(self) -> None:
        """Stop everything: ask, wait, insist. The last started use the first, and finish their work before them."""
        for member in reversed(self.members):
            if member.running:
                _stop(member.running)
        self.members.clear()


def _start(member: Member) -> None:
    member.started_at = time.monotonic()
    member.running = member.start()


def _bury(member: Member, status: int) -> None:
    """A process killed from outside (negative status) did nothing wrong; one that ends by itself soon has a fault."""
    is_at_fault = status >= 0 and time.monotonic() - member.started_at < QUICK_DEATH_SECONDS
    member.quick_deaths = member.quick_deaths + 1 if is_at_fault else 0
    if member.quick_deaths >= QUICK_DEATHS:
        raise gave_up(member.name, member.log)
    delay = min(LONGEST_DELAY_SECONDS, FIRST_DELAY_SECONDS * 3**member.quick_deaths)
    member.running, member.starts_again_at = None, time.monotonic() + delay


def _stop(running: Running) -> None:
    running.terminate()
    try:
        running.wait(timeout=STOP_SECONDS)
    except subprocess.TimeoutExpired:
        running.kill()
        running.wait()


def spawn(
    command: list[str], environment: dict[str, str], log: Path, cwd: Path, stdin: int = subprocess.DEVNULL
) -> "subprocess.Popen[bytes]":
    """A child in a session of its own (Ctrl-C is ours to hear), its output at the end of its log."""
    if log.exists() and log.stat().st_size > LOG_BYTES:
        log.replace(log.with_suffix(".old.log"))
    with log.open("ab") as output:
        return subprocess.Popen(
            command, cwd=cwd, env=environment, stdin=stdin, stdout=output, stderr=output, start_new_session=True
        )
