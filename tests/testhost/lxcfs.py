"""Shows a guest its own size: without lxcfs, `free` inside would tell the machine's memory."""

from tests.testhost.cgroups import command_in_cgroups, create_cgroups
from tests.testhost.commands import start_detached
from tests.testhost.places import Slot
from tests.testhost.waiting import wait_until


def start_lxcfs(slot: Slot) -> None:
    """Start this lab's own lxcfs; it must outlive every guest that reads from it."""
    slot.lxcfs_mount.mkdir(parents=True, exist_ok=True)
    folders = create_cgroups(slot.lxcfs_cgroup, None)
    command = ["lxcfs", "-f", "-p", str(slot.run_folder / "lxcfs.pid"), str(slot.lxcfs_mount)]
    start_detached(command_in_cgroups(folders, command), log=slot.run_folder / "lxcfs.log", folder=slot.run_folder)
    meminfo = slot.lxcfs_mount / "proc/meminfo"
    wait_until(meminfo.exists, what="lxcfs answers", timeout_seconds=15)
