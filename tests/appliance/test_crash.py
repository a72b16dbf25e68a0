"""What is killed comes back by itself, and the shop answers again; also after a reboot."""

import pytest

from tests.appliance.shop import Shop
from tests.rows import row
from tests.waiting import wait_until


def main_pid(shop: Shop, unit: str) -> str:
    """The main process of a unit, 0 while it is down."""
    return shop.host.run(f"systemctl show -p MainPID --value {unit}").stdout.strip()


@pytest.mark.parametrize(
    "unit", ["nginx.service", "postgresql@15-main.service", "redis-server.service", "supervisor.service"]
)
def test_a_service_killed_comes_back(deployed_shop: Shop, unit: str) -> None:
    before = main_pid(deployed_shop, unit)
    assert before != "0"

    deployed_shop.host.run(f"kill -9 {before}")

    wait_until(lambda: main_pid(deployed_shop, unit) not in ("0", before), 60, f"{unit} comes back")
    deployed_shop.wait_ready()
    assert deployed_shop.host.run("systemctl --failed --plain --no-legend").stdout == ""


@row("S0-063")
def test_a_web_worker_killed_comes_back_while_the_other_serves(deployed_shop: Shop) -> None:
    worker = deployed_shop.host.run("supervisorctl pid web:web-0").stdout.strip()

    deployed_shop.host.run(f"kill -9 {worker}")

    assert deployed_shop.is_ready()
    wait_until(lambda: _state(deployed_shop) == "RUNNING", 30, "web-0 runs again")


@row("S0-063")
def test_after_a_reboot_everything_serves_again(deployed_shop: Shop) -> None:
    deployed_shop.host.reboot()

    deployed_shop.wait_ready()
    assert deployed_shop.host.run("systemctl --failed --plain --no-legend").stdout == ""
    assert "policy drop" in deployed_shop.host.run("nft list ruleset").stdout


def _state(shop: Shop) -> str:
    return shop.host.run("supervisorctl status web:web-0 | awk '{print $2}'", check=False).stdout.strip()
