"""Starts a guest under its watcher, finds its PID 1 and ends it, gently or not."""

import json
import os
import signal
import sys
from pathlib import Path

from tests.testhost.cgroups import GuestSize, command_in_cgroups, create_cgroups, kill_cgroups, list_processes
from tests.testhost.commands import run_command, start_detached
from tests.testhost.places import GuestPlace, Slot
from tests.testhost.waiting import WaitedInVain, wait_until
from tests.testhost.watch import Launch, read_state

REPOSITORY = Path(__file__).parents[2]


def launch(place: GuestPlace, size: GuestSize, binds: list[str]) -> None:
    """Start the guest and return once systemd-nspawn runs; the guest boots from there on."""
    place.state_file.unlink(missing_ok=True)
    groups = create_cgroups(place.cgroup, size)
    order = Launch(
        command=_command(place, binds),
        cgroups=[str(folder) for folder in groups],
        console_log=str(place.console_log),
        state_file=str(place.state_file),
    )
    place.launch_file.write_text(json.dumps(order))
    _start_watcher(place)
    wait_until(lambda: read_state(place.state_file) is not None, what=f"{place.name} starts", timeout_seconds=30)


def find_leader(place: GuestPlace) -> int | None:
    """The guest's PID 1 as this machine numbers it, or None if the guest is off."""
    return next((pid for pid in list_processes(place.cgroup) if _is_first_in_guest(pid)), None)


def is_running(place: GuestPlace) -> bool:
    """True while the watcher holds the guest; a rebooting guest counts as running."""
    state = read_state(place.state_file)
    return state is not None and state["status"] is None and bool(list_processes(place.watcher_cgroup))


def count_boots(place: GuestPlace) -> int:
    """How often this guest has booted since it was started."""
    state = read_state(place.state_file)
    return 0 if state is None else state["boots"]


def shut_down(place: GuestPlace) -> None:
    """Ask the guest to power off and wait for it; one that does not within 90 s is killed."""
    state = read_state(place.state_file)
    if state is not None and is_running(place):
        _signal(state["nspawn"], signal.SIGTERM)
        try:
            wait_until(lambda: not is_running(place), what=f"{place.name} stops", timeout_seconds=90)
        except WaitedInVain:
            sys.stderr.write(f"{place.name} did not stop within 90 s and is killed.\n")
    kill_guest(place)


def kill_guest(place: GuestPlace) -> None:
    """End the guest at once, as a pulled plug does: no goodbye reaches the network."""
    # First, or the kernel would close the guest's connections politely on its behalf; and the name of an interface
    # stays taken for a moment after its owner died, which would fail the next start.
    run_command(["ip", "link", "delete", place.interface], check=False)
    kill_cgroups(place.cgroup)
    kill_cgroups(place.watcher_cgroup)


def remove_traces(slot: Slot) -> None:
    """Remove the empty folders that systemd-nspawn leaves behind for its machines."""
    for folder in Path("/run/systemd/nspawn").glob(f"*/{slot.machine_prefix}*"):
        folder.rmdir()


def _command(place: GuestPlace, binds: list[str]) -> list[str]:
    return [
        "systemd-nspawn",
        "--quiet",
        f"--directory={place.root}",
        f"--machine={place.machine}",
        f"--hostname={place.name}",
        "--register=no",
        "--keep-unit",
        f"--network-bridge={place.slot.bridge}",
        "--link-journal=no",
        "--resolv-conf=off",
        "--timezone=off",
        "--kill-signal=SIGRTMIN+3",
        f"--bind={place.slot.lxcfs_mount}:/run/host/lxcfs",
        *(f"--bind={bind}" for bind in binds),
        "/usr/local/sbin/vps-init",
    ]


def _start_watcher(place: GuestPlace) -> None:
    groups = create_cgroups(place.watcher_cgroup, None)
    command = [sys.executable, "-m", "tests.testhost.watch", str(place.launch_file)]
    start_detached(command_in_cgroups(groups, command), log=place.run_folder / "watcher.log", folder=REPOSITORY)


def _is_first_in_guest(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False
    inner = next(line.split()[1:] for line in status.splitlines() if line.startswith("NSpid:"))
    return len(inner) == 2 and inner[-1] == "1"


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
