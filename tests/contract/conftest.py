"""The two fakes on loopback, each test with its own unless it says so."""

from collections.abc import Iterator

import pytest

from app.dev.fake_brevo.app import create_app as create_brevo
from app.dev.fake_stripe.app import GivenEndpoint
from app.dev.fake_stripe.app import create_app as create_stripe
from app.dev.loopback import serving
from tests.contract.receiver import Receiver, receiving
from tests.contract.vendor import Vendor

WEBHOOK_SECRET = "whsec_of_the_tests"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Where the fake Stripe sends its events."""
    with receiving() as found:
        yield found


@pytest.fixture
def stripe(receiver: Receiver) -> Iterator[Vendor]:
    """A fake Stripe that retries at once."""
    given = GivenEndpoint(receiver.url, WEBHOOK_SECRET)
    with serving(create_stripe(given=given, retry_seconds=(0.01, 0.01))) as url, Vendor(url) as vendor:
        yield vendor


@pytest.fixture(scope="module")
def strict_stripe() -> Iterator[Vendor]:
    """A fake Stripe for tables of calls that leave nothing behind worth starting afresh for."""
    with serving(create_stripe()) as url, Vendor(url) as vendor:
        yield vendor


@pytest.fixture
def brevo() -> Iterator[Vendor]:
    """A fake Brevo."""
    with serving(create_brevo()) as url, Vendor(url) as vendor:
        yield vendor
