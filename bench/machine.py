"""The machine as an instrument: cores, CPU time by process accounting, memory, load."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

SERVER_CORE = 0
LOAD_CORE = 1
TICK_SECONDS = 1 / os.sysconf("SC_CLK_TCK")
# The kernel's per-process CPU clock (clock_getcpuclockid): nanoseconds, ended threads included.
PROCESS_CLOCK = 2
ALLOWED_CORES = frozenset(os.sched_getaffinity(0))


@contextmanager
def pinned(core: int) -> Iterator[None]:
    """What is started meanwhile runs on this core alone, as under `taskset`; without a second core, wherever it can."""
    before = os.sched_getaffinity(0)
    if core in ALLOWED_CORES:
        os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def cpu_seconds(pid: int) -> float:
    """What this process has used of a CPU since its start."""
    return time.clock_gettime((~pid << 3) | PROCESS_CLOCK)


@dataclass(frozen=True)
class Spent:
    """CPU milliseconds of the application's process, of PostgreSQL (every backend) and of Redis."""

    app_ms: float
    postgres_ms: float
    redis_ms: float

    def __sub__(self, before: "Spent") -> "Spent":
        return Spent(
            self.app_ms - before.app_ms, self.postgres_ms - before.postgres_ms, self.redis_ms - before.redis_ms
        )

    def __add__(self, other: "Spent") -> "Spent":
        return Spent(self.app_ms + other.app_ms, self.postgres_ms + other.postgres_ms, self.redis_ms + other.redis_ms)

    def over(self, count: float) -> "Spent":
        """Per operation."""
        return Spent(self.app_ms / count, self.postgres_ms / count, self.redis_ms / count)

    def times(self, count: float) -> "Spent":
        """So many of it."""
        return self.over(1 / count) if count else NOTHING


NOTHING = Spent(0.0, 0.0, 0.0)


@dataclass
class Meter:
    """Reads the clocks of the three servers."""

    web_pid: int
    postmaster_pid: int
    redis_pid: int
    backends: list[int] = field(default_factory=list)

    def look_for_backends(self) -> None:
        """PostgreSQL starts and ends processes: look again before each run."""
        self.backends = children_of(self.postmaster_pid)

    def read(self) -> Spent:
        """CPU time so far. A backend that ended is in its parent's account."""
        postgres = cpu_seconds(self.postmaster_pid) + ended_children_seconds(self.postmaster_pid)
        for pid in self.backends:
            with suppress(OSError):
                postgres += cpu_seconds(pid)
        return Spent(cpu_seconds(self.web_pid) * 1000, postgres * 1000, cpu_seconds(self.redis_pid) * 1000)


def stat_of(pid: int) -> list[str]:
    """The fields of /proc/PID/stat from the third on (state, parent, ...)."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def children_of(parent: int) -> list[int]:
    """The processes that this one started and that still run."""
    found = []
    for pid in (int(name) for name in os.listdir("/proc") if name.isdigit()):
        with suppress(OSError):
            if int(stat_of(pid)[1]) == parent:
                found.append(pid)
    return found


def ended_children_seconds(pid: int) -> float:
    """CPU time of children that ended and were waited for (cutime, cstime)."""
    fields = stat_of(pid)
    return (int(fields[13]) + int(fields[14])) * TICK_SECONDS


@dataclass(frozen=True)
class Memory:
    """Megabytes: resident, and the proportional share (pages that several processes share counted once)."""

    rss_mb: float
    pss_mb: float


def memory_of(pid: int) -> Memory:
    """What a process holds now."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    sizes = {line.split(":")[0]: int(line.split()[1]) / 1024 for line in lines[1:] if line.endswith("kB")}
    return Memory(round(sizes["Rss"], 1), round(sizes["Pss"], 1))


def load_average() -> float:
    """Runnable processes over the last minute: above 2 here, somebody else is using the machine."""
    return round(os.getloadavg()[0], 2)
