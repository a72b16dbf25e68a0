"""The host of `make appliance`: it outlives the command, in a slot that test runs never touch."""

import sys
from dataclasses import asdict, dataclass

from tests.testhost.cgroups import list_processes
from tests.testhost.host import Host, InventoryValues
from tests.testhost.lab import MACHINE_LOCK, HostLab, Suite, open_slot
from tests.testhost.locks import locked
from tests.testhost.network import list_interfaces
from tests.testhost.places import Slot, appliance_slot
from tests.testhost.reaper import reap
from tests.testhost.support import require_host_support


class OtherSuite(Exception):
    """A host of this name exists with another release of Debian."""


@dataclass(frozen=True)
class Reach:
    """How to reach a host: for a person and, as JSON, for a script."""

    name: str
    suite: str
    address: str
    ssh_command: str
    inventory: InventoryValues


def start_appliance(name: str, suite: Suite) -> Host:
    """The host of this name, created or powered on if needed, ready over SSH; it stays after this process."""
    require_host_support()
    slot = appliance_slot()
    with locked(slot.lock_file):
        if not _is_open(slot):
            with locked(MACHINE_LOCK):
                open_slot(slot)
        lab = HostLab.attached(slot)
        host = next((host for host in lab.hosts() if host.name == name), None)
        return lab.create(name, suite=suite) if host is None else _power_on(host, suite)


def remove_appliance() -> list[str]:
    """Remove every host of the appliance with its disks; returns what there was, one line each."""
    require_host_support()
    slot = appliance_slot()
    with locked(slot.lock_file), locked(MACHINE_LOCK):
        return reap(slot)


def describe_reach(host: Host, user: str = "root") -> Reach:
    """How to reach this host as this user."""
    command = " ".join(host.ssh_command(user))
    return Reach(host.name, host.suite, host.address, command, host.inventory_values(user))


def render_reach(reach: Reach) -> str:
    """The same, to be read and copied."""
    values = "\n".join(f"  {key} = {value!r}" for key, value in asdict(reach.inventory).items())
    return (
        f"Test host {reach.name} (Debian {reach.suite}) is ready at {reach.address}\n"
        f"  {reach.ssh_command}\n"
        f"pyinfra inventory:\n  ssh_hostname = {reach.address!r}\n{values}\n"
    )


def _is_open(slot: Slot) -> bool:
    """False after `down`, a crash of lxcfs or a restart of the machine: the slot is then opened anew."""
    return slot.bridge in list_interfaces() and bool(list_processes(slot.lxcfs_cgroup))


def _power_on(host: Host, suite: Suite) -> Host:
    if host.suite != suite:
        raise OtherSuite(f"{host.name} exists with Debian {host.suite}: remove it first, or choose another name")
    if not host.is_running:
        sys.stderr.write(f"{host.name} was off: powering it on\n")
        host.start()
    host.wait_ready()
    return host
