"""One look at a host, in one command that changes nothing: the preflight and the sizes of the roles read it."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from pyinfra import host
from pyinfra.api import FactBase

# POSIX sh and what Debian calls essential: it must work before bootstrap has installed anything.
COMMAND = r"""
. /etc/os-release; echo "os=$ID"; echo "os_version=$VERSION_ID"; echo "codename=${VERSION_CODENAME:-}"
awk '/^MemTotal/ {print "memory_mb=" int($2/1024)}' /proc/meminfo
df -Pm / | awk 'NR==2 {print "disk_free_mb=" $4}'
echo "uid=$(id -u)"
echo "container=$(systemd-detect-virt --container 2>/dev/null || true)"
echo "time_synchronised=$(timedatectl show -p NTPSynchronized --value 2>/dev/null || true)"
echo "python=$(python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null || true)"
echo "current=$(basename "$(readlink /opt/comptoir/current 2>/dev/null || true)")"
echo "tls_key=$(test -s /etc/comptoir/tls/privkey.pem && echo yes || true)"
ss -Hltnp 2>/dev/null | while read -r _ _ _ address _ process; do
  name=${process#*\(\(\"}; echo "listener=${address##*:} ${name%%\"*}"
done
true
"""


@dataclass(frozen=True)
class HostReport:
    """What a host says of itself."""

    os: str = ""
    os_version: str = ""
    memory_mb: int = 0
    disk_free_mb: int = 0
    is_root: bool = False
    container: str = ""
    is_time_synchronised: bool = False
    python: str = ""
    current_release: str = ""
    listeners: frozenset[tuple[int, str]] = field(default_factory=frozenset)

    @property
    def is_container(self) -> bool:
        """True where the kernel is shared: no swap, no clock, no vm.* of its own."""
        return self.container not in ("", "none")

    @property
    def has_release(self) -> bool:
        """True once a shop runs here: from then on a restart of a shared service needs a window."""
        return bool(self.current_release)


def parse_report(lines: Iterable[str]) -> HostReport:
    """Read the `name=value` lines of COMMAND."""
    pairs = [line.strip().partition("=")[::2] for line in lines if "=" in line]
    values = dict(pairs)
    return HostReport(
        os=values.get("os", ""),
        os_version=values.get("os_version", ""),
        memory_mb=int(values.get("memory_mb") or 0),
        disk_free_mb=int(values.get("disk_free_mb") or 0),
        is_root=values.get("uid") == "0",
        container=values.get("container", ""),
        is_time_synchronised=values.get("time_synchronised") == "yes",
        python=values.get("python", ""),
        current_release=values.get("current", ""),
        listeners=frozenset(_listener(value) for name, value in pairs if name == "listener"),
    )


def _listener(value: str) -> tuple[int, str]:
    port, _, process = value.partition(" ")
    return int(port), process


class HostReportFact(FactBase[HostReport]):
    """`host.get_fact(HostReportFact)`."""

    def command(self) -> str:
        """The one command."""
        return COMMAND

    def process(self, output: Iterable[str]) -> HostReport:
        """Its lines as a report."""
        return parse_report(output)


_reports: dict[str, HostReport] = {}


def read_report() -> HostReport:
    """The report of the current host, asked once per run: it describes the host before anything is changed."""
    if host.name not in _reports:
        _reports[host.name] = host.get_fact(HostReportFact)
    return _reports[host.name]
