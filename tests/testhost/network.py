"""The bridge of a lab, its way out through NAT, and the cutting of one guest from it."""

import json
from pathlib import Path

from tests.testhost.commands import run_command
from tests.testhost.places import RUN, GuestPlace, Slot

IP_FORWARD = Path("/proc/sys/net/ipv4/ip_forward")
IP_FORWARD_BEFORE = RUN / "ip_forward.before"
# Declared empty, deleted, declared in full: nft applies the file at once, so loading it twice is harmless.
# The clamp matters where the uplink's MTU is below the bridge's 1500: without it large answers never arrive.
RULES = """table ip {table} {{ }}
delete table ip {table}
table ip {table} {{
    set cut {{
        type ipv4_addr
    }}
    chain outgoing {{
        type nat hook postrouting priority srcnat; policy accept;
        ip saddr {subnet} ip daddr != {subnet} masquerade
    }}
    chain passing {{
        type filter hook forward priority filter; policy accept;
        ip saddr @cut drop
        ip daddr @cut drop
        iifname "{bridge}" tcp flags syn tcp option maxseg size set rt mtu
        oifname "{bridge}" tcp flags syn tcp option maxseg size set {clamp}
    }}
}}
"""


def create_network(slot: Slot) -> None:
    """Bring up the bridge and its NAT; call with the machine's lock held."""
    _remember_ip_forward()
    IP_FORWARD.write_text("1")
    run_command(["ip", "link", "add", slot.bridge, "type", "bridge"])
    run_command(["ip", "address", "add", f"{slot.gateway}/24", "dev", slot.bridge])
    run_command(["ip", "link", "set", slot.bridge, "up"])
    clamp = max(536, _uplink_mtu() - 40)
    rules = RULES.format(table=slot.nft_table, subnet=slot.subnet, bridge=slot.bridge, clamp=clamp)
    run_command(["nft", "-f", "-"], stdin=rules)


def remove_network(slot: Slot) -> None:
    """Remove bridge and NAT, whatever is left of them; the last one out puts ip_forward back. Machine's lock held."""
    run_command(["nft", "delete", "table", "ip", slot.nft_table], check=False)
    for name in list_lab_interfaces(slot):
        run_command(["ip", "link", "delete", name], check=False)
    if not any(name.startswith("comptoir") for name in list_interfaces()):
        _restore_ip_forward()


def cut_link(place: GuestPlace) -> None:
    """Pull the guest's cable: nobody reaches it, it reaches nobody."""
    run_command(["ip", "link", "set", place.interface, "down"])


def heal_link(place: GuestPlace) -> None:
    """Plug the cable in again."""
    run_command(["ip", "link", "set", place.interface, "up"])


def cut_beyond_host(place: GuestPlace) -> None:
    """Cut the guest from the Internet and the other guests; this machine still reaches it over SSH."""
    run_command(["nft", "-f", "-"], stdin=_cut_element("add", place))


def heal_beyond_host(place: GuestPlace) -> None:
    """Undo cut_beyond_host; nothing happens to a guest that is not cut."""
    # Added first, because deleting what is not there fails.
    run_command(["nft", "-f", "-"], stdin=_cut_element("add", place) + _cut_element("delete", place))


def list_lab_interfaces(slot: Slot) -> list[str]:
    """The lab's bridge and the host ends of its guests' cables, as far as they exist."""
    return [name for name in list_interfaces() if name == slot.bridge or name.startswith(slot.cable_prefix)]


def has_rules(slot: Slot) -> bool:
    """True if the lab's nft table is loaded."""
    return f"table ip {slot.nft_table}\n" in run_command(["nft", "list", "tables", "ip"]).stdout


def list_interfaces() -> list[str]:
    """Names of the machine's network interfaces."""
    return [str(link["ifname"]) for link in json.loads(run_command(["ip", "-json", "link"]).stdout)]


def _cut_element(verb: str, place: GuestPlace) -> str:
    return f"{verb} element ip {place.slot.nft_table} cut {{ {place.address} }}\n"


def _uplink_mtu() -> int:
    routes = json.loads(run_command(["ip", "-json", "route", "show", "default"]).stdout or "[]")
    if not routes:
        return 1500
    return int(Path("/sys/class/net", routes[0]["dev"], "mtu").read_text())


def _remember_ip_forward() -> None:
    if not IP_FORWARD_BEFORE.exists():
        IP_FORWARD_BEFORE.write_text(IP_FORWARD.read_text())


def _restore_ip_forward() -> None:
    if IP_FORWARD_BEFORE.exists():
        IP_FORWARD.write_text(IP_FORWARD_BEFORE.read_text())
        IP_FORWARD_BEFORE.unlink()
