"""What closes the shop for a moment is refused, unless ops opened a window; then done politely, seconds logged."""

import json
from dataclasses import replace

from tests.appliance.checkout import Checkout
from tests.appliance.shop import FIRST_TAG, Shop

SETTINGS = "infra/inventory/group_data/all.py"


def test_a_restart_of_postgresql_needs_a_window(deployed_shop: Shop, checkout: Checkout) -> None:
    host = deployed_shop.host
    before = checkout.read(SETTINGS)
    window = replace(deployed_shop, environment={"WINDOW": "1"})
    buffers = "psql -U comptoir_readonly -d comptoir -Atc 'SHOW shared_buffers'"
    started = "systemctl show -p MainPID --value postgresql@15-main.service"
    pid = host.run(started).stdout
    try:
        (checkout.folder / SETTINGS).write_text(before.replace("256MB", "192MB"))
        checkout.commit("smaller buffers")

        refused = deployed_shop.make("deploy", FIRST_TAG)
        assert refused.code == 1
        assert "Ce changement redémarre PostgreSQL : relancez avec WINDOW=1" in refused.output
        assert (host.run(started).stdout, host.run(buffers, user="deploy").stdout) == (pid, "256MB\n")

        assert window.make("deploy", FIRST_TAG).code == 0
        assert host.run(buffers, user="deploy").stdout == "192MB\n"
        entry = json.loads(deployed_shop.deploy_log()[-1])
        assert (entry["event"], entry["act"]) == ("window", "postgresql@15-main.service")
        # The page is down once the shop sells again; the worker is back some seconds later.
        deployed_shop.wait_ready(30)
    finally:
        (checkout.folder / SETTINGS).write_text(before)
        checkout.commit("as before")
        assert window.make("deploy", FIRST_TAG).code == 0
