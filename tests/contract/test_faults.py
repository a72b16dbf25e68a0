"""Failures on order: every kind, before the work and after it, and what is left behind."""

from time import monotonic

import httpx2
import pytest

from tests.contract.vendor import Json, Vendor

FORM = "amount=1234&currency=eur"
KEY = {"Authorization": "Bearer sk_test_x", "Content-Type": "application/x-www-form-urlencoded"}

# Kind -> the status that is answered instead of the right one; None: the line is cut, or nothing comes.
STATUSES = {
    "refuse": None,
    "rate_limit": 429,
    "conflict": 409,
    "unauthorized": 401,
    "error": 500,
    "bad_gateway": 502,
    "truncate": None,
    "delay": 200,
    "hang": None,
}


def create(stripe: Vendor, patience: float = 10.0) -> int | None:
    """The status of a payment asked for under one key; None when no whole answer came."""
    url, headers = f"{stripe.url}/v1/payment_intents", {**KEY, "Idempotency-Key": "k"}
    try:
        return httpx2.post(url, content=FORM, headers=headers, timeout=patience).status_code
    except httpx2.TransportError:
        return None


def count_created(stripe: Vendor) -> int:
    return len(stripe.call("GET", "/v1/payment_intents").json()["data"])


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("kind", STATUSES)
def test_each_failure_leaves_what_it_says(stripe: Vendor, kind: str, when: str) -> None:
    """Before the work nothing is left; after it a repeat under the same key finds it, and never makes a second."""
    seconds = {"hang": 3, "delay": 0.05}.get(kind, 0)
    stripe.control("faults", {"kind": kind, "when": when, "operation": "payment_intents.*", "seconds": seconds})
    assert create(stripe, 0.2 if kind == "hang" else 10) == STATUSES[kind]
    is_done = when == "after" or kind == "delay"
    assert count_created(stripe) == is_done
    # A 500 after the work is what Stripe remembers of it.
    assert create(stripe) == (500 if kind == "error" and when == "after" else 200)
    assert count_created(stripe) == 1


def test_a_failure_says_whether_to_try_again(stripe: Vendor) -> None:
    headers = {"Stripe-Should-Retry": "true"}
    stripe.control("faults", {"kind": "rate_limit", "headers": headers})
    answer = stripe.call("GET", "/v1/events")
    assert (answer.status_code, answer.headers["stripe-should-retry"]) == (429, "true")
    stripe.control("faults", {"kind": "rate_limit"})
    assert "stripe-should-retry" not in stripe.call("GET", "/v1/events").headers


def test_an_answer_drips_for_longer_than_its_reader_waits_between_two_bytes(stripe: Vendor) -> None:
    """Each byte comes in time, the whole does not: only a limit on the whole call ends it."""
    stripe.control("faults", {"kind": "drip", "when": "after", "seconds": 0.3, "operation": "events.list"})
    begun = monotonic()
    answer = httpx2.get(f"{stripe.url}/v1/events", headers=KEY, timeout=0.15)
    assert (answer.status_code, answer.json()["data"]) == (200, [])
    assert monotonic() - begun > 0.15


def test_a_fault_strikes_as_often_and_where_it_was_asked_to(stripe: Vendor) -> None:
    stripe.control("faults", {"kind": "rate_limit", "times": 2, "operation": "payment_intents.create"})
    assert stripe.call("GET", "/v1/events").status_code == 200
    answers = [stripe.call("POST", "/v1/payment_intents", FORM, idempotency_key=f"k{n}") for n in range(3)]
    assert [answer.status_code for answer in answers] == [429, 429, 200]
    stripe.control("faults", {"kind": "error", "operation": "events.*", "skip": 1})
    assert [stripe.call("GET", "/v1/events").status_code for _ in range(3)] == [200, 500, 200]
    stripe.control("faults", {"kind": "error", "times": None})
    assert [stripe.call("GET", "/v1/events").status_code for _ in range(3)] == [500, 500, 500]
    stripe.clear_faults()
    assert stripe.call("GET", "/v1/events").status_code == 200


@pytest.mark.parametrize("fault", [{"kind": "earthquake"}, {"kind": "hang", "when": "later"}, {"kinds": "hang"}])
def test_a_fault_it_does_not_know_is_refused(strict_stripe: Vendor, fault: Json) -> None:
    assert strict_stripe.send_json("POST", "/_test/faults", fault).status_code == 400
