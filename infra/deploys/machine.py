"""The machine itself: UTC and a synchronised clock, swap and kernel settings where the kernel is ours, the firewall."""

from io import StringIO

from pyinfra import host, logger
from pyinfra.api import deploy
from pyinfra.operations import files, server, systemd

from infra.deploys.facts.host_report import read_report
from infra.deploys.operations import programs

PACKAGES = ("systemd-timesyncd", "nftables", "tzdata", "openssl")
# Local ports: nothing between processes of this host is filtered.
OPEN_TCP = (80, 443)

KERNEL_FILE = "/etc/sysctl.d/60-comptoir-vm.conf"
NETWORK_FILE = "/etc/sysctl.d/60-comptoir-net.conf"

# Redis forks and nginx queues: both ask for these at start.
KERNEL = "vm.overcommit_memory = 1\nvm.swappiness = 10\n"
NETWORK = "net.core.somaxconn = 4096\nnet.ipv4.tcp_max_syn_backlog = 4096\n"


def render_firewall(ssh_port: int, open_tcp: tuple[int, ...]) -> str:
    """The whole ruleset; `nft -f` swaps it in atomically, established connections stay."""
    ports = ", ".join(str(port) for port in (ssh_port, *open_tcp))
    return f"""#!/usr/sbin/nft -f
# Comptoir: written by the deploy. In: SSH and the shop; everything else is dropped.
table inet comptoir
delete table inet comptoir
table inet comptoir {{
  chain incoming {{
    type filter hook input priority filter; policy drop;
    ct state established,related accept
    ct state invalid drop
    iif "lo" accept
    ip protocol icmp limit rate 20/second accept
    meta l4proto ipv6-icmp accept
    tcp dport {{ {ports} }} accept
  }}
  chain forwarded {{
    type filter hook forward priority filter; policy drop;
  }}
}}
"""


@deploy("Machine")
def apply() -> None:
    """Clock, swap, kernel, firewall."""
    is_container = read_report().is_container
    server.timezone(name="Clock in UTC", timezone="Etc/UTC")
    if is_container:
        logger.warning(
            f"[{host.name}] conteneur : swap, vm.* et horloge appartiennent à la machine hôte, étapes sautées."
            " / container: swap, vm.* and clock belong to the parent machine, steps skipped."
        )
    else:
        _own_kernel()
    _network_settings()
    _firewall()


def _own_kernel() -> None:
    systemd.service(name="Time synchronisation", service="systemd-timesyncd.service", running=True, enabled=True)
    settings = files.put(name="Kernel settings", src=StringIO(KERNEL), dest=KERNEL_FILE, mode="644")
    # pyinfra's sysctl operation writes one shared file and cannot apply a file of ours.
    server.shell(
        name="Kernel settings apply",
        commands=["sysctl -q -p /etc/sysctl.d/60-comptoir-vm.conf"],
        _if=settings.did_change,
    )
    programs.ship("swap.py")
    programs.converged(name="Swap", program="swap.py", arguments=str(host.data.swap_mb))


def _network_settings() -> None:
    settings = files.put(name="Network settings", src=StringIO(NETWORK), dest=NETWORK_FILE, mode="644")
    # Same reason as above.
    server.shell(
        name="Network settings apply",
        commands=["sysctl -q -p /etc/sysctl.d/60-comptoir-net.conf"],
        _if=settings.did_change,
    )


def _firewall() -> None:
    rules = files.put(
        name="Firewall rules",
        src=StringIO(render_firewall(int(host.data.ssh_port), OPEN_TCP)),
        dest="/etc/nftables.conf",
        mode="755",
    )
    # Checked by nft before the service reads them: a ruleset that does not parse would leave the host open at boot.
    server.shell(name="Firewall rules parse", commands=["nft -c -f /etc/nftables.conf"], _if=rules.did_change)
    systemd.service(name="Firewall at boot", service="nftables.service", running=True, enabled=True)
    systemd.service(name="Firewall reloads", service="nftables.service", reloaded=True, _if=rules.did_change)
