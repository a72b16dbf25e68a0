"""nginx: TLS, limits, headers, static files, the maintenance page; tried by `nginx -t` before it is reloaded."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from pyinfra import host
from pyinfra.api import deploy
from pyinfra.api.operation import OperationMeta
from pyinfra.operations import files, server, systemd

from infra.deploys.facts.host_report import read_report
from infra.deploys.operations import programs
from infra.deploys.operations.rendered import put_text
from infra.target import ROOT

PACKAGES = ("nginx", "openssl")
SNIPPETS = ("comptoir-tls.conf", "comptoir-headers.conf", "comptoir-proxy.conf", "comptoir-errors.conf")
# From 1.25 on `listen ... http2` is deprecated and warns; Debian 12 has 1.22, Ubuntu 24.04 has 1.24.
OLD_HTTP2 = {"12", "24.04"}


def render(name: str, **values: object) -> str:
    """A file of `nginx/`, with a missing value being an error rather than an empty word."""
    # Configuration, not HTML: escaping would break it.
    environment = Environment(
        loader=FileSystemLoader(ROOT / "nginx"),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        autoescape=False,  # noqa: S701
    )
    return str(environment.get_template(name).render(**values))


@deploy("nginx")
def apply() -> None:
    """Certificate, configuration, restart policy; reload only if a file that nginx reads changed."""
    certificate = _certificate()
    _activate([certificate, *_configure()])


def _certificate() -> OperationMeta:
    if host.data.tls == "files":
        return _brought_certificate()
    programs.ship("own_authority.py")
    names = " ".join(dict.fromkeys([str(host.data.domain), host.name]))
    return programs.converged(name="Certificate of our own authority", program="own_authority.py", arguments=names)


def _brought_certificate() -> OperationMeta:
    folder = Path(host.data.secrets_file).parent / "tls"
    for name, mode in (("privkey.pem", "600"), ("fullchain.pem", "644")):
        last = files.put(
            name=f"Certificate {name}",
            src=str(folder / name),
            dest=f"/etc/comptoir/tls/{name}",
            user="root",
            group="root",
            mode=mode,
            add_deploy_dir=False,
        )
    return last


def _configure() -> list[OperationMeta]:
    site = render(
        "comptoir.conf.j2", domain=host.data.domain, http2_directive=read_report().os_version not in OLD_HTTP2
    )
    changes = [
        put_text("nginx: shared settings", render("http.conf.j2"), "/etc/nginx/conf.d/comptoir.conf"),
        put_text("nginx: the site", site, "/etc/nginx/sites-available/comptoir.conf"),
        put_text("Maintenance page", render("maintenance.html"), "/var/lib/comptoir/maintenance/page.html"),
    ]
    changes += [
        put_text(f"nginx: {name}", render(f"snippets/{name}"), f"/etc/nginx/snippets/{name}") for name in SNIPPETS
    ]
    enabled = files.link(
        name="nginx: the site is enabled",
        path="/etc/nginx/sites-enabled/comptoir.conf",
        target="/etc/nginx/sites-available/comptoir.conf",
    )
    welcome = files.link(name="nginx: no welcome page", path="/etc/nginx/sites-enabled/default", present=False)
    return [*changes, enabled, welcome]


def _activate(changes: list[OperationMeta]) -> None:
    drop_in = files.put(
        name="nginx comes back after a crash",
        src="systemd/nginx.service.d/comptoir.conf",
        dest="/etc/systemd/system/nginx.service.d/comptoir.conf",
        mode="644",
    )
    systemd.daemon_reload(name="systemd reads the nginx drop-in", _if=drop_in.did_change)

    def is_changed() -> bool:
        return any(change.did_change() for change in changes)

    # No operation validates a configuration; the running nginx keeps the old one if the new one does not parse.
    server.shell(name="nginx accepts its configuration", commands=["nginx -t -q"], _if=is_changed)
    systemd.service(name="nginx at boot", service="nginx.service", running=True, enabled=True)
    systemd.service(name="nginx reloads", service="nginx.service", reloaded=True, _if=is_changed)
