"""The two fakes on this machine, brought to a test host's own loopback by ssh: their addresses outlive a snapshot."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.appliance.checkout import ROOT
from tests.appliance.shop import BREVO_PORT, STRIPE_PORT
from tests.testhost import Host
from tests.waiting import wait_until


@dataclass(frozen=True)
class Vendors:
    """The addresses of the fakes, for their controls."""

    stripe_url: str
    brevo_url: str
    trusted: Path

    def trust(self, authority: str) -> None:
        """Have the fakes' webhooks accept a host's own authority, as Stripe accepts a public one."""
        self.trusted.write_text(authority)

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
    with tempfile.TemporaryDirectory() as folder:
        trusted = Path(folder) / "authority.crt"
        with _fake("app.dev.fake_stripe", trusted) as stripe_url, _fake("app.dev.fake_brevo", trusted) as brevo_url:
            yield Vendors(stripe_url, brevo_url, trusted)


@contextmanager
def _fake(module: str, trusted: Path) -> Iterator[str]:
    command = [sys.executable, "-m", module, "--port", "0"]
    # Read at each connection: the file may come later.
    environment = {**os.environ, "SSL_CERT_FILE": str(trusted)}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip().removeprefix("listening on ")
        finally:
            process.terminate()
