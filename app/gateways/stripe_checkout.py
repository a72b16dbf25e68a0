"""Stripe's own page for one payment, asked for, read and ended."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, cast

from app.gateways.stripe_client import StripeClients, ask_for_one
from app.gateways.stripe_objects import CheckoutSession, Json, read_checkout_session

if TYPE_CHECKING:
    from stripe.params.checkout import SessionCreateParams

_FIXED: Json = {
    "mode": "payment",
    # Cards alone answer while the customer waits; 3-D Secure stays possible.
    "allowed_payment_method_types": ["card"],
    "adaptive_pricing": {"enabled": False},
}


class CheckoutSessionCalls(StripeClients):
    """What is asked of Stripe about Checkout Sessions."""

    def create_checkout_session(
        self,
        *,
        amount_cents: int,
        currency: str,
        title: str,
        idempotency_key: str,
        client_reference_id: str,
        metadata: Mapping[str, str],
        success_url: str,
        cancel_url: str,
        expires_at: datetime,
        customer_email: str | None = None,
        locale: str | None = None,
    ) -> CheckoutSession:
        """Ask for a page on which exactly `amount_cents` is paid by card. Same key and arguments, same page, for 24 h.

        Nothing on it may change the amount (payments §5): one line, no conversion of currency, no codes, no VAT of
        Stripe's. The metadata goes on the intent too: what is told of intents and charges carries only that one.
        """
        params = {
            **_FIXED,
            "line_items": [_line(amount_cents, currency, title)],
            "client_reference_id": client_reference_id,
            "metadata": dict(metadata),
            "payment_intent_data": {"metadata": dict(metadata)},
            "success_url": success_url,
            "cancel_url": cancel_url,
            "expires_at": int(expires_at.timestamp()),
            **({"customer_email": customer_email} if customer_email else {}),
            **({"locale": locale} if locale else {}),
        }
        sessions, asked = self._client.v1.checkout.sessions, cast("SessionCreateParams", params)
        return read_checkout_session(ask_for_one(lambda: sessions.create(asked, {"idempotency_key": idempotency_key})))

    def retrieve_checkout_session(self, session_id: str) -> CheckoutSession:
        """The session as it is now."""
        return read_checkout_session(ask_for_one(lambda: self._client.v1.checkout.sessions.retrieve(session_id)))

    def expire_checkout_session(self, session_id: str) -> CheckoutSession:
        """Make sure that it can no more be paid; `Terminal` when it is open no more: they may have paid."""
        return read_checkout_session(ask_for_one(lambda: self._client.v1.checkout.sessions.expire(session_id)))


def _line(amount_cents: int, currency: str, title: str) -> Json:
    price = {"currency": currency.lower(), "unit_amount": amount_cents, "product_data": {"name": title}}
    return {"quantity": 1, "price_data": price}
