"""Mails through the vendor's own package to the fake; good and faulty bodies; outages sorted into later and never."""

from dataclasses import replace
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from app.dev.contract.judge import brevo_operations, find_answer_fault, find_brevo_error_fault
from app.dev.fake_brevo.app import create_app
from app.dev.loopback import serving
from app.gateways.brevo import BrevoGateway, OutgoingMail, Sender, SendResult
from app.gateways.errors import Retryable, Terminal
from tests.contract.vendor import Json, Vendor

KEY = UUID("5d8f7d0e-1f5b-4d0c-9a51-2f1f6a0c9d11")
MAIL = OutgoingMail(
    idempotency_key=KEY,
    to_email="cliente@example.com",
    to_name="Zoé",
    subject="Votre commande",
    html="<p>Merci</p>",
    text="Merci",
    tags=("order_confirmation", "msg_1"),
    reply_to_email="contact@example.com",
)
BODY: Json = {
    "sender": {"email": "boutique@example.com"},
    "to": [{"email": "a@example.com"}],
    "subject": "s",
    "htmlContent": "h",
}


@pytest.fixture
def gateway(brevo: Vendor) -> BrevoGateway:
    return BrevoGateway("xkeysib-canary", brevo.url, "boutique@example.com", "La boutique")


def test_a_mail_arrives_as_it_was_written(brevo: Vendor, gateway: BrevoGateway) -> None:
    result = gateway.send(MAIL)
    (message,) = brevo.read("messages")
    assert result == SendResult(message_id=str(message.pop("messageId")), was_already_sent=False)
    del message["acceptedAt"]
    assert message == {
        "sender": {"email": "boutique@example.com", "name": "La boutique"},
        "to": [{"email": "cliente@example.com", "name": "Zoé"}],
        "replyTo": {"email": "contact@example.com"},
        "subject": "Votre commande",
        "htmlContent": "<p>Merci</p>",
        "textContent": "Merci",
        "tags": ["order_confirmation", "msg_1"],
        "headers": {"idempotencyKey": str(KEY)},
    }


def test_a_repeat_counts_as_sent_and_sends_nothing(brevo: Vendor, gateway: BrevoGateway) -> None:
    gateway.send(MAIL)
    assert gateway.send(MAIL) == SendResult(message_id=None, was_already_sent=True)
    assert gateway.send(replace(MAIL, idempotency_key=uuid4())).was_already_sent is False
    assert len(brevo.read("messages")) == 2


@pytest.mark.parametrize("kind", ["refuse", "bad_gateway", "error"])
def test_a_mail_whose_answer_was_lost_is_not_sent_twice(brevo: Vendor, gateway: BrevoGateway, kind: str) -> None:
    brevo.control("faults", {"kind": kind, "when": "after"})
    with pytest.raises(Retryable):
        gateway.send(MAIL)
    assert gateway.send(MAIL).was_already_sent is True
    assert len(brevo.read("messages")) == 1


# Fault -> code, HTTP status, seconds to wait.
FAULTS = {
    "refuse": ("no_answer", None, None),
    "error": ("vendor_error", 500, None),
    "bad_gateway": ("vendor_error", 502, None),
    "rate_limit": ("rate_limited", 429, 7),
}


@pytest.mark.parametrize(("kind", "expected"), FAULTS.items(), ids=FAULTS.keys())
def test_an_outage_is_for_later(
    brevo: Vendor, gateway: BrevoGateway, kind: str, expected: tuple[str, int | None, int | None]
) -> None:
    brevo.control("faults", {"kind": kind})
    with pytest.raises(Retryable) as failure:
        gateway.send(MAIL)
    assert (failure.value.code, failure.value.http_status, failure.value.retry_after_seconds) == expected
    assert brevo.read("messages") == []
    assert gateway.send(MAIL).was_already_sent is False


def test_a_limit_that_names_an_instant_or_nonsense_keeps_mails_for_an_hour_at_most() -> None:
    """Obeyed, `1795302000` (seconds since 1970) closed the queue for 57 years, and more digits broke the job."""
    said = ["", "12.5", "-1", "59", "3601", "9" * 5000, "1795302000000", "1795302000"]

    async def answer(_request: Request) -> JSONResponse:
        return JSONResponse({"code": "too_many_requests"}, 429, {"x-sib-ratelimit-reset": said.pop()})

    waits = []
    with serving(Starlette(routes=[Route("/v3/smtp/email", answer, methods=["POST"])])) as url:
        limited = BrevoGateway("xkeysib-canary", url, "boutique@example.com", "La boutique")
        for _ in range(8):
            with pytest.raises(Retryable) as failure:
                limited.send(MAIL)
            waits.append(failure.value.retry_after_seconds)
    assert waits == [3600, 3600, 3600, 3600, 59, None, None, None]


def test_a_wrong_key_is_for_later_since_the_mail_is_right() -> None:
    with serving(create_app(api_key="xkeysib-right")) as url:
        wrong = BrevoGateway("xkeysib-wrong", url, "boutique@example.com", "La boutique")
        with pytest.raises(Retryable) as failure:
            wrong.send(MAIL)
        assert (failure.value.code, failure.value.http_status) == ("unauthorized", 401)
        right = BrevoGateway("xkeysib-right", url, "boutique@example.com", "La boutique")
        assert right.send(MAIL).was_already_sent is False


def test_a_server_that_is_not_there_is_for_later() -> None:
    with serving(create_app()) as url:
        closed = url
    with pytest.raises(Retryable) as failure:
        BrevoGateway("k", closed, "boutique@example.com", "La boutique").send(MAIL)
    assert (failure.value.code, failure.value.is_outage) == ("unreachable", True)


def test_an_address_that_is_none_is_refused_for_good(brevo: Vendor, gateway: BrevoGateway) -> None:
    with pytest.raises(Terminal) as refusal:
        gateway.send(replace(MAIL, to_email="personne"))
    assert (refusal.value.code, refusal.value.http_status) == ("invalid_parameter", 400)
    assert "personne" not in str(refusal.value)
    assert "cliente@example.com" not in repr(MAIL)


FAULTY: dict[str, tuple[object, str]] = {
    "no sender": ({**BODY, "sender": None}, "invalid_parameter"),
    "nobody to write to": ({key: value for key, value in BODY.items() if key != "to"}, "missing_parameter"),
    "no subject": ({**BODY, "subject": ""}, "missing_parameter"),
    "no content": ({**BODY, "htmlContent": ""}, "missing_parameter"),
    "misspelt": ({**BODY, "textcontent": "t"}, "invalid_parameter"),
    "misspelt and nested": ({**BODY, "to": [{"email": "a@example.com", "nom": "A"}]}, "invalid_parameter"),
    "a recipient without address": ({**BODY, "to": [{"name": "A"}]}, "missing_parameter"),
    "a text for a list": ({**BODY, "tags": "order"}, "invalid_parameter"),
    "a template Brevo does not have": ({**BODY, "templateId": 1}, "invalid_parameter"),
    "a list": ([BODY], "invalid_parameter"),
}


@pytest.mark.parametrize(("body", "code"), FAULTY.values(), ids=FAULTY.keys())
def test_a_faulty_mail(strict_brevo: Vendor, body: object, code: str) -> None:
    answer = strict_brevo.send_json("POST", "/v3/smtp/email", body, api_key="k")
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert find_brevo_error_fault(answer.json()) is None
    assert strict_brevo.read("messages") == []


def test_answers_are_those_the_package_describes(brevo: Vendor) -> None:
    sent = brevo.send_json("POST", "/v3/smtp/email", BODY, api_key="k")
    assert (sent.status_code, find_answer_fault(brevo_operations()["send_transac_email"], sent.json())) == (201, None)
    later = brevo.send_json("POST", "/v3/smtp/email", {**BODY, "scheduledAt": "2030-01-01T00:00:00Z"}, api_key="k")
    assert later.status_code == 202
    made = brevo.send_json("POST", "/v3/senders", {"name": "B", "email": "b@example.com"}, api_key="k")
    assert find_answer_fault(brevo_operations()["create_sender"], made.json()) is None
    listed = brevo.call("GET", "/v3/senders", api_key="k").json()
    assert find_answer_fault(brevo_operations()["get_senders"], listed) is None


def test_keys_and_paths_are_checked(brevo: Vendor) -> None:
    unknown = brevo.send_json("POST", "/v3/smtp/email", BODY)
    assert (unknown.status_code, unknown.json()["code"]) == (401, "unauthorized")
    nowhere = brevo.call("GET", "/v3/coupons", api_key="k")
    assert (nowhere.status_code, nowhere.json()["code"]) == (404, "document_not_found")
    for answer in (unknown, nowhere):
        assert find_brevo_error_fault(answer.json()) is None


def test_senders_are_made_once_and_listed(gateway: BrevoGateway) -> None:
    assert gateway.create_sender(email="b@example.com", name="B") == 1
    assert gateway.list_senders() == [Sender(id=1, name="B", email="b@example.com", is_active=True)]
    with pytest.raises(Terminal) as refusal:
        gateway.create_sender(email="b@example.com", name="B")
    assert refusal.value.code == "duplicate_parameter"


def test_it_remembers_across_a_restart(tmp_path: Path) -> None:
    state = tmp_path / "brevo.jsonl"
    for expected in (False, True):
        with serving(create_app(state_file=state)) as url, Vendor(url) as brevo:
            gateway = BrevoGateway("k", url, "boutique@example.com", "La boutique")
            assert gateway.send(MAIL).was_already_sent is expected
            assert len(brevo.read("messages")) == 1
