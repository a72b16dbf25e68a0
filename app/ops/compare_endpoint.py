"""Is Stripe's endpoint what `comptoir setup` made it? The audit asks; nothing is changed."""

from collections.abc import Collection, Iterator, Sequence

from app.core.settings import Settings
from app.gateways.stripe import Endpoint, StripeGateway
from app.ops.set_up_shop import WEBHOOK_PATH
from app.payments.event_types import HANDLED_EVENT_TYPES

EVERYTHING = "*"


def list_endpoint_faults(stripe: StripeGateway, settings: Settings) -> list[str]:
    """What differs from what we want, one code each; called with no transaction open. Raises `VendorFailure`."""
    url = f"{settings.public_url}{WEBHOOK_PATH}"
    ours = [endpoint for endpoint in stripe.list_webhook_endpoints() if endpoint.url == url]
    return compute_endpoint_faults(ours, HANDLED_EVENT_TYPES, settings.stripe_api_version)


def compute_endpoint_faults(ours: Sequence[Endpoint], wanted: Collection[str], api_version: str) -> list[str]:
    """Of the endpoints with our address: there is one, it is switched on, sends exactly these events in this version.

    Source: payments §2.1; runbook S3-009, S3-020. Nothing of what it names is a secret.
    """
    if len(ours) != 1:
        return [f"{len(ours)} endpoints"]
    return list(_compare(ours[0], set(wanted), api_version))


def _compare(endpoint: Endpoint, wanted: set[str], api_version: str) -> Iterator[str]:
    if endpoint.status != "enabled":
        yield f"status {endpoint.status}"
    if endpoint.api_version != api_version:
        yield f"api_version {endpoint.api_version}"
    sent = set(endpoint.enabled_events)
    yield from (f"not sent: {each}" for each in sorted(wanted - sent) if EVERYTHING not in sent)
    yield from (f"not handled: {each}" for each in sorted(sent - wanted))
