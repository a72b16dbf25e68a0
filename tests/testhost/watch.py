"""The small process that keeps one guest running: starts systemd-nspawn, starts it again when the guest reboots.

Run as `python -m tests.testhost.watch LAUNCH_FILE`, detached from whoever asked for the guest, so that a host of
`make appliance` outlives the command. It ends with the guest and writes how in the state file.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TypedDict

from tests.testhost.cgroups import command_in_cgroups

# With --keep-unit, systemd-nspawn does not loop on a reboot of the guest: it leaves with this status.
REBOOT_STATUS = 133


class Launch(TypedDict):
    """What to start and where to write about it."""

    command: list[str]
    cgroups: list[str]
    console_log: str
    state_file: str


class State(TypedDict):
    """What is running: the status is None until the guest has ended."""

    watcher: int
    nspawn: int
    boots: int
    status: int | None


def watch(launch_file: Path) -> int:
    """Run the guest until it powers off or dies; returns the status of systemd-nspawn."""
    launch: Launch = json.loads(launch_file.read_text())
    boots, status = 0, REBOOT_STATUS
    while status == REBOOT_STATUS:
        boots += 1
        status = _boot_once(launch, boots)
    return status


def read_state(state_file: Path) -> State | None:
    """The last state written by the watcher, or None before the first."""
    if not state_file.exists():
        return None
    state: State = json.loads(state_file.read_text())
    return state


def _boot_once(launch: Launch, boots: int) -> int:
    folders = [Path(folder) for folder in launch["cgroups"]]
    with Path(launch["console_log"]).open("a") as log:
        guest = subprocess.Popen(
            command_in_cgroups(folders, launch["command"]), stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
    state = State(watcher=os.getpid(), nspawn=guest.pid, boots=boots, status=None)
    _write_state(launch, state)
    status = guest.wait()
    _write_state(launch, State(watcher=os.getpid(), nspawn=guest.pid, boots=boots, status=status))
    return status


def _write_state(launch: Launch, state: State) -> None:
    # A rename, so that a reader never sees half a file.
    target = Path(launch["state_file"])
    work = target.with_suffix(".writing")
    work.write_text(json.dumps(state))
    work.rename(target)


if __name__ == "__main__":
    sys.exit(watch(Path(sys.argv[1])))
