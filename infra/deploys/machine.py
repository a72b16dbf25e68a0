"""The machine itself: UTC and a synchronised clock, swap and kernel settings where the kernel is ours, the firewall."""

from pyinfra import host, logger
from pyinfra.api import deploy
from pyinfra.operations import server

from infra.deploys.facts.host_report import read_report
from infra.deploys.operations import paths, programs, services

PACKAGES = ("systemd-timesyncd", "nftables", "tzdata", "openssl")
# Local ports: nothing between processes of this host is filtered.
OPEN_TCP = (80, 443)

RULES = "/etc/nftables.conf"
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
  chain input {{
    type filter hook input priority filter; policy drop;
    ct state established,related accept
    ct state invalid drop
    iif "lo" accept
    ip protocol icmp limit rate 20/second accept
    meta l4proto ipv6-icmp accept
    tcp dport {{ {ports} }} accept
  }}
  chain forward {{
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
    _kernel_settings(NETWORK_FILE, NETWORK, "network")
    _firewall()


def _own_kernel() -> None:
    services.enabled(name="Time synchronisation", units=("systemd-timesyncd.service",))
    _kernel_settings(KERNEL_FILE, KERNEL, "kernel")
    programs.ship("swap.py")
    programs.converged(name="Swap", program="swap.py", arguments=str(host.data.swap_mb))


def _kernel_settings(path: str, content: str, act: str) -> None:
    paths.put(f"Settings of the kernel: {act}", paths.Text(path, content))
    # pyinfra's sysctl operation writes one shared file and cannot apply one of ours.
    services.loaded(name=f"The kernel has read them: {act}", act=act, files=(path,), command=f"sysctl -q -p {path}")


def _firewall() -> None:
    rules = render_firewall(int(host.data.ssh_port), OPEN_TCP)
    paths.put("Firewall rules", paths.Text(RULES, rules, mode="755"))
    services.enabled(name="Firewall at boot", units=("nftables.service",))
    # Checked before they are read: rules that do not parse would leave the host open at the next boot.
    services.loaded(
        name="Firewall has read them",
        act="nftables",
        files=(RULES,),
        command=f"nft -c -f {RULES} && systemctl reload nftables.service",
    )
