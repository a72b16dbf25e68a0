"""Keeps the disk of a prepared host, so that later suites start from "deployed" in seconds.

A deployed host has its address in it (certificate, configuration), so a snapshot belongs to the subnet it was made in
and its clone gets the same name and address back. A copy, not a link: a snapshot may be dropped while its clones live.
"""

import json
import re
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.testhost.disk import copy_disk
from tests.testhost.image import image_key
from tests.testhost.places import Slot, cache_folder, create_private_folder

# Each holds a few hundred megabytes; the oldest in use goes first.
KEPT_PER_SLOT = 4


class SnapshotMissing(Exception):
    """No snapshot of this key for this lab."""


@dataclass(frozen=True)
class Snapshot:
    """What must be the same again for the disk to boot as the host it was."""

    name: str
    octet: int
    suite: str
    image_key: str


def find_snapshot(slot: Slot, key: str) -> Snapshot | None:
    """The snapshot of this key, unless absent or made on a system image that has changed since."""
    record = _folder(slot, key) / "snapshot.json"
    if not record.exists():
        return None
    snapshot = Snapshot(**json.loads(record.read_text()))
    is_current = snapshot.image_key == image_key(snapshot.suite)
    return snapshot if is_current else None


def get_snapshot(slot: Slot, key: str) -> Snapshot:
    """The snapshot of this key; SnapshotMissing if there is none to use."""
    snapshot = find_snapshot(slot, key)
    if snapshot is None:
        raise SnapshotMissing(f"no snapshot {key!r} in {slot.label}: create the host and call snapshot({key!r}) first")
    return snapshot


def save_snapshot(slot: Slot, key: str, snapshot: Snapshot, disk: Path) -> None:
    """Keep a copy of this unmounted disk under this key, replacing an older one."""
    target = _folder(slot, key)
    work = target.with_suffix(".saving")
    shutil.rmtree(work, ignore_errors=True)
    create_private_folder(work)
    copy_disk(disk, work / "disk.img")
    (work / "snapshot.json").write_text(json.dumps(asdict(snapshot)))
    shutil.rmtree(target, ignore_errors=True)
    work.rename(target)
    _drop_oldest(slot)


def load_snapshot_disk(slot: Slot, key: str, target: Path) -> None:
    """Copy the snapshot's disk to where a guest will use it."""
    folder = _folder(slot, key)
    copy_disk(folder / "disk.img", target)
    folder.touch()


def drop_snapshot(slot: Slot, key: str) -> None:
    """Delete a snapshot; nothing happens if there is none."""
    shutil.rmtree(_folder(slot, key), ignore_errors=True)


def _folder(slot: Slot, key: str) -> Path:
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,80}", key):
        raise ValueError(f"a snapshot key is made of a-z, 0-9, - and _, not {key!r}")
    return cache_folder() / "snapshots" / slot.label / key


def _drop_oldest(slot: Slot) -> None:
    folders = sorted(
        (cache_folder() / "snapshots" / slot.label).iterdir(), key=lambda folder: folder.stat().st_mtime, reverse=True
    )
    for folder in folders[KEPT_PER_SLOT:]:
        shutil.rmtree(folder)
