"""Once, as root, on what a provider delivers: Python, sudo, deploy user and key, a hardened sshd. Re-runnable."""

from io import StringIO
from pathlib import Path

from pyinfra import host
from pyinfra.operations import files, server, systemd

from infra.deploys.operations import packages
from infra.target import ROOT

PACKAGES = ("ca-certificates", "iproute2", "openssh-server", "python3", "python3-venv", "sudo")
DEPLOY = str(host.data.deploy_user)


def make_deploy_user() -> None:
    """The user of every later deploy; it equals root, by design and on purpose (design §2)."""
    key = Path(str(host.data.deploy_public_key_file)).read_text().strip()
    server.user(name="Deploy user", user=DEPLOY, shell="/bin/bash", create_home=True, ensure_home=True)
    server.user_authorized_keys(name="Key of ops", user=DEPLOY, public_keys=[key])
    files.put(
        name="Deploy user may sudo",
        src=StringIO(f"{DEPLOY} ALL=(ALL) NOPASSWD: ALL\n"),
        dest="/etc/sudoers.d/10-comptoir-deploy",
        user="root",
        group="root",
        mode="440",
    )


def harden_sshd() -> None:
    """Keys only; the file is tried by sshd before the running one hears of it."""
    settings = files.put(
        name="sshd without passwords",
        src=str(ROOT / "systemd" / "sshd-comptoir.conf"),
        dest="/etc/ssh/sshd_config.d/10-comptoir.conf",
        user="root",
        group="root",
        mode="644",
    )
    # No operation validates a configuration before a reload; a broken one would lock everybody out at the next start.
    server.shell(name="sshd accepts its settings", commands=["sshd -t"], _if=settings.did_change)
    systemd.service(name="sshd reads them", service="ssh.service", reloaded=True, _if=settings.did_change)


packages.installed(name="What a provider leaves out", names=PACKAGES)
make_deploy_user()
harden_sshd()
