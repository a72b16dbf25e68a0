"""The guest's size: control groups of its own, version 1 (one tree per controller) or version 2 (one tree).

A guest without groups of its own would share systemd-nspawn's with the next guest, and stopping a unit in one could
hit the other's processes. Version 2 is written from its documentation, the machines so far had version 1.
"""

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.testhost.waiting import wait_until

TREE = Path("/sys/fs/cgroup")
V1_CONTROLLERS = ("systemd", "unified", "memory", "cpu", "cpuacct", "cpuset", "pids", "freezer", "blkio", "devices")
CPU_PERIOD_MICROSECONDS = 100_000
MAX_PROCESSES = 4096
JOIN_SCRIPT = 'set -e; while [ "$1" != -- ]; do echo $$ > "$1/cgroup.procs"; shift; done; shift; exec "$@"'


@dataclass(frozen=True)
class GuestSize:
    """What the guest may use; defaults are the server that the product is made for."""

    vcpus: float = 2
    memory_mb: int = 2048
    disk_gb: int = 20


def is_unified() -> bool:
    """True where the machine has version 2 only."""
    return (TREE / "cgroup.controllers").exists()


def create_cgroups(name: str, size: GuestSize | None) -> list[Path]:
    """Make the groups of this name (with limits, if a size is given) and return their folders."""
    folders = [root / name for root in _roots()]
    for folder in folders:
        folder.mkdir(exist_ok=True)
    if is_unified():
        _limit_v2(TREE / name, size)
    else:
        _limit_v1(name, size)
    return folders


def command_in_cgroups(folders: list[Path], command: list[str]) -> list[str]:
    """The same command, run inside these groups from its first instruction."""
    return ["sh", "-c", JOIN_SCRIPT, "join", *(str(folder) for folder in folders), "--", *command]


def list_cgroups(prefix: str) -> list[Path]:
    """Top folders of all groups whose name starts with the prefix."""
    return [folder for root in _roots() for folder in root.glob(f"{prefix}*") if folder.is_dir()]


def list_processes(name: str) -> list[int]:
    """Processes in the group of this name and below."""
    return sorted({pid for root in _roots() for pid in _processes_below(root / name)})


def kill_cgroups(prefix: str) -> None:
    """Kill every process in groups with this prefix and remove the groups."""
    # Frozen processes get the signal before they thaw: a machine without power says nothing more.
    _kill_once(prefix)
    thaw(prefix)
    wait_until(lambda: not _kill_once(prefix), what=f"processes of {prefix} end", timeout_seconds=30)
    wait_until(lambda: _remove_once(prefix), what=f"control groups of {prefix} go", timeout_seconds=30)


def freeze(name: str) -> None:
    """Stop the guest's processes in their tracks; they notice nothing but the time that passed."""
    if is_unified():
        (TREE / name / "cgroup.freeze").write_text("1")
        wait_until(lambda: "frozen 1" in (TREE / name / "cgroup.events").read_text(), what="freeze", timeout_seconds=20)
        return
    state = TREE / "freezer" / name / "freezer.state"
    state.write_text("FROZEN")
    wait_until(lambda: state.read_text().strip() == "FROZEN", what="freeze", timeout_seconds=20)


def thaw(prefix: str) -> None:
    """Let frozen processes run again; nothing happens to those that run."""
    file, value = ("cgroup.freeze", "0") if is_unified() else ("freezer.state", "THAWED")
    for folder in list_cgroups(prefix):
        if (folder / file).exists():
            (folder / file).write_text(value)


def _roots() -> list[Path]:
    if is_unified():
        return [TREE]
    return [TREE / name for name in V1_CONTROLLERS if (TREE / name).is_dir()]


def _limit_v1(name: str, size: GuestSize | None) -> None:
    cpuset = TREE / "cpuset"
    cpus = _cpu_list(cpuset / "cpuset.cpus", size)
    _write(cpuset / name / "cpuset.cpus", cpus)
    _write(cpuset / name / "cpuset.mems", (cpuset / "cpuset.mems").read_text().strip())
    if size is None:
        return
    memory = TREE / "memory" / name
    _write(memory / "memory.limit_in_bytes", f"{size.memory_mb}M")
    # Absent where the kernel does not account for swap.
    if (memory / "memory.memsw.limit_in_bytes").exists():
        _write(memory / "memory.memsw.limit_in_bytes", f"{size.memory_mb}M")
    _write(TREE / "cpu" / name / "cpu.cfs_period_us", str(CPU_PERIOD_MICROSECONDS))
    _write(TREE / "cpu" / name / "cpu.cfs_quota_us", str(round(size.vcpus * CPU_PERIOD_MICROSECONDS)))
    _write(TREE / "pids" / name / "pids.max", str(MAX_PROCESSES))


def _limit_v2(folder: Path, size: GuestSize | None) -> None:
    _write(TREE / "cgroup.subtree_control", "+cpu +cpuset +memory +pids +io")
    if size is None:
        return
    _write(folder / "cpuset.cpus", _cpu_list(TREE / "cpuset.cpus.effective", size))
    _write(folder / "memory.max", f"{size.memory_mb}M")
    _write(folder / "memory.swap.max", "0")
    _write(folder / "cpu.max", f"{round(size.vcpus * CPU_PERIOD_MICROSECONDS)} {CPU_PERIOD_MICROSECONDS}")
    _write(folder / "pids.max", str(MAX_PROCESSES))


def _cpu_list(available: Path, size: GuestSize | None) -> str:
    """As many of the machine's processors as the guest has (rounded up): what `nproc` counts inside."""
    cpus: list[int] = []
    for part in available.read_text().strip().split(","):
        first, _, last = part.partition("-")
        cpus += range(int(first), int(last or first) + 1)
    wanted = len(cpus) if size is None else max(1, -int(-size.vcpus // 1))
    return ",".join(str(cpu) for cpu in cpus[:wanted])


def _write(path: Path, value: str) -> None:
    path.write_text(value)


def _processes_below(folder: Path) -> Iterator[int]:
    # Groups vanish between listing and reading, for the guest is at work: `os.walk` passes over what is gone.
    for group, _, _ in os.walk(folder):
        with suppress(OSError):
            yield from (int(pid) for pid in Path(group, "cgroup.procs").read_text().split())


def _kill_once(prefix: str) -> bool:
    """Kill what is there now; True if there was anything."""
    pids = {pid for folder in list_cgroups(prefix) for pid in _processes_below(folder)}
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    return bool(pids)


def _remove_once(prefix: str) -> bool:
    """Remove the groups, deepest first; True once none is left."""
    for top in list_cgroups(prefix):
        for folder, _, _ in os.walk(top, topdown=False):
            try:
                os.rmdir(folder)
            except OSError:
                return False
    return not list_cgroups(prefix)
