"""Builds, once, the system that a provider delivers: a minimal Debian with SSH, systemd and nothing of ours."""

import hashlib
import re
import shutil
from pathlib import Path

from tests.testhost.commands import run_command
from tests.testhost.locks import locked
from tests.testhost.places import SUITES, cache_folder
from tests.testhost.support import HostSupportMissing, find_apt_sources

PROVIDER_PACKAGES = (
    "systemd",
    "systemd-sysv",
    "dbus",
    "libpam-systemd",
    "openssh-server",
    "iproute2",
    "netbase",
    "udev",
    "kmod",
    "ca-certificates",
    "tzdata",
    "apt",
)
CERTIFICATES = "usr/local/share/ca-certificates"
# The guest's PID 1: makes unit limits writable on version 1 control groups, shows the guest's own size in /proc.
GUEST_INIT = """#!/bin/sh
for hierarchy in cpu cpuacct memory pids blkio; do
    [ ! -d /sys/fs/cgroup/$hierarchy ] || mount -o remount,rw,bind /sys/fs/cgroup/$hierarchy
done
for file in meminfo stat uptime swaps loadavg cpuinfo diskstats; do
    [ ! -e /run/host/lxcfs/proc/$file ] || mount --bind /run/host/lxcfs/proc/$file /proc/$file
done
exec /lib/systemd/systemd
"""


def ensure_image(suite: str) -> Path:
    """The folder of the prepared root file system of this suite, built now unless cached."""
    target = cache_folder() / "images" / image_key(suite)
    # Two labs may ask at the same moment: the second waits and finds it built.
    with locked(target.with_suffix(".lock")):
        if not target.is_dir():
            _build(suite, target)
    return target


def image_key(suite: str) -> str:
    """Changes whenever the built image would: suite, mirror, trusted authorities, or this file."""
    parts = [suite, _sources_text(suite), _acquire_options(), Path(__file__).read_text()]
    parts += [path.read_text() for path in _authorities()]
    return f"{suite}-{hashlib.sha256('|'.join(parts).encode()).hexdigest()[:12]}"


def _build(suite: str, target: Path) -> None:
    work = target.parent / f"{target.name}.building"
    shutil.rmtree(work, ignore_errors=True)
    sources = target.parent / f"{target.name}.sources"
    sources.write_text(_sources_text(suite))
    options = [f"--aptopt={line}" for line in (*_acquire_options().splitlines(), 'APT::Install-Recommends "false"')]
    included = f"--include={','.join(PROVIDER_PACKAGES)}"
    run_command(
        ["mmdebstrap", "--quiet", "--mode=root", "--variant=apt", included, *options, suite, str(work), str(sources)]
    )
    _prepare(work)
    work.rename(target)


def _prepare(root: Path) -> None:
    # A provider's machine installs recommended packages: what the build left out must not leak into the guest.
    (root / "etc/apt/apt.conf.d/99mmdebstrap").unlink(missing_ok=True)
    (root / "etc/apt/apt.conf.d/90mirror").write_text("".join(f"{line};\n" for line in _acquire_options().splitlines()))
    _trust_authorities(root)
    (root / "etc/default/locale").write_text("LANG=C.UTF-8\n")
    units = root / "etc/systemd/system"
    for unit in ("systemd-networkd-wait-online.service", "systemd-resolved.service"):
        (units / unit).unlink(missing_ok=True)
        (units / unit).symlink_to("/dev/null")
    run_command(["systemctl", f"--root={root}", "--quiet", "enable", "systemd-networkd.service", "ssh.service"])
    for path in (root / "etc/ssh").glob("ssh_host_*"):
        path.unlink()
    init = root / "usr/local/sbin/vps-init"
    init.write_text(GUEST_INIT)
    init.chmod(0o755)


def _trust_authorities(root: Path) -> None:
    # Machines behind an inspecting proxy trust more than Debian does; elsewhere there is nothing to copy.
    for path in _authorities():
        shutil.copy(path, root / CERTIFICATES / path.name)
    run_command(["chroot", str(root), "update-ca-certificates"])
    (root / "etc/pip.conf").write_text("[global]\ncert = /etc/ssl/certs/ca-certificates.crt\n")


def _authorities() -> list[Path]:
    return sorted(Path("/", CERTIFICATES).glob("*.crt"))


def _acquire_options() -> str:
    """The machine's own tolerance for the age of its mirror (a frozen mirror needs it), as apt prints it."""
    dump = run_command(["apt-config", "dump"]).stdout
    wanted = re.findall(r'^(Acquire::Check-(?:Valid-Until|Date) "[^"]+");$', dump, re.MULTILINE)
    return "\n".join(wanted)


def _sources_text(suite: str) -> str:
    path = find_apt_sources()
    if path is None:
        raise HostSupportMissing("No deb822 source file of Debian on this machine.")
    return re.sub(rf"\b({'|'.join(SUITES)})\b", suite, path.read_text())
