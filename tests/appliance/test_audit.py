"""The audit's two faces on a deployed host: everything is kept, and what is broken on purpose is named."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from app.ops.checks import CHECKS
from tests.appliance.checkout import ROOT
from tests.appliance.shop import Shop
from tests.appliance.test_purchase import ask_database
from tests.appliance.vendors import Vendors
from tests.shop_front import FakeBrevo, Json
from tests.testhost import Host, HostLab
from tests.waiting import wait_until

# The clock is the container's host's, keys are of a rehearsal, and a fresh shop has no money to verify.
NOT_APPLICABLE_ON_A_TEST_HOST = {
    "time.synchronised",
    "stripe.keys",
    "journal.verified",
    "invoices.verified",
    "cdn.if_s3",
}

# What each act breaks; all of them are done at once, so that one audit shows that each is seen and nothing else is.
SABOTAGES = {
    "service.worker": "supervisorctl stop worker",
    "service.cron": "systemctl stop cron",
    "service.restarts": "rm /etc/systemd/system/nginx.service.d/*.conf && systemctl daemon-reload",
    "listen.public": "systemd-run --unit=stray python3 -m http.server 8099"
    " && while ! ss -Htln | grep -q :8099; do :; done",
    "listen.firewall": "nft 'chain inet comptoir input { policy accept ; }'",
    "http.hsts": "sed -i '/[Ss]trict-[Tt]ransport-[Ss]ecurity/d' $(grep -rl . /etc/nginx) && nginx -s reload",
    "database.superusers": "psql -c 'ALTER ROLE comptoir_readonly SUPERUSER'",
    "database.app_rights": "psql -d comptoir -c 'GRANT CREATE ON SCHEMA public TO comptoir_app'",
    "database.guards": "psql -d comptoir -c 'ALTER TABLE price DISABLE TRIGGER demand_actor'",
    "database.passwords": "psql -c \"SET password_encryption = 'md5'; ALTER ROLE comptoir_app_b PASSWORD 'weak'\"",
    "database.at_head": "psql -d comptoir -c \"UPDATE alembic_version SET version_num = '0001_core'\"",
    "journal.closed": "psql -d comptoir -c 'ALTER TABLE payment_journal DISABLE TRIGGER demand_trigger'",
    "journal.verified": 'psql -d comptoir -c "SET session_replication_role = replica; INSERT INTO payment_journal'
    " VALUES (1, now(), 100, 'payment', 'pay_1', 'pi_1', 'eur', '', '', '', '', '')\"",
    "backup.age": "touch -d '2 days ago' /var/backups/comptoir/*.dump",
    "backup.scheduled": "rm /etc/cron.d/comptoir",
    "files.settings": "chmod 644 /etc/comptoir/env",
    "files.root_settings": "chmod 640 /etc/comptoir/owner.env",
    "files.backups": "chmod 755 /var/backups/comptoir",
    "files.releases": "chown comptoir /opt/comptoir/current/app",
    "files.private": "chmod 755 /var/lib/comptoir/private-files",
    "images.size": "head -c 500001 /dev/zero > /var/lib/comptoir/uploads/heavy.webp",
    "cdn.if_s3": "printf 'FILE_STORE_URL=s3://x\\nFILE_STORE_KEY_ID=x\\nFILE_STORE_SECRET=x\\n' >> /etc/comptoir/env",
    "files.log_rotation": "rm /etc/logrotate.d/comptoir",
    "secrets.length": "sed -i 's/^COOKIE_SECRET=.*/COOKIE_SECRET=short/' /etc/comptoir/env",
    "secrets.rotation": "printf 'BREVO_WEBHOOK_TOKEN_PREVIOUS=%064d\\n' 0 >> /etc/comptoir/env"
    " && echo BREVO_WEBHOOK_TOKEN_PREVIOUS_UNTIL=2126-01-01T00:00:00Z >> /etc/comptoir/env",
    "brevo.sender": "sed -i 's/^BREVO_SENDER_NAME=.*/BREVO_SENDER_NAME=/' /etc/comptoir/env",
    "cors.origins": "sed -i 's#^STORE_CORS=.*#STORE_CORS=http://localhost:3000#' /etc/comptoir/env",
}
# A setting that is wrong is wrong twice: the audit of the file as a whole sees it too.
FOLLOWS = {"settings.valid", "http.ready"}
# The host that is broken reaches no vendor: what only they can say is not kept.
UNSAID = {"stripe.endpoint", "brevo.sender_verified"}

COUNTS = (
    'SELECT (SELECT count(*) FROM \\"order\\"), (SELECT count(*) FROM payment_journal),'
    " (SELECT count(*) FROM stock_movement), (SELECT count(*) FROM payment)"
)
ACTS = "SELECT string_agg(DISTINCT actor, ' ') FROM audit_log WHERE action LIKE 'selftest.%'"


def audit_on_the_host(shop: Shop) -> dict[str, str]:
    """`comptoir audit --json` as ops run it; the status of each check."""
    answer = shop.host.run("sudo comptoir audit --json", check=False, user="deploy")
    return {line["id"]: line["status"] for line in json.loads(answer.stdout)}


@pytest.fixture
def known_shop(deployed_shop: Shop, vendors: Vendors) -> Iterator[Shop]:
    """The deployed shop, its vendors reachable; a host from a snapshot meets a fake Stripe that never heard of it."""
    host, brevo = deployed_shop.host, FakeBrevo(vendors.brevo_url)
    with vendors.reachable_from(host):
        asked = len(list_registrations(brevo))
        host.run("sudo comptoir setup", user="deploy")
        # Jobs tell Brevo of sender and webhook.
        wait_until(lambda: len(list_registrations(brevo)) > asked, 30, "Brevo has our webhook")
        wait_until(lambda: is_sender_verified(host), 30, "Brevo has our sender")
        yield deployed_shop


def list_failures(host: Host, noun: str) -> tuple[int, set[str]]:
    """`comptoir selftest` as ops run it: its exit code, and the steps that failed."""
    done = host.run(f"sudo comptoir selftest {noun} --json", check=False, user="deploy")
    assert "whsec_" not in done.stdout + done.stderr
    steps = json.loads(done.stdout)["steps"]
    assert {"accepted", "old"} <= {step["name"] for step in steps} or noun == "email"
    return done.returncode, {step["name"] for step in steps if step["status"] == "failed"}


def is_sender_verified(host: Host) -> bool:
    """Whether Brevo lets the host's shop write."""
    return host.run("sudo comptoir mail sender", check=False, user="deploy").returncode == 0


def list_registrations(brevo: FakeBrevo) -> list[Json]:
    """Each time that a shop told Brevo of its webhook."""
    return [*brevo.calls("create_webhook"), *brevo.calls("update_webhook")]


def test_the_self_tests_prove_payments_and_mails_on_a_deployed_host(known_shop: Shop, vendors: Vendors) -> None:
    """Through its own nginx with its own authority, both ways; and nobody has bought anything."""
    brevo = FakeBrevo(vendors.brevo_url)
    vendors.trust(known_shop.authority())
    brevo.post("/_test/news", events=["request", "delivered"])
    before = ask_database(known_shop, COUNTS)
    for noun in ("payment", "email"):
        assert list_failures(known_shop.host, noun) == (0, set())
    known_shop.host.run("touch /etc/comptoir/env")
    assert list_failures(known_shop.host, "payment") == (1, {"processes"})
    known_shop.host.run("sudo comptoir release restart", user="deploy")
    assert list_failures(known_shop.host, "payment") == (0, set())
    assert ask_database(known_shop, COUNTS) == before
    assert ask_database(known_shop, ACTS) == "cli:deploy"
    brevo.post("/_test/news", events=[])


def test_a_deployed_host_keeps_every_line_of_the_checklist(known_shop: Shop) -> None:
    statuses = audit_on_the_host(known_shop)
    assert {name for name, status in statuses.items() if status == "failed"} == set()
    assert {name for name, status in statuses.items() if status == "not_applicable"} == NOT_APPLICABLE_ON_A_TEST_HOST
    assert set(statuses) == {check.id for check in CHECKS}


def test_make_audit_says_the_same_from_outside(known_shop: Shop) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "infra", "audit", "--inventory", "rehearsal"],
        cwd=ROOT,
        env={**os.environ, "COMPTOIR_TARGET": str(known_shop.folder / "target.toml")},
        capture_output=True,
        text=True,
        check=False,
    )
    kept = len(CHECKS) - len(NOT_APPLICABLE_ON_A_TEST_HOST)
    assert done.returncode == 0, done.stdout
    assert f"{kept} passed, {len(NOT_APPLICABLE_ON_A_TEST_HOST)} skipped" in done.stdout


def test_what_is_broken_on_purpose_is_named_and_nothing_else(
    lab: HostLab, deployed_shop: Shop, deployed_key: str
) -> None:
    broken = Shop(lab.create("broken", snapshot=deployed_key), deployed_shop.checkout, deployed_shop.folder)
    broken.wait_serving()  # a process that reads broken settings at its start is one fault more
    for name, act in SABOTAGES.items():
        command = f"cd / && runuser -u postgres -- {act}" if act.startswith("psql") else act
        done = broken.host.run(command, check=False)
        assert done.returncode == 0, f"{name}: {done.stderr}"

    statuses = audit_on_the_host(broken)

    failed = {name for name, status in statuses.items() if status == "failed"}
    assert failed - FOLLOWS == set(SABOTAGES) | UNSAID
    broken.host.destroy()
