"""Subscriptions and invoices, of which the shop hears only by events: each in this version's shape."""

import pytest

from tests.contract.receiver import Receiver
from tests.contract.vendor import Json, Vendor, check_event


def take(receiver: Receiver, count: int) -> dict[str, Json]:
    return {str(each.event["type"]): check_event(each.event) for each in receiver.take(count)}


def period_end(subscription: Json) -> int:
    items = subscription["items"]
    assert isinstance(items, dict)
    return max(int(item["current_period_end"]) for item in items["data"])


def test_a_subscription_from_its_trial_to_its_end(stripe: Vendor, receiver: Receiver) -> None:
    made = stripe.control("subscriptions", {"trial_days": 14, "metadata": {"customer_id": "c1"}})
    path = f"subscriptions/{made['id']}"
    assert take(receiver, 1) == {"customer.subscription.created": made}
    assert (made["status"], period_end(made), "current_period_end" in made) == ("trialing", made["trial_end"], False)
    for act, given, kind, status in (
        ("trial_will_end", {}, "trial_will_end", "trialing"),
        ("pause", {}, "paused", "paused"),
        ("resume", {}, "resumed", "active"),
        ("update", {"price": "price_yearly"}, "updated", "active"),
        ("update", {"cancel_at_period_end": True}, "updated", "active"),
        ("cancel", {}, "deleted", "canceled"),
    ):
        stripe.control(f"{path}/{act}", dict(given))
        assert take(receiver, 1)[f"customer.subscription.{kind}"]["status"] == status
    assert stripe.send_json("POST", f"/_test/{path}/update", {"status": "active"}).status_code == 400
    assert receiver.is_empty


@pytest.mark.parametrize(
    ("outcome", "status", "invoice_status"),
    [
        ("paid", "active", "paid"),
        ("payment_failed", "past_due", "open"),
        ("payment_action_required", "past_due", "open"),
    ],
)
def test_an_invoice_names_its_subscription_in_its_parent(
    stripe: Vendor, receiver: Receiver, outcome: str, status: str, invoice_status: str
) -> None:
    made = stripe.control("subscriptions")
    receiver.take(1)
    stripe.control(f"subscriptions/{made['id']}/invoice", {"outcome": outcome})
    told = take(receiver, 2)
    invoice, subscription = told[f"invoice.{outcome}"], told["customer.subscription.updated"]
    parent = invoice["parent"]
    assert isinstance(parent, dict)
    assert parent["subscription_details"]["subscription"] == made["id"]
    assert "subscription" not in invoice
    assert "payment_intent" not in invoice
    assert (invoice["status"], subscription["status"]) == (invoice_status, status)
    assert subscription["latest_invoice"] == invoice["id"]
    assert (period_end(subscription) > period_end(made)) is (outcome == "paid")


def test_what_changed_is_told_beside_what_is(stripe: Vendor, receiver: Receiver) -> None:
    made = stripe.control("subscriptions")
    stripe.control(f"subscriptions/{made['id']}/update", {"status": "past_due"})
    data = next(each.event["data"] for each in receiver.take(2) if "updated" in str(each.event["type"]))
    assert isinstance(data, dict)
    assert data["previous_attributes"] == {"status": "active"}
