"""Says whether this machine can run test hosts and, if not, the one thing to do about it."""

import os
import re
import shutil
import sys
from pathlib import Path

from tests.testhost.places import SUITES

# Debian packages of the machine that runs the suites; `.ci/run` installs them.
HOST_PACKAGES = (
    "mmdebstrap",
    "systemd-container",
    "nftables",
    "lxcfs",
    "fuse3",
    "iproute2",
    "openssh-client",
    "e2fsprogs",
    "util-linux",
    "debian-archive-keyring",
)
TOOLS = {
    "mmdebstrap": "mmdebstrap",
    "systemd-nspawn": "systemd-container",
    "nft": "nftables",
    "lxcfs": "lxcfs",
    "fusermount3": "fuse3",
    "ip": "iproute2",
    "ssh": "openssh-client",
    "ssh-keygen": "openssh-client",
    "mkfs.ext4": "e2fsprogs",
    "losetup": "util-linux",
    "nsenter": "util-linux",
}
FILESYSTEMS = ("overlay", "ext4", "fuse")


class HostSupportMissing(Exception):
    """This machine cannot run test hosts; the message says what is missing in one sentence."""


def require_host_support() -> None:
    """Raise HostSupportMissing with one sentence unless this machine can run test hosts."""
    missing = find_missing_support()
    if missing is not None:
        raise HostSupportMissing(missing)


def find_missing_support() -> str | None:
    """The sentence that says what this machine lacks to run test hosts, or None."""
    if sys.platform != "linux":
        return f"Test hosts need Linux, this is {sys.platform}."
    if os.geteuid() != 0:
        return "Test hosts need root (namespaces, mounts, a network bridge): run the same command as root."
    return _missing_tools() or _missing_kernel_parts() or _missing_sources()


def _missing_tools() -> str | None:
    packages = sorted({package for tool, package in TOOLS.items() if shutil.which(tool) is None})
    if packages:
        return f"Test hosts need tools that are not installed: apt-get install {' '.join(packages)}"
    return None


def _missing_kernel_parts() -> str | None:
    for path in ("/dev/loop-control", "/dev/fuse"):
        if not Path(path).exists():
            return f"Test hosts need {path}, which this machine does not have (a container without devices?)."
    known = Path("/proc/filesystems").read_text().split()
    absent = [name for name in FILESYSTEMS if name not in known and shutil.which("modprobe") is None]
    if absent:
        return f"Test hosts need the file systems {', '.join(absent)}, which this kernel does not know."
    if not Path("/sys/fs/cgroup").is_dir():
        return "Test hosts need control groups mounted on /sys/fs/cgroup."
    return None


def _missing_sources() -> str | None:
    if find_apt_sources() is None:
        return (
            "Test hosts are built from Debian's archive: put a deb822 file that lists bookworm or trixie in "
            "/etc/apt/sources.list.d, or name one in COMPTOIR_TESTHOST_SOURCES."
        )
    return None


def find_apt_sources() -> Path | None:
    """The machine's own deb822 file for Debian: the mirror it already trusts, whatever its address."""
    named = os.environ.get("COMPTOIR_TESTHOST_SOURCES")
    folder = Path("/etc/apt/sources.list.d")
    candidates = [Path(named)] if named else sorted(folder.glob("*.sources"))
    return next((path for path in candidates if path.is_file() and _lists_debian(path.read_text())), None)


def _lists_debian(text: str) -> bool:
    return re.search(rf"^Suites:.*\b({'|'.join(SUITES)})\b", text, re.MULTILINE) is not None
