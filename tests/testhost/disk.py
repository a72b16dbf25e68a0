"""The guest's disk: a sparse ext4 image with its true size, layered over the shared image of the system."""

import json
import shutil
from pathlib import Path
from subprocess import TimeoutExpired

from tests.testhost.commands import CommandFailed, run_command
from tests.testhost.places import GuestPlace, create_private_folder


def create_disk(image: Path, size_gb: int) -> None:
    """Make an empty disk of this size; it takes space on the machine only as it fills."""
    create_private_folder(image.parent)
    image.unlink(missing_ok=True)
    run_command(["truncate", "-s", f"{size_gb}G", str(image)])
    lazy = "lazy_itable_init=1,lazy_journal_init=1"
    run_command(["mkfs.ext4", "-q", "-F", "-m", "0", "-E", lazy, str(image)])


def copy_disk(source: Path, target: Path) -> None:
    """Copy a disk keeping its holes; the copy appears whole or not at all."""
    create_private_folder(target.parent)
    work = target.with_suffix(".copying")
    run_command(["cp", "--sparse=always", "--reflink=auto", str(source), str(work)])
    work.rename(target)


def mount_disk(place: GuestPlace, system: Path) -> None:
    """Mount the guest's disk and, on top of it, its root: the shared system below, its own files above."""
    if list_mounts(place.root):
        return
    for folder in (place.disk_mount, place.root):
        folder.mkdir(parents=True, exist_ok=True)
    run_command(["mount", "-o", "loop", str(place.disk_image), str(place.disk_mount)])
    upper, work = place.disk_mount / "up", place.disk_mount / "work"
    for folder in (upper, work):
        folder.mkdir(exist_ok=True)
    layers = f"lowerdir={system},upperdir={upper},workdir={work}"
    run_command(["mount", "-t", "overlay", "overlay", "-o", layers, str(place.root)])


def sync_disk(place: GuestPlace) -> None:
    """Write everything to the disk: what the fixture wrote must survive a power cut that follows."""
    run_command(["sync", "-f", str(place.disk_mount)])


def unmount_disk(place: GuestPlace) -> None:
    """Unmount the guest's root and disk; nothing happens if they are not mounted."""
    unmount_below(place.run_folder)


def unmount_below(folder: Path) -> None:
    """Unmount whatever is mounted under a folder, deepest first; loop devices behind the mounts free themselves."""
    for mount in sorted(list_mounts(folder), key=lambda path: len(path.parts), reverse=True):
        try:
            run_command(["umount", str(mount)], timeout_seconds=120)
        except (CommandFailed, TimeoutExpired):
            # Something still holds it: detach it now, the kernel finishes when the holder leaves.
            run_command(["umount", "--lazy", str(mount)])


def list_mounts(folder: Path) -> list[Path]:
    """Mount points under a folder, in the order of mounting."""
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    points = [Path(line.split()[4]) for line in lines]
    return [point for point in points if point.is_relative_to(folder)]


def list_loop_devices(folder: Path) -> list[str]:
    """Loop devices whose file lies under a folder."""
    listed = run_command(["losetup", "--json", "--list", "--output", "NAME,BACK-FILE"]).stdout
    devices = json.loads(listed)["loopdevices"] if listed.strip() else []
    # A deleted file is shown with a suffix after its path, which does not matter here.
    return [str(device["name"]) for device in devices if str(device["back-file"]).startswith(f"{folder}/")]


def remove_disk(place: GuestPlace) -> None:
    """Delete the guest's disk and its folder of state."""
    place.disk_image.unlink(missing_ok=True)
    shutil.rmtree(place.run_folder, ignore_errors=True)
