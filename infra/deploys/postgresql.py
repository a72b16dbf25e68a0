"""PostgreSQL of the distribution, on its socket only: sizes for 2 GB, who may connect as whom, roles and privileges."""

import os
from collections.abc import Mapping
from io import StringIO

from pyinfra import host
from pyinfra.api import deploy
from pyinfra.api.exceptions import PyinfraError
from pyinfra.api.operation import OperationMeta
from pyinfra.facts.files import FileContents
from pyinfra.operations import files, systemd

from infra.deploys.facts.host_report import HostReport, read_report
from infra.deploys.operations import programs

PACKAGES = ("postgresql", "postgresql-client")
VERSIONS = {"12": "15", "13": "17", "24.04": "16"}
# The first cluster is made by the package itself, in the language of whoever installs it: decided here beforehand.
CREATE_CLUSTER = "initdb_options = '--encoding=UTF8 --locale=C.UTF-8 --data-checksums'\n"

ACCESS = """# Comptoir: the socket only. A system user is its own database user; the shop's login proves its password.
# TYPE  DATABASE   USER                            METHOD
local   all        postgres                        peer
local   comptoir   comptoir_owner                  peer
local   comptoir   comptoir_backup                 peer
local   comptoir   comptoir_readonly               peer map=people
local   comptoir   comptoir_app_a,comptoir_app_b   scram-sha-256
"""
PEOPLE = """# Comptoir: what a human gets is read-only.
# MAPNAME  SYSTEM-USERNAME  PG-USERNAME
people     deploy           comptoir_readonly
people     root             comptoir_readonly
"""


def version_for(os_version: str) -> str:
    """The major version that this distribution brings."""
    return VERSIONS[os_version]


def render_settings(settings: Mapping[str, str]) -> str:
    """A configuration fragment, one `name = value` a line."""
    return "# Comptoir: written by the deploy, see infra/inventory/group_data/all.py\n" + "".join(
        f"{name} = {value}\n" for name, value in settings.items()
    )


def check_window(report: HostReport, present: str, wanted: str, window: str) -> None:
    """Refuse what needs a restart of PostgreSQL under a live shop, unless ops opened a window."""
    if report.has_release and present != wanted and window != "1":
        raise PyinfraError(
            "Ce changement redémarre PostgreSQL : relancez avec WINDOW=1 à une heure creuse."
            " / This change restarts PostgreSQL: run again with WINDOW=1."
        )


def prepare_cluster() -> None:
    """How the cluster is made; runs before the packages are installed."""
    files.put(
        name="Language and checksums of the cluster",
        src=StringIO(CREATE_CLUSTER),
        dest="/etc/postgresql-common/createcluster.d/comptoir.conf",
        mode="644",
    )


@deploy("PostgreSQL")
def apply() -> None:
    """Settings, access, restart policy; then roles and privileges."""
    version = version_for(read_report().os_version)
    at_start, live = _configure(version)
    _activate(version, at_start, live)
    programs.ship("database.py")
    programs.converged(name="Roles, database, privileges", program="database.py")


def _configure(version: str) -> tuple[OperationMeta, list[OperationMeta]]:
    folder = f"/etc/postgresql/{version}/main"
    wanted = render_settings(host.data.postgresql_at_start)
    path = f"{folder}/conf.d/10-comptoir-start.conf"
    present = "\n".join(host.get_fact(FileContents, path=path) or []) + "\n"
    check_window(read_report(), present, wanted, os.environ.get("WINDOW", ""))
    at_start = _put("Settings read at start", wanted, path)
    live = [
        _put(
            "Settings read at reload", render_settings(host.data.postgresql_live), f"{folder}/conf.d/20-comptoir.conf"
        ),
        _put("Who may connect", ACCESS, f"{folder}/pg_hba.conf", "640"),
        _put("System users and roles", PEOPLE, f"{folder}/pg_ident.conf", "640"),
    ]
    return at_start, live


def _put(name: str, content: str, dest: str, mode: str = "644") -> OperationMeta:
    return files.put(name=name, src=StringIO(content), dest=dest, user="postgres", group="postgres", mode=mode)


def _activate(version: str, at_start: OperationMeta, live: list[OperationMeta]) -> None:
    unit = f"postgresql@{version}-main.service"
    drop_in = files.put(
        name="PostgreSQL comes back after a crash",
        src="systemd/postgresql@.service.d/comptoir.conf",
        dest="/etc/systemd/system/postgresql@.service.d/comptoir.conf",
        mode="644",
    )
    systemd.daemon_reload(name="systemd reads the PostgreSQL drop-in", _if=drop_in.did_change)
    systemd.service(name="PostgreSQL at boot", service="postgresql.service", running=True, enabled=True)
    systemd.service(name="PostgreSQL restarts", service=unit, restarted=True, _if=at_start.did_change)
    systemd.service(
        name="PostgreSQL reloads",
        service=unit,
        reloaded=True,
        _if=lambda: at_start.did_not_change() and any(change.did_change() for change in live),
    )
