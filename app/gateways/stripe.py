"""Stripe: the only importer of its package. Our types in and out, one pinned version, bounded time."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar, cast

import stripe

from app.core.settings import get_settings
from app.core.strict_json import keep_storable
from app.gateways.errors import Retryable, Terminal

if TYPE_CHECKING:
    from stripe.params import (
        EventListParams,
        PaymentIntentCreateParams,
        PaymentIntentUpdateParams,
        WebhookEndpointCreateParams,
        WebhookEndpointUpdateParams,
    )

# On by default, it writes under the home directory (a service user has none) and sends platform data.
stripe.enable_telemetry = False

# What the installed package speaks; STRIPE_API_VERSION overrides it.
PINNED_API_VERSION = stripe.api_version

_API_BASE = "https://api.stripe.com"
_CONNECT_SECONDS = 3.0
_READ_SECONDS = 8.0
# A customer waits: with one retry the worst case is about 17 s.
_NETWORK_RETRIES = 1
_EVENT_TYPES_PER_CALL = 20

Json = dict[str, object]
_Result = TypeVar("_Result")


@dataclass(frozen=True)
class Intent:
    """A PaymentIntent as Stripe holds it now. `raw` is the whole object, for a payment session's `data`."""

    id: str
    status: str
    amount_cents: int
    amount_received_cents: int
    currency: str
    created_at: datetime
    metadata: Mapping[str, str]
    latest_charge_id: str | None
    error_code: str | None
    decline_code: str | None
    client_secret: str | None = field(repr=False)
    raw: Json = field(repr=False)


@dataclass(frozen=True)
class Event:
    """An event read from the API, in the shape of the version it was created with."""

    id: str
    type: str
    created_at: datetime
    raw: Json = field(repr=False)


@dataclass(frozen=True)
class Endpoint:
    """A webhook endpoint registered at Stripe; `secret` is known only in the answer to its creation."""

    id: str
    url: str
    status: str
    api_version: str | None
    enabled_events: tuple[str, ...]
    secret: str | None = field(repr=False)


class StripeGateway:
    """The calls we use. Every failure is `Retryable` or `Terminal`; share one per process, threads included."""

    def __init__(self, secret_key: str, api_base: str | None = None, api_version: str = PINNED_API_VERSION) -> None:
        self._client = stripe.StripeClient(
            secret_key,
            stripe_version=api_version,
            base_addresses={"api": (api_base or _API_BASE).rstrip("/")},
            max_network_retries=_NETWORK_RETRIES,
            http_client=stripe.RequestsClient(timeout=(_CONNECT_SECONDS, _READ_SECONDS)),
        )

    def create_payment_intent(
        self,
        *,
        amount_cents: int,
        currency: str,
        idempotency_key: str,
        metadata: Mapping[str, str],
        description: str | None = None,
    ) -> Intent:
        """Ask for a payment. The same key with the same arguments gives the same intent, for 24 hours."""
        params: PaymentIntentCreateParams = {
            "amount": amount_cents,
            "currency": currency.lower(),
            # Cards alone answer while the customer waits; 3-D Secure stays possible.
            "allowed_payment_method_types": ["card"],
            "metadata": dict(metadata),
        }
        if description is not None:
            params["description"] = description
        options: stripe.RequestOptions = {"idempotency_key": idempotency_key}
        return _intent(_call(lambda: self._client.v1.payment_intents.create(params, options)))

    def update_payment_intent(self, intent_id: str, *, amount_cents: int, idempotency_key: str) -> Intent:
        """Change what an intent asks for; refused once it is being paid, paid or cancelled."""
        params: PaymentIntentUpdateParams = {"amount": amount_cents}
        options: stripe.RequestOptions = {"idempotency_key": idempotency_key}
        return _intent(_call(lambda: self._client.v1.payment_intents.update(intent_id, params, options)))

    def retrieve_payment_intent(self, intent_id: str) -> Intent:
        """The intent as it is now."""
        return _intent(_call(lambda: self._client.v1.payment_intents.retrieve(intent_id)))

    def cancel_payment_intent(self, intent_id: str) -> Intent:
        """Make sure that it can no more be paid; `Terminal` (`payment_intent_unexpected_state`) when it just was."""
        return _intent(_call(lambda: self._client.v1.payment_intents.cancel(intent_id)))

    def list_events(self, *, since: datetime, types: Sequence[str]) -> list[Event]:
        """Events of these types created at `since` or later, oldest first (Stripe keeps 30 days)."""
        found = [event for chunk in _chunks(types, _EVENT_TYPES_PER_CALL) for event in self._events(since, chunk)]
        return sorted(found, key=lambda event: event.created_at)

    def _events(self, since: datetime, types: Sequence[str]) -> list[Event]:
        params: EventListParams = {"created": {"gte": int(since.timestamp())}, "types": list(types), "limit": 100}
        newest_first = _call(lambda: list(self._client.v1.events.list(params).auto_paging_iter()))
        return [_event(each) for each in reversed(newest_first)]

    def retrieve_event(self, event_id: str) -> Event:
        """One event of the last 30 days."""
        return _event(_call(lambda: self._client.v1.events.retrieve(event_id)))

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
        created = _call(lambda: self._client.v1.webhook_endpoints.create(cast("WebhookEndpointCreateParams", params)))
        return _endpoint(created)

    def list_webhook_endpoints(self) -> list[Endpoint]:
        """Every endpoint of the account, without secrets."""
        found = _call(lambda: list(self._client.v1.webhook_endpoints.list({"limit": 100}).auto_paging_iter()))
        return [_endpoint(each) for each in found]

    def update_webhook_endpoint(self, endpoint_id: str, *, event_types: Sequence[str]) -> Endpoint:
        """Subscribe an existing endpoint to exactly these types, and enable it."""
        params = {"enabled_events": list(event_types), "disabled": False}
        updated = _call(
            lambda: self._client.v1.webhook_endpoints.update(endpoint_id, cast("WebhookEndpointUpdateParams", params))
        )
        return _endpoint(updated)


def get_stripe() -> StripeGateway:
    """The process's gateway to Stripe, with its settings."""
    settings = get_settings()
    key = settings.stripe_secret_key.get_secret_value()
    return _gateway(key, settings.stripe_api_base, settings.stripe_api_version)


@cache
def _gateway(secret_key: str, api_base: str | None, api_version: str) -> StripeGateway:
    return StripeGateway(secret_key, api_base, api_version)


def read_intent(given: Json) -> Intent:
    """The intent out of an event's body, in the shape of any API version we accept; raises KeyError or TypeError."""
    # A buyer's browser writes names and addresses into it: what the database refuses must not lose the payment.
    raw = cast("dict[str, Any]", keep_storable(given))
    charge = raw.get("latest_charge")
    error = raw.get("last_payment_error") or {}
    return Intent(
        id=str(raw["id"]),
        status=str(raw["status"]),
        amount_cents=int(raw["amount"]),
        amount_received_cents=int(raw["amount_received"]),
        currency=str(raw["currency"]),
        created_at=_instant(int(raw["created"])),
        metadata=raw.get("metadata") or {},
        latest_charge_id=charge["id"] if isinstance(charge, dict) else charge,
        error_code=error.get("code"),
        decline_code=error.get("decline_code"),
        client_secret=raw.get("client_secret"),
        raw=raw,
    )


def _call(request: Callable[[], _Result]) -> _Result:
    # `from None`: the package's texts quote bodies and addresses, and a traceback would print them.
    try:
        return request()
    except stripe.StripeError as failure:
        raise _sorted(failure) from None


def _sorted(failure: stripe.StripeError) -> Retryable | Terminal:
    status, request_id = failure.http_status, failure.request_id
    if isinstance(failure, stripe.APIConnectionError):
        return Retryable("stripe", "unreachable")
    if isinstance(failure, stripe.RateLimitError):
        return Retryable("stripe", failure.code or "rate_limited", http_status=status, request_id=request_id)
    # 409: another request holds the same key, or the object, at this moment.
    if isinstance(failure, stripe.APIError) or status == 409:
        return Retryable("stripe", failure.code or "vendor_error", http_status=status, request_id=request_id)
    return Terminal("stripe", failure.code or _kind(failure), http_status=status, request_id=request_id)


def _kind(failure: stripe.StripeError) -> str:
    return failure.error.type if failure.error is not None and failure.error.type else "refused"


def _chunks(types: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    return (types[start : start + size] for start in range(0, len(types), size))


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, tz=UTC)


def _intent(found: stripe.PaymentIntent) -> Intent:
    return read_intent(found.to_dict(for_json=True))


def _event(found: stripe.Event) -> Event:
    return Event(found.id, found.type, _instant(found.created), found.to_dict(for_json=True))


def _endpoint(found: stripe.WebhookEndpoint) -> Endpoint:
    raw = found.to_dict(for_json=True)
    return Endpoint(
        id=found.id,
        url=found.url,
        status=found.status,
        api_version=raw.get("api_version"),
        enabled_events=tuple(found.enabled_events),
        secret=raw.get("secret"),
    )
