"""Our gateway against the fake: what it sends is accepted, what goes wrong is sorted into later and never."""

import logging
import traceback
from datetime import UTC, datetime, timedelta

import pytest

from app.dev.contract.stripe_operations import list_event_types
from app.gateways.errors import Retryable, Terminal, VendorFailure
from app.gateways.stripe import PINNED_API_VERSION, Intent, StripeGateway
from tests.contract.vendor import Json, Vendor

KEY = "sk_test_canary_of_the_tests"
HOUR_AGO = timedelta(hours=1)


@pytest.fixture
def gateway(stripe: Vendor) -> StripeGateway:
    return StripeGateway(KEY, stripe.url)


def ask(gateway: StripeGateway, key: str = "session:1", amount_cents: int = 1234) -> Intent:
    return gateway.create_payment_intent(
        amount_cents=amount_cents, currency="EUR", idempotency_key=key, metadata={"cart_id": "cart_1"}
    )


def test_an_intent_is_asked_for_by_card_only(stripe: Vendor, gateway: StripeGateway) -> None:
    intent = ask(gateway)
    assert (intent.status, intent.amount_cents, intent.currency) == ("requires_payment_method", 1234, "eur")
    assert intent.metadata == {"cart_id": "cart_1"}
    assert intent.raw["client_secret"] == intent.client_secret
    assert stripe.read("requests")[0]["arguments"] == {
        "amount": 1234,
        "currency": "eur",
        "allowed_payment_method_types": ["card"],
        "metadata": {"cart_id": "cart_1"},
    }


def test_the_same_key_gives_the_same_intent(stripe: Vendor, gateway: StripeGateway) -> None:
    assert ask(gateway) == ask(gateway)
    with pytest.raises(Terminal) as refusal:
        ask(gateway, amount_cents=1235)
    assert (refusal.value.code, refusal.value.http_status) == ("idempotency_error", 400)
    assert len(stripe.call("GET", "/v1/events").json()["data"]) == 1


def test_a_paid_intent_says_so_and_can_no_more_be_cancelled_or_changed(stripe: Vendor, gateway: StripeGateway) -> None:
    intent = ask(gateway)
    assert gateway.update_payment_intent(intent.id, amount_cents=2000, idempotency_key="u").amount_cents == 2000
    stripe.control(f"payment_intents/{intent.id}/confirm")
    paid = gateway.retrieve_payment_intent(intent.id)
    assert (paid.status, paid.amount_received_cents) == ("succeeded", 2000)
    assert str(paid.latest_charge_id).startswith("ch_")
    with pytest.raises(Terminal) as refusal:
        gateway.cancel_payment_intent(intent.id)
    assert refusal.value.code == "payment_intent_unexpected_state"
    with pytest.raises(Terminal) as refusal:
        gateway.update_payment_intent(intent.id, amount_cents=3000, idempotency_key="v")
    assert refusal.value.code == "payment_intent_unexpected_state"


def test_a_declined_intent_says_why(stripe: Vendor, gateway: StripeGateway) -> None:
    intent = ask(gateway)
    stripe.control(f"payment_intents/{intent.id}/fail", {"decline_code": "insufficient_funds"})
    failed = gateway.retrieve_payment_intent(intent.id)
    assert (failed.status, failed.error_code, failed.decline_code) == (
        "requires_payment_method",
        "card_declined",
        "insufficient_funds",
    )
    assert gateway.cancel_payment_intent(intent.id).status == "canceled"


def test_events_come_oldest_first_over_pages_and_chunks_of_types(stripe: Vendor, gateway: StripeGateway) -> None:
    now = int(datetime.now(UTC).timestamp())
    for number in range(120):
        body: Json = {"type": "charge.succeeded", "object": {}, "id": f"evt_{number:03}", "created": now - 200 + number}
        stripe.control("events", body)
    types = ["charge.succeeded", *(kind for kind in list_event_types() if kind.startswith("customer."))]
    found = gateway.list_events(since=datetime.now(UTC) - HOUR_AGO, types=types)
    assert [event.id for event in found] == [f"evt_{number:03}" for number in range(120)]
    assert gateway.retrieve_event("evt_007").raw == found[7].raw
    assert gateway.list_events(since=datetime.now(UTC) + HOUR_AGO, types=types) == []


def test_an_endpoint_is_created_in_our_version_and_its_secret_is_told_once(
    stripe: Vendor, gateway: StripeGateway
) -> None:
    stripe.call("POST", "/v1/webhook_endpoints/we_given", "disabled=true")
    made = gateway.create_webhook_endpoint(
        url="https://shop.example/stripe/webhook",
        event_types=["payment_intent.succeeded"],
        api_version=PINNED_API_VERSION,
        description="Comptoir",
    )
    assert str(made.secret).startswith("whsec_")
    newest = gateway.list_webhook_endpoints()[0]
    assert (newest.id, newest.secret, newest.api_version) == (made.id, None, PINNED_API_VERSION)
    changed = gateway.update_webhook_endpoint(made.id, event_types=["charge.refunded"])
    assert (changed.enabled_events, changed.status) == (("charge.refunded",), "enabled")


# Fault -> what the gateway makes of it: class, code, HTTP status, whether a breaker counts it.
FAULTS = {
    "refuse": (Retryable, "unreachable", None, True),
    "error": (Retryable, "vendor_error", 500, True),
    "bad_gateway": (Retryable, "vendor_error", 502, True),
    "rate_limit": (Retryable, "rate_limited", 429, False),
}


@pytest.mark.parametrize(("kind", "expected"), FAULTS.items(), ids=FAULTS.keys())
def test_an_outage_is_for_later(
    stripe: Vendor, gateway: StripeGateway, kind: str, expected: tuple[type[VendorFailure], str, int | None, bool]
) -> None:
    # Twice, for the package tries a second time by itself.
    stripe.control("faults", {"kind": kind, "times": 2})
    with pytest.raises(Retryable) as failure:
        ask(gateway)
    found = failure.value
    assert (type(found), found.code, found.http_status, found.is_outage) == expected


def test_one_lost_answer_is_found_again_by_the_package_itself(stripe: Vendor, gateway: StripeGateway) -> None:
    stripe.control("faults", {"kind": "refuse", "when": "after"})
    assert ask(gateway).amount_cents == 1234
    assert len(stripe.call("GET", "/v1/events").json()["data"]) == 1


def test_what_stripe_refuses_is_refused_for_good(stripe: Vendor) -> None:
    gateway = StripeGateway(KEY, stripe.url)
    with pytest.raises(Terminal) as refusal:
        gateway.retrieve_payment_intent("pi_none")
    assert (refusal.value.code, refusal.value.http_status) == ("resource_missing", 404)
    with pytest.raises(Terminal) as refusal:
        ask(gateway, amount_cents=1)
    assert (refusal.value.code, refusal.value.http_status) == ("amount_too_small", 400)
    with pytest.raises(Terminal) as refusal:
        ask(StripeGateway("sk_live_x", stripe.url))
    assert refusal.value.http_status == 401


def test_nothing_secret_is_printed(stripe: Vendor, gateway: StripeGateway, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    intent = ask(gateway)
    stripe.control("faults", {"kind": "error", "times": 2})
    with pytest.raises(Retryable) as failure:
        ask(gateway, key="other")
    told = "".join(traceback.format_exception(failure.value)) + repr(intent) + repr(gateway) + caplog.text
    for secret in (KEY, str(intent.client_secret), "cart_1 "):
        assert secret not in told
    assert "Sorry!" not in told
