"""Idempotency, failures on order, webhooks that repeat, wait, reorder, and a process that dies."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import httpx2

from app.dev.fake_stripe.app import GivenEndpoint, create_app
from app.dev.loopback import serving
from app.gateways.stripe_signature import is_signature_valid
from tests.contract.conftest import WEBHOOK_SECRET
from tests.contract.receiver import Receiver
from tests.contract.vendor import Json, Vendor
from tests.waiting import wait_until

FORM = "amount=1234&currency=eur"


def create(stripe: Vendor, key: str, form: str = FORM) -> httpx2.Response:
    return stripe.call("POST", "/v1/payment_intents", form, idempotency_key=key)


def count_created(stripe: Vendor) -> int:
    found = stripe.call("GET", "/v1/events", "type=payment_intent.created&limit=100").json()["data"]
    return len(found)


def test_the_same_key_gives_the_same_answer(stripe: Vendor) -> None:
    first, second = create(stripe, "k"), create(stripe, "k")
    assert first.json() == second.json()
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"
    assert count_created(stripe) == 1


def test_the_same_key_with_other_parameters_is_refused(stripe: Vendor) -> None:
    create(stripe, "k")
    other = create(stripe, "k", "amount=1235&currency=eur")
    assert (other.status_code, other.json()["error"]["type"]) == (400, "idempotency_error")
    elsewhere = stripe.call(
        "POST", "/v1/webhook_endpoints", "url=https%3A%2F%2Fs.example&enabled_events[0]=*", idempotency_key="k"
    )
    assert elsewhere.status_code == 400
    assert count_created(stripe) == 1


def test_a_key_is_free_again_after_what_never_began(stripe: Vendor) -> None:
    assert create(stripe, "k", "amount=1&currency=eur").status_code == 400
    assert create(stripe, "k").status_code == 200


def test_a_key_has_255_characters_at_most(stripe: Vendor) -> None:
    assert create(stripe, "k" * 255).status_code == 200
    assert create(stripe, "k" * 256).status_code == 400


def test_two_at_once_under_one_key_never_both_execute(stripe: Vendor) -> None:
    stripe.control("faults", {"kind": "delay", "when": "after", "seconds": 0.3, "operation": "payment_intents.create"})
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda _: create(stripe, "k"), range(2)))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    refused = next(answer.json()["error"] for answer in answers if answer.status_code == 409)
    assert (refused["type"], refused["code"]) == ("idempotency_error", "idempotency_key_in_use")
    assert create(stripe, "k").headers["Idempotent-Replayed"] == "true"
    assert count_created(stripe) == 1


def test_a_key_is_forgotten_after_a_day(stripe: Vendor) -> None:
    first = create(stripe, "k").json()
    stripe.control("idempotency_keys/age", {"seconds": 23 * 3600})
    assert create(stripe, "k").json() == first
    stripe.control("idempotency_keys/age", {"seconds": 2 * 3600})
    again = create(stripe, "k", "amount=999&currency=eur")
    assert (again.status_code, again.headers.get("Idempotent-Replayed")) == (200, None)
    assert again.json()["id"] != first["id"]


def test_a_500_after_the_work_is_kept_under_its_key(stripe: Vendor) -> None:
    stripe.control("faults", {"kind": "error", "when": "after", "operation": "payment_intents.create"})
    assert [create(stripe, "k").status_code for _ in range(2)] == [500, 500]
    assert count_created(stripe) == 1


def test_a_500_before_the_work_leaves_nothing(stripe: Vendor) -> None:
    stripe.control("faults", {"kind": "error", "operation": "payment_intents.create"})
    assert [create(stripe, "k").status_code for _ in range(2)] == [500, 200]
    assert count_created(stripe) == 1


def test_a_webhook_is_tried_again_with_a_signature_of_its_own(stripe: Vendor, receiver: Receiver) -> None:
    receiver.statuses = [500, 301]
    stripe.create_intent()
    tries = receiver.take(3)
    assert len({each.event["id"] for each in tries}) == 1
    now = datetime.now(UTC)
    assert all(is_signature_valid(each.body, each.signature, [WEBHOOK_SECRET], now) for each in tries)
    wait_until(lambda: stripe.read("deliveries")[0]["state"] == "done", 10, "deliveries come to an end")
    assert [met["status"] for met in _tries(stripe)] == [500, 301, 200]


def test_it_gives_up_in_the_end_and_says_so(stripe: Vendor, receiver: Receiver) -> None:
    receiver.statuses = [400, 400, 400]
    stripe.create_intent()
    receiver.take(3)
    wait_until(lambda: stripe.read("deliveries")[0]["state"] == "given_up", 10, "deliveries come to an end")
    event = stripe.call("GET", "/v1/events").json()["data"][0]
    assert event["pending_webhooks"] == 1
    assert receiver.is_empty


def test_an_event_can_be_sent_again_as_often_as_asked(stripe: Vendor, receiver: Receiver) -> None:
    stripe.create_intent()
    event = receiver.take(1)[0].event
    stripe.control("deliveries", {"event": str(event["id"]), "times": 3})
    assert [each.event["id"] for each in receiver.take(3)] == [event["id"]] * 3


def test_a_payment_whose_webhook_is_lost_is_listed_all_the_same(stripe: Vendor, receiver: Receiver) -> None:
    intent = stripe.create_intent()
    receiver.take(1)
    stripe.control(f"payment_intents/{intent['id']}/confirm", {"deliver": False})
    listed = stripe.call("GET", "/v1/events", "type=payment_intent.succeeded").json()["data"]
    assert [event["data"]["object"]["id"] for event in listed] == [intent["id"]]
    assert len(stripe.read("deliveries")) == 1


def test_held_deliveries_leave_in_the_order_asked_for(stripe: Vendor, receiver: Receiver) -> None:
    stripe.control("deliveries/hold")
    for _ in range(3):
        stripe.create_intent()
    made = [delivery["event"] for delivery in stripe.read("deliveries")]
    assert receiver.is_empty
    stripe.control("deliveries/release", {"order": "reversed"})
    assert [each.event["id"] for each in receiver.take(3)] == made[::-1]


def test_after_a_roll_both_secrets_sign(stripe: Vendor, receiver: Receiver) -> None:
    fresh = str(stripe.control("webhook_endpoints/we_given/roll")["secret"])
    stripe.create_intent()
    received, now = receiver.take(1)[0], datetime.now(UTC)
    assert received.signature.count("v1=") == 2
    for secret in (fresh, WEBHOOK_SECRET):
        assert is_signature_valid(received.body, received.signature, [secret], now) is True


def test_an_endpoint_gets_what_it_subscribed_to_in_its_version(stripe: Vendor, receiver: Receiver) -> None:
    stripe.call("POST", "/v1/webhook_endpoints/we_given", "disabled=true")
    stripe.call(
        "POST",
        "/v1/webhook_endpoints",
        {"url": receiver.url, "enabled_events[0]": "payment_intent.succeeded", "api_version": "2026-09-30.endive"},
    )
    stripe.control(f"payment_intents/{stripe.create_intent()['id']}/confirm")
    event = receiver.take(1)[0].event
    assert (event["type"], event["api_version"]) == ("payment_intent.succeeded", "2026-09-30.endive")
    assert len(stripe.read("deliveries")) == 1


def test_it_remembers_across_a_restart(receiver: Receiver, tmp_path: Path) -> None:
    state = tmp_path / "stripe.jsonl"
    given = GivenEndpoint(receiver.url, WEBHOOK_SECRET)
    unreachable = GivenEndpoint("http://127.0.0.1:9/hook", WEBHOOK_SECRET)
    with serving(create_app(given=unreachable, state_file=state)) as url, Vendor(url) as before:
        intent = create(before, "k").json()
        wait_until(lambda: before.read("deliveries")[0]["tries"] != [], 10, "deliveries come to an end")
    with state.open("a", encoding="utf-8") as file:
        file.write('["PaymentIntent", {"id": "pi_cut')
    with serving(create_app(given=given, state_file=state)) as url, Vendor(url) as after:
        assert create(after, "k").json() == intent
        assert after.call("GET", f"/v1/payment_intents/{intent['id']}").json() == intent
        assert receiver.take_types(1) == ["payment_intent.created"]


def test_the_observer_looks_in_during_the_call_before_its_answer() -> None:
    seen: list[str] = []
    with serving(create_app(observer=seen.append)) as url, Vendor(url) as stripe:
        intent = stripe.create_intent()
        assert seen == ["payment_intents.create"]
        stripe.call("GET", f"/v1/payment_intents/{intent['id']}")
    assert seen == ["payment_intents.create", "payment_intents.retrieve"]


def test_the_log_of_calls_holds_what_was_asked(stripe: Vendor) -> None:
    create(stripe, "k")
    entry = stripe.read("requests")[-1]
    assert (entry["operation"], entry["idempotency_key"], entry["status"]) == ("payment_intents.create", "k", 200)
    assert entry["arguments"] == {"amount": 1234, "currency": "eur"}


def _tries(stripe: Vendor) -> list[Json]:
    tries = stripe.read("deliveries")[0]["tries"]
    assert isinstance(tries, list)
    return tries
