"""A shop on a test host, worked as ops work it: `python -m infra VERB` on a laptop, curl from outside."""

import http.client
import os
import re
import ssl
import subprocess
import sys
import time
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from tests.appliance.checkout import Checkout
from tests.testhost import Host
from tests.waiting import wait_until

# Where the deployed settings look for the vendors: the host's own loopback, where ssh brings the fakes (vendors.py).
STRIPE_PORT, BREVO_PORT = 12111, 12112
FIRST_TAG = "v1.0.0"

TARGET = """
domain = "{address}"
addresses = ["{address}"]
secrets_file = "{folder}/vendor.env"
{setup}
[ssh]
key = "{key}"
known_hosts = "{known_hosts}"
[site]
STRIPE_API_BASE = "http://127.0.0.1:{stripe}"
BREVO_API_BASE = "http://127.0.0.1:{brevo}"
BREVO_SENDER_EMAIL = "bonjour@boutique.example"
BREVO_SENDER_NAME = "La boutique d'essai"
MANUAL_PAYMENT = "true"
"""
VENDOR_KEYS = "STRIPE_SECRET_KEY=sk_test_rehearsal\nBREVO_API_KEY=xkeysib-rehearsal\n"

SETUP = """
[shop]
name = "Boutique d'essai"
contact_email = "bonjour@comptoir.example"
[seller]
legal_name = "Boutique d'essai"
legal_form = "SARL"
siret = "12345678200002"
vat_number = "FR11123456782"
address_1 = "1 rue de l'Exemple"
postal_code = "69001"
city = "Lyon"
[owner]
email = "patronne@comptoir.example"
[region]
name = "France"
currency = "eur"
countries = ["fr"]
[[tax]]
category = "standard"
code = "TVA20"
name = "TVA 20 %"
rate = 20
valid_from_on = 2014-01-01
[[shipping]]
code = "colissimo"
name = "Colissimo"
price_cents = 490
"""

# Python that runs on the host as the application does.
AS_THE_SHOP = (
    "cd /opt/comptoir/current && COMPTOIR_ENV_FILE=/etc/comptoir/env"
    " setpriv --reuid=comptoir --regid=comptoir --init-groups .venv/bin/python -"
)
EVERY_WORKER_ANSWERS = """
from app.gateways.supervisor import Supervisor
from app.ops.rolling_restart import PATIENCE, WEB_PORT, wait_for_answer, wait_until_running

supervisor = Supervisor()
for process in supervisor.list_processes():
    if process.name.startswith("web:"):
        wait_for_answer(wait_until_running(supervisor, process.name, PATIENCE), WEB_PORT, PATIENCE)
"""


@dataclass(frozen=True)
class Run:
    """What one command of ops did."""

    code: int
    output: str
    seconds: float

    @property
    def changes(self) -> int:
        """The number in its last line, -1 if it never got there."""
        found = re.search(r"(\d+) changements? / ", self.output)
        return int(found.group(1)) if found else -1


class Vendors(Protocol):
    """What a deploy with a setup file needs: the vendors, reachable from the host."""

    def reachable_from(self, host: Host) -> AbstractContextManager[None]: ...


@dataclass(frozen=True)
class Shop:
    """One host, one clone to deploy from, and the file that names the host."""

    host: Host
    checkout: Checkout
    folder: Path
    has_setup: bool = True
    environment: dict[str, str] = field(default_factory=dict)

    def deploy_from_bare(self, vendors: Vendors) -> tuple[Run, Run]:
        """`make bootstrap` and `make deploy` on a host fresh from its provider; both must succeed."""
        self.write_target()
        bootstrap = self.make("bootstrap")
        assert bootstrap.code == 0, bootstrap.output
        with vendors.reachable_from(self.host):
            deploy = self.make("deploy", FIRST_TAG)
        assert deploy.code == 0, deploy.output
        return bootstrap, deploy

    def write_target(self) -> None:
        """Write the target, the vendor keys and the shop's file."""
        known_hosts = self.host.inventory_values().ssh_known_hosts_file
        (self.folder / "vendor.env").write_text(VENDOR_KEYS)
        (self.folder / "vendor.env").chmod(0o600)
        (self.folder / "setup.toml").write_text(SETUP)
        text = TARGET.format(
            address=self.host.address,
            folder=self.folder,
            setup=f'setup_file = "{self.folder}/setup.toml"' if self.has_setup else "",
            key=self.host.private_key,
            known_hosts=known_hosts,
            stripe=STRIPE_PORT,
            brevo=BREVO_PORT,
        )
        (self.folder / "target.toml").write_text(text)

    def make(self, verb: str, tag: str = "") -> Run:
        """`make bootstrap`, `make deploy TAG=`, `make rollback TAG=`: the line behind them."""
        command = [sys.executable, "-m", "infra", verb, "--inventory", "rehearsal", *(["--tag", tag] if tag else [])]
        started = time.monotonic()
        done = subprocess.run(
            command,
            cwd=self.checkout.folder,
            env={**os.environ, "COMPTOIR_TARGET": str(self.folder / "target.toml"), **self.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=900,
            check=False,
        )
        return Run(done.returncode, done.stdout, time.monotonic() - started)

    def authority(self) -> str:
        """The certificate of the host's own authority, as ops fetch it."""
        return self.host.run("cat /etc/comptoir/tls/ca.crt").stdout

    def context(self) -> ssl.SSLContext:
        """TLS as a customer's browser that was given this authority."""
        return ssl.create_default_context(cadata=self.authority())

    def get(self, path: str, context: ssl.SSLContext | None = None, timeout_seconds: float = 5) -> tuple[int, str]:
        """One GET over a new TLS connection; status and body."""
        connection = http.client.HTTPSConnection(
            self.host.address, timeout=timeout_seconds, context=context or self.context()
        )
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()

    def publishable_key(self) -> str:
        """The key that `comptoir setup` made for the storefront."""
        query = "SELECT token FROM publishable_key WHERE revoked_at IS NULL LIMIT 1"
        return self.host.run("sudo -u postgres psql -At -d comptoir", stdin=query).stdout.strip()

    def is_ready(self) -> bool:
        """Whether the shop answers that everything it needs is there."""
        try:
            return self.get("/health/ready")[0] == http.client.OK
        except OSError:
            return False

    def wait_ready(self, seconds: float = 60) -> None:
        """Until the shop is ready, as after a boot."""
        wait_until(self.is_ready, seconds, "the shop is ready")

    def wait_serving(self) -> None:
        """Until each web worker has answered, asked on the host itself: a clone's certificate names its original."""
        self.host.run(AS_THE_SHOP, stdin=EVERY_WORKER_ANSWERS)

    def live_release(self) -> str:
        """What `current` points to."""
        return self.host.run("basename $(readlink /opt/comptoir/current)").stdout.strip()

    def deploy_log(self) -> list[str]:
        """The lines of deploys.log."""
        return self.host.run("cat /var/log/comptoir/deploys.log").stdout.splitlines()
