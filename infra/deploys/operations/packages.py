"""Debian packages, with the refresh of the lists tied to a missing package: a complete host is never 'changed'."""

from collections.abc import Generator

from pyinfra import host
from pyinfra.api import operation

from infra.deploys.facts.pending import MissingPackages

APT = "DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Dpkg::Options::=--force-confold"
RECENT_LISTS = "find /var/lib/apt/lists -maxdepth 1 -name '*Packages*' -mmin -60 2>/dev/null | grep -q ."


@operation()
def installed(names: tuple[str, ...]) -> Generator[str, None, None]:
    """Install those of `names` that are missing, in one run of apt.

    pyinfra's own `apt.packages(update=True)` counts an old list as a change, so that a drift check would be red.
    """
    missing = host.get_fact(MissingPackages, names=names)
    if not missing:
        host.noop("every package is installed")
        return
    yield f"{RECENT_LISTS} || {APT} update"
    yield f"{APT} --no-install-recommends install {' '.join(missing)}"
