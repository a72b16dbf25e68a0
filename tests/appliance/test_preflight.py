"""The preflight on a host: it says what is wrong in one sentence, and touches nothing."""

from tests.appliance.shop import FIRST_TAG, Shop
from tests.waiting import wait_until


def test_a_port_taken_by_a_stranger_stops_the_deploy_before_it_touches_anything(deployed_shop: Shop) -> None:
    host = deployed_shop.host
    host.run("systemctl stop nginx && systemd-run -q --unit=stranger python3 -m http.server 80 --directory /srv")
    wait_until(lambda: "python3" in host.run("ss -Hltnp sport = :80").stdout, 20, "the stranger listens")
    host.run("touch /run/before")
    try:
        run = deployed_shop.make("deploy", FIRST_TAG)

        assert run.code == 1
        assert "rien n'a été touché / nothing was touched" in run.output
        assert "Le port 80 est pris par python3. / Port 80 is taken." in run.output
        changed = host.run("find /etc /opt /usr /var/lib/comptoir /var/backups -xdev -newer /run/before").stdout
        assert changed == ""
    finally:
        host.run("systemctl stop stranger; systemctl start nginx")
    deployed_shop.wait_ready()


def test_a_dirty_tree_and_an_unknown_tag_are_refused(deployed_shop: Shop) -> None:
    stray = deployed_shop.checkout.folder / "app" / "stray.py"
    stray.write_text("")
    try:
        dirty = deployed_shop.make("deploy", FIRST_TAG)
    finally:
        stray.unlink()
    unknown = deployed_shop.make("deploy", "v7.7.7")

    assert (dirty.code, unknown.code) == (1, 1)
    assert "L'arbre contient 1 changement(s) non validé(s) : committez puis étiquetez." in dirty.output
    assert "« v7.7.7 » n'est pas une étiquette annotée : git tag -a v7.7.7." in unknown.output
