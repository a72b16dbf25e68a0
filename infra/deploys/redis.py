"""Redis as a cache: loopback only, bounded, nothing on disk; it is never the only copy of anything."""

from io import StringIO

from pyinfra import host
from pyinfra.api import deploy
from pyinfra.operations import files, systemd

PACKAGES = ("redis-server",)
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
    fragment = files.put(
        name="Redis settings",
        src=StringIO(render_settings(host.data.redis_maxmemory)),
        dest=FRAGMENT,
        user="root",
        group="redis",
        mode="640",
    )
    include = files.line(name="Redis reads them", path="/etc/redis/redis.conf", line=f"include {FRAGMENT}")
    systemd.service(name="Redis at boot", service="redis-server.service", running=True, enabled=True)
    systemd.service(
        name="Redis restarts",
        service="redis-server.service",
        restarted=True,
        _if=lambda: fragment.did_change() or include.did_change(),
    )
