"""supervisord: two web workers on one socket that it holds, and the worker; no release changes their sections."""

import os
from pathlib import Path

from jinja2 import Template
from pyinfra import host
from pyinfra.api import deploy
from pyinfra.api.exceptions import PyinfraError
from pyinfra.facts.files import FileContents

from infra.deploys.facts.host_report import read_report
from infra.deploys.operations import paths, services
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
    paths.put("supervisor's files", *(paths.Text(path, render(name)) for name, path in FILES.items()))
    services.drop_in("supervisor.service")
    services.enabled(name="supervisor at boot", units=("supervisor.service",))
    services.loaded(
        name="supervisor has read them",
        act="supervisor",
        files=tuple(FILES.values()),
        command=services.restart("supervisor.service", has_release=read_report().has_release),
    )


def _present(path: str) -> str:
    return "\n".join(host.get_fact(FileContents, path=path) or []) + "\n"
