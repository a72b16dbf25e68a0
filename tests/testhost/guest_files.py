"""The few files that make a copy of the system this guest: name, address, name servers, key of the operator."""

import shutil
from pathlib import Path

from tests.testhost.commands import run_command
from tests.testhost.places import GuestPlace

NETWORK = """[Match]
Name=host0

[Network]
Address={address}/24
Gateway={gateway}
LinkLocalAddressing=no
IPv6AcceptRA=no
"""


def write_first_boot_files(place: GuestPlace, operator_key: Path) -> None:
    """What a provider writes before the first boot: identity, SSH host keys, the operator's key for root."""
    write_identity_files(place)
    run_command(["ssh-keygen", "-A", "-f", str(place.root)])
    ssh = place.root / "root/.ssh"
    ssh.mkdir(mode=0o700, exist_ok=True)
    keys = ssh / "authorized_keys"
    keys.write_text(operator_key.with_suffix(".pub").read_text())
    keys.chmod(0o600)


def write_identity_files(place: GuestPlace) -> None:
    """Name and network: again for a clone that could not have the name and address of its original."""
    (place.root / "etc/hostname").write_text(f"{place.name}\n")
    settings = NETWORK.format(address=place.address, gateway=place.slot.gateway)
    (place.root / "etc/systemd/network/10-host0.network").write_text(settings)
    # Without its own name every sudo in the guest complains.
    (place.root / "etc/hosts").write_text(f"127.0.0.1 localhost\n127.0.1.1 {place.name}\n")
    resolver = place.root / "etc/resolv.conf"
    resolver.unlink(missing_ok=True)
    shutil.copy(_machine_resolver(), resolver)


def _machine_resolver() -> Path:
    """The machine's name servers; a stub on its loopback is out of a guest's reach."""
    upstream = Path("/run/systemd/resolve/resolv.conf")
    plain = Path("/etc/resolv.conf")
    return upstream if "nameserver 127." in plain.read_text() and upstream.exists() else plain
