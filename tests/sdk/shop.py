"""The shop that the flows buy in: real web process, real worker, both fake vendors, goods of every kind."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import redis

from app.dev.fake_brevo.app import create_app as create_fake_brevo
from app.dev.fake_stripe.app import GivenEndpoint
from app.dev.fake_stripe.app import create_app as create_fake_stripe
from app.dev.loopback import serving
from app.payments.event_types import HANDLED_EVENT_TYPES
from tests.processes import Processes, shared_socket, url_of, wait_until_serving
from tests.sdk.goods import OWNER, OWNER_PASSWORD, stock_the_shop
from tests.services import ENVIRONMENT, forget_process_state
from tests.shop_front import RETRY_SECONDS, WEBHOOK_SECRET


@dataclass(frozen=True)
class OpenShop:
    """What a flow is told, and what the processes printed."""

    given: dict[str, str]
    processes: Processes

    def forget_attempts(self) -> None:
        """As if the last visitor had come an hour ago: all flows come from one address, which the limits count."""
        with redis.Redis.from_url(self.processes.environment["REDIS_URL"]) as client:
            client.flushall()


@contextmanager
def open_shop(database_url: str, redis_url: str) -> Iterator[OpenShop]:
    """A shop that is open while the block runs."""
    with ExitStack() as stack:
        listener = stack.enter_context(shared_socket())
        url = url_of(listener)
        endpoint = GivenEndpoint(f"{url}/stripe/webhook", WEBHOOK_SECRET, tuple(sorted(HANDLED_EVENT_TYPES)))
        stripe = stack.enter_context(serving(create_fake_stripe(given=endpoint, retry_seconds=RETRY_SECONDS)))
        brevo = stack.enter_context(serving(create_fake_brevo()))
        environment = {**ENVIRONMENT, "DATABASE_URL": database_url, "REDIS_URL": redis_url}
        environment |= {"STRIPE_API_BASE": stripe, "BREVO_API_BASE": brevo}
        environment["PUBLIC_URL"] = url  # what a link to send a file to begins with
        # The SDK runs on the storefront's server here: one address, many visitors.
        environment["TRUSTED_STOREFRONTS"] = "127.0.0.1"
        with settings_of(environment):
            stocked = stock_the_shop()
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="comptoir-sdk-")))
        processes = Processes(environment, folder)
        stack.callback(processes.stop_all)
        processes.serve(listener)
        processes.work()
        wait_until_serving(url)
        origin = ENVIRONMENT["STORE_CORS"]
        yield OpenShop(
            given={
                "shop_url": url,
                "publishable_key": stocked.key,
                "delivered_order_id": stocked.delivered_order_id,
                "stripe_url": stripe,
                "brevo_url": brevo,
                "storefront_origin": origin,
                "admin_email": OWNER,
                "admin_password": OWNER_PASSWORD,
            },
            processes=processes,
        )


@contextmanager
def settings_of(environment: dict[str, str]) -> Iterator[None]:
    """This process has these settings while the block runs; for filling the database."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        forget_process_state()
        yield
    forget_process_state()
