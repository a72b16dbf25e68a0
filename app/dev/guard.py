"""The last one out: when `make up` dies, however it dies, its processes are stopped within seconds.

Runs beside it with a pipe as standard input; the end of that pipe is the death of `make up`. Standard library only,
so that it costs nothing. Should it be killed too, the next start does the same work before anything else.
"""

import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

POLITE_SECONDS = 8.0
DATABASE_SECONDS = 20.0


def stop_leftovers(data: Path) -> int:
    """End every process of the instance of `data`, politely, then not; says how many there were."""
    found = list(list_processes(data))
    for pid in found:
        send(pid, signal.SIGTERM)
    if not wait_until(lambda: not any(map(is_alive, found)), POLITE_SECONDS):
        for pid in found:
            send(pid, signal.SIGKILL)
        wait_until(lambda: not any(map(is_alive, found)), POLITE_SECONDS)
    return len(found)


def list_processes(data: Path) -> Iterator[int]:
    """The processes of the instance of `data`: those that write their errors into its log folder.

    Not by their environment, which Redis overwrites with its title.
    """
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (entry / "fd" / "2").readlink().parent == data / "log" and is_alive(int(entry.name)):
                yield int(entry.name)


def is_alive(pid: int) -> bool:
    """Whether it still runs; a dead one that nobody has collected does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0]
    except OSError:
        return False
    return state not in (b"Z", b"X")


def send(pid: int, number: signal.Signals) -> None:
    """A signal, to a process that may have just ended."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Look every 20 ms until it holds or the time is over; says whether it holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def read_postmaster(pid_file: Path) -> int | None:
    """The database server's process, if it runs: after a reboot the number in the file may be anybody's."""
    try:
        pid = int(pid_file.read_text().split(maxsplit=1)[0])
        works_in = Path(f"/proc/{pid}/cwd").readlink()
    except (OSError, ValueError, IndexError):
        return None
    return pid if works_in == pid_file.parent.resolve() and is_alive(pid) else None


def stop_database(pid_file: Path) -> None:
    """PostgreSQL's fast shutdown: SIGINT to the postmaster, and patience for the checkpoint."""
    pid = read_postmaster(pid_file)
    if pid is not None:
        send(pid, signal.SIGINT)
        wait_until(lambda: not is_alive(pid), DATABASE_SECONDS)


def main() -> None:
    """Hold the locks we inherited, read the place of the postmaster's pid file, wait for the end, clear up."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    pid_files = [Path(line.strip()) for line in sys.stdin]
    stop_leftovers(Path(sys.argv[1]))
    for pid_file in pid_files:
        stop_database(pid_file)


if __name__ == "__main__":
    main()
