"""The account at Brevo: what it has sent and counted, whom it tells, what it may still do, and which keys open it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from threading import Thread
from urllib.parse import urlencode

import httpx2
import pytest

from app.dev.contract.judge import brevo_operations, find_answer_fault, find_brevo_error_fault
from app.dev.fake_brevo.app import create_app
from app.dev.loopback import serving
from tests.contract.vendor import Json, Vendor

BODY: Json = {
    "sender": {"email": "boutique@example.com"},
    "to": [{"email": "a@example.com"}],
    "subject": "Votre commande",
    "htmlContent": "h",
    "tags": ["order_confirmation", "msg_1"],
}


class Mailhook:
    """An address that webhooks are posted to."""

    def __init__(self) -> None:
        self.arrived: Queue[tuple[str, Json]] = Queue()
        self.url = ""

    def take(self) -> tuple[str, Json]:
        """The next Authorization header and payload."""
        return self.arrived.get(timeout=10)


@pytest.fixture
def mailhook() -> Iterator[Mailhook]:
    found = Mailhook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.arrived.put((str(self.headers["Authorization"]), httpx2.Response(200, content=body).json()))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{server.server_port}/brevo/webhook"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield found
    server.shutdown()
    server.server_close()
    thread.join(timeout=10)


def call(brevo: Vendor, operation: str, path: str, given: Json | None = None, status: int = 200) -> Json:
    """One call with a key, its answer held against the contract."""
    method = brevo_operations()[operation].method
    if method == "GET":
        answer = brevo.call("GET", f"/v3{path}", urlencode(given or {}), api_key="k")
    else:
        answer = brevo.send_json(method, f"/v3{path}", given or {}, api_key="k")
    assert answer.status_code == status, answer.text
    if answer.status_code == 204:
        return {}
    found: Json = answer.json()
    fault = find_answer_fault(brevo_operations()[operation], found) if status < 300 else find_brevo_error_fault(found)
    assert fault is None, fault
    return found


def send(brevo: Vendor, **over: object) -> str:
    return str(call(brevo, "send_transac_email", "/smtp/email", BODY | over, 201)["messageId"])


def listed(found: Json, name: str) -> list[Json]:
    things = found[name]
    assert isinstance(things, list)
    return things


def test_a_mail_is_found_by_its_tags_and_counted(brevo: Vendor) -> None:
    first, second = send(brevo), send(brevo, tags=["order_confirmation", "msg_2"], to=[{"email": "b@example.com"}])
    brevo.control("bounces", {"messageId": second, "event": "hard_bounce", "reason": "550 no such mailbox"})
    for given, expected in (
        ({"tags": '["msg_1"]'}, [(first, "delivered"), (first, "requests")]),
        ({"tags": '["msg_2"]', "event": "hardBounces"}, [(second, "hardBounces")]),
        ({"event": "bounces"}, [(second, "hardBounces")]),
        ({"messageId": first, "limit": 1}, [(first, "delivered")]),
        ({"email": "b@example.com", "sort": "asc", "offset": 2}, [(second, "hardBounces")]),
        ({"tags": '["msg_3"]', "days": 90}, []),
    ):
        events = listed(call(brevo, "get_email_event_report", "/smtp/statistics/events", dict(given)), "events")
        assert [(event["messageId"], event["event"]) for event in events] == expected, given
    today = datetime.now(UTC).date()
    days: Json = {"startDate": str(today - timedelta(days=1)), "endDate": str(today + timedelta(days=1))}
    report = call(brevo, "get_aggregated_smtp_report", "/smtp/statistics/aggregatedReport", days)
    assert (report["requests"], report["hardBounces"], report["softBounces"]) == (2, 1, 0)
    tagged = call(brevo, "get_aggregated_smtp_report", "/smtp/statistics/aggregatedReport", {"tag": "msg_1"})
    assert (tagged["requests"], tagged["hardBounces"]) == (1, 0)
    mails = call(brevo, "get_transac_emails_list", "/smtp/emails", {"messageId": first})
    assert [(mail["email"], mail["tags"]) for mail in listed(mails, "transactionalEmails")] == [
        ("a@example.com", BODY["tags"])
    ]


FAULTY: dict[str, tuple[str, str, Json]] = {
    "days and dates": ("get_email_event_report", "/smtp/statistics/events", {"days": 1, "startDate": "2026-01-01"}),
    "half a range": ("get_email_event_report", "/smtp/statistics/events", {"startDate": "2026-01-01"}),
    "a range backwards": (
        "get_email_event_report",
        "/smtp/statistics/events",
        {"startDate": "2026-01-02", "endDate": "2026-01-01"},
    ),
    "91 days": ("get_aggregated_smtp_report", "/smtp/statistics/aggregatedReport", {"days": 91}),
    "a date of another country": (
        "get_aggregated_smtp_report",
        "/smtp/statistics/aggregatedReport",
        {"startDate": "01/02/2026", "endDate": "02/02/2026"},
    ),
    "tags that are no array": ("get_email_event_report", "/smtp/statistics/events", {"tags": "msg_1"}),
    "a filter that never was": ("get_email_event_report", "/smtp/statistics/events", {"tag": "msg_1"}),
    "a page of 5001": ("get_email_event_report", "/smtp/statistics/events", {"limit": 5001}),
    "a limit in words": ("get_email_event_report", "/smtp/statistics/events", {"limit": "dix"}),
    "no filter at all": ("get_transac_emails_list", "/smtp/emails", {}),
    "no address": ("create_webhook", "/webhooks", {"events": ["hardBounce"]}),
    "no events": ("create_webhook", "/webhooks", {"url": "https://s.example", "events": []}),
    "an event in the payload's words": (
        "create_webhook",
        "/webhooks",
        {"url": "https://s.example", "events": ["hard_bounce"]},
    ),
    "another way to prove it": (
        "create_webhook",
        "/webhooks",
        {"url": "https://s.example", "events": ["spam"], "auth": {"type": "basic", "token": "t"}},
    ),
}


@pytest.mark.parametrize(("operation", "path", "given"), FAULTY.values(), ids=FAULTY.keys())
def test_a_faulty_call(strict_brevo: Vendor, operation: str, path: str, given: Json) -> None:
    call(strict_brevo, operation, path, given, 400)


def test_a_bounce_is_posted_to_who_subscribed_with_the_webhooks_own_token(brevo: Vendor, mailhook: Mailhook) -> None:
    hook: Json = {"url": mailhook.url, "type": "transactional", "events": ["hardBounce", "spam"]}
    made = call(brevo, "create_webhook", "/webhooks", hook | {"auth": {"type": "bearer", "token": "t1"}}, 201)
    call(brevo, "create_webhook", "/webhooks", {"url": "http://127.0.0.1:9/x", "events": ["spam"]}, 201)
    message = send(brevo)
    posted = brevo.control("bounces", {"messageId": message, "reason": "550", "ts_event": 1790000000, "times": 2})
    answers = listed(posted, "list")
    assert [(answer["webhook"], answer["status"]) for answer in answers] == [(made["id"], 200)] * 2
    bearer, payload = mailhook.take()
    assert (bearer, mailhook.take()) == ("Bearer t1", ("Bearer t1", payload))
    assert payload == {
        "event": "hard_bounce",
        "email": "a@example.com",
        "id": made["id"],
        "date": "2026-09-21 16:13:20",
        "ts": 1790000000,
        "ts_event": 1790000000,
        "ts_epoch": 1790000000000,
        "message-id": message,
        "subject": "Votre commande",
        "template_id": 0,
        "tag": '["order_confirmation", "msg_1"]',
        "tags": ["order_confirmation", "msg_1"],
        "reason": "550",
    }
    assert listed(brevo.control("bounces", {"messageId": message, "event": "soft_bounce"}), "list") == []
    assert listed(brevo.control("bounces", {"messageId": message, "deliver": False}), "list") == []
    assert mailhook.arrived.empty()


def test_a_webhook_is_changed_and_never_says_its_token(brevo: Vendor, mailhook: Mailhook) -> None:
    hook: Json = {"url": mailhook.url, "events": ["spam"], "auth": {"type": "bearer", "token": "t1"}}
    made = call(brevo, "create_webhook", "/webhooks", hook, 201)
    assert call(brevo, "create_webhook", "/webhooks", hook, 400)["code"] == "duplicate_parameter"
    path = f"/webhooks/{made['id']}"
    change: Json = {"events": ["hardBounce"], "auth": {"type": "bearer", "token": "t2"}}
    call(brevo, "update_webhook", path, change, 204)
    shown = call(brevo, "get_webhook", path)
    assert (shown["url"], shown["events"], shown["type"]) == (mailhook.url, ["hardBounce"], "transactional")
    assert "t2" not in str(call(brevo, "get_webhooks", "/webhooks", {"type": "transactional"}))
    brevo.control("bounces", {"messageId": send(brevo)})
    assert mailhook.take()[0] == "Bearer t2"
    assert call(brevo, "get_webhook", "/webhooks/99", status=404)["code"] == "document_not_found"


def test_the_days_mails_run_out(brevo: Vendor) -> None:
    brevo.control("quota", {"left": 1})
    send(brevo)
    refused = call(brevo, "send_transac_email", "/smtp/email", BODY, 402)
    assert refused["code"] == "not_enough_credits"
    assert len(brevo.read("messages")) == 1
    brevo.control("quota", {"left": 300})
    send(brevo)


def test_a_refused_mail_keeps_its_idempotency_key_free(brevo: Vendor) -> None:
    keyed = {"headers": {"idempotencyKey": "5d8f7d0e-1f5b-4d0c-9a51-2f1f6a0c9d11"}}
    brevo.control("quota", {"left": 0})
    call(brevo, "send_transac_email", "/smtp/email", BODY | keyed, 402)
    brevo.control("quota", {"left": 2})
    send(brevo, **keyed)
    assert call(brevo, "send_transac_email", "/smtp/email", BODY | keyed, 400)["code"] == "duplicate_request"
    brevo.control("idempotency_keys/age")
    send(brevo, **keyed)
    assert len(brevo.read("messages")) == 2


def test_one_call_too_many_is_told_when_to_come_back(brevo: Vendor) -> None:
    path, query = "/v3/smtp/emails", "email=a%40example.com"
    assert [brevo.call("GET", path, query, api_key="k").status_code for _ in range(2)] == [200, 200]
    brevo.control("limits", {"operation": "send_transac_email", "calls": 1, "seconds": 60})
    send(brevo)
    late = brevo.send_json("POST", "/v3/smtp/email", BODY, api_key="k")
    assert (late.status_code, late.headers["x-sib-ratelimit-reset"]) == (429, "60")
    assert "retry-after" not in late.headers
    assert len(brevo.read("messages")) == 1


def test_a_key_is_rotated(brevo: Vendor) -> None:
    """Any key opens until one is named; from then on those named, until they are revoked."""
    statuses = []
    for change in ({}, {"accepted": ["k", "new"]}, {"revoked": ["k"]}):
        brevo.control("keys", dict(change))
        statuses.append([brevo.call("GET", "/v3/senders", api_key=key).status_code for key in ("k", "new", "other")])
    assert statuses == [[200, 200, 200], [200, 200, 401], [401, 200, 401]]


def test_a_mail_is_accepted_although_its_answer_is_lost(brevo: Vendor) -> None:
    brevo.control("faults", {"operation": "send_transac_email", "kind": "hang", "when": "after", "seconds": 5})
    with pytest.raises(httpx2.ReadTimeout):
        httpx2.post(f"{brevo.url}/v3/smtp/email", json=BODY, headers={"api-key": "k"}, timeout=0.3)
    assert len(brevo.read("messages")) == 1
    found = call(brevo, "get_email_event_report", "/smtp/statistics/events", {"tags": '["msg_1"]', "days": 1})
    assert len(listed(found, "events")) == 2


def test_all_of_it_outlives_a_restart(tmp_path: Path, mailhook: Mailhook) -> None:
    state = tmp_path / "brevo.jsonl"
    with serving(create_app(state_file=state)) as url, Vendor(url) as before:
        hook: Json = {"url": mailhook.url, "events": ["spam"], "auth": {"type": "bearer", "token": "t"}}
        call(before, "create_webhook", "/webhooks", hook, 201)
        before.control("quota", {"left": 1})
        message = send(before)
    with serving(create_app(state_file=state)) as url, Vendor(url) as after:
        after.control("bounces", {"messageId": message, "event": "spam"})
        assert mailhook.take()[0] == "Bearer t"
        call(after, "send_transac_email", "/smtp/email", BODY, 402)
        found = call(after, "get_email_event_report", "/smtp/statistics/events", {"messageId": message})
        assert [event["event"] for event in listed(found, "events")] == ["spam", "delivered", "requests"]
