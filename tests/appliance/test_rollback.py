"""`make rollback` and `comptoir release`: what they refuse, and that the default is the last good release."""

import json

from tests.appliance.checkout import Checkout
from tests.appliance.shop import FIRST_TAG, Shop
from tests.rows import row


def test_a_tag_that_the_host_does_not_have_is_refused(deployed_shop: Shop) -> None:
    run = deployed_shop.make("rollback", "v0.0.9")

    assert run.code == 1
    assert "v0.0.9 n'est pas sur ce serveur / is not on this host" in run.output
    assert deployed_shop.live_release() == FIRST_TAG


@row("S0-127", "S0-128", "S2-063", "S4-052")
def test_without_a_tag_it_goes_to_the_last_good_release_and_not_back_and_forth(
    deployed_shop: Shop, checkout: Checkout
) -> None:
    host = deployed_shop.host
    checkout.tag("v1.2.0")
    assert deployed_shop.make("deploy", "v1.2.0").code == 0

    host.run("comptoir release rollback")
    assert deployed_shop.live_release() == FIRST_TAG

    listed = {one["release"]: one for one in json.loads(host.run("comptoir release list --json").stdout)}
    assert (listed[FIRST_TAG]["is_live"], listed["v1.2.0"]["was_left"]) == (True, True)
    # The release that ops fled is never the default again.
    refused = host.run("comptoir release rollback", check=False)
    assert "v1.2.0" not in json.loads(deployed_shop.deploy_log()[-1])["release"] or refused.returncode == 1


def test_a_restart_by_hand_gives_new_processes(deployed_shop: Shop) -> None:
    host, processes = deployed_shop.host, "pgrep -u comptoir -f 'app[.](serve|worker)'"
    before = set(host.run(processes).stdout.split())

    host.run("sudo comptoir release restart", user="deploy")

    after = set(host.run(processes).stdout.split())
    assert (len(after), after & before) == (3, set())
    last = json.loads(deployed_shop.deploy_log()[-1])
    assert (last["event"], last["who"], last["status"]) == ("release_restart", "deploy", "ok")


def test_every_attempt_is_one_line_with_who_and_how_long(deployed_shop: Shop) -> None:
    lines = [json.loads(line) for line in deployed_shop.deploy_log()]

    assert lines[0]["release"] == FIRST_TAG
    assert {tuple(sorted(line)) for line in lines if line["event"] != "window"} == {
        ("event", "previous", "release", "seconds", "status", "timestamp", "who")
    }
