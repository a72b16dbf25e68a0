"""The hosts that the suites of this folder share: one lab per process, hosts made once and kept for the session.

Where no host can run, `tests/host_suites.py` leaves these tests out, loudly; REQUIRE_APPLIANCE=1 makes that a failure.
A test that breaks its host (power, disk, network) creates its own: `lab.create("name")` takes two seconds.
"""

from collections.abc import Iterator

import pytest

from tests.appliance.checkout import Checkout
from tests.appliance.shop import FIRST_TAG, Shop
from tests.appliance.vendors import Vendors, running_vendors
from tests.proofs import is_proving, record_proof
from tests.testhost import Host, HostLab


@pytest.fixture(scope="session")
def lab() -> Iterator[HostLab]:
    """The lab of this test process: its bridge, its hosts; everything goes at the end."""
    with HostLab() as lab:
        yield lab


@pytest.fixture(scope="session")
def bare_host(lab: HostLab) -> Host:
    """A Debian 12 as a provider delivers it; shared, so a test may look at it and install, not break it."""
    return lab.create("bare", suite="bookworm")


@pytest.fixture(scope="session")
def vendors() -> Iterator[Vendors]:
    """The two fakes; `with vendors.reachable_from(host):` brings them to a host."""
    with running_vendors() as vendors:
        yield vendors


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A throw-away clone of what a release is made of, tagged v1.0.0."""
    checkout = Checkout.create(tmp_path_factory.mktemp("checkout"))
    checkout.tag(FIRST_TAG)
    return checkout


@pytest.fixture(scope="session")
def deployed_key(checkout: Checkout) -> str:
    """The key of the deployed host's snapshot: the content that it was deployed from."""
    return f"deployed-{checkout.tree(FIRST_TAG)[:16]}"


@pytest.fixture(scope="session")
def deployed_shop(
    lab: HostLab, checkout: Checkout, deployed_key: str, vendors: Vendors, tmp_path_factory: pytest.TempPathFactory
) -> Shop:
    """A Debian 12 on which v1.0.0 serves a fresh shop, deployed as ops do it; a snapshot spares it if nothing changed.

    Shared: look, deploy, roll back, and leave it serving. To break one: `lab.create("mine", snapshot=deployed_key)`.
    """
    folder = tmp_path_factory.mktemp("ops")
    if lab.has_snapshot(deployed_key) and not is_proving():
        host = lab.create("deployed", snapshot=deployed_key)
        shop = Shop(host, checkout, folder)
        shop.write_target()
        shop.wait_ready()
        return shop
    shop = Shop(lab.create("deployed", suite="bookworm"), checkout, folder)
    bootstrap, deploy = shop.deploy_from_bare(vendors)
    record_proof("deploy-debian-12", {"bare_to_first_answer_seconds": round(bootstrap.seconds + deploy.seconds, 1)})
    shop.host.snapshot(deployed_key)
    shop.wait_ready()
    return shop


@pytest.fixture(scope="session")
def deployed_host(deployed_shop: Shop) -> Host:
    """The host of `deployed_shop`."""
    return deployed_shop.host
