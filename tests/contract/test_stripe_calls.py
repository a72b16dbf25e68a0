"""Good and faulty calls, judged as Stripe would judge them."""

import pytest

from tests.contract.vendor import Json, Vendor, check_answer, check_resource

PAID = "amount=1234&currency=eur"
HOOK = "url=https%3A%2F%2Fshop.example%2Fhook"

GOOD = {
    "least": PAID,
    "upper case currency": "amount=1234&currency=EUR",
    "types that are allowed": f"{PAID}&allowed_payment_method_types[0]=card",
    "types in the browser's form": f"{PAID}&allowed_payment_method_types[]=card&allowed_payment_method_types[]=link",
    "metadata": f"{PAID}&metadata[cart_id]=cart_1&metadata[with%20space]=%C3%A9",
    "expand": f"{PAID}&expand[0]=latest_charge",
    "texts": f"{PAID}&description=Une%20tasse&receipt_email=a%40example.com",
    "an empty text": f"{PAID}&description=",
}

# Call -> the parameter and the code that Stripe names.
FAULTY = {
    "no amount": ("currency=eur", "amount", "parameter_missing"),
    "no currency": ("amount=1234", "currency", "parameter_missing"),
    "float amount": ("amount=12.34&currency=eur", "amount", "parameter_invalid_integer"),
    "float in disguise": ("amount=1234.0&currency=eur", "amount", "parameter_invalid_integer"),
    "amount in words": ("amount=douze&currency=eur", "amount", "parameter_invalid_integer"),
    "empty amount": ("amount=&currency=eur", "amount", "parameter_invalid_integer"),
    "amount twice": (f"{PAID}&amount=1", None, None),
    "too small": ("amount=49&currency=eur", "amount", "amount_too_small"),
    "too large": ("amount=100000000&currency=eur", "amount", "amount_too_large"),
    "unknown currency": ("amount=1234&currency=xxx", "currency", None),
    "the removed parameter": (
        f"{PAID}&payment_method_types[0]=card",
        "payment_method_types",
        "payment_method_types_no_longer_supported",
    ),
    "misspelt": (f"{PAID}&metdata[a]=b", "metdata", "parameter_unknown"),
    "misspelt and nested": (
        f"{PAID}&payment_method_options[card][request_3d_secure]=any",
        "payment_method_options[card][request_3d_secure]",
        "parameter_unknown",
    ),
    "unknown value": (f"{PAID}&capture_method=later", "capture_method", None),
    "unknown value in a list": (
        f"{PAID}&allowed_payment_method_types[0]=cash",
        "allowed_payment_method_types[0]",
        None,
    ),
    "a type this account has not": (f"{PAID}&allowed_payment_method_types[0]=sepa_debit", None, None),
    "text for a list": (f"{PAID}&expand=latest_charge", "expand", None),
    "list for a text": (f"{PAID}&description[0]=a", "description", None),
    "metadata of metadata": (f"{PAID}&metadata[a][b]=c", None, None),
    "a key of 41 characters": (f"{PAID}&metadata[{'k' * 41}]=v", "metadata", None),
    "a value of 501 characters": (f"{PAID}&metadata[k]={'v' * 501}", "metadata", None),
    "an open bracket": (f"{PAID}&metadata[a=b", None, None),
    "what cannot be expanded": (f"{PAID}&expand[0]=customer", "expand[0]", None),
    "what this fake does not know yet": (f"{PAID}&customer=cus_1", "customer", "fake_does_not_know"),
}


@pytest.mark.parametrize("form", GOOD.values(), ids=GOOD.keys())
def test_a_good_payment_intent(strict_stripe: Vendor, form: str) -> None:
    answer = strict_stripe.call("POST", "/v1/payment_intents", form)
    assert answer.status_code == 200, answer.text
    assert answer.json()["amount"] == 1234
    check_answer("payment_intents.create", answer.json())


@pytest.mark.parametrize(("form", "param", "code"), FAULTY.values(), ids=FAULTY.keys())
def test_a_faulty_payment_intent(strict_stripe: Vendor, form: str, param: str | None, code: str | None) -> None:
    before = _count_intents(strict_stripe)
    answer = strict_stripe.call("POST", "/v1/payment_intents", form)
    error = _error(answer.json())
    assert answer.status_code == 400
    assert error["type"] == "invalid_request_error"
    assert param is None or error["param"] == param
    assert error.get("code") == code or param is None
    assert _count_intents(strict_stripe) == before


ENDPOINTS = {
    "good": (f"{HOOK}&enabled_events[0]=payment_intent.succeeded&api_version=2026-10-28.endive", 200, None),
    "an event that never was": (f"{HOOK}&enabled_events[0]=payment_intent.refunded", 400, "enabled_events[0]"),
    "no events": (HOOK, 400, "enabled_events"),
    "a version that never was": (f"{HOOK}&enabled_events[0]=*&api_version=2026-10-28.adagio", 400, "api_version"),
    "no scheme": ("url=shop.example&enabled_events[0]=*", 400, "url"),
}


@pytest.mark.parametrize(("form", "status", "param"), ENDPOINTS.values(), ids=ENDPOINTS.keys())
def test_a_webhook_endpoint(strict_stripe: Vendor, form: str, status: int, param: str | None) -> None:
    answer = strict_stripe.call("POST", "/v1/webhook_endpoints", form)
    assert answer.status_code == status, answer.text
    if status == 200:
        check_answer("webhook_endpoints.create", answer.json())
        assert str(answer.json()["secret"]).startswith("whsec_")
    else:
        assert _error(answer.json())["param"] == param


LISTS = {
    "by date": "created[gte]=1&created[lt]=9999999999&limit=100",
    "by type": "type=payment_intent.*",
    "by types": "types[0]=charge.succeeded&types[1]=payment_intent.succeeded",
}
FAULTY_LISTS = {
    "a float date": "created[gte]=1.5",
    "an unknown bound": "created[after]=1",
    "a page of 101": "limit=101",
    "an empty page": "limit=0",
    "type and types": "type=a&types[0]=b",
    "21 types": "&".join(f"types[{n}]=charge.succeeded" for n in range(21)),
    "a cursor that never was": "starting_after=evt_none",
}


@pytest.mark.parametrize("query", LISTS.values(), ids=LISTS.keys())
def test_a_good_list(strict_stripe: Vendor, query: str) -> None:
    strict_stripe.control(f"payment_intents/{strict_stripe.create_intent()['id']}/confirm")
    answer = strict_stripe.call("GET", "/v1/events", query)
    assert answer.status_code == 200, answer.text
    assert answer.json()["data"] != []
    check_answer("events.list", answer.json())


@pytest.mark.parametrize("query", FAULTY_LISTS.values(), ids=FAULTY_LISTS.keys())
def test_a_faulty_list(strict_stripe: Vendor, query: str) -> None:
    answer = strict_stripe.call("GET", "/v1/events", query)
    assert answer.status_code in (400, 404)
    _error(answer.json())


KEYS = {
    "none": ("", 401),
    "live": ("Bearer sk_live_x", 401),
    "publishable": ("Bearer pk_test_x", 403),
    "another scheme": ("Digest sk_test_x", 401),
    "secret": ("Bearer sk_test_x", 200),
    "as basic authentication": ("Basic c2tfdGVzdF94Og==", 200),
}


@pytest.mark.parametrize(("key", "status"), KEYS.values(), ids=KEYS.keys())
def test_the_key_is_checked(strict_stripe: Vendor, key: str, status: int) -> None:
    answer = strict_stripe.call("GET", "/v1/events", authorization=key)
    assert answer.status_code == status
    assert status == 200 or _error(answer.json())


def test_an_unknown_version_is_refused(strict_stripe: Vendor) -> None:
    answer = strict_stripe.call("GET", "/v1/events", stripe_version="2031-01-01.never")
    assert answer.status_code == 400
    assert _error(answer.json())["message"] == "Invalid Stripe API version: 2031-01-01.never"


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/v1/orders"), ("DELETE", "/v1/events"), ("GET", "/v2/core/events")]
)
def test_an_unknown_path_is_a_404_of_stripe(strict_stripe: Vendor, method: str, path: str) -> None:
    answer = strict_stripe.call(method, path)
    assert answer.status_code == 404
    assert _error(answer.json())["message"] == f"Unrecognized request URL ({method}: {path})."


def test_json_is_not_stripes_form(strict_stripe: Vendor) -> None:
    answer = strict_stripe.send_json("POST", "/v1/payment_intents", {"amount": 1234, "currency": "eur"})
    assert answer.status_code == 400
    _error(answer.json())


def _count_intents(stripe: Vendor) -> int:
    found = stripe.call("GET", "/v1/events", "type=payment_intent.created&limit=100").json()["data"]
    return len(found)


def _error(body: Json) -> Json:
    error = body["error"]
    assert isinstance(error, dict)
    check_resource("error", error)
    return error
