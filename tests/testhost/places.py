"""Where a lab keeps its things, and the names it may use on the machine.

A lab owns one slot: a bridge, a subnet, a control-group prefix and two folders. Slots 0 to 7 belong to test runs,
whoever comes takes the first free one. What a person keeps (`make appliance`) has slot 8 for itself, so that neither
can disturb the other; COMPTOIR_TESTHOST_SLOT=9 gives a second such place.
"""

import os
from dataclasses import dataclass
from pathlib import Path

RUN = Path("/run/comptoir-testhost")
TEST_SLOTS = range(8)
APPLIANCE_SLOT = 8
SUITES = ("bookworm", "trixie")


def cache_folder() -> Path:
    """The folder that survives between runs: images, snapshots, disks, the throw-away key."""
    return Path(os.environ.get("COMPTOIR_TESTHOST_CACHE") or "/var/cache/comptoir-testhost")


def create_private_folder(path: Path) -> Path:
    """Create a folder that only root reads (disks hold keys and databases)."""
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


@dataclass(frozen=True)
class Slot:
    """The names and folders of one lab, all derived from its number."""

    number: int

    @property
    def label(self) -> str:
        if self.number == APPLIANCE_SLOT:
            return "appliance"
        return f"lab{self.number}"

    @property
    def bridge(self) -> str:
        return f"comptoir{self.number}"

    @property
    def machine_prefix(self) -> str:
        return f"ct{self.number}-"

    @property
    def cable_prefix(self) -> str:
        return f"vb-{self.machine_prefix}"

    @property
    def nft_table(self) -> str:
        return f"comptoir_testhost_{self.number}"

    @property
    def cgroup_prefix(self) -> str:
        return f"comptoir-testhost-{self.number}-"

    @property
    def subnet(self) -> str:
        return f"10.77.{self.number}.0/24"

    @property
    def gateway(self) -> str:
        return f"10.77.{self.number}.1"

    def address(self, octet: int) -> str:
        return f"10.77.{self.number}.{octet}"

    @property
    def run_folder(self) -> Path:
        return RUN / self.label

    @property
    def disk_folder(self) -> Path:
        return cache_folder() / "disks" / self.label

    @property
    def lock_file(self) -> Path:
        return RUN / f"{self.label}.lock"

    @property
    def lxcfs_mount(self) -> Path:
        return self.run_folder / "lxcfs"

    @property
    def lxcfs_cgroup(self) -> str:
        return f"{self.cgroup_prefix}lxcfs"

    @property
    def ssh_config(self) -> Path:
        return self.run_folder / "ssh_config"

    @property
    def known_hosts(self) -> Path:
        return self.run_folder / "known_hosts"


def appliance_slot() -> Slot:
    """The slot of hosts that outlive the command that made them: never one that test runs take and clean."""
    number = int(os.environ.get("COMPTOIR_TESTHOST_SLOT") or APPLIANCE_SLOT)
    if number not in range(APPLIANCE_SLOT, 255):
        raise ValueError(f"COMPTOIR_TESTHOST_SLOT is a number from {APPLIANCE_SLOT} to 254, not {number}")
    return Slot(number)


@dataclass(frozen=True)
class GuestPlace:
    """The names and folders of one guest in its slot; the last octet of its address tells guests apart."""

    slot: Slot
    name: str
    octet: int

    @property
    def address(self) -> str:
        return self.slot.address(self.octet)

    @property
    def machine(self) -> str:
        """Name given to systemd-nspawn: short, because it names the network interface `vb-MACHINE` (15 characters)."""
        return f"{self.slot.machine_prefix}{self.octet}"

    @property
    def interface(self) -> str:
        return f"{self.slot.cable_prefix}{self.octet}"

    @property
    def cgroup(self) -> str:
        # Three digits, so that no guest's name is the beginning of another's.
        return f"{self.slot.cgroup_prefix}{self.octet:03d}"

    @property
    def watcher_cgroup(self) -> str:
        return f"{self.slot.cgroup_prefix}watch-{self.octet:03d}"

    @property
    def run_folder(self) -> Path:
        return self.slot.run_folder / self.name

    @property
    def disk_mount(self) -> Path:
        return self.run_folder / "disk"

    @property
    def root(self) -> Path:
        return self.run_folder / "root"

    @property
    def disk_image(self) -> Path:
        return self.slot.disk_folder / f"{self.name}.img"

    @property
    def known_hosts(self) -> Path:
        return self.run_folder / "known_hosts"

    @property
    def console_log(self) -> Path:
        return self.run_folder / "console.log"

    @property
    def record_file(self) -> Path:
        return self.run_folder / "guest.json"

    @property
    def launch_file(self) -> Path:
        return self.run_folder / "launch.json"

    @property
    def state_file(self) -> Path:
        return self.run_folder / "state.json"
