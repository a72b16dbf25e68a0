"""nginx: TLS, limits, headers, static files, the maintenance page; tried by `nginx -t` before it is reloaded."""

from collections.abc import Mapping
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from pyinfra import host
from pyinfra.api import deploy
from pyinfra.operations import files

from infra.deploys.facts.host_report import read_report
from infra.deploys.operations import paths, programs, services
from infra.target import ROOT

PACKAGES = ("nginx", "openssl")
FILES = {
    "http.conf.j2": "/etc/nginx/conf.d/comptoir.conf",
    "snippets/comptoir-server.conf": "/etc/nginx/snippets/comptoir-server.conf",
    "snippets/comptoir-tls.conf": "/etc/nginx/snippets/comptoir-tls.conf",
    "snippets/comptoir-headers.conf": "/etc/nginx/snippets/comptoir-headers.conf",
    "snippets/comptoir-proxy.conf": "/etc/nginx/snippets/comptoir-proxy.conf",
    "snippets/comptoir-cache.conf": "/etc/nginx/snippets/comptoir-cache.conf",
    "snippets/comptoir-errors.conf": "/etc/nginx/snippets/comptoir-errors.conf",
    "comptoir.conf.j2": "/etc/nginx/sites-available/comptoir.conf",
}
ENABLED = "/etc/nginx/sites-enabled/comptoir.conf"
CERTIFICATE = ("/etc/comptoir/tls/fullchain.pem", "/etc/comptoir/tls/privkey.pem")
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
    _certificate()
    _configure()
    services.drop_in("nginx.service")
    services.enabled(name="nginx at boot", units=("nginx.service",))
    # The running nginx keeps its old configuration if the new one does not parse.
    services.loaded(
        name="nginx has read its files",
        act="nginx",
        files=(*FILES.values(), ENABLED, *CERTIFICATE),
        command="nginx -t -q && systemctl reload nginx.service",
    )


def served_names() -> list[str]:
    """The shop's name, and the host's address, by which a rehearsal is reached as well."""
    return list(dict.fromkeys([str(host.data.domain), host.name]))


def trusted_storefronts(site: Mapping[str, str]) -> list[str]:
    """The addresses of storefront servers, as the application is told them: one setting for both."""
    return [address.strip() for address in site.get("TRUSTED_STOREFRONTS", "").split(",") if address.strip()]


def _certificate() -> None:
    if host.data.tls == "files":
        _brought_certificate()
        return
    programs.ship("own_authority.py")
    programs.converged(
        name="Certificate of our own authority", program="own_authority.py", arguments=" ".join(served_names())
    )


def _brought_certificate() -> None:
    folder = Path(host.data.secrets_file).parent / "tls"
    chain, key = ((folder / Path(path).name).read_text() for path in CERTIFICATE)
    paths.put("Certificate", paths.Text(CERTIFICATE[0], chain), paths.Text(CERTIFICATE[1], key, mode="600"))


def _configure() -> None:
    is_rehearsal = host.data.tls != "files"
    values = {
        "domain": host.data.domain,
        "names": " ".join(served_names()) if is_rehearsal else host.data.domain,
        "is_rehearsal": is_rehearsal,
        "http2_directive": read_report().os_version not in OLD_HTTP2,
        "trusted_storefronts": trusted_storefronts(host.data.site),
        "brevo_ranges": host.data.brevo_ranges,
    }
    paths.put(
        "nginx: site, snippets, maintenance page",
        *(paths.Text(dest, render(name, **values)) for name, dest in FILES.items()),
        paths.Text("/var/lib/comptoir/maintenance/page.html", render("maintenance.html")),
    )
    files.link(name="nginx: no welcome page", path="/etc/nginx/sites-enabled/default", present=False)
    files.link(name="nginx: the site is enabled", path=ENABLED, target=FILES["comptoir.conf.j2"])
