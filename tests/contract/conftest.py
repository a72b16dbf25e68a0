"""The two fakes on loopback, each test with its own unless it says so."""

from collections.abc import Iterator

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from app.dev.fake_brevo.app import create_app as create_brevo
from app.dev.fake_stripe.app import GivenEndpoint
from app.dev.fake_stripe.app import create_app as create_stripe
from app.dev.loopback import serving
from tests.contract.receiver import Receiver, receiving
from tests.contract.vendor import Vendor

WEBHOOK_SECRET = "whsec_of_the_tests"


class Stage:
    """One server for the whole session, another fake on it for each test: a server takes longer than most tests."""

    def __init__(self, url: str, first: ASGIApp) -> None:
        self.url = url
        self.playing = first

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.playing(scope, receive, send)


@pytest.fixture(scope="session")
def stripe_stage() -> Iterator[Stage]:
    stage = Stage("", create_stripe())
    with serving(stage) as stage.url:
        yield stage


@pytest.fixture(scope="session")
def brevo_stage() -> Iterator[Stage]:
    stage = Stage("", create_brevo())
    with serving(stage) as stage.url:
        yield stage


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Where the fake Stripe sends its events."""
    with receiving() as found:
        yield found


@pytest.fixture
def stripe(stripe_stage: Stage, receiver: Receiver) -> Iterator[Vendor]:
    """A fake Stripe that retries at once."""
    given = GivenEndpoint(receiver.url, WEBHOOK_SECRET)
    stripe_stage.playing = create_stripe(given=given, retry_seconds=(0.01, 0.01))
    with Vendor(stripe_stage.url) as vendor:
        yield vendor


@pytest.fixture
def brevo(brevo_stage: Stage) -> Iterator[Vendor]:
    """A fake Brevo."""
    brevo_stage.playing = create_brevo()
    with Vendor(brevo_stage.url) as vendor:
        yield vendor


@pytest.fixture(scope="module")
def strict_stripe() -> Iterator[Vendor]:
    """A fake Stripe for tables of calls that leave nothing behind worth starting afresh for."""
    with serving(create_stripe()) as url, Vendor(url) as vendor:
        yield vendor


@pytest.fixture(scope="module")
def strict_brevo() -> Iterator[Vendor]:
    """A fake Brevo for tables of calls that it refuses."""
    with serving(create_brevo()) as url, Vendor(url) as vendor:
        yield vendor
