"""SSH to the guests: a key of its own, a configuration of its own, known hosts of its own."""

import socket
from pathlib import Path

from tests.testhost.commands import run_command
from tests.testhost.locks import locked
from tests.testhost.places import GuestPlace, Slot, cache_folder, create_private_folder

# Master connections make a hundred short commands four times faster; keep-alive bounds the wait on a dead guest.
DEFAULTS = """Host *
    User root
    IdentityFile {key}
    IdentitiesOnly yes
    IdentityAgent none
    PasswordAuthentication no
    UserKnownHostsFile {known_hosts}
    GlobalKnownHostsFile /dev/null
    StrictHostKeyChecking yes
    UpdateHostKeys no
    LogLevel ERROR
    ConnectTimeout 10
    ServerAliveInterval 5
    ServerAliveCountMax 3
    ControlMaster auto
    ControlPath {folder}/ssh-%h-%r
    ControlPersist 60
"""


def ensure_operator_key() -> Path:
    """The throw-away key that opens the guests; kept with the cache because snapshots know it."""
    key = create_private_folder(cache_folder()) / "operator_ed25519"
    with locked(cache_folder() / "operator_ed25519.lock"):
        if not key.exists():
            run_command(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "operator", "-f", str(key)])
    return key


def write_guest_known_hosts(place: GuestPlace) -> None:
    """Read the guest's host keys off its mounted disk: never trusted on first use."""
    files = sorted((place.root / "etc/ssh").glob("ssh_host_*_key.pub"))
    keys = [" ".join(path.read_text().split()[:2]) for path in files]
    place.known_hosts.write_text("".join(f"{place.name},{place.address} {key}\n" for key in keys))


def write_ssh_files(slot: Slot, guests: list[GuestPlace]) -> None:
    """Write the lab's ssh_config and known_hosts for these guests."""
    aliases = [f"Host {guest.name}\n    HostName {guest.address}\n\n" for guest in guests]
    defaults = DEFAULTS.format(key=ensure_operator_key(), known_hosts=slot.known_hosts, folder=slot.run_folder)
    slot.ssh_config.write_text("".join(aliases) + defaults)
    slot.known_hosts.write_text("".join(guest.known_hosts.read_text() for guest in guests))


def close_master(place: GuestPlace) -> None:
    """Forget open connections to a guest that goes away, or the next command would hang on them."""
    for master in place.slot.run_folder.glob(f"ssh-{place.address}-*"):
        run_command(["ssh", "-o", f"ControlPath={master}", "-O", "exit", place.name], check=False, timeout_seconds=20)


def is_ssh_open(address: str) -> bool:
    """True if a banner comes on port 22; bounded, where a plain connect to a dead address hangs long."""
    try:
        with socket.create_connection((address, 22), timeout=1) as connection:
            return connection.recv(4) == b"SSH-"
    except OSError:
        return False
