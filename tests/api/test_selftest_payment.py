"""`comptoir selftest payment`: the way of a webhook through nginx and TLS, and each way in which it breaks."""

import hashlib
import json
import os
import signal
from datetime import timedelta

import httpx2
import pytest
import time_machine
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.core.clock import utc_now
from app.core.settings import get_settings
from app.dev.loopback import serving
from app.gateways.own_address import post
from app.gateways.stripe import get_stripe
from app.ops.set_up_shop import WEBHOOK_PATH, subscribe_endpoint
from app.stripe_events.verify_event import SELFTEST_LINE, SIGNATURE_LINE
from app.stripe_events.watch_webhook import list_minutes
from tests.command import Done, run_command
from tests.lost_news import put_event
from tests.nginx_front import Front
from tests.processes import Processes
from tests.rows import row
from tests.shop_front import WEBHOOK_SECRET, Buyer, FakeBrevo, FakeStripe, Json, change_settings, read_rows, read_state
from tests.stripe_news import intent_of_nobody
from tests.waiting import wait_until

PREVIOUS = "whsec_fake_before_the_rotation"
ALL = ["endpoint", "last_news", "accepted", "duplicate", "previous", "altered", "unsigned", "old"]


@pytest.fixture
def rotated(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Two secrets in force, as in the day after a rotation; the web processes start with both."""
    until = (utc_now() + timedelta(hours=24)).strftime("%Y-%m-%dT%H:%M:%SZ")
    both = {"STRIPE_WEBHOOK_SECRET_PREVIOUS": PREVIOUS, "STRIPE_WEBHOOK_SECRET_PREVIOUS_UNTIL": until}
    environment |= both
    change_settings(monkeypatch, **both)


def prove(behind: str, *more: str, typed: str = "") -> tuple[Done, dict[str, str]]:
    """The command, and its steps by name with what each came to."""
    done = run_command("selftest", "payment", "--behind", behind, "--json", *more, typed=typed)
    answer = done.answer
    assert isinstance(answer, dict), done.err
    steps = {step["name"]: step["code"] or step["status"] for step in answer["steps"]}
    failed = [step["name"] for step in answer["steps"] if step["status"] == "failed"]
    told = [step["next"] for step in answer["steps"] if step["status"] != "ok"]
    assert all(told), "each says what to do"
    assert "Brevo" not in str(told)
    assert (done.code, answer["is_kept"]) == (int(bool(failed)), not failed)
    for secret in (WEBHOOK_SECRET, PREVIOUS, "sk_test_of_the_tests"):
        assert secret not in done.out + done.err
    return done, steps


def state_but_events() -> dict[str, int]:
    return {name: count for name, count in read_state().items() if name != "events"}


def ledger() -> list[tuple[object, ...]]:
    return read_rows("SELECT type, state, attempts, source, error_code, next_try_at FROM payment_event")


@row("S1-012", "S3-031", "S4-033")
def test_the_way_is_proven_through_nginx_and_what_breaks_it_is_named(
    vendors: tuple[FakeStripe, FakeBrevo],
    rotated: None,
    front: Front,
    processes: Processes,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(front.folder / "tls" / "fullchain.pem"))
    change_settings(monkeypatch, PUBLIC_URL=front.url)
    subscribe_endpoint(get_stripe(), get_settings())
    before = state_but_events()

    done, steps = prove(front.behind_url)

    assert (done.code, list(steps)) == (0, ALL), steps
    assert set(steps.values()) == {"ok", "nothing_told"}
    assert ledger() == [("comptoir.selftest", "ignored", 1, "webhook", None, None)]
    leaves_everything_alone(str(answer_of(done)["event_id"]), before)
    assert (processes.log().count(SELFTEST_LINE), processes.log().count(SIGNATURE_LINE), refused()) == (3, 0, 0)
    each_break_is_named(front, monkeypatch)
    monkeypatch.delenv("SSL_CERT_FILE")
    assert prove(front.behind_url)[1]["accepted"] == "certificate"
    monkeypatch.setenv("SSL_CERT_FILE", str(front.folder / "tls" / "fullchain.pem"))
    stop_nginx(front)
    assert prove(front.behind_url)[1]["accepted"] == "front_away"
    processes.stop_all()
    assert prove(front.behind_url)[1]["accepted"] == "web_away"
    assert state_but_events() == before


def refused() -> int:
    """What the watch of the webhook counts as a bad signature."""
    return sum(minute["signature_invalid"] for minute in list_minutes(utc_now(), 60))


def answer_of(done: Done) -> Json:
    assert isinstance(done.answer, dict)
    return done.answer


def leaves_everything_alone(event_id: str, before: dict[str, int]) -> None:
    """What reads the ledger sees what it is, and does nothing with it."""
    assert state_but_events() == before
    found = answer_of(run_command("trace", event_id, "--json"))
    assert (found["verdict"], found["about"]) == ("event_ignored", event_id)
    assert run_command("events", "replay", event_id).code == 0
    for command in ("check", "drift", "reconcile"):
        assert run_command("events", command).code == 0, command
    assert run_command("journal", "verify").code == 0
    assert len(ledger()) == 1
    acts = read_rows("SELECT subject, actor LIKE 'cli:%' FROM audit_log WHERE action LIKE 'self%'")
    assert acts == [(event_id, True)]


def each_break_is_named(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings that the processes never read, a proxy that writes the body anew, another server, another shop."""
    before = refused()
    with monkeypatch.context() as patch:
        change_settings(patch, STRIPE_WEBHOOK_SECRET="whsec_fake_never_read")
        assert prove(front.behind_url)[1]["accepted"] == "secret_differs"
    assert refused() == before + 2, "with a mark of another secret it counts as anybody's"
    with monkeypatch.context() as patch:
        change_settings(patch, STRIPE_WEBHOOK_SECRET_PREVIOUS="whsec_fake_never_read")
        assert prove(front.behind_url)[1]["previous"] == "secret_differs"
    with monkeypatch.context() as patch, serving(proxy_to(front.behind_url)) as proxy_url:
        change_settings(patch, PUBLIC_URL=proxy_url)
        _, steps = prove(front.behind_url)
        assert (steps["endpoint"], steps["accepted"]) == ("endpoint_differs", "body_altered")
    with monkeypatch.context() as patch, serving(Starlette()) as nothing:
        change_settings(patch, PUBLIC_URL=nothing)
        assert prove(front.behind_url)[1]["accepted"] == "another_server"
    with monkeypatch.context() as patch, serving(says_yes(None)) as elsewhere:
        change_settings(patch, PUBLIC_URL=elsewhere)
        assert prove(front.behind_url)[1]["accepted"] == "not_in_ledger"
    with monkeypatch.context() as patch, serving(says_yes(front.behind_url)) as careless:
        change_settings(patch, PUBLIC_URL=careless)
        _, steps = prove(front.behind_url)
        assert [steps[name] for name in ALL[2:]] == ["ok"] * 3 + ["forgery_taken"] * 3
    change_settings(monkeypatch)


def proxy_to(url: str) -> Starlette:
    """A proxy that reads a JSON body and writes it anew, as some do."""

    async def forward(request: Request) -> Response:
        content = json.dumps(await request.json()).encode()
        signature = request.headers["stripe-signature"]
        answer = httpx2.post(f"{url}{request.url.path}", content=content, headers={"stripe-signature": signature})
        return Response(answer.content, answer.status_code)

    return Starlette(routes=[Route(WEBHOOK_PATH, forward, methods=["POST"])])


def says_yes(url: str | None) -> Starlette:
    """What answers 200 whatever the shop says, or without asking it."""

    async def accept(request: Request) -> Response:
        headers = {name: request.headers[name] for name in ("stripe-signature",) if name in request.headers}
        if url:
            httpx2.post(f"{url}{request.url.path}", content=await request.body(), headers=headers)
        return Response(b"{}")

    return Starlette(routes=[Route(WEBHOOK_PATH, accept, methods=["POST"])])


def stop_nginx(front: Front) -> None:
    """As an operator who forgot to start it again."""
    os.kill(int((front.folder / "nginx.pid").read_text()), signal.SIGTERM)
    wait_until(lambda: post(front.url, b"", {}, trusts_own_authority=False).fault == "unreachable", 10, "nginx stops")


@row("S3-027", "S4-025")
def test_the_secret_that_stripe_shows_is_compared_and_never_shown(
    vendors: tuple[FakeStripe, FakeBrevo], rotated: None
) -> None:
    """By fingerprint, which anybody can make of a secret without giving it to us."""
    expected = {WEBHOOK_SECRET: "ok", PREVIOUS: "dashboard_previous", "whsec_fake_other": "dashboard_differs"}
    for typed, outcome in expected.items():
        done, steps = prove("http://127.0.0.1:1", "--compare", typed=f"{typed}\n")
        assert (steps["dashboard"], typed in done.out + done.err) == (outcome, False)
        assert hashlib.sha256(typed.encode()).hexdigest()[:12] in done.out
    done = run_command("selftest", "payment", "--behind", "http://127.0.0.1:1")
    assert all(hashlib.sha256(each.encode()).hexdigest()[:12] in done.out for each in (WEBHOOK_SECRET, PREVIOUS))
    assert run_command("selftest", "payment", "extra").code == 2
    assert {run_command("selftest", "payment", "--behind", each).code for each in ("here", "http://x:y", "http:")} == {
        2
    }


@row("S4-077", "S4-079")
def test_stripes_own_last_event_shows_whether_its_secret_is_ours(
    buyer: Buyer, fake_stripe: FakeStripe, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only Stripe can sign as Stripe does: the event that it told last came by its webhook, or did not."""
    change_settings(monkeypatch, PUBLIC_URL=str(buyer.http.base_url).rstrip("/"))

    def last_news() -> str:
        return prove("http://127.0.0.1:1")[1]["last_news"]

    attempt = buyer.open_session(buyer.fill_cart())
    assert last_news() == "nothing_told"
    fake_stripe.pay(attempt.intent_id)
    fake_stripe.wait_until_delivered()
    with time_machine.travel(utc_now() + timedelta(minutes=3), tick=True):
        assert last_news() == "ok"
        lost = put_event(fake_stripe, intent_of_nobody(), age=150)
        assert last_news() == "news_lost"
        assert run_command("events", "reconcile").code == 0
        assert last_news() == "news_fetched"
        assert read_rows("SELECT source FROM payment_event WHERE stripe_event_id = :id", id=lost) == [("reconcile",)]
    fake_stripe.break_down("*", "refuse", times=None)
    assert last_news() == "stripe_unanswered"
    fake_stripe.recover()
