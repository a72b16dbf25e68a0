"""Web processes that still hold the settings of before: a secret is in force once there is none."""

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from app.core.settings import ENV_FILE

PROGRAM = b"app.serve"
START_TIME_FIELD = 19  # of /proc/PID/stat, counted after the name, which may hold anything


def list_stale_processes() -> list[int] | None:
    """The pids of those that started before the settings file was written.

    None where nobody can tell: no file says the settings, or no web process is to be seen from here.
    """
    env_file = os.environ.get(ENV_FILE)
    serving = dict(_list_web_processes(env_file)) if env_file else {}
    if not env_file or not serving:
        return None
    written = Path(env_file).stat().st_mtime
    return [pid for pid, started in serving.items() if started <= written]


def _list_web_processes(env_file: str) -> Iterator[tuple[int, float]]:
    """Those with these settings, and when they started; one whose settings nobody may see counts as ours."""
    named = f"{ENV_FILE}={env_file}".encode()
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(FileNotFoundError, ProcessLookupError):  # it ended meanwhile
            if PROGRAM in (folder / "cmdline").read_bytes() and _has_line(folder / "environ", named):
                yield int(folder.name), _read_start(folder / "stat")


def _has_line(environ: Path, named: bytes) -> bool:
    try:
        return named in environ.read_bytes().split(b"\0")
    except PermissionError:
        return True


def _read_start(stat: Path) -> float:
    ticks = int(stat.read_text().rpartition(")")[2].split()[START_TIME_FIELD])
    booted = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)
    return booted + ticks / os.sysconf("SC_CLK_TCK")
