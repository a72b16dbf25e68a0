"""One disposable server, and everything that can happen to a server."""

import json
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.testhost import cgroups, network, nspawn
from tests.testhost.cgroups import GuestSize
from tests.testhost.commands import CommandFailed, run_command
from tests.testhost.disk import copy_disk, mount_disk, remove_disk, sync_disk, unmount_disk
from tests.testhost.places import GuestPlace, Slot
from tests.testhost.snapshots import Snapshot, save_snapshot
from tests.testhost.ssh import close_master, ensure_operator_key, is_ssh_open
from tests.testhost.waiting import wait_until

CONSOLE_PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class HostNotReady(Exception):
    """The host answers but some of its units failed; the message names them."""


@dataclass(frozen=True)
class GuestRecord:
    """What is written beside a guest, so that another process can find it again."""

    name: str
    octet: int
    suite: str
    image_key: str
    size: GuestSize
    is_relocated: bool


def write_record(slot: Slot, record: GuestRecord) -> None:
    """Write down that this guest exists."""
    place = GuestPlace(slot, record.name, record.octet)
    place.run_folder.mkdir(parents=True, exist_ok=True)
    place.record_file.write_text(json.dumps(asdict(record)))


def read_records(slot: Slot) -> list[GuestRecord]:
    """Every guest written down in this slot."""
    read = [json.loads(path.read_text()) for path in sorted(slot.run_folder.glob("*/guest.json"))]
    return [GuestRecord(**{**values, "size": GuestSize(**values["size"])}) for values in read]


@dataclass(frozen=True)
class InventoryValues:
    """What a pyinfra inventory needs to reach a host (names are pyinfra's)."""

    ssh_user: str
    ssh_port: int
    ssh_key: str
    ssh_known_hosts_file: str
    ssh_strict_host_key_checking: str = "yes"
    ssh_allow_agent: bool = False
    ssh_look_for_keys: bool = False


class Host:
    """A running server of the lab; off, it is only a disk."""

    def __init__(self, slot: Slot, record: GuestRecord, system: Path, binds: list[str]) -> None:
        self.place = GuestPlace(slot, record.name, record.octet)
        self.record = record
        self._system = system
        self._binds = binds

    @property
    def name(self) -> str:
        return self.record.name

    @property
    def suite(self) -> str:
        return self.record.suite

    @property
    def address(self) -> str:
        return self.place.address

    @property
    def ssh_config(self) -> Path:
        """File for `ssh -F`; the host's alias in it is its name."""
        return self.place.slot.ssh_config

    @property
    def private_key(self) -> Path:
        return ensure_operator_key()

    @property
    def is_relocated(self) -> bool:
        """True for a clone that could not have the name and address of its original: deploy to it again."""
        return self.record.is_relocated

    @property
    def is_running(self) -> bool:
        return nspawn.is_running(self.place)

    def inventory_values(self, user: str = "root") -> InventoryValues:
        """The inventory data with which pyinfra reaches this host as this user."""
        return InventoryValues(user, 22, str(self.private_key), str(self.place.slot.known_hosts))

    def ssh_command(self, user: str = "root") -> list[str]:
        """The command line that opens a shell on this host as this user."""
        return ["ssh", "-F", str(self.ssh_config), "-l", user, self.name]

    def run(
        self,
        command: str,
        *,
        check: bool = True,
        user: str = "root",
        stdin: str | None = None,
        timeout_seconds: float = 600,
    ) -> subprocess.CompletedProcess[str]:
        """Run a shell command over SSH; CommandFailed with its error output unless check is False."""
        line = [*self.ssh_command(user), "--", command]
        # An empty input, not ours: ssh would swallow what the test runner reads.
        return run_command(line, stdin=stdin or "", check=check, timeout_seconds=timeout_seconds)

    def console(self, command: str, *, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a shell command as root without SSH, as on the provider's rescue console."""
        leader = nspawn.find_leader(self.place)
        if leader is None:
            raise CommandFailed(f"{self.name} is off: no console")
        enter = ["nsenter", "--target", str(leader), "--all", "--", "env", "-i", CONSOLE_PATH, "HOME=/root"]
        return run_command([*enter, "sh", "-c", command], check=check, timeout_seconds=120)

    def wait_ready(self, *, timeout_seconds: float = 90, allow_failed_units: bool = False) -> None:
        """Return once SSH answers and systemd has finished booting; HostNotReady names units that failed."""
        wait_until(self._is_up_or_dead, what=f"SSH of {self.name}", timeout_seconds=timeout_seconds)
        if not self.is_running:
            raise HostNotReady(f"{self.name} ended while booting:\n{self._console_tail()}")
        state = self.console("systemctl is-system-running --wait", check=False).stdout.strip()
        if state != "running" and not allow_failed_units:
            failed = self.console("systemctl --failed --plain --no-legend", check=False).stdout
            raise HostNotReady(f"{self.name} is {state or 'unreachable'}; failed units:\n{failed}")

    def _is_up_or_dead(self) -> bool:
        return is_ssh_open(self.address) or not self.is_running

    def _console_tail(self) -> str:
        return self.place.console_log.read_text(errors="replace")[-2000:]

    def start(self) -> None:
        """Power on; returns before the boot is finished (then wait_ready)."""
        mount_disk(self.place, self._system)
        nspawn.launch(self.place, self.record.size, self._binds)

    def stop(self) -> None:
        """Power off cleanly."""
        close_master(self.place)
        nspawn.shut_down(self.place)
        # Unmounting may have to be lazy, and then it writes nothing out: a snapshot would miss the last seconds.
        sync_disk(self.place)
        unmount_disk(self.place)

    def reboot(self) -> None:
        """Reboot from inside and return once it is ready again."""
        boots = nspawn.count_boots(self.place)
        close_master(self.place)
        self.console("systemctl reboot", check=False)
        wait_until(lambda: nspawn.count_boots(self.place) > boots, what=f"{self.name} reboots", timeout_seconds=90)
        self.wait_ready()

    def kill(self) -> None:
        """Crash the system: every process dies at once, what was written to files stays (then start)."""
        nspawn.kill_guest(self.place)
        close_master(self.place)
        unmount_disk(self.place)

    def power_cut(self) -> None:
        """Cut the power: as kill, and whatever was not yet synced to the disk is lost (then start)."""
        self.freeze()
        survived = self.place.disk_image.with_suffix(".cut")
        copy_disk(self.place.disk_image, survived)
        self.kill()
        survived.rename(self.place.disk_image)

    def freeze(self) -> None:
        """Hang: the host stops answering, connections stay open."""
        cgroups.freeze(self.place.cgroup)

    def thaw(self) -> None:
        """End of the hang."""
        cgroups.thaw(self.place.cgroup)

    def cut_network(self, *, keep_ssh: bool = False) -> None:
        """Pull the cable; with keep_ssh, only the Internet and the other guests go, this machine still gets in."""
        if keep_ssh:
            network.cut_beyond_host(self.place)
        else:
            network.cut_link(self.place)

    def heal_network(self) -> None:
        """Undo either cut."""
        network.heal_link(self.place)
        network.heal_beyond_host(self.place)

    def snapshot(self, key: str) -> None:
        """Keep this host under a key for lab.create(snapshot=key): stops it cleanly, copies, starts it again."""
        self.stop()
        record = self.record
        kept = Snapshot(record.name, record.octet, record.suite, record.image_key)
        save_snapshot(self.place.slot, key, kept, self.place.disk_image)
        self.start()
        self.wait_ready()

    def destroy(self) -> None:
        """Remove the host and everything of it."""
        self.kill()
        remove_disk(self.place)
