"""Checkout Sessions: the form as Stripe judges it, the page's life, and what is told of it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.core import clock
from app.dev.fake_stripe import checkout_sessions, session_object
from app.dev.fake_stripe.app import create_app
from app.dev.loopback import serving
from tests.contract.receiver import Receiver
from tests.contract.vendor import Json, Vendor, check_event, check_resource
from tests.waiting import wait_until

ITEM: Json = {
    "line_items[0][price_data][currency]": "eur",
    "line_items[0][price_data][unit_amount]": 1234,
    "line_items[0][price_data][product_data][name]": "Une tasse",
    "line_items[0][quantity]": 1,
}
FORM: Json = {"mode": "payment", "success_url": "https://shop.example/merci?s={CHECKOUT_SESSION_ID}"} | ITEM


def without(*names: str) -> Json:
    return {name: value for name, value in FORM.items() if name not in names}


def create(stripe: Vendor, **over: object) -> Json:
    answer = stripe.call("POST", "/v1/checkout/sessions", FORM | over)
    assert answer.status_code == 200, answer.text
    session: Json = answer.json()
    return session


def read(stripe: Vendor, session: Json) -> Json:
    found: Json = stripe.call("GET", f"/v1/checkout/sessions/{session['id']}").json()
    return found


def in_minutes(minutes: float) -> int:
    return int((datetime.now(UTC) + timedelta(minutes=minutes)).timestamp())


def test_a_session_asks_for_nothing_before_the_customer_pays(stripe: Vendor, receiver: Receiver) -> None:
    over = {"metadata[order_id]": "o1", "payment_intent_data[metadata][order_id]": "o1", "client_reference_id": "o1"}
    made = create(stripe, **over, **{"adaptive_pricing[enabled]": "false", "locale": "fr"})
    assert (made["status"], made["payment_status"], made["payment_intent"]) == ("open", "unpaid", None)
    assert (made["amount_total"], made["currency"], made["client_reference_id"]) == (1234, "eur", "o1")
    assert (made["adaptive_pricing"], made["locale"]) == ({"enabled": False}, "fr")
    assert int(str(made["expires_at"])) - int(str(made["created"])) == 24 * 3600
    assert made["url"] == f"{stripe.url}/c/pay/{made['id']}"
    assert stripe.call("GET", "/v1/payment_intents").json()["data"] == []
    assert receiver.is_empty
    lines = stripe.call("GET", f"/v1/checkout/sessions/{made['id']}/line_items").json()["data"]
    assert [(line["description"], line["amount_total"]) for line in lines] == [("Une tasse", 1234)]


# Form -> the parameter and the code that Stripe names.
FAULTY: dict[str, tuple[Json, str | None, str | None]] = {
    "the removed parameter": (
        FORM | {"payment_method_types[0]": "card"},
        "payment_method_types",
        "payment_method_types_no_longer_supported",
    ),
    "a mode of the page that was renamed": (FORM | {"ui_mode": "hosted"}, "ui_mode", None),
    "no mode": (without("mode"), "mode", "parameter_missing"),
    "no page to go on to": (without("success_url"), "success_url", "parameter_missing"),
    "no address to go on to": (FORM | {"success_url": "/merci"}, "success_url", "url_invalid"),
    "no lines": (without(*ITEM), "line_items", "parameter_missing"),
    "no quantity": (without("line_items[0][quantity]"), "line_items[0][quantity]", "parameter_missing"),
    "no amount": (
        without("line_items[0][price_data][unit_amount]"),
        "line_items[0][price_data][unit_amount]",
        "parameter_missing",
    ),
    "a float amount": (
        FORM | {"line_items[0][price_data][unit_amount]": "12.34"},
        "line_items[0][price_data][unit_amount]",
        "parameter_invalid_integer",
    ),
    "misspelt and nested": (
        FORM | {"line_items[0][price_data][amount]": 1},
        "line_items[0][price_data][amount]",
        "parameter_unknown",
    ),
    "too little": (FORM | {"line_items[0][price_data][unit_amount]": 49}, "amount", "amount_too_small"),
    "over too soon": (FORM | {"expires_at": in_minutes(29)}, "expires_at", None),
    "over too late": (FORM | {"expires_at": in_minutes(24 * 60 + 5)}, "expires_at", None),
    "an address that is none": (FORM | {"customer_email": "personne"}, "customer_email", "email_invalid"),
    "a reference that is too long": (
        FORM | {"client_reference_id": "r" * 201},
        "client_reference_id",
        "parameter_invalid_string",
    ),
    "a method this account has not": (
        FORM | {"allowed_payment_method_types[0]": "sepa_debit"},
        "allowed_payment_method_types",
        None,
    ),
    "a language that is none": (FORM | {"locale": "klingon"}, "locale", None),
    "a subscription": (FORM | {"mode": "subscription"}, "mode", "fake_does_not_know"),
    "what this fake does not know yet": (
        FORM | {"allow_promotion_codes": "true"},
        "allow_promotion_codes",
        "fake_does_not_know",
    ),
}


@pytest.mark.parametrize(("form", "param", "code"), FAULTY.values(), ids=FAULTY.keys())
def test_a_faulty_session(strict_stripe: Vendor, form: Json, param: str | None, code: str | None) -> None:
    answer = strict_stripe.call("POST", "/v1/checkout/sessions", form)
    assert answer.status_code == 400, answer.text
    error = answer.json()["error"]
    check_resource("error", error)
    assert (error.get("param"), error.get("code")) == (param, code)
    assert strict_stripe.call("GET", "/v1/checkout/sessions").json()["data"] == []


def test_paying_makes_the_intent_and_tells_everything(stripe: Vendor, receiver: Receiver) -> None:
    made = create(stripe, **{"payment_intent_data[metadata][order_id]": "o1", "customer_email": "a@example.com"})
    paid = stripe.control(f"checkout_sessions/{made['id']}/pay")
    assert (paid["status"], paid["payment_status"], paid["url"]) == ("complete", "paid", None)
    assert read(stripe, made) == paid
    arrived = [each.event for each in receiver.take(4)]
    carried = {str(event["type"]): check_event(event) for event in arrived}
    assert set(carried) == {
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "checkout.session.completed",
    }
    assert carried["checkout.session.completed"] == paid
    for kind in ("payment_intent.succeeded", "charge.succeeded"):
        assert carried[kind]["metadata"] == {"order_id": "o1"}
    intent = carried["payment_intent.succeeded"]
    assert (intent["id"], intent["amount_received"]) == (paid["payment_intent"], 1234)
    billing = carried["charge.succeeded"]["billing_details"]
    assert isinstance(billing, dict)
    assert billing["email"] == "a@example.com"
    expanded = stripe.call("GET", f"/v1/checkout/sessions/{made['id']}", "expand[0]=payment_intent").json()
    assert expanded["payment_intent"]["status"] == "succeeded"


def test_a_refused_card_leaves_the_page_open_and_the_next_try_uses_the_same_intent(
    stripe: Vendor, receiver: Receiver
) -> None:
    made = create(stripe)
    failed = stripe.control(f"checkout_sessions/{made['id']}/fail", {"decline_code": "insufficient_funds"})
    assert (failed["status"], failed["payment_status"]) == ("open", "unpaid")
    assert receiver.take_types(3) == ["charge.failed", "payment_intent.created", "payment_intent.payment_failed"]
    paid = stripe.control(f"checkout_sessions/{made['id']}/pay")
    assert paid["payment_intent"] == failed["payment_intent"]
    assert receiver.take_types(3) == ["charge.succeeded", "checkout.session.completed", "payment_intent.succeeded"]


@pytest.mark.parametrize("succeeds", [True, False])
def test_a_debit_completes_unpaid_and_is_answered_later(stripe: Vendor, receiver: Receiver, succeeds: bool) -> None:
    made = create(stripe)
    waiting = stripe.control(f"checkout_sessions/{made['id']}/pay", {"delayed": True})
    assert (waiting["status"], waiting["payment_status"]) == ("complete", "unpaid")
    begun = [each.event for each in receiver.take(4)]
    assert {str(event["type"]) for event in begun} == {
        "payment_intent.created",
        "charge.pending",
        "payment_intent.processing",
        "checkout.session.completed",
    }
    settled = stripe.control(f"checkout_sessions/{made['id']}/settle", {"succeeds": succeeds})
    assert (settled["status"], settled["payment_status"]) == ("complete", "paid" if succeeds else "unpaid")
    ended = [each.event for each in receiver.take(3)]
    assert {str(event["type"]) for event in ended} == (
        {"charge.succeeded", "payment_intent.succeeded", "checkout.session.async_payment_succeeded"}
        if succeeds
        else {"charge.failed", "payment_intent.payment_failed", "checkout.session.async_payment_failed"}
    )
    for event in begun + ended:
        check_event(event)


def test_a_session_expires_once_and_only_while_it_is_open(stripe: Vendor, receiver: Receiver) -> None:
    tried, paid = create(stripe), create(stripe)
    stripe.control(f"checkout_sessions/{tried['id']}/fail")
    stripe.control(f"checkout_sessions/{paid['id']}/pay")
    receiver.take(7)
    over = stripe.call("POST", f"/v1/checkout/sessions/{tried['id']}/expire").json()
    assert (over["status"], over["url"]) == ("expired", None)
    assert receiver.take_types(2) == ["checkout.session.expired", "payment_intent.canceled"]
    for session in (tried, paid):
        refused = stripe.call("POST", f"/v1/checkout/sessions/{session['id']}/expire")
        assert refused.status_code == 400
        check_resource("error", refused.json()["error"])
        assert 'with a status in ["open"] can be expired' in refused.json()["error"]["message"]
        again = stripe.send_json("POST", f"/_test/checkout_sessions/{session['id']}/pay", {})
        assert again.status_code == 400
    assert receiver.is_empty
    assert read(stripe, paid)["payment_status"] == "paid"


def test_the_intent_of_a_session_is_not_cancelled_beside_it(stripe: Vendor) -> None:
    failed = stripe.control(f"checkout_sessions/{create(stripe)['id']}/fail")
    refused = stripe.call("POST", f"/v1/payment_intents/{failed['payment_intent']}/cancel")
    assert refused.json()["error"]["code"] == "payment_intent_unexpected_state"
    assert read(stripe, failed)["status"] == "open"


def test_a_session_expires_by_itself(stripe: Vendor, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    made = create(stripe, expires_at=in_minutes(31))
    assert read(stripe, made)["status"] == "open"
    for module in (checkout_sessions, session_object):
        monkeypatch.setattr(module, "utc_now", lambda: clock.utc_now() + timedelta(minutes=32))
    assert read(stripe, made)["status"] == "expired"
    assert receiver.take_types(1) == ["checkout.session.expired"]


def test_sessions_are_listed_by_state_time_and_intent(stripe: Vendor) -> None:
    made = [create(stripe) for _ in range(3)]
    paid = stripe.control(f"checkout_sessions/{made[1]['id']}/pay")

    def listed(query: str) -> list[object]:
        return [each["id"] for each in stripe.call("GET", "/v1/checkout/sessions", query).json()["data"]]

    assert listed("status=open") == [made[2]["id"], made[0]["id"]]
    assert listed(f"payment_intent={paid['payment_intent']}") == [paid["id"]]
    assert listed(f"limit=1&starting_after={made[2]['id']}") == [made[1]["id"]]
    assert listed(f"created[gt]={in_minutes(1)}") == []


def test_a_session_outlives_a_restart(tmp_path: Path) -> None:
    state = tmp_path / "stripe.jsonl"
    with serving(create_app(state_file=state)) as url, Vendor(url) as before:
        made = create(before)
    with serving(create_app(state_file=state)) as url, Vendor(url) as after:
        assert read(after, made) == made
        assert after.control(f"checkout_sessions/{made['id']}/pay")["status"] == "complete"


def test_a_session_expires_without_anybody_looking(tmp_path: Path) -> None:
    """Its time is nearly over when the fake starts again; from then on only the list of events is read."""
    state = tmp_path / "stripe.jsonl"
    with serving(create_app(state_file=state)) as url, Vendor(url) as before:
        made = create(before)
    soon = int(datetime.now(UTC).timestamp()) + 1
    state.write_text(state.read_text().replace(f'"expires_at": {made["expires_at"]}', f'"expires_at": {soon}'))
    with serving(create_app(state_file=state)) as url, Vendor(url) as after:
        events = wait_until(lambda: after.call("GET", "/v1/events").json()["data"], 10, "the session expires")
    assert [(event["type"], check_event(event)["id"]) for event in events] == [("checkout.session.expired", made["id"])]


def test_a_person_pays_on_the_page_and_goes_on_to_the_shop(stripe: Vendor) -> None:
    made = create(stripe, cancel_url="https://shop.example/panier")
    page = f"/c/pay/{made['id']}"
    shown = stripe.call("GET", page).text
    assert "12,34 €" in shown
    assert "Une tasse × 1" in shown
    assert 'href="https://shop.example/panier"' in shown
    assert stripe.call("POST", f"{page}/fail").headers["location"] == page
    gone_on = stripe.call("POST", f"{page}/pay")
    assert (gone_on.status_code, gone_on.headers["location"]) == (303, f"https://shop.example/merci?s={made['id']}")
    assert "terminée" in stripe.call("GET", "/").text
    assert stripe.call("POST", f"{page}/expire").status_code == 400
