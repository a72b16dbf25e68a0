"""Who lives on the host: the service user, the two database users, and the folders they own."""

from pyinfra.api import deploy

from infra.deploys.operations import paths, programs, system_users
from infra.deploys.operations.paths import Folder
from infra.target import ROOT

PACKAGES = ("sudo", "python3", "python3-venv", "curl", "procps")

USERS = ("comptoir", "comptoir_owner", "comptoir_backup")

# Code belongs to root: a broken-into web worker cannot rewrite what it runs.
FOLDERS = (
    Folder("/opt/comptoir", "root", "root", "755"),
    Folder("/opt/comptoir/releases", "root", "root", "755"),
    Folder("/etc/comptoir", "root", "comptoir", "750"),
    Folder("/etc/comptoir/env.d", "root", "root", "700"),
    Folder("/etc/comptoir/tls", "root", "root", "711"),
    Folder("/var/lib/comptoir", "root", "comptoir", "755"),
    Folder("/var/lib/comptoir/incoming", "root", "root", "700"),
    Folder("/var/lib/comptoir/maintenance", "root", "root", "755"),
    Folder("/var/lib/comptoir/uploads", "comptoir", "comptoir", "755"),
    # Documents, and pictures as they came: beside what nginx serves, never below it.
    Folder("/var/lib/comptoir/private-files", "comptoir", "comptoir", "700"),
    # Where `comptoir setup` leaves the secret of a new Stripe endpoint for root to pick up.
    Folder("/var/lib/comptoir/handover", "comptoir", "comptoir", "700"),
    # The shop reads how the last backup went; the dumps are not for it.
    Folder("/var/lib/comptoir/backup", "comptoir_backup", "comptoir", "2750"),
    Folder("/var/backups/comptoir", "comptoir_backup", "comptoir_backup", "700"),
    # nginx's workers pass through: they open their log again by themselves after each rotation.
    Folder("/var/log/comptoir", "root", "comptoir", "751"),
    Folder("/var/cache/comptoir", "root", "root", "700"),
)
SUDOERS = (
    "# People run `comptoir` and nothing else as root; the program keeps their login name.\n"
    "%comptoir-ops ALL=(root) NOPASSWD: /usr/local/bin/comptoir\n"
)


@deploy("Accounts")
def apply() -> None:
    """Users, groups, folders, the wrapper through which people run `comptoir`."""
    system_users.present(
        name="System users and groups",
        users=USERS,
        groups=("comptoir-ops",),
    )
    paths.folders_placed(name="Folders", folders=FOLDERS)
    paths.put(
        "Command comptoir, and who may run it",
        paths.Text("/usr/local/bin/comptoir", (ROOT / "infra" / "host" / "comptoir.sh").read_text(), mode="755"),
        paths.Text("/etc/sudoers.d/20-comptoir-ops", SUDOERS, mode="440"),
    )
    programs.ship("window.sh")
