"""PostgreSQL of the distribution, on its socket only: sizes for 2 GB, who may connect as whom, roles and privileges."""

import os
from collections.abc import Mapping

from pyinfra import host
from pyinfra.api import deploy
from pyinfra.api.exceptions import PyinfraError
from pyinfra.facts.files import FileContents

from infra.deploys.facts.host_report import HostReport, read_report
from infra.deploys.operations import paths, programs, services

PACKAGES = ("postgresql", "postgresql-client")
AT_START = "conf.d/10-comptoir-start.conf"
LIVE = ("conf.d/20-comptoir.conf", "pg_hba.conf", "pg_ident.conf")
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
    path = "/etc/postgresql-common/createcluster.d/comptoir.conf"
    paths.put("Language and checksums of the cluster", paths.Text(path, CREATE_CLUSTER))


@deploy("PostgreSQL")
def apply() -> None:
    """Settings, access, restart policy; then roles and privileges."""
    version = version_for(read_report().os_version)
    _configure(f"/etc/postgresql/{version}/main")
    _activate(version)
    programs.ship("database.py")
    programs.converged(name="Roles, database, privileges", program="database.py")


def _configure(folder: str) -> None:
    at_start = render_settings(host.data.postgresql_at_start)
    path = f"{folder}/{AT_START}"
    present = "\n".join(host.get_fact(FileContents, path=path) or []) + "\n"
    check_window(read_report(), present, at_start, os.environ.get("WINDOW", ""))
    paths.put(
        "Settings and access",
        _file(path, at_start),
        _file(f"{folder}/{LIVE[0]}", render_settings(host.data.postgresql_live)),
        _file(f"{folder}/{LIVE[1]}", ACCESS, "640"),
        _file(f"{folder}/{LIVE[2]}", PEOPLE, "640"),
    )


def _file(path: str, content: str, mode: str = "644") -> paths.Text:
    return paths.Text(path, content, mode, "postgres", "postgres")


def _activate(version: str) -> None:
    folder, cluster = f"/etc/postgresql/{version}/main", f"postgresql@{version}-main.service"
    services.drop_in("postgresql@.service")
    services.enabled(name="PostgreSQL at boot", units=("postgresql.service",))
    services.loaded(
        name="PostgreSQL has read what it reads at start",
        act="postgresql-start",
        files=(f"{folder}/{AT_START}",),
        command=services.restart(cluster, has_release=read_report().has_release),
    )
    services.loaded(
        name="PostgreSQL has read the rest",
        act="postgresql-live",
        files=tuple(f"{folder}/{file}" for file in LIVE),
        command=f"systemctl reload {cluster}",
    )
