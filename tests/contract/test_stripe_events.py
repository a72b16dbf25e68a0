"""What is told of a fact: twice, never, late, out of order, in another shape, and page by page."""

from collections.abc import Callable

import pytest
from stripe import RequestsClient, StripeClient

from tests.contract.receiver import Receiver
from tests.contract.vendor import Json, Vendor, check_event
from tests.waiting import wait_until

DAY = 24 * 3600


def list_events(stripe: Vendor, query: str = "") -> list[Json]:
    found: list[Json] = stripe.call("GET", "/v1/events", query).json()["data"]
    return found


def test_one_fact_may_have_two_event_objects(stripe: Vendor, receiver: Receiver) -> None:
    stripe.create_intent()
    first = receiver.take(1)[0].event
    twin = stripe.control(f"events/{first['id']}/twin")
    second = receiver.take(1)[0].event
    assert second["id"] == twin["id"] != first["id"]
    for name in ("type", "created", "api_version", "data"):
        assert second[name] == first[name]
    assert {event["id"] for event in list_events(stripe)} == {first["id"], second["id"]}
    stripe.control(f"events/{first['id']}/twin", {"deliver": False})
    assert receiver.is_empty
    assert len(list_events(stripe)) == 3


def test_an_event_may_fail_to_be_made_at_all(stripe: Vendor, receiver: Receiver) -> None:
    """The payment is there, and nothing will ever tell: only a look at the object finds it."""
    intent = stripe.create_intent()
    receiver.take(1)
    paid = stripe.control(f"payment_intents/{intent['id']}/confirm", {"event": "none"})
    assert stripe.call("GET", f"/v1/payment_intents/{intent['id']}").json()["status"] == "succeeded"
    assert [event["type"] for event in list_events(stripe)] == ["payment_intent.created"]
    stripe.control("refunds", {"payment_intent": intent["id"], "event": "none"})
    assert stripe.call("GET", f"/v1/charges/{paid['latest_charge']}").json()["refunded"] is True
    assert (receiver.is_empty, len(list_events(stripe))) == (True, 1)


def test_an_event_of_31_days_ago_is_not_listed_and_not_found(stripe: Vendor) -> None:
    stripe.create_intent()
    event = list_events(stripe)[0]
    stripe.control(f"events/{event['id']}/age", {"seconds": 29 * DAY})
    assert [each["id"] for each in list_events(stripe)] == [event["id"]]
    stripe.control(f"events/{event['id']}/age", {"seconds": 2 * DAY})
    assert list_events(stripe) == []
    assert stripe.call("GET", f"/v1/events/{event['id']}").status_code == 404


def test_deliveries_leave_shuffled_and_several_times(stripe: Vendor, receiver: Receiver) -> None:
    stripe.control("deliveries/hold")
    for _ in range(4):
        stripe.create_intent()
    made = [delivery["event"] for delivery in stripe.read("deliveries")]
    stripe.control("deliveries/release", {"order": "shuffled", "copies": 3})
    arrived = [each.event["id"] for each in receiver.take(12)]
    assert sorted(map(str, arrived)) == sorted(str(event) for event in made * 3)


def test_a_delivery_that_leaves_late_arrives_after_a_younger_one(stripe: Vendor, receiver: Receiver) -> None:
    stripe.control("deliveries/delay", {"seconds": 0.5})
    late = stripe.create_intent()
    stripe.control("deliveries/delay", {"seconds": 0})
    soon = stripe.create_intent()
    arrived = [check_event(each.event)["id"] for each in receiver.take(2)]
    assert arrived == [soon["id"], late["id"]]


def test_an_event_is_sent_in_the_shape_of_another_age(stripe: Vendor, receiver: Receiver) -> None:
    stripe.create_intent()
    event = receiver.take(1)[0].event
    stripe.control("deliveries", {"event": event["id"], "api_version": "2020-08-27"})
    again = receiver.take(1)[0].event
    assert (again["id"], again["api_version"]) == (event["id"], "2020-08-27")


def test_each_delivery_is_signed_anew_and_named_by_both_secrets_while_they_overlap(
    stripe: Vendor, receiver: Receiver
) -> None:
    stripe.control("webhook_endpoints/we_given/roll", {"keep_seconds": 0})
    stripe.create_intent()
    assert receiver.take(1)[0].signature.count("v1=") == 1
    stripe.control("webhook_endpoints/we_given/roll")
    stripe.create_intent()
    assert receiver.take(1)[0].signature.count("v1=") == 2


def test_events_are_filtered_by_whether_everybody_has_them(stripe: Vendor, receiver: Receiver) -> None:
    receiver.statuses = [500, 500, 500]
    lost = stripe.create_intent()
    receiver.take(3)
    stripe.create_intent()
    receiver.take(1)
    wait_until(
        lambda: sorted(str(each["state"]) for each in stripe.read("deliveries")) == ["done", "given_up"],
        10,
        "deliveries come to an end",
    )
    pending = list_events(stripe, "delivery_success=false")
    assert [check_event(event)["id"] for event in pending] == [lost["id"]]


def _make_intents(stripe: Vendor) -> None:
    for _ in range(5):
        stripe.create_intent()


def _make_sessions(stripe: Vendor) -> None:
    form = "mode=payment&success_url=https%3A%2F%2Fs.example&line_items[0][quantity]=1"
    price = "&line_items[0][price_data][currency]=eur&line_items[0][price_data][unit_amount]=500"
    for _ in range(5):
        stripe.call("POST", "/v1/checkout/sessions", f"{form}{price}&line_items[0][price_data][product_data][name]=n")


def _make_refunds(stripe: Vendor) -> None:
    paid = stripe.create_paid_intent()
    for _ in range(5):
        stripe.control("refunds", {"payment_intent": paid["id"], "amount": 100})


def _make_disputes(stripe: Vendor) -> None:
    for _ in range(5):
        stripe.control("disputes", {"payment_intent": stripe.create_paid_intent()["id"]})


def _make_payouts(stripe: Vendor) -> None:
    for _ in range(5):
        stripe.control("payouts", {"automatic": False, "amount": 100, "deliver": False})


LISTS: dict[str, Callable[[Vendor], None]] = {
    "payment_intents": _make_intents,
    "checkout/sessions": _make_sessions,
    "refunds": _make_refunds,
    "disputes": _make_disputes,
    "charges": _make_disputes,
    "balance_transactions": _make_disputes,
    "payouts": _make_payouts,
}


@pytest.mark.parametrize(("path", "make"), LISTS.items(), ids=LISTS.keys())
def test_every_list_leads_page_by_page_to_each_thing_once(
    stripe: Vendor, path: str, make: Callable[[Vendor], None]
) -> None:
    make(stripe)
    whole = stripe.call("GET", f"/v1/{path}", "limit=100").json()
    ids = [each["id"] for each in whole["data"]]
    assert len(ids) >= 5
    assert (whole["has_more"], len(set(ids))) == (False, len(ids))
    found, after = [], ""
    for _ in range(len(ids)):
        page = stripe.call("GET", f"/v1/{path}", f"limit=2{after}").json()
        found += [each["id"] for each in page["data"]]
        after = f"&starting_after={found[-1]}"
        if not page["has_more"]:
            break
    assert found == ids
    before = stripe.call("GET", f"/v1/{path}", f"limit=2&ending_before={ids[4]}").json()
    assert [each["id"] for each in before["data"]] == ids[2:4]
    for faulty in ("limit=0", "limit=101", "starting_after=x_none", f"starting_after={ids[0]}&ending_before={ids[1]}"):
        assert stripe.call("GET", f"/v1/{path}", faulty).status_code in (400, 404)


def test_the_package_pages_through_new_lists(stripe: Vendor) -> None:
    _make_refunds(stripe)
    client = StripeClient("sk_test_x", base_addresses={"api": stripe.url}, http_client=RequestsClient())
    assert len(list(client.v1.refunds.list({"limit": 2}).auto_paging_iter())) == 5
    assert client.v1.balance.retrieve().available[0].currency == "eur"


def test_a_secret_key_is_rotated(stripe: Vendor) -> None:
    """Any test key opens until one is named; from then on those named, until they are revoked."""
    statuses = []
    changes: list[Json] = [{}, {"accepted": ["sk_test_old", "sk_test_new"]}, {"revoked": ["sk_test_old"]}]
    for change in changes:
        stripe.control("keys", change)
        keys = ("sk_test_old", "sk_test_new", "sk_test_other")
        calls = [stripe.call("GET", "/v1/balance", authorization=f"Bearer {key}") for key in keys]
        statuses.append([call.status_code for call in calls])
    assert statuses == [[200, 200, 200], [200, 200, 401], [401, 200, 401]]
    refused = stripe.call("GET", "/v1/balance", authorization="Bearer sk_test_old_but_long").json()["error"]
    assert "sk_test_old_but_long" not in refused["message"]
