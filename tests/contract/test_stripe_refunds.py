"""Refunds, disputes and payouts: what the API refuses, what the banks do later, and where the money is."""

import pytest

from tests.contract.receiver import Receiver
from tests.contract.vendor import Json, Vendor, check_event, check_resource


def refund(stripe: Vendor, intent: Json, **over: object) -> Json:
    answer = stripe.call("POST", "/v1/refunds", {"payment_intent": intent["id"]} | over)
    assert answer.status_code == 200, answer.text
    made: Json = answer.json()
    return made


def read_charge(stripe: Vendor, intent: Json) -> Json:
    found: Json = stripe.call("GET", f"/v1/charges/{intent['latest_charge']}").json()
    return found


def balance(stripe: Vendor) -> int:
    available = stripe.call("GET", "/v1/balance").json()["available"]
    return sum(each["amount"] for each in available)


def rows_of(stripe: Vendor, query: str) -> list[tuple[str, int]]:
    found = stripe.call("GET", "/v1/balance_transactions", query).json()["data"]
    return [(row["type"], row["amount"]) for row in found]


def test_a_refund_is_made_told_and_found_again(stripe: Vendor, receiver: Receiver) -> None:
    intent = stripe.create_paid_intent()
    receiver.take(3)
    before = balance(stripe)
    made = refund(stripe, intent, amount=234, reason="requested_by_customer", **{"metadata[refund_id]": "r1"})
    assert (made["status"], made["amount"], made["metadata"]) == ("succeeded", 234, {"refund_id": "r1"})
    assert balance(stripe) == before - 234
    told = {str(each.event["type"]): each.event for each in receiver.take(2)}
    assert check_event(told["refund.created"]) == made
    assert check_event(told["charge.refunded"])["amount_refunded"] == 234
    assert stripe.call("GET", f"/v1/refunds/{made['id']}").json() == made
    by_charge = refund(stripe, {"id": stripe.create_paid_intent()["id"]})
    for query in (f"payment_intent={intent['id']}", f"charge={intent['latest_charge']}", "created[gte]=1"):
        found = [each["id"] for each in stripe.call("GET", "/v1/refunds", query).json()["data"]]
        assert found == ([made["id"]] if "created" not in query else [by_charge["id"], made["id"]])


def test_a_refund_event_brings_the_callers_key_back(stripe: Vendor, receiver: Receiver) -> None:
    intent = stripe.create_paid_intent()
    receiver.take(3)
    stripe.call("POST", "/v1/refunds", {"payment_intent": intent["id"]}, idempotency_key="refund:1")
    requests = [each.event["request"] for each in receiver.take(2)]
    assert all(isinstance(each, dict) and each["idempotency_key"] == "refund:1" for each in requests)


def test_what_cannot_be_refunded_is_refused_and_moves_nothing(stripe: Vendor) -> None:
    """Each refusal in Stripe's words, and what it leaves of the charge."""
    unpaid, paid, gone, disputed = (
        stripe.create_intent(),
        stripe.create_paid_intent(),
        stripe.create_paid_intent(),
        stripe.create_paid_intent(),
    )
    declined = stripe.control(f"payment_intents/{stripe.create_intent()['id']}/fail")
    refund(stripe, paid, amount=234)
    refund(stripe, gone)
    stripe.control("disputes", {"payment_intent": disputed["id"]})
    before = balance(stripe)
    calls: list[tuple[Json, int, str | None, str]] = [
        ({"payment_intent": paid["id"], "amount": 1001}, 400, None, "(€10.01) is greater than unrefunded amount"),
        ({"payment_intent": gone["id"]}, 400, "charge_already_refunded", "has already been refunded"),
        ({"payment_intent": disputed["id"]}, 400, "charge_disputed", "has been charged back"),
        ({"payment_intent": unpaid["id"]}, 400, "payment_intent_unexpected_state", "does not have a successful charge"),
        ({"payment_intent": declined["id"]}, 400, None, "has not succeeded"),
        ({"payment_intent": "pi_none"}, 404, "resource_missing", "No such payment_intent"),
        ({}, 400, "parameter_missing", "payment_intent or charge"),
        ({"payment_intent": paid["id"], "charge": "ch_x"}, 400, "parameter_missing", "payment_intent or charge"),
        ({"payment_intent": paid["id"], "amount": 0}, 400, "parameter_invalid_integer", "Invalid positive integer"),
        ({"payment_intent": paid["id"], "reason": "bored"}, 400, None, "Invalid reason"),
    ]
    for form, status, code, words in calls:
        answer = stripe.call("POST", "/v1/refunds", form)
        error = answer.json()["error"]
        check_resource("error", error)
        assert (answer.status_code, error.get("code")) == (status, code), answer.text
        assert words in error["message"]
    assert balance(stripe) == before
    assert read_charge(stripe, paid)["amount_refunded"] == 234


def test_a_refusal_by_the_work_itself_is_kept_under_its_key(stripe: Vendor) -> None:
    """A validation failure frees the key; what execution found out does not (reference 1.3)."""
    intent = stripe.create_paid_intent()
    form = {"payment_intent": intent["id"], "amount": 9999}
    first = stripe.call("POST", "/v1/refunds", form, idempotency_key="k")
    again = stripe.call("POST", "/v1/refunds", form, idempotency_key="k")
    assert (first.status_code, again.headers.get("Idempotent-Replayed")) == (400, "true")
    invalid = stripe.call("POST", "/v1/refunds", form | {"amount": "x"}, idempotency_key="l")
    assert invalid.status_code == 400
    assert stripe.call("POST", "/v1/refunds", form | {"amount": 34}, idempotency_key="l").status_code == 200


def test_a_refund_waits_then_arrives(stripe: Vendor, receiver: Receiver) -> None:
    intent = stripe.create_paid_intent()
    before = balance(stripe)
    stripe.control("refunds/next", {"status": "pending", "pending_reason": "insufficient_funds"})
    made = refund(stripe, intent)
    assert (made["status"], made["pending_reason"]) == ("pending", "insufficient_funds")
    assert (made["balance_transaction"], balance(stripe)) == (None, before)
    receiver.take(5)
    done = stripe.control(f"refunds/{made['id']}/settle", {"status": "succeeded"})
    assert (done["status"], "pending_reason" in done, balance(stripe)) == ("succeeded", False, before - 1234)
    event = receiver.take(1)[0].event
    assert (event["type"], check_event(event)) == ("refund.updated", done)
    assert refund(stripe, stripe.create_paid_intent())["status"] == "succeeded"


@pytest.mark.parametrize("status", ["failed", "canceled"])
def test_a_refund_that_comes_back_gives_the_money_to_the_balance(
    stripe: Vendor, receiver: Receiver, status: str
) -> None:
    intent = stripe.create_paid_intent()
    before = balance(stripe)
    stripe.control("refunds/next", {"status": "pending"})
    made = refund(stripe, intent)
    assert balance(stripe) == before - 1234
    receiver.take(5)
    over = stripe.control(f"refunds/{made['id']}/settle", {"status": status, "failure_reason": "declined"})
    assert (over["status"], over.get("failure_reason")) == (status, "declined" if status == "failed" else None)
    assert balance(stripe) == before
    assert read_charge(stripe, intent)["amount_refunded"] == 0
    back = stripe.call("GET", f"/v1/balance_transactions/{over['failure_balance_transaction']}").json()
    assert (back["type"], back["amount"]) == ("refund_failure", 1234)
    told = ["charge.refund.updated", *(["refund.failed"] if status == "failed" else []), "refund.updated"]
    arrived = [each.event for each in receiver.take(len(told))]
    assert sorted(str(event["type"]) for event in arrived) == told
    assert all(check_event(event) == over for event in arrived)
    assert stripe.send_json("POST", f"/_test/refunds/{made['id']}/settle", {"status": "failed"}).status_code == 400


def test_a_dispute_takes_the_money_and_its_end_decides(stripe: Vendor, receiver: Receiver) -> None:
    for status, told in (
        ("won", ["charge.dispute.closed", "charge.dispute.funds_reinstated"]),
        ("lost", ["charge.dispute.closed"]),
    ):
        intent = stripe.create_paid_intent()
        receiver.take(3)
        with_payment = balance(stripe)
        dispute = stripe.control("disputes", {"payment_intent": intent["id"], "reason": "product_not_received"})
        check_resource("dispute", dispute)
        assert read_charge(stripe, intent)["disputed"] is True
        opened = [each.event for each in receiver.take(2)]
        assert sorted(str(event["type"]) for event in opened) == [
            "charge.dispute.created",
            "charge.dispute.funds_withdrawn",
        ]
        assert all(check_event(event)["id"] == dispute["id"] for event in opened)
        assert balance(stripe) == with_payment - 1234 - 2000
        updated = stripe.control(f"disputes/{dispute['id']}/update", {"status": "appeal_under_review"})
        assert updated["status"] == "appeal_under_review"
        assert receiver.take_types(1) == ["charge.dispute.updated"]
        stripe.control(f"disputes/{dispute['id']}/close", {"status": status})
        closed = [each.event for each in receiver.take(len(told))]
        assert sorted(str(event["type"]) for event in closed) == told
        assert {check_event(event)["status"] for event in closed} == {status}
        assert balance(stripe) == (with_payment if status == "won" else with_payment - 3234)
        assert stripe.call("GET", f"/v1/disputes/{dispute['id']}").json()["status"] == status
        again = stripe.send_json("POST", f"/_test/disputes/{dispute['id']}/close", {"status": "won"})
        assert again.status_code == 400
        refunded = stripe.call("POST", "/v1/refunds", {"payment_intent": intent["id"], "amount": 1})
        assert refunded.status_code == (200 if status == "won" else 400), "what was lost is not given back twice"
        receiver.take(2 if status == "won" else 0)
        listed = stripe.call("GET", "/v1/disputes", f"payment_intent={intent['id']}").json()["data"]
        assert [each["id"] for each in listed] == [dispute["id"]]


def test_an_inquiry_takes_no_money_until_told_to(stripe: Vendor, receiver: Receiver) -> None:
    intent = stripe.create_paid_intent()
    receiver.take(3)
    before = balance(stripe)
    given = {"payment_intent": intent["id"], "status": "warning_needs_response", "amount": 500}
    dispute = stripe.control("disputes", given)
    assert (balance(stripe), dispute["is_charge_refundable"], dispute["amount"]) == (before, True, 500)
    assert receiver.take_types(1) == ["charge.dispute.created"]
    for direction in ("withdrawn", "reinstated"):
        stripe.control(f"disputes/{dispute['id']}/funds", {"direction": direction})
        assert receiver.take_types(1) == [f"charge.dispute.funds_{direction}"]
    assert balance(stripe) == before
    twice = stripe.send_json("POST", f"/_test/disputes/{dispute['id']}/funds", {"direction": "reinstated"})
    assert twice.status_code == 400


def test_a_payout_takes_its_rows_along_and_the_next_takes_none_of_them(stripe: Vendor, receiver: Receiver) -> None:
    intent = stripe.create_paid_intent()
    refund(stripe, intent, amount=234)
    receiver.take(5)
    worth = balance(stripe)
    payout = stripe.control("payouts", {"status": "in_transit"})
    check_resource("payout", payout)
    assert (payout["amount"], balance(stripe)) == (worth, 0)
    rows = f"payout={payout['id']}"
    assert rows_of(stripe, rows) == [("payout", -worth), ("refund", -234), ("charge", 1234)]
    assert rows_of(stripe, f"{rows}&type=refund") == [("refund", -234)]
    stripe.control(f"payouts/{payout['id']}/reconcile")
    events = [each.event for each in receiver.take(2)]
    assert sorted(str(event["type"]) for event in events) == ["payout.created", "payout.reconciliation_completed"]
    assert {str(check_event(event)["reconciliation_status"]) for event in events} == {"in_progress", "completed"}
    refund(stripe, intent, amount=100)
    second = stripe.control("payouts")
    assert second["amount"] == -100
    assert [each["id"] for each in stripe.call("GET", "/v1/payouts").json()["data"]] == [second["id"], payout["id"]]


def test_a_payout_that_the_bank_sends_back_is_in_the_balance_again(stripe: Vendor, receiver: Receiver) -> None:
    stripe.create_paid_intent()
    receiver.take(3)
    payout = stripe.control("payouts")
    assert receiver.take_types(2) == ["payout.created", "payout.paid"]
    failed = stripe.control(f"payouts/{payout['id']}/fail", {"failure_code": "account_closed"})
    assert (failed["status"], failed["failure_code"], balance(stripe)) == ("failed", "account_closed", payout["amount"])
    assert check_event(receiver.take(1)[0].event) == failed
    assert stripe.call("GET", f"/v1/payouts/{payout['id']}").json() == failed
