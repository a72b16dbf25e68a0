"""Who lives on the host: the service user, the two database users, and the folders they own."""

from io import StringIO

from pyinfra.api import deploy
from pyinfra.operations import files, server

from infra.deploys.operations import programs

PACKAGES = ("sudo", "python3", "python3-venv", "curl", "procps")

# path, owner, group, mode. Code belongs to root: a broken-into web worker cannot rewrite what it runs.
FOLDERS = (
    ("/opt/comptoir", "root", "root", "755"),
    ("/opt/comptoir/releases", "root", "root", "755"),
    ("/etc/comptoir", "root", "comptoir", "750"),
    ("/etc/comptoir/env.d", "root", "root", "700"),
    ("/etc/comptoir/tls", "root", "root", "711"),
    ("/var/lib/comptoir", "root", "comptoir", "755"),
    ("/var/lib/comptoir/incoming", "root", "root", "700"),
    ("/var/lib/comptoir/maintenance", "root", "root", "755"),
    ("/var/lib/comptoir/uploads", "comptoir", "comptoir", "755"),
    # Where `comptoir setup` leaves the secret of a new Stripe endpoint for root to pick up.
    ("/var/lib/comptoir/handover", "comptoir", "comptoir", "700"),
    # The shop reads how the last backup went; the dumps are not for it.
    ("/var/lib/comptoir/backup", "comptoir_backup", "comptoir", "2750"),
    ("/var/backups/comptoir", "comptoir_backup", "comptoir_backup", "700"),
    ("/var/log/comptoir", "root", "comptoir", "750"),
    ("/var/cache/comptoir", "root", "root", "700"),
)
SUDOERS = (
    "# People run `comptoir` and nothing else as root; the program keeps their login name.\n"
    "%comptoir-ops ALL=(root) NOPASSWD: /usr/local/bin/comptoir\n"
)


@deploy("Accounts")
def apply() -> None:
    """Users, groups, folders, the wrapper through which people run `comptoir`."""
    _users()
    _folders()
    _wrapper()
    programs.ship("window.sh")


def _users() -> None:
    server.group(name="Group of those who run comptoir", group="comptoir-ops", system=True)
    for user in ("comptoir", "comptoir_owner", "comptoir_backup"):
        server.user(
            name=f"System user {user}",
            user=user,
            system=True,
            shell="/usr/sbin/nologin",
            home="/nonexistent",
            create_home=False,
            ensure_home=False,
        )


def _folders() -> None:
    for path, user, group, mode in FOLDERS:
        files.directory(name=f"Folder {path}", path=path, user=user, group=group, mode=mode)


def _wrapper() -> None:
    files.put(
        name="Command comptoir",
        src="infra/host/comptoir.sh",
        dest="/usr/local/bin/comptoir",
        user="root",
        group="root",
        mode="755",
    )
    files.put(
        name="Who may run it",
        src=StringIO(SUDOERS),
        dest="/etc/sudoers.d/20-comptoir-ops",
        user="root",
        group="root",
        mode="440",
    )
