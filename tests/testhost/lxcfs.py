"""Shows a guest its own size: without lxcfs, `free` inside would tell the machine's memory."""

import subprocess

from tests.testhost.cgroups import create_cgroups, join_cgroups
from tests.testhost.places import Slot
from tests.testhost.waiting import wait_until


def start_lxcfs(slot: Slot) -> None:
    """Start this lab's own lxcfs; it must outlive every guest that reads from it."""
    slot.lxcfs_mount.mkdir(parents=True, exist_ok=True)
    folders = create_cgroups(slot.lxcfs_cgroup, None)
    with (slot.run_folder / "lxcfs.log").open("w") as log:
        subprocess.Popen(
            ["lxcfs", "-f", "-p", str(slot.run_folder / "lxcfs.pid"), str(slot.lxcfs_mount)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            preexec_fn=lambda: join_cgroups(folders),
        )
    meminfo = slot.lxcfs_mount / "proc/meminfo"
    wait_until(meminfo.exists, what="lxcfs answers", timeout_seconds=15)
