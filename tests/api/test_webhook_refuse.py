"""What the webhook refuses, before anything is stored: signature, shape, size, rate."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient

from app.dev.fake_stripe.delivery import sign
from tests.rows import row
from tests.services import ROOT
from tests.shop_front import WEBHOOK_SECRET, Buyer, change_settings, read_state
from tests.stripe_news import PATH, deliver, event_about, intent_of_nobody


@row("S3-002", "S4-031")
def test_a_bad_signature_stores_nothing_and_says_so_once(capsys: pytest.CaptureFixture[str], buyer: Buyer) -> None:
    before = read_state()
    answers = [
        deliver(buyer, event_about(intent_of_nobody()), secret="whsec_of_somebody_else"),
        buyer.http.post(PATH, content=b"{}"),
        buyer.http.post(PATH, content=b"{}", headers={b"Stripe-Signature": "t=1,v1=é".encode()}),
        buyer.http.post(PATH, content=b"\xff", headers={"Stripe-Signature": sign(b"{}", [WEBHOOK_SECRET])}),
    ]
    assert [answer.status_code for answer in answers] == [400] * 4
    assert {answer.json()["message"] for answer in answers} == {"Stripe webhook signature verification failed"}
    assert all(answer.json()["requestId"] == answer.headers["x-request-id"] for answer in answers)
    assert read_state() == before
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    said = [line["requestId"] for line in lines if line["message"] == "Stripe webhook signature verification failed"]
    assert said == [answer.headers["x-request-id"] for answer in answers]
    # Whoever searches by the other runbook's words finds this line.
    manual = (ROOT / "docs" / "payments.md").read_text()
    assert re.search("`Stripe webhook signature verification failed` ;[^.]*« Invalid signature »", manual)


@pytest.mark.parametrize(
    "body",
    [
        b"not json",
        b"[]",
        b"null",
        b"1" * 5000,
        b"[" * 100_000,
        b'{"object": "event"}',
        json.dumps(event_about({}, id="evt_1; drop")).encode(),
        json.dumps(event_about({}, created=True)).encode(),
        json.dumps(event_about({}, created=10**18)).encode(),
        json.dumps(event_about({}, livemode="no")).encode(),
        json.dumps(event_about({}, object="charge")).encode(),
    ],
)
def test_a_signed_body_that_is_no_event_is_a_400(buyer: Buyer, body: bytes) -> None:
    answer = buyer.http.post(PATH, content=body, headers={"Stripe-Signature": sign(body, [WEBHOOK_SECRET])})
    assert (answer.status_code, answer.json()["code"]) == (400, "event_malformed")
    assert read_state()["events"] == 0


def test_size_length_and_encoding_are_checked_before_anything_else(buyer: Buyer) -> None:
    gzipped = buyer.http.post(PATH, content=b"{}", headers={"Content-Encoding": "gzip"})
    chunked = buyer.http.post(PATH, content=iter([b"{}"]))
    large = buyer.http.post(PATH, content=b"x" * (512 * 1024 + 1))
    assert [(answer.status_code, answer.json()["code"]) for answer in (gzipped, chunked, large)] == [
        (415, "unsupported_encoding"),
        (411, "length_required"),
        (413, "body_too_large"),
    ]
    assert buyer.http.get(PATH).status_code == 405
    assert buyer.http.post(f"{PATH}/", content=b"{}").status_code == 404


def test_the_previous_secret_is_accepted_until_its_date(buyer: Buyer, monkeypatch: pytest.MonkeyPatch) -> None:
    until = datetime.now(UTC) + timedelta(hours=1)
    name = "STRIPE_WEBHOOK_SECRET_PREVIOUS"
    change_settings(monkeypatch, **{name: "whsec_previous", f"{name}_UNTIL": until.isoformat()})
    assert deliver(buyer, event_about(intent_of_nobody()), secret="whsec_previous").status_code == 200
    change_settings(monkeypatch, **{f"{name}_UNTIL": (until - timedelta(hours=2)).isoformat()})
    assert deliver(buyer, event_about(intent_of_nobody(), id="evt_2"), secret="whsec_previous").status_code == 400


def test_whoever_has_a_network_of_ipv6_has_one_limit(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of its 2^64 addresses had one of its own, here and at Brevo's webhook."""
    change_settings(monkeypatch, RATE_LIMIT_WEBHOOK_MAX="1")

    def ask(address: str, path: str = PATH) -> int:
        return TestClient(client.app, client=(address, 50_000)).post(path, content=b"{}").status_code

    for path, unproven in ((PATH, 400), ("/brevo/webhook", 401)):
        answers = [ask(f"2001:db8:{len(path)}:1::{last:x}", path) for last in range(4)]
        # Four calls touch two minutes at most, one is let through in each.
        assert (answers[0], answers.count(429) >= 2, set(answers)) == (unproven, True, {unproven, 429}), path
        assert ask(f"2001:db8:{len(path)}:2::1", path) == unproven


@row("S3-005", "S3-015")
def test_the_limit_counts_before_the_signature_and_says_when_to_come_back(
    capsys: pytest.CaptureFixture[str], buyer: Buyer, monkeypatch: pytest.MonkeyPatch
) -> None:
    change_settings(monkeypatch, RATE_LIMIT_WEBHOOK_MAX="2")
    answers = [buyer.http.post(PATH, content=b"{}") for _ in range(6)]
    assert [answer.status_code for answer in answers[:2]] == [400, 400]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert len(refused) in (2, 4), "two are let through in each minute, and the calls touch two minutes at most"
    assert all(1 <= int(answer.headers["retry-after"]) <= 61 for answer in refused)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    said = [line["requestId"] for line in lines if line["message"] == "Webhook rate limit exceeded (429)"]
    assert said == [answer.headers["x-request-id"] for answer in refused]
