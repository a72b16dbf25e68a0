"""One Chromium for the folder, a fresh window for each test, and the pages' servers."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from app.dev.fake_brevo.app import create_app as create_brevo
from app.dev.fake_stripe.app import GivenEndpoint
from app.dev.fake_stripe.app import create_app as create_stripe
from app.dev.loopback import serving
from tests.browser.visitor import Visitor
from tests.chromium import find_chromium
from tests.contract.receiver import Receiver, receiving
from tests.contract.vendor import Vendor

WEBHOOK_SECRET = "whsec_of_the_tests"
# Nothing but our own pages leaves; Playwright adds `--headless` and a new, empty folder for the user's data.
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


# Of the folder, not of the session: the loop that Playwright runs would be in the way of `asyncio.run` elsewhere.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Debian's Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), headless=True, args=ARGUMENTS)
        yield browser
        browser.close()


def open_window(browser: Browser) -> BrowserContext:
    """A window that knows nothing of the others."""
    window = browser.new_context(locale="fr-FR")
    window.set_default_timeout(10_000)
    return window


@pytest.fixture
def visitor(browser: Browser, tmp_path: Path) -> Iterator[Visitor]:
    """A person. At the end the browser must not have complained about anything."""
    with open_window(browser) as window:
        visitor = Visitor(window.new_page(), tmp_path)
        yield visitor
    assert visitor.complaints == []


@pytest.fixture
def unjudged_visitor(browser: Browser, tmp_path: Path) -> Iterator[Visitor]:
    """A person on pages that are meant to be bad: the test itself reads the complaints."""
    with open_window(browser) as window:
        yield Visitor(window.new_page(), tmp_path)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Where the fake Stripe sends its events."""
    with receiving() as found:
        yield found


@pytest.fixture
def stripe(receiver: Receiver) -> Iterator[Vendor]:
    """A fake Stripe of this test."""
    given = GivenEndpoint(receiver.url, WEBHOOK_SECRET)
    with serving(create_stripe(given=given)) as url, Vendor(url) as vendor:
        yield vendor


@pytest.fixture
def brevo() -> Iterator[Vendor]:
    """A fake Brevo of this test."""
    with serving(create_brevo()) as url, Vendor(url) as vendor:
        yield vendor


@pytest.fixture
def shop_url(app: FastAPI) -> Iterator[str]:
    """The product on a real address, on this test's database."""
    with serving(app) as url:
        yield url
