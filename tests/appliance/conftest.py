"""The hosts that the suites of this folder share: one lab per process, hosts made once and kept for the session.

Where no host can run, `tests/host_suites.py` leaves these tests out, loudly; REQUIRE_APPLIANCE=1 makes that a failure.
A test that breaks its host (power, disk, network) creates its own: `lab.create("name")` takes two seconds.
"""

from collections.abc import Iterator

import pytest

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
