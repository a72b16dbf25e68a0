"""Cleans what a crashed run left: processes, mounts, loop devices, bridge, nft table, folders of dead labs."""

import shutil

from tests.testhost.cgroups import kill_cgroups, list_cgroups
from tests.testhost.disk import list_loop_devices, list_mounts, unmount_below
from tests.testhost.locks import try_lock
from tests.testhost.network import has_rules, list_lab_interfaces, remove_network
from tests.testhost.nspawn import remove_traces
from tests.testhost.places import RUN, TEST_SLOTS, Slot


def list_leftovers(slot: Slot) -> list[str]:
    """What exists on the machine for this slot, one line each; an empty list means it is clean."""
    found = [f"control group {folder}" for folder in list_cgroups(slot.cgroup_prefix)]
    found += [f"mount {path}" for path in list_mounts(slot.run_folder)]
    found += [f"loop device {device}" for device in list_loop_devices(slot.disk_folder)]
    found += [f"interface {name}" for name in list_lab_interfaces(slot)]
    found += [f"nft table {slot.nft_table}"] if has_rules(slot) else []
    found += [f"folder {folder}" for folder in (slot.run_folder, slot.disk_folder) if folder.exists()]
    return found


def reap(slot: Slot) -> list[str]:
    """Remove everything of this slot and return what there was; only for a slot whose lock the caller holds."""
    found = list_leftovers(slot)
    kill_cgroups(slot.cgroup_prefix)
    unmount_below(slot.run_folder)
    remove_network(slot)
    remove_traces(slot)
    for folder in (slot.run_folder, slot.disk_folder):
        shutil.rmtree(folder, ignore_errors=True)
    return found


def reap_dead_labs() -> dict[str, list[str]]:
    """Clean every test slot that no living process owns; living labs and the appliance are left alone."""
    found: dict[str, list[str]] = {}
    for slot in (Slot(number) for number in TEST_SLOTS):
        # A dead process cannot hold its lock: the kernel released it.
        lock = try_lock(slot.lock_file) if RUN.exists() else None
        if lock is not None:
            with lock:
                if list_leftovers(slot):
                    found[slot.label] = reap(slot)
    return found
