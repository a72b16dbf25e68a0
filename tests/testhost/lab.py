"""A lab: the slot that this process owns, and the hosts in it."""

import sys
import zlib
from pathlib import Path
from types import TracebackType
from typing import IO, Literal, Self

from tests.testhost.cgroups import GuestSize
from tests.testhost.disk import create_disk, mount_disk, sync_disk
from tests.testhost.guest_files import write_first_boot_files, write_identity_files
from tests.testhost.host import GuestRecord, Host, read_records, write_record
from tests.testhost.image import ensure_image
from tests.testhost.locks import locked, try_lock
from tests.testhost.lxcfs import start_lxcfs
from tests.testhost.network import create_network
from tests.testhost.places import RUN, TEST_SLOTS, GuestPlace, Slot, cache_folder, create_private_folder
from tests.testhost.reaper import reap, reap_dead_labs
from tests.testhost.snapshots import drop_snapshot, find_snapshot, get_snapshot, load_snapshot_disk
from tests.testhost.ssh import ensure_operator_key, write_guest_known_hosts, write_ssh_files
from tests.testhost.support import require_host_support

Suite = Literal["bookworm", "trixie"]
MACHINE_LOCK = RUN / "machine.lock"
FIRST_OCTET, OCTETS = 11, 200


class NoFreeSlot(Exception):
    """Every slot belongs to a living lab."""


class HostLab:
    """Context manager that owns a bridge and creates hosts on it; leaving it removes everything but the cache."""

    def __init__(self, *, deb_cache: bool = False) -> None:
        """With deb_cache, .deb files are kept on this machine between runs (faster, less like a provider)."""
        self._deb_cache = deb_cache
        self._slot: Slot | None = None
        self._lock: IO[str] | None = None

    @classmethod
    def attached(cls, slot: Slot) -> Self:
        """A lab on a slot that is already open and that this process will not close."""
        lab = cls()
        lab._slot = slot
        return lab

    @property
    def slot(self) -> Slot:
        if self._slot is None:
            raise NoFreeSlot("a HostLab is used in a with statement")
        return self._slot

    def __enter__(self) -> Self:
        require_host_support()
        with locked(MACHINE_LOCK):
            report_reaped(reap_dead_labs())
            self._take_slot()
            open_slot(self.slot)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with locked(MACHINE_LOCK):
            reap(self.slot)
        if self._lock is not None:
            self._lock.close()

    def create(
        self,
        name: str,
        *,
        suite: Suite = "bookworm",
        vcpus: float = 2,
        memory_mb: int = 2048,
        disk_gb: int = 20,
        snapshot: str | None = None,
    ) -> Host:
        """A booted host, ready over SSH: fresh from the provider, or a clone of the host kept under a snapshot's key.

        A clone has the suite and, if they are free, the name and address of its original.
        """
        system = ensure_image(suite if snapshot is None else get_snapshot(self.slot, snapshot).suite)
        size = GuestSize(vcpus, memory_mb, disk_gb)
        record = self._choose_record(name, system.name, size, suite, snapshot)
        host = self.find_host(record)
        write_record(self.slot, record)
        self._fill_disk(host, system, snapshot)
        write_ssh_files(self.slot, self._places())
        host.start()
        host.wait_ready()
        return host

    def has_snapshot(self, key: str) -> bool:
        """True if create(snapshot=key) would work in this lab."""
        return find_snapshot(self.slot, key) is not None

    def drop_snapshot(self, key: str) -> None:
        """Delete what host.snapshot(key) kept."""
        drop_snapshot(self.slot, key)

    def hosts(self) -> list[Host]:
        """Every host of this lab."""
        return [self.find_host(record) for record in read_records(self.slot)]

    def find_host(self, record: GuestRecord) -> Host:
        """The host of this record."""
        return Host(self.slot, record, cache_folder() / "images" / record.image_key, self._binds(record))

    def _take_slot(self) -> None:
        for slot in (Slot(number) for number in TEST_SLOTS):
            lock = try_lock(slot.lock_file)
            if lock is not None:
                self._slot, self._lock = slot, lock
                return
        raise NoFreeSlot(f"all {len(TEST_SLOTS)} slots for test hosts belong to running processes: end one of them")

    def _choose_record(self, name: str, image: str, size: GuestSize, suite: Suite, snapshot: str | None) -> GuestRecord:
        taken = {record.octet for record in read_records(self.slot)}
        if snapshot is None:
            return GuestRecord(name, _free_octet(name, taken), suite, image, size, is_relocated=False)
        original = get_snapshot(self.slot, snapshot)
        octet = original.octet if original.octet not in taken else _free_octet(name, taken)
        is_relocated = (name, octet) != (original.name, original.octet)
        return GuestRecord(name, octet, original.suite, image, size, is_relocated)

    def _fill_disk(self, host: Host, system: Path, snapshot: str | None) -> None:
        place = host.place
        if snapshot is None:
            create_disk(place.disk_image, host.record.size.disk_gb)
        else:
            load_snapshot_disk(self.slot, snapshot, place.disk_image)
        mount_disk(place, system)
        if snapshot is None:
            write_first_boot_files(place, ensure_operator_key())
        elif host.is_relocated:
            write_identity_files(place)
        write_guest_known_hosts(place)
        sync_disk(place)

    def _places(self) -> list[GuestPlace]:
        return [GuestPlace(self.slot, record.name, record.octet) for record in read_records(self.slot)]

    def _binds(self, record: GuestRecord) -> list[str]:
        if not self._deb_cache:
            return []
        # One folder per guest: apt locks it, two guests in one folder would refuse each other.
        folder = cache_folder() / "debs" / self.slot.label / record.suite / record.name
        return [f"{create_private_folder(folder)}:/var/cache/apt/archives"]


def open_slot(slot: Slot) -> None:
    """Bring up what the hosts of a slot share; the caller holds the machine's lock and the slot's."""
    reap(slot)
    create_private_folder(slot.run_folder)
    create_network(slot)
    start_lxcfs(slot)


def report_reaped(found: dict[str, list[str]]) -> None:
    """Say what a crashed run had left."""
    for label, lines in found.items():
        sys.stderr.write(f"test hosts: cleaned {len(lines)} leftovers of a crashed run in {label}\n")


def _free_octet(name: str, taken: set[int]) -> int:
    """The same name gets the same address in every run, whoever else is created before it."""
    first = zlib.crc32(name.encode()) % OCTETS
    candidates = (FIRST_OCTET + (first + step) % OCTETS for step in range(OCTETS))
    return next(octet for octet in candidates if octet not in taken)
