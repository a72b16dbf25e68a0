"""Our gateway against the fake: what it sends is accepted, what goes wrong is sorted into later and never."""

import logging
import traceback
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from app.dev.contract.stripe_operations import list_event_types
from app.gateways.errors import Retryable, Terminal, VendorFailure
from app.gateways.stripe import PINNED_API_VERSION, Intent, StripeGateway
from app.gateways.stripe_objects import CheckoutSession, StripeRefund
from tests.contract.vendor import Json, Vendor

KEY = "sk_test_canary_of_the_tests"
HOUR = timedelta(hours=1)
NOW = datetime.now(UTC)


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
    found = gateway.list_events(since=datetime.now(UTC) - HOUR, types=types)
    assert [event.id for event in found] == [f"evt_{number:03}" for number in range(120)]
    assert gateway.retrieve_event("evt_007").raw == found[7].raw
    assert gateway.list_events(since=datetime.now(UTC) + HOUR, types=types) == []
    # The first page comes, the second does not: half a list must not be taken for all there is.
    never = {"Stripe-Should-Retry": "false"}
    stripe.control("faults", {"kind": "error", "operation": "events.list", "skip": 1, "headers": never})
    with pytest.raises(Retryable):
        gateway.list_events(since=datetime.now(UTC) - HOUR, types=types)


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
FAULTS: dict[str, tuple[type[VendorFailure], str, int | None, bool]] = {
    "error": (Retryable, "vendor_error", 500, True),
    "bad_gateway": (Retryable, "vendor_error", 502, True),
    "conflict": (Retryable, "vendor_error", 409, False),
    "rate_limit": (Retryable, "rate_limited", 429, False),
    # A key revoked in mid-rotation: the object was not looked at, with the next key it will be.
    "unauthorized": (Retryable, "invalid_request_error", 401, False),
}
# The line is cut before anything came, or in the middle of the answer.
CUTS = ("refuse", "truncate")

# Every call of the gateway, about one paid intent: operation at the vendor -> how it is made.
CALLS: dict[str, Callable[[StripeGateway, str], object]] = {
    "payment_intents.create": lambda gateway, _: ask(gateway, key="another"),
    "payment_intents.update": lambda g, intent: g.update_payment_intent(intent, amount_cents=1, idempotency_key="u"),
    "payment_intents.retrieve": lambda gateway, intent: gateway.retrieve_payment_intent(intent),
    "payment_intents.cancel": lambda gateway, intent: gateway.cancel_payment_intent(intent),
    "payment_intents.list": lambda g, _: g.list_payment_intents(since=NOW - HOUR, until=NOW + HOUR),
    "checkout.sessions.create": lambda gateway, _: open_page(gateway),
    "checkout.sessions.retrieve": lambda gateway, _: gateway.retrieve_checkout_session("cs_test_x"),
    "checkout.sessions.expire": lambda gateway, _: gateway.expire_checkout_session("cs_test_x"),
    "refunds.create": lambda gateway, intent: send_back(gateway, intent),
    "refunds.retrieve": lambda gateway, _: gateway.retrieve_refund("re_x"),
    "refunds.list": lambda gateway, intent: gateway.list_refunds(payment_intent_id=intent),
    "disputes.list": lambda gateway, _: gateway.list_disputes(since=NOW - HOUR),
    "balance_transactions.list": lambda gateway, _: gateway.list_balance_transactions(payout_id="po_x"),
    "balance.retrieve": lambda gateway, _: gateway.read_balance(),
    "events.list": lambda gateway, _: gateway.list_events(since=NOW - HOUR, types=["refund.created"]),
    "events.retrieve": lambda gateway, _: gateway.retrieve_event("evt_x"),
    "webhook_endpoints.list": lambda gateway, _: gateway.list_webhook_endpoints(),
    "webhook_endpoints.update": lambda g, _: g.update_webhook_endpoint("we_given", event_types=["refund.created"]),
}


def open_page(gateway: StripeGateway) -> CheckoutSession:
    return gateway.create_checkout_session(
        amount_cents=1234,
        currency="EUR",
        title="Commande 7",
        idempotency_key="checkout:7:1",
        client_reference_id="order_7",
        metadata={"order_id": "order_7"},
        success_url="https://shop.example/merci",
        cancel_url="https://shop.example/panier",
        expires_at=NOW + 20 * HOUR,
        customer_email="cliente@example.com",
        locale="fr",
    )


def send_back(gateway: StripeGateway, intent_id: str) -> StripeRefund:
    return gateway.create_refund(
        payment_intent_id=intent_id, amount_cents=34, idempotency_key="refund:1", metadata={"refund_id": "refund_1"}
    )


@pytest.mark.parametrize(("kind", "expected"), FAULTS.items(), ids=FAULTS.keys())
def test_each_failure_of_each_call_is_for_later_or_for_good(
    stripe: Vendor, gateway: StripeGateway, kind: str, expected: tuple[type[VendorFailure], str, int | None, bool]
) -> None:
    """Stripe itself says not to try again, so that the table shows the sorting and not the package's repetitions."""
    intent = str(stripe.create_paid_intent()["id"])
    for operation, call in CALLS.items():
        fault: Json = {"kind": kind, "operation": operation, "headers": {"Stripe-Should-Retry": "false"}}
        stripe.control("faults", fault)
        with pytest.raises(VendorFailure) as failure:
            call(gateway, intent)
        found = failure.value
        is_outage = isinstance(found, Retryable) and found.is_outage
        assert (type(found), found.code, found.http_status, is_outage) == expected, operation
        assert stripe.read("faults") == [], operation
        assert stripe.read("requests")[-1]["operation"] == operation


@pytest.mark.parametrize("kind", CUTS)
def test_a_cut_line_is_an_outage_whichever_call_it_cuts(stripe: Vendor, gateway: StripeGateway, kind: str) -> None:
    """Until cleared: the package repeats what never answered as often as a caller can wait, half an answer never."""
    intent = str(stripe.create_paid_intent()["id"])
    for operation, most in (("payment_intents.create", 2), ("refunds.create", 1), ("refunds.list", 3)):
        stripe.control("faults", {"kind": kind, "operation": operation, "times": None})
        before = len(stripe.read("requests"))
        with pytest.raises(Retryable) as failure:
            CALLS[operation](gateway, intent)
        assert (failure.value.code, failure.value.is_outage) == ("unreachable", True), operation
        assert len(stripe.read("requests")) - before == (most if kind == "refuse" else 1), operation
        stripe.clear_faults()


def test_a_refund_whose_answer_was_lost_is_the_same_one_under_its_key(stripe: Vendor, gateway: StripeGateway) -> None:
    """Whatever hid the answer; only what Stripe itself remembers as a 500 has to be looked for."""
    for kind in (*CUTS, "bad_gateway"):
        intent = str(stripe.create_paid_intent()["id"])
        stripe.control("faults", {"kind": kind, "operation": "refunds.create", "when": "after"})
        key = f"refund:{kind}"
        refund = {"payment_intent_id": intent, "amount_cents": 34, "metadata": {"refund_id": kind}}
        with pytest.raises(Retryable):
            gateway.create_refund(**refund, idempotency_key=key)  # type: ignore[arg-type]
        again = gateway.create_refund(**refund, idempotency_key=key)  # type: ignore[arg-type]
        assert [each.id for each in gateway.list_refunds(payment_intent_id=intent)] == [again.id]
    stripe.control("faults", {"kind": "error", "operation": "refunds.create", "when": "after"})
    intent = str(stripe.create_paid_intent()["id"])
    for _ in range(2):
        with pytest.raises(Retryable) as failure:
            send_back(gateway, intent)
        assert failure.value.http_status == 500
    (found,) = gateway.list_refunds(payment_intent_id=intent)
    assert found.metadata == {"refund_id": "refund_1"}


def test_a_refund_that_drips_is_given_up_in_time_and_found_again(stripe: Vendor, gateway: StripeGateway) -> None:
    """No pause between two bytes is long; without a bound on the whole the answer would come, too late."""
    intent = str(stripe.create_paid_intent()["id"])
    hurried = StripeGateway(KEY, stripe.url, brief_seconds=0.2)
    for operation, call in (("refunds.create", send_back), ("balance.retrieve", CALLS["balance.retrieve"])):
        stripe.control("faults", {"kind": "drip", "when": "after", "seconds": 1, "operation": operation})
        with pytest.raises(Retryable) as failure:
            call(hurried, intent)
        assert (failure.value.code, failure.value.is_outage) == ("unreachable", True), operation
    assert [each.id for each in gateway.list_refunds(payment_intent_id=intent)] == [send_back(gateway, intent).id]


def test_a_page_is_asked_for_read_and_ended(stripe: Vendor, gateway: StripeGateway) -> None:
    session = open_page(gateway)
    assert (session.status, session.payment_status, session.payment_intent_id) == ("open", "unpaid", None)
    assert (session.amount_total_cents, session.client_reference_id) == (1234, "order_7")
    assert open_page(gateway).id == session.id
    assert gateway.expire_checkout_session(session.id).status == "expired"
    with pytest.raises(Terminal):
        gateway.expire_checkout_session(session.id)
    assert gateway.retrieve_checkout_session(session.id).url is None


def test_money_is_read_oldest_first(stripe: Vendor, gateway: StripeGateway) -> None:
    """Intents, refunds, disputes, the rows of a payout: what is compared with the shop's own books."""
    intents = [str(stripe.create_paid_intent()["id"]) for _ in range(3)]
    found = gateway.list_payment_intents(since=NOW - HOUR, until=NOW + HOUR)
    assert [intent.id for intent in found] == intents
    refunds = [str(stripe.control("refunds", {"payment_intent": each, "amount": 34})["id"]) for each in intents[:2]]
    assert [refund.id for refund in gateway.list_refunds_since(NOW - HOUR)] == refunds
    dispute = stripe.control("disputes", {"payment_intent": intents[2]})
    (disputed,) = gateway.list_disputes(since=NOW - HOUR)
    assert (disputed.id, disputed.amount_cents, disputed.status) == (dispute["id"], 1234, "needs_response")
    assert disputed.evidence_due_at is not None
    payout = stripe.control("payouts")
    rows = gateway.list_balance_transactions(payout_id=str(payout["id"]))
    assert [(row.kind, row.amount_cents) for row in rows] == [
        *[("charge", 1234)] * 3,
        *[("refund", -34)] * 2,
        ("adjustment", -1234),
        ("payout", -int(str(payout["amount"]))),
    ]
    assert gateway.read_balance() == {"eur": 0}


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
    with pytest.raises(Retryable) as of_us:  # our account, not what was asked: the next key may be right
        ask(StripeGateway("sk_live_x", stripe.url))
    assert of_us.value.http_status == 401


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
