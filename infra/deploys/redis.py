"""Redis as a cache: loopback only, bounded, nothing on disk; it is never the only copy of anything."""

from pyinfra import host
from pyinfra.api import deploy
from pyinfra.operations import files

from infra.deploys.operations import paths, services

PACKAGES = ("redis-server",)
MAIN = "/etc/redis/redis.conf"
FRAGMENT = "/etc/redis/comptoir.conf"


def render_settings(maxmemory: str) -> str:
    """Our part of Redis's configuration, read last."""
    return (
        "# Comptoir: written by the deploy\n"
        "bind 127.0.0.1 -::1\n"
        "protected-mode yes\n"
        f"maxmemory {maxmemory}\n"
        "maxmemory-policy allkeys-lru\n"
        'save ""\n'
        "appendonly no\n"
    )


@deploy("Redis")
def apply() -> None:
    """Our settings included at the end of the distribution's file, and a restart if they changed: it is a cache."""
    settings = render_settings(host.data.redis_maxmemory)
    paths.put("Redis settings", paths.Text(FRAGMENT, settings, mode="640", group="redis"))
    files.line(name="Redis includes them", path=MAIN, line=f"include {FRAGMENT}")
    services.enabled(name="Redis at boot", units=("redis-server.service",))
    services.loaded(
        name="Redis has read them",
        act="redis",
        files=(MAIN, FRAGMENT),
        command="systemctl restart redis-server.service",
    )
