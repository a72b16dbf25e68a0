"""supervisord: two web workers on one socket that it holds, and the worker; no release changes their sections."""

import os
from pathlib import Path

from jinja2 import Template
from pyinfra import host
from pyinfra.api import deploy
from pyinfra.api.exceptions import PyinfraError
from pyinfra.facts.files import FileContents
from pyinfra.operations import files, systemd

from infra.deploys.facts.host_report import read_report
from infra.deploys.operations.rendered import put_text
from infra.target import ROOT

PACKAGES = ("supervisor",)
WEB_WORKERS = 2
FILES = {
    "supervisord.conf.j2": "/etc/supervisor/supervisord.conf",
    "web.conf.j2": "/etc/supervisor/conf.d/web.conf",
    "worker.conf.j2": "/etc/supervisor/conf.d/worker.conf",
}


def render(name: str) -> str:
    """A file of `systemd/supervisor/`."""
    text = Path(ROOT, "systemd", "supervisor", name).read_text()
    return str(Template(text, keep_trailing_newline=True).render(web_workers=WEB_WORKERS))


def check_window(differing: list[str], window: str, *, has_release: bool) -> None:
    """Refuse to touch a section under a live shop: supervisord would stop both workers at once."""
    if differing and has_release and window != "1":
        names = ", ".join(differing)
        raise PyinfraError(
            f"Modifier {names} coupe la boutique : relancez avec WINDOW=1. / Changing {names} stops the shop: WINDOW=1."
        )


@deploy("Processes")
def apply() -> None:
    """Configuration, restart policy, and a restart of supervisord only when one of them changed."""
    differing = [path for name, path in FILES.items() if _present(path) != render(name)]
    check_window(differing, os.environ.get("WINDOW", ""), has_release=read_report().has_release)
    changes = [put_text(f"supervisor: {name}", render(name), path) for name, path in FILES.items()]
    drop_in = files.put(
        name="supervisor starts after what the shop needs, and comes back",
        src="systemd/supervisor.service.d/comptoir.conf",
        dest="/etc/systemd/system/supervisor.service.d/comptoir.conf",
        mode="644",
    )
    systemd.daemon_reload(name="systemd reads the supervisor drop-in", _if=drop_in.did_change)
    systemd.service(name="supervisor at boot", service="supervisor.service", running=True, enabled=True)
    systemd.service(
        name="supervisor restarts",
        service="supervisor.service",
        restarted=True,
        _if=lambda: any(change.did_change() for change in changes),
    )


def _present(path: str) -> str:
    return "\n".join(host.get_fact(FileContents, path=path) or []) + "\n"
