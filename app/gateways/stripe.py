"""Stripe, with its `stripe_*` files the only importer of its package. Our types in and out, one version, bounded."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, cast

from app.core.settings import get_settings
from app.gateways.stripe_checkout import CheckoutSessionCalls
from app.gateways.stripe_client import PAGE, PINNED_API_VERSION, ask_for_all, ask_for_one
from app.gateways.stripe_endpoints import Endpoint, EndpointCalls
from app.gateways.stripe_money import MoneyCalls
from app.gateways.stripe_objects import (
    BalanceTransaction,
    CheckoutSession,
    Event,
    Intent,
    Json,
    StripeCharge,
    StripeDispute,
    StripePayout,
    StripeRefund,
    read_charge,
    read_checkout_session,
    read_dispute,
    read_event,
    read_intent,
    read_payout,
    read_refund,
)

if TYPE_CHECKING:
    from stripe.params import (
        EventListParams,
        PaymentIntentCreateParams,
        PaymentIntentUpdateParams,
    )

# The one place to import Stripe from.
__all__ = [
    "PINNED_API_VERSION",
    "BalanceTransaction",
    "CheckoutSession",
    "Endpoint",
    "Event",
    "Intent",
    "Json",
    "StripeCharge",
    "StripeDispute",
    "StripeGateway",
    "StripePayout",
    "StripeRefund",
    "get_stripe",
    "read_charge",
    "read_checkout_session",
    "read_dispute",
    "read_intent",
    "read_payout",
    "read_refund",
]

_EVENT_TYPES_PER_CALL = 20


class StripeGateway(CheckoutSessionCalls, EndpointCalls, MoneyCalls):
    """The calls we use. Every failure is `Retryable` or `Terminal`; share one per process, threads included.

    What a customer waits for is tried twice, what jobs ask three times, a refund once (app/gateways/stripe_client.py).
    """

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
        intents = self._client.v1.payment_intents
        return read_intent(ask_for_one(lambda: intents.create(params, {"idempotency_key": idempotency_key})))

    def update_payment_intent(self, intent_id: str, *, amount_cents: int, idempotency_key: str) -> Intent:
        """Change what an intent asks for; refused once it is being paid, paid or cancelled."""
        params: PaymentIntentUpdateParams = {"amount": amount_cents}
        intents = self._client.v1.payment_intents
        return read_intent(ask_for_one(lambda: intents.update(intent_id, params, {"idempotency_key": idempotency_key})))

    def retrieve_payment_intent(self, intent_id: str) -> Intent:
        """The intent as it is now."""
        return read_intent(ask_for_one(lambda: self._client.v1.payment_intents.retrieve(intent_id)))

    def cancel_payment_intent(self, intent_id: str) -> Intent:
        """Make sure that it can no more be paid; `Terminal` (`payment_intent_unexpected_state`) when it just was."""
        return read_intent(ask_for_one(lambda: self._patient.v1.payment_intents.cancel(intent_id)))

    def list_events(self, *, since: datetime, types: Sequence[str], until: datetime | None = None) -> list[Event]:
        """Events of these types created from `since` on (Stripe keeps 30 days) and before `until`, oldest first."""
        created = {"gte": int(since.timestamp()), **({"lt": int(until.timestamp())} if until else {})}
        found = [event for chunk in _chunks(types, _EVENT_TYPES_PER_CALL) for event in self._events(created, chunk)]
        return sorted(found, key=lambda event: event.created_at)

    def _events(self, created: Mapping[str, int], types: Sequence[str]) -> list[Event]:
        params = cast("EventListParams", {"created": created, "types": list(types), "limit": PAGE})
        newest_first = ask_for_all(lambda: self._patient.v1.events.list(params))
        return [read_event(each) for each in reversed(newest_first)]

    def find_newest_event(self, *, types: Sequence[str], before: datetime) -> Event | None:
        """The newest event of these types (20 at most) that was created before then; None: none in 30 days."""
        created = {"lt": int(before.timestamp())}
        params = cast("EventListParams", {"created": created, "types": list(types), "limit": 1})
        found = ask_for_one(lambda: self._client.v1.events.list(params))["data"]
        return next((read_event(each) for each in cast("list[Json]", found)), None)

    def retrieve_event(self, event_id: str) -> Event:
        """One event of the last 30 days."""
        return read_event(ask_for_one(lambda: self._patient.v1.events.retrieve(event_id)))


def get_stripe() -> StripeGateway:
    """The process's gateway to Stripe, with its settings."""
    settings = get_settings()
    key = settings.stripe_secret_key.get_secret_value()
    return _gateway(key, settings.stripe_api_base, settings.stripe_api_version)


@cache
def _gateway(secret_key: str, api_base: str | None, api_version: str) -> StripeGateway:
    return StripeGateway(secret_key, api_base, api_version)


def _chunks(types: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    return (types[start : start + size] for start in range(0, len(types), size))
