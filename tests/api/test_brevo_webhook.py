"""What Brevo tells of mails: who may tell it, noted once, and what follows."""

import json
from datetime import UTC, datetime, timedelta

import httpx2
import pytest
from fastapi.testclient import TestClient

from app.core.clock import utc_now
from app.notifications.rules import compute_address_hash
from app.stripe_events.mark_refused import find_refused_at
from tests.factories.mail import change, queue_sample, run_by_name
from tests.in_process import RunJobs
from tests.rows import row
from tests.services import ENVIRONMENT
from tests.shop_front import FakeBrevo, Json, change_settings, read_rows

PATH = "/brevo/webhook"
TOKEN = ENVIRONMENT["BREVO_WEBHOOK_TOKEN"]
EMAIL = "Jeanne@Example.com"
SEEN = {"events": "SELECT count(*) FROM mail_event", "addresses": "SELECT count(*) FROM mail_suppression"}


def told(event: str = "hard_bounce", **over: object) -> Json:
    """An event of the test's own making."""
    return {
        "event": event,
        "email": EMAIL,
        "id": 26224,
        "message-id": "<202611211200.00000000001@smtp-relay.mailin.fr>",
        "ts_event": int(utc_now().timestamp()),
        "tags": ["order_confirmation"],
        "reason": f"550 5.1.1 <{EMAIL}>: user unknown",
        **over,
    }


def tell(client: TestClient, given: object, token: str | bytes = TOKEN) -> httpx2.Response:
    """Bring it as Brevo does."""
    shown = token.encode() if isinstance(token, str) else token
    content = given if isinstance(given, bytes) else json.dumps(given).encode()
    return client.post(PATH, content=content, headers={b"Authorization": b"Bearer " + shown})


def count() -> dict[str, object]:
    return {name: read_rows(query)[0][0] for name, query in SEEN.items()}


@row("S0-120")
def test_an_address_that_bounced_for_good_gets_no_more_mail(
    client: TestClient, fake_brevo: FakeBrevo, run_jobs: RunJobs
) -> None:
    assert tell(client, told()).json() == {"received": True}
    message_id = queue_sample("welcome", "cus_1", recipient=" jeanne@example.COM ")
    queue_sample("welcome", "cus_2", recipient="luc@example.com")
    assert run_jobs() == []
    assert [mail["to"] for mail in fake_brevo.mails()] == [[{"email": "luc@example.com"}]]
    assert read_rows("SELECT state, error_code FROM message WHERE id = :id", id=message_id) == [
        ("suppressed", "suppressed")
    ]
    assert read_rows("SELECT address_hash, reason FROM mail_suppression") == [
        (compute_address_hash("jeanne@example.com"), "hard_bounce")
    ]
    assert read_rows("SELECT event, smtp_code FROM mail_event") == [("hard_bounce", "5.1.1")]
    everything = read_rows(
        "SELECT mail_event::text FROM mail_event UNION SELECT mail_suppression::text FROM mail_suppression"
    )
    assert "example.com" not in str(everything).lower(), "no address in clear"


def test_which_news_closes_an_address(client: TestClient) -> None:
    for event in ("soft_bounce", "blocked", "delivered", "request", "deferred", "error"):
        assert tell(client, told(event)).status_code == 200
    assert count() == {"events": 6, "addresses": 0}
    for number, event in enumerate(("spam", "invalid_email", "hard_bounce"), start=1):
        assert tell(client, told(event, email=f"{event}@example.com")).status_code == 200
        assert count() == {"events": 6 + number, "addresses": number}


def test_the_same_news_is_noted_once_alone_or_in_a_list(
    client: TestClient,
) -> None:
    news = told()
    assert tell(client, news).status_code == 200
    assert tell(client, [news, news, told("delivered")]).status_code == 200
    change("DELETE FROM mail_suppression")
    assert tell(client, news).status_code == 200
    assert count() == {"events": 2, "addresses": 0}
    later = {**news, "ts_event": int(utc_now().timestamp()) + 5}
    assert tell(client, later).status_code == 200
    assert count() == {"events": 3, "addresses": 1}


def test_only_a_bearer_of_the_token_is_heard(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong: list[bytes] = [b"", b"x", TOKEN.encode()[:-1], TOKEN.encode() + b"x", "é".encode(), TOKEN.upper().encode()]
    answers = [tell(client, told(), token) for token in wrong]
    answers += [
        client.post(PATH, json=told()),
        client.post(PATH, json=told(), headers={"Authorization": f"Basic {TOKEN}"}),
        client.post(f"{PATH}?token={TOKEN}", json=told()),
    ]
    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(401, "unauthorized")}
    assert all(answer.json()["requestId"] == answer.headers["x-request-id"] for answer in answers)
    assert count() == {"events": 0, "addresses": 0}
    until = datetime.now(UTC) + timedelta(hours=1)
    former = "token-before-the-present-one-0123456789"
    name = "BREVO_WEBHOOK_TOKEN_PREVIOUS"
    change_settings(monkeypatch, **{name: former, f"{name}_UNTIL": until.isoformat()})
    assert [tell(client, told(), token).status_code for token in (former, TOKEN)] == [200, 200]
    change_settings(monkeypatch, **{f"{name}_UNTIL": (until - timedelta(hours=2)).isoformat()})
    assert [tell(client, told(), token).status_code for token in (former, TOKEN)] == [401, 200]


def test_what_is_no_event_is_a_400_and_leaves_nothing(client: TestClient) -> None:
    wrong: list[Json] = [{"email": None}, {"email": ""}, {"email": "x" * 400}, {"message-id": 7}, {"event": ""}]
    wrong += [{"ts_event": when} for when in ("soon", 10**18, True, [1])]
    bodies = [b"", b"not json", b"null", b"3", b'"text"', b"[[]]", b"\xff", b"[" * 30_000, b"{}"]
    bodies += [json.dumps({**told(), **each}).encode() for each in wrong]
    for body in [*bodies, json.dumps([told(), {}]).encode()]:
        answer = tell(client, body)
        assert (answer.status_code, answer.json()["code"]) == (400, "event_malformed"), body[:100]
    assert count() == {"events": 0, "addresses": 0}


def test_what_we_did_not_ask_for_is_acknowledged_and_not_kept(client: TestClient) -> None:
    strange = [told("opened"), told("click"), told("proxy_open"), told("nothing we know"), told(subject="\ud800\x00")]
    assert tell(client, strange).status_code == 200
    assert count() == {"events": 1, "addresses": 1}, "the last is an event like any other"
    bare = {name: value for name, value in told("delivered").items() if name in ("event", "email", "message-id")}
    assert tell(client, bare).status_code == 200


def test_size_length_encoding_and_rate_are_checked(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    large = client.post(PATH, content=b"x" * (64 * 1024 + 1), headers=headers)
    gzipped = client.post(PATH, content=b"{}", headers={**headers, "Content-Encoding": "gzip"})
    chunked = client.post(PATH, content=iter([b"{}"]), headers=headers)
    assert [(answer.status_code, answer.json()["code"]) for answer in (large, gzipped, chunked)] == [
        (413, "body_too_large"),
        (415, "unsupported_encoding"),
        (411, "length_required"),
    ]
    assert client.get(PATH).status_code == 405
    assert client.post(f"{PATH}/", content=b"{}", headers=headers).status_code == 404
    change_settings(monkeypatch, RATE_LIMIT_WEBHOOK_MAX="1")
    refused = [answer for answer in (tell(client, told(), "wrong") for _ in range(4)) if answer.status_code == 429]
    assert refused, "it counts before the token is looked at"
    assert all(1 <= int(answer.headers["retry-after"]) <= 61 for answer in refused)
    assert "Webhook rate limit exceeded (429)" in capsys.readouterr().out
    assert find_refused_at() is None, "no news of Stripe was refused: there is nothing to fetch"


def test_news_of_a_mail_that_had_no_answer_ends_the_doubt(
    client: TestClient, fake_brevo: FakeBrevo, run_jobs: RunJobs
) -> None:
    """Brevo took it and the line broke: what it tells of the mail counts as its answer, and nothing leaves again."""
    fake_brevo.break_down("send_transac_email", "error", when="after", times=None)
    message_id = queue_sample("refund_sent", "ref_1")
    other_id = queue_sample("refund_sent", "ref_2")
    assert run_jobs() == []
    fake_brevo.recover()
    (mail,) = [mail for mail in fake_brevo.mails() if message_id in str(mail["tags"])]
    news = told("request", tags=["refund_sent", message_id], **{"message-id": mail["messageId"]})
    assert tell(client, news).status_code == 200
    assert read_rows("SELECT id, state, provider_message_id FROM message ORDER BY object_id") == [
        (message_id, "sent", mail["messageId"]),
        (other_id, "queued", None),
    ]
    assert read_rows("SELECT message_id FROM mail_event") == [(message_id,)]


def test_many_bounces_hold_what_is_not_essential(client: TestClient, fake_brevo: FakeBrevo, run_jobs: RunJobs) -> None:
    """Of fifty mails: one is 2 % and no warning yet, two are, three are critical."""
    asked = [told("request", **{"message-id": f"<{number}>"}) for number in range(50)]
    assert tell(client, asked).status_code == 200
    for number, (kind, level) in enumerate(
        (("soft_bounce", "ok"), ("blocked", "warning"), ("soft_bounce", "critical"))
    ):
        assert tell(client, told(kind, **{"message-id": f"<{number}>"})).status_code == 200
        assert run_jobs() == []
        assert read_rows("SELECT bounce_level FROM mail_gate") == [(level,)]
    queue_sample("welcome", "cus_1")
    queue_sample("order_confirmation", "order_1")
    assert run_jobs() == []
    assert [str(mail["tags"]) for mail in fake_brevo.mails() if "order_confirmation" not in str(mail["tags"])] == []
    assert len(fake_brevo.mails()) == 1
    change("UPDATE mail_event SET told_at = told_at - interval '8 days'")
    run_by_name("notifications.watch")
    assert read_rows("SELECT bounce_level FROM mail_gate") == [("ok",)]
    change("UPDATE message SET next_attempt_at = now() WHERE state = 'queued'")
    run_by_name("notifications.pump")
    assert len(fake_brevo.mails()) == 2


def test_the_bounces_of_a_few_mails_say_nothing(client: TestClient, run_jobs: RunJobs) -> None:
    news = [told(kind, **{"message-id": f"<{number}>"}) for number in range(49) for kind in ("request", "soft_bounce")]
    assert tell(client, news).status_code == 200
    assert run_jobs() == []
    assert read_rows("SELECT bounce_level FROM mail_gate") == [("ok",)]
