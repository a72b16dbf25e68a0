"""/etc/comptoir: what the processes read. Values of the inventory, keys of ops, and secrets born on the host."""

from collections.abc import Mapping
from pathlib import Path

from pyinfra import host
from pyinfra.api import deploy

from infra.deploys.operations import paths, programs


def render_site(environment: str, domain: str, site: Mapping[str, str]) -> str:
    """The variables that are no secrets; what the inventory says wins over what follows from the domain."""
    origin = f"https://{domain}"
    values = {
        "COMPTOIR_ENV": environment,
        "PUBLIC_URL": origin,
        "STORE_CORS": origin,
        "ADMIN_CORS": origin,
        "AUTH_CORS": origin,
        "REDIS_URL": "redis://127.0.0.1:6379/0",
        "UPLOADS_DIR": "/var/lib/comptoir/uploads",
        **site,
    }
    return "".join(f"{name}={value}\n" for name, value in values.items())


@deploy("Environment")
def apply() -> None:
    """The three parts, then the program that invents what is missing and puts them together."""
    site = render_site(host.data.comptoir_env, host.data.domain, host.data.site)
    keys = Path(str(host.data.secrets_file)).read_text()
    paths.put(
        "Parts of the environment",
        paths.Text("/etc/comptoir/env.d/10-site.env", site, mode="600"),
        paths.Text("/etc/comptoir/env.d/30-vendor.env", keys, mode="600"),
    )
    programs.ship("host_secrets.py")
    programs.converged(name="Secrets of the host and environment files", program="host_secrets.py")
