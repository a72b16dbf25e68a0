"""Stripe's webhook endpoints: made, listed, changed as far as Stripe lets them be changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from app.core.strict_json import keep_storable
from app.gateways.stripe_client import PAGE, StripeClients, ask_for_all, ask_for_one
from app.gateways.stripe_objects import Json

if TYPE_CHECKING:
    from stripe.params import WebhookEndpointCreateParams, WebhookEndpointUpdateParams


@dataclass(frozen=True)
class Endpoint:
    """A webhook endpoint registered at Stripe; `secret` is known only in the answer to its creation."""

    id: str
    url: str
    status: str
    api_version: str | None
    enabled_events: tuple[str, ...]
    metadata: Mapping[str, str] = field(default_factory=dict)
    secret: str | None = field(default=None, repr=False)

    @property
    def is_enabled(self) -> bool:
        """Events are sent to it."""
        return self.status == "enabled"


class EndpointCalls(StripeClients):
    """What is asked of Stripe about webhook endpoints."""

    def create_webhook_endpoint(
        self, *, url: str, event_types: Sequence[str], api_version: str, description: str
    ) -> Endpoint:
        """Subscribe `url`; events come in `api_version`, not the account's own. The secret is said only here."""
        params = {
            "url": url,
            "enabled_events": list(event_types),
            "api_version": api_version,
            "description": description,
        }
        asked = cast("WebhookEndpointCreateParams", params)
        return read_endpoint(ask_for_one(lambda: self._client.v1.webhook_endpoints.create(asked)))

    def list_webhook_endpoints(self) -> list[Endpoint]:
        """Every endpoint of the account, without secrets."""
        found = ask_for_all(lambda: self._client.v1.webhook_endpoints.list({"limit": PAGE}))
        return [read_endpoint(each) for each in found]

    def update_webhook_endpoint(
        self,
        endpoint_id: str,
        *,
        event_types: Sequence[str] | None = None,
        url: str | None = None,
        is_enabled: bool = True,
        metadata: Mapping[str, str] | None = None,
    ) -> Endpoint:
        """Subscribe an existing endpoint to exactly these types at this address, and enable or disable it.

        None leaves what there is; metadata is added to. Its `api_version` cannot be changed, nor its secret be read.
        """
        given = {"enabled_events": event_types and list(event_types), "url": url, "metadata": metadata}
        params = {name: value for name, value in given.items() if value is not None} | {"disabled": not is_enabled}
        asked = cast("WebhookEndpointUpdateParams", params)
        return read_endpoint(ask_for_one(lambda: self._client.v1.webhook_endpoints.update(endpoint_id, asked)))


def read_endpoint(given: Json) -> Endpoint:
    """A WebhookEndpoint."""
    raw = cast("Json", keep_storable(given))
    return Endpoint(
        id=str(raw["id"]),
        url=str(raw["url"]),
        status=str(raw["status"]),
        api_version=cast("str | None", raw.get("api_version")),
        enabled_events=tuple(cast("list[str]", raw["enabled_events"])),
        metadata=cast("dict[str, str]", raw.get("metadata") or {}),
        secret=cast("str | None", raw.get("secret")),
    )
