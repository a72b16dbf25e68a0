"""Events of the test's own making, brought as Stripe brings them."""

import json
from datetime import UTC, datetime

import httpx2

from app.dev.fake_stripe.delivery import sign
from tests.shop_front import WEBHOOK_SECRET, Buyer, Json

PATH = "/stripe/webhook"
SUCCEEDED = "payment_intent.succeeded"


def deliver(buyer: Buyer, event: object, *, secret: str = WEBHOOK_SECRET, path: str = PATH) -> httpx2.Response:
    """Bring an event as Stripe does."""
    body = json.dumps(event).encode()
    return buyer.http.post(path, content=body, headers={"Stripe-Signature": sign(body, [secret])})


def event_about(thing: Json, kind: str = SUCCEEDED, **over: object) -> Json:
    """An event of the test's own making."""
    return {
        "id": "evt_of_the_test",
        "object": "event",
        "api_version": "2026-10-28.endive",
        "created": int(datetime.now(UTC).timestamp()),
        "data": {"object": thing},
        "livemode": False,
        "type": kind,
        **over,
    }


def intent_of_nobody() -> Json:
    """A paid intent that none of our sessions asked for."""
    return {
        "id": "pi_of_nobody", "object": "payment_intent", "status": "succeeded", "amount": 1000,
        "amount_received": 1000, "currency": "eur", "created": 1, "metadata": {"session_id": "payses_of_nobody"},
    }  # fmt: skip
