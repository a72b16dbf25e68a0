"""`make deploy`: from a bare Debian to a serving shop, again without a change, never at the old release's price."""

import json

import pytest

from tests.appliance.checkout import Checkout
from tests.appliance.load import steady_load
from tests.appliance.shop import FIRST_TAG, Shop
from tests.appliance.vendors import Vendors
from tests.proofs import proof_size, record_proof
from tests.rows import row
from tests.testhost import HostLab

# A web process that dies at once, and one that dies only where supervisord starts it.
DIES = 'raise SystemExit("this release does not start")\n'
DIES_UNDER_SUPERVISOR = 'import sys\n\nif "--fd" in sys.argv:\n    raise SystemExit("not on this socket")\n'


@row("S0-054", "S0-058", "S0-064", "S1-019", "S4-075")
def test_a_second_deploy_of_the_same_tag_changes_nothing(deployed_shop: Shop) -> None:
    assert deployed_shop.live_release() == FIRST_TAG
    assert json.loads(deployed_shop.get("/health")[1])["version"] == FIRST_TAG

    again = deployed_shop.make("deploy", FIRST_TAG)

    assert (again.code, again.changes) == (0, 0), again.output
    record_proof("deploy-second-run-debian-12", {"seconds": round(again.seconds, 1), "changes": again.changes})


def test_debian_13_from_bare_to_the_first_answer(
    lab: HostLab, checkout: Checkout, vendors: Vendors, tmp_path_factory: pytest.TempPathFactory
) -> None:
    shop = Shop(lab.create("trixie", suite="trixie"), checkout, tmp_path_factory.mktemp("ops13"))

    bootstrap, deploy = shop.deploy_from_bare(vendors)

    status, body = shop.get("/health/ready")
    assert (status, json.loads(body)["version"]) == (200, FIRST_TAG)
    assert shop.host.run("sudo -u postgres psql -Atc 'SHOW server_version'").stdout.startswith("17.")
    assert shop.host.run("systemctl --failed --plain --no-legend").stdout == ""
    again = shop.make("deploy", FIRST_TAG)
    assert (again.code, again.changes) == (0, 0), again.output
    assert shop.make("bootstrap").changes == 0
    figures = {"bare_to_first_answer_seconds": round(bootstrap.seconds + deploy.seconds, 1)}
    record_proof("deploy-debian-13", {**figures, "second_run_seconds": round(again.seconds, 1)})
    shop.host.destroy()


@row("S2-062")
def test_a_release_and_a_rollback_lose_no_request(deployed_shop: Shop, checkout: Checkout) -> None:
    checkout.tag("v1.1.0")
    requests = proof_size(200, 10_000)

    with steady_load(deployed_shop, per_second=50, at_least=requests) as release_load:
        release = deployed_shop.make("deploy", "v1.1.0")
    assert release.code == 0, release.output
    assert deployed_shop.live_release() == "v1.1.0"
    assert release_load.failures == []

    with steady_load(deployed_shop, per_second=50, at_least=requests) as rollback_load:
        rollback = deployed_shop.make("rollback")
    assert rollback.code == 0, rollback.output
    assert deployed_shop.live_release() == FIRST_TAG
    assert rollback_load.failures == []
    assert min(release_load.answered, rollback_load.answered) >= requests
    record_proof(
        "release-and-rollback-under-load",
        {
            "requests": release_load.answered + rollback_load.answered,
            "lost": 0,
            "release_seconds": round(release.seconds, 1),
            "rollback_seconds": round(rollback.seconds, 1),
            "slowest_request_seconds": round(max(release_load.slowest_seconds, rollback_load.slowest_seconds), 2),
        },
    )


@row("S2-036", "S4-051")
def test_a_release_that_does_not_start_leaves_the_old_one_serving(deployed_shop: Shop, checkout: Checkout) -> None:
    checkout.tag("v9.0.0", {"app/serve.py": DIES})
    live = deployed_shop.live_release()

    with steady_load(deployed_shop, per_second=50, at_least=50) as load:
        run = deployed_shop.make("deploy", "v9.0.0")

    assert run.code == 1
    assert "v9.0.0 ne démarre pas / does not start: this release does not start" in run.output
    assert deployed_shop.live_release() == live
    assert deployed_shop.host.run("test -e /opt/comptoir/releases/v9.0.0", check=False).returncode == 1
    assert load.failures == []
    last = json.loads(deployed_shop.deploy_log()[-1])
    assert (last["event"], last["release"], last["previous"], last["status"]) == (
        *("release_deploy", "v9.0.0", live),
        "failed",
    )


def test_a_release_that_fails_after_the_switch_is_switched_back(deployed_shop: Shop, checkout: Checkout) -> None:
    checkout.tag("v9.1.0", {"app/serve.py": DIES_UNDER_SUPERVISOR + checkout.read("app/serve.py")})
    live = deployed_shop.live_release()

    with steady_load(deployed_shop, per_second=50, at_least=50) as load:
        run = deployed_shop.make("deploy", "v9.1.0")

    assert run.code == 1
    assert f"v9.1.0 ne sert pas, {live} est de retour / back to {live}" in run.output
    assert deployed_shop.live_release() == live
    assert json.loads(deployed_shop.get("/health")[1])["version"] == live
    assert load.failures == []
    states = deployed_shop.host.run("supervisorctl status | awk '{print $1, $2}'").stdout.split("\n")
    assert states == ["web:web-0 RUNNING", "web:web-1 RUNNING", "worker RUNNING", ""]


def test_two_deploys_at_once_are_refused_by_name(deployed_shop: Shop) -> None:
    holder = '{"who": "claire@portable", "since": "2026-11-21T08:00:00+00:00", "tag": "v1.2.0", "run": "x"}'
    lock = "/var/lib/comptoir/deploy.lock"
    host = deployed_shop.host
    # Detached: the lock lives as long as the process, whoever started it.
    host.run(f"echo '{holder}' > {lock}; setsid flock {lock} sleep 60 > /dev/null 2>&1 < /dev/null & echo $!")

    run = deployed_shop.make("deploy", FIRST_TAG)
    host.run("pkill -x sleep")

    assert run.code == 1
    assert "Déploiement de v1.2.0 en cours par claire@portable depuis 2026-11-21T08:00:00+00:00." in run.output
    assert deployed_shop.make("deploy", FIRST_TAG).code == 0
