"""What the fake answers and signs is what the package describes, and what the package accepts."""

import json

import pytest
from stripe import Event as SdkEvent
from stripe import PaymentIntent as SdkIntent
from stripe import RequestsClient, SignatureVerificationError, StripeClient, Webhook

from tests.contract.conftest import WEBHOOK_SECRET
from tests.contract.receiver import Receiver
from tests.contract.vendor import Json, Vendor, check_answer, check_resource

# Event -> the resource that it carries.
CARRIED = {
    "payment_intent.created": "payment_intent",
    "payment_intent.succeeded": "payment_intent",
    "payment_intent.payment_failed": "payment_intent",
    "payment_intent.canceled": "payment_intent",
    "payment_intent.requires_action": "payment_intent",
    "charge.succeeded": "charge",
    "charge.failed": "charge",
    "charge.refunded": "charge",
    "refund.created": "refund",
}


def test_every_state_of_an_intent_is_described(stripe: Vendor) -> None:
    """Created, waiting for the customer, declined, paid; and another one cancelled."""
    path = f"/v1/payment_intents/{stripe.create_intent(**{'metadata[cart_id]': 'cart_1'})['id']}"
    waiting = stripe.call(
        "POST", f"{path}/confirm", "payment_method=pm_card_authenticationRequired&return_url=https%3A%2F%2Fs.example"
    )
    assert waiting.json()["status"] == "requires_action"
    assert waiting.json()["next_action"]["redirect_to_url"]["url"] == f"{stripe.url}/pay/{waiting.json()['id']}"
    check_answer("payment_intents.confirm", waiting.json())
    declined = stripe.call("POST", f"{path}/confirm", "payment_method=pm_card_chargeDeclinedInsufficientFunds")
    assert declined.status_code == 402
    assert declined.json()["error"]["decline_code"] == "insufficient_funds"
    check_resource("error", declined.json()["error"])
    failed = stripe.call("GET", path, "expand[0]=latest_charge").json()
    assert (failed["status"], failed["latest_charge"]["status"]) == ("requires_payment_method", "failed")
    check_answer("payment_intents.retrieve", failed | {"latest_charge": failed["latest_charge"]["id"]})
    paid = stripe.call("POST", f"{path}/confirm", "payment_method=pm_card_visa").json()
    assert (paid["status"], paid["amount_received"], paid["last_payment_error"]) == ("succeeded", 1234, None)
    check_answer("payment_intents.confirm", paid)
    other = stripe.call("POST", f"/v1/payment_intents/{stripe.create_intent()['id']}/cancel").json()
    assert (other["status"], other["cancellation_reason"]) == ("canceled", None)
    check_answer("payment_intents.cancel", other)


def test_what_is_over_stays_over(stripe: Vendor) -> None:
    paid = stripe.create_intent()["id"]
    stripe.control(f"payment_intents/{paid}/confirm")
    canceled = stripe.create_intent()["id"]
    stripe.control(f"payment_intents/{canceled}/cancel")
    for intent, act, form in (
        (paid, "/cancel", ""),
        (paid, "/confirm", "payment_method=pm_card_visa"),
        (paid, "", "amount=5000"),
        (canceled, "/cancel", ""),
        (canceled, "/confirm", "payment_method=pm_card_visa"),
        (canceled, "", "amount=5000"),
    ):
        answer = stripe.call("POST", f"/v1/payment_intents/{intent}{act}", form)
        assert answer.status_code == 400
        assert answer.json()["error"]["code"] == "payment_intent_unexpected_state"
        check_resource("error", answer.json()["error"])
    assert stripe.call("GET", f"/v1/payment_intents/{paid}").json()["amount"] == 1234


def test_an_update_changes_only_what_it_names(stripe: Vendor) -> None:
    intent = stripe.create_intent(**{"metadata[a]": "1", "metadata[b]": "2", "description": "d"})
    updated = stripe.call("POST", f"/v1/payment_intents/{intent['id']}", "amount=999&metadata[a]=&metadata[c]=3").json()
    assert (updated["amount"], updated["metadata"], updated["description"]) == (999, {"b": "2", "c": "3"}, "d")
    check_answer("payment_intents.update", updated)


def test_a_browser_needs_the_client_secret(stripe: Vendor) -> None:
    intent = stripe.create_intent()
    path, browser = f"/v1/payment_intents/{intent['id']}", "Bearer pk_test_shop"
    stranger = stripe.call("GET", path, "client_secret=pi_secret_guess", authorization=browser)
    assert (stranger.status_code, stranger.json()["error"]["param"]) == (400, "client_secret")
    form = f"client_secret={intent['client_secret']}&payment_method=pm_card_visa&key=pk_test_shop"
    paid = stripe.call("POST", f"{path}/confirm", form, authorization=browser)
    assert paid.json()["status"] == "succeeded"


def test_every_event_is_described_and_accepted_by_the_package(stripe: Vendor, receiver: Receiver) -> None:
    first = str(stripe.create_intent()["id"])
    stripe.call("POST", f"/v1/payment_intents/{first}/confirm", "payment_method=pm_card_authenticationRequired")
    stripe.control(f"payment_intents/{first}/fail")
    stripe.control(f"payment_intents/{first}/confirm")
    stripe.control("refunds", {"payment_intent": first, "amount": 234})
    stripe.control(f"payment_intents/{stripe.create_intent()['id']}/cancel")
    arrived = receiver.take(len(CARRIED) + 1)
    assert {str(each.event["type"]) for each in arrived} == set(CARRIED)
    for each in arrived:
        event = each.event
        check_resource("event", event)
        check_resource(CARRIED[str(event["type"])], _object(event))
        accepted = Webhook.construct_event(each.body, each.signature, WEBHOOK_SECRET)
        assert isinstance(accepted, SdkEvent)
        with pytest.raises(SignatureVerificationError):
            Webhook.construct_event(each.body + b" ", each.signature, WEBHOOK_SECRET)


def test_a_refund_by_hand_adds_up_and_never_passes_the_charge(stripe: Vendor, receiver: Receiver) -> None:
    intent = str(stripe.create_intent()["id"])
    stripe.control(f"payment_intents/{intent}/confirm")
    receiver.take(3)
    check_resource("refund", stripe.control("refunds", {"payment_intent": intent, "amount": 234}))
    assert receiver.take_types(2) == ["charge.refunded", "refund.created"]
    too_much = stripe.send_json("POST", "/_test/refunds", {"payment_intent": intent, "amount": 1001})
    assert too_much.status_code == 400
    assert stripe.control("refunds", {"payment_intent": intent})["amount"] == 1000
    refunded = [_object(each.event) for each in receiver.take(2) if each.event["type"] == "charge.refunded"]
    assert [(charge["amount_refunded"], charge["refunded"]) for charge in refunded] == [(1234, True)]
    again = stripe.send_json("POST", "/_test/refunds", {"payment_intent": intent})
    assert again.json()["error"]["code"] == "charge_already_refunded"


def test_the_package_reads_every_answer(stripe: Vendor) -> None:
    client = StripeClient("sk_test_x", base_addresses={"api": stripe.url}, http_client=RequestsClient(timeout=(3, 8)))
    intents = client.v1.payment_intents
    intent = intents.create({"amount": 1234, "currency": "eur", "metadata": {"a": "b"}})
    assert isinstance(intent, SdkIntent)
    assert intents.update(intent.id, {"amount": 2000}).amount == 2000
    assert intents.confirm(intent.id, {"payment_method": "pm_card_visa"}).status == "succeeded"
    assert intents.retrieve(intent.id, {"expand": ["latest_charge"]}).latest_charge.amount == 2000  # type: ignore[union-attr]
    events = client.v1.events.list({"types": ["payment_intent.succeeded"], "limit": 1})
    assert client.v1.events.retrieve(events.data[0].id).data.object["id"] == intent.id
    hook = client.v1.webhook_endpoints.create({"url": "https://s.example/hook", "enabled_events": ["*"]})
    assert client.v1.webhook_endpoints.update(hook.id, {"disabled": True}).status == "disabled"
    assert [each.id for each in client.v1.webhook_endpoints.list({"limit": 1})] == [hook.id]


def test_pages_of_events_lead_to_each_event_once(stripe: Vendor) -> None:
    for number in range(7):
        stripe.control(
            "events", {"type": "charge.succeeded", "object": {}, "id": f"evt_{number}", "created": 10**9 * 1}
        )
    for number in range(7):
        stripe.control("events", {"type": "charge.failed", "object": {}, "id": f"evt_new{number}"})
    client = StripeClient("sk_test_x", base_addresses={"api": stripe.url}, http_client=RequestsClient())
    listed = [event.id for event in client.v1.events.list({"limit": 3}).auto_paging_iter()]
    assert listed == [f"evt_new{number}" for number in reversed(range(7))], "newest first, none older than 30 days"
    backwards = client.v1.events.list({"limit": 2, "ending_before": "evt_new0"}).auto_paging_iter()
    assert [event.id for event in backwards] == [f"evt_new{number}" for number in range(1, 7)]


def test_an_unknown_event_type_cannot_be_put(stripe: Vendor) -> None:
    assert stripe.send_json("POST", "/_test/events", {"type": "order.paid", "object": {}}).status_code == 400


def _object(event: Json) -> Json:
    data = event["data"]
    assert isinstance(data, dict)
    found: Json = json.loads(json.dumps(data["object"]))
    return found
