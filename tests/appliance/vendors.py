"""The two fakes on this machine, brought to a test host's own loopback by ssh: their addresses outlive a snapshot."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.appliance.checkout import ROOT
from tests.appliance.shop import BREVO_PORT, STRIPE_PORT
from tests.testhost import Host
from tests.waiting import wait_until


@dataclass(frozen=True)
class Vendors:
    """The addresses of the fakes, for their controls."""

    stripe_url: str
    brevo_url: str

    @contextmanager
    def reachable_from(self, host: Host) -> Iterator[None]:
        """While the block runs, the host reaches both on its loopback."""
        tunnels = [
            option
            for port, url in ((STRIPE_PORT, self.stripe_url), (BREVO_PORT, self.brevo_url))
            for option in ("-R", f"127.0.0.1:{port}:{url.removeprefix('http://')}")
        ]
        # A connection of its own: the shared one would keep the tunnels after the block.
        options = ["-N", "-S", "none", "-o", "ExitOnForwardFailure=yes", *tunnels]
        command = ["ssh", "-F", str(host.ssh_config), "-l", "root", *options, host.name]
        with subprocess.Popen(command, stdin=subprocess.DEVNULL) as tunnel:
            try:
                wait_until(lambda: _listens(host), 20, "the fakes on the host's loopback")
                yield
            finally:
                tunnel.terminate()


def _listens(host: Host) -> bool:
    return host.run(f"ss -Hltn sport = :{BREVO_PORT} | grep -q .", check=False).returncode == 0


@contextmanager
def running_vendors() -> Iterator[Vendors]:
    """Both fakes, as processes of their own."""
    with _fake("app.dev.fake_stripe") as stripe_url, _fake("app.dev.fake_brevo") as brevo_url:
        yield Vendors(stripe_url, brevo_url)


@contextmanager
def _fake(module: str) -> Iterator[str]:
    command = [sys.executable, "-m", module, "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip().removeprefix("listening on ")
        finally:
            process.terminate()
