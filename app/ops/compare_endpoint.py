"""Is Stripe's endpoint what `comptoir setup` made it? The audit asks; nothing is changed."""

from collections.abc import Iterator, Sequence

from app.core.settings import Settings
from app.gateways.stripe import Endpoint, StripeGateway
from app.ops.decide_repair import WantedEndpoint, list_ours
from app.ops.set_up_shop import describe_endpoint

EVERYTHING = "*"


def list_endpoint_faults(stripe: StripeGateway, settings: Settings) -> list[str]:
    """What differs from what we want, one code each; called with no transaction open. Raises `VendorFailure`."""
    wanted = describe_endpoint(settings)
    return compute_endpoint_faults(list_ours(stripe.list_webhook_endpoints(), wanted.urls), wanted)


def compute_endpoint_faults(ours: Sequence[Endpoint], wanted: WantedEndpoint) -> list[str]:
    """Of the endpoints with our address: there is one, it is switched on, sends exactly these events in this version.

    Beside one that is switched on, those that are switched off do not count. Nothing of what it names is a secret.
    Source: payments §2.1; runbook S3-009, S3-020.
    """
    delivering = [each for each in ours if each.is_enabled] or ours
    if len(delivering) != 1:
        return [f"{len(delivering)} endpoints"]
    return list(_compare(delivering[0], wanted))


def _compare(endpoint: Endpoint, wanted: WantedEndpoint) -> Iterator[str]:
    if endpoint.url != wanted.urls[0]:
        yield f"url {endpoint.url}"
    if endpoint.status != "enabled":
        yield f"status {endpoint.status}"
    if endpoint.api_version != wanted.api_version:
        yield f"api_version {endpoint.api_version}"
    types, sent = set(wanted.event_types), set(endpoint.enabled_events)
    yield from (f"not sent: {each}" for each in sorted(types - sent) if EVERYTHING not in sent)
    yield from (f"not handled: {each}" for each in sorted(sent - types))
