"""Disposable servers for the tests: a real Debian with systemd as PID 1, its own address, 2 vCPU and 2 GB.

with HostLab() as lab:
    host = lab.create("shop", suite="bookworm")
    host.run("apt-get install -y nginx")
    host.snapshot("with-nginx")
    host.power_cut()
    host.start()
"""

from tests.testhost.cgroups import GuestSize
from tests.testhost.commands import CommandFailed
from tests.testhost.host import Host, HostNotReady, InventoryValues
from tests.testhost.lab import HostLab, Suite
from tests.testhost.support import HOST_PACKAGES, HostSupportMissing, find_missing_support, require_host_support

__all__ = [
    "HOST_PACKAGES",
    "CommandFailed",
    "GuestSize",
    "Host",
    "HostLab",
    "HostNotReady",
    "HostSupportMissing",
    "InventoryValues",
    "Suite",
    "find_missing_support",
    "require_host_support",
]
