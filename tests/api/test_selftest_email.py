"""`comptoir selftest email` and `comptoir mail sender`: a test mail, its sender, and what Brevo told of it."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI

from app.dev.loopback import serving
from app.ops.checks import CHECKS
from app.ops.rules import ProbeResult, Status, decide_verdict
from tests.command import run_command
from tests.factories.mail import run_by_name
from tests.rows import row
from tests.shop_front import FakeBrevo, Goods, change_settings, read_rows

CONTACT = "boutique@example.com"
SENDER = "boutique@comptoir.example"


@pytest.fixture
def heard(app: FastAPI, fake_brevo: FakeBrevo, goods: Goods, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeBrevo]:
    """A Brevo whose webhook leads to the running shop, as `comptoir setup` makes it."""
    with serving(app) as url:
        change_settings(monkeypatch, PUBLIC_URL=url)
        run_by_name("ops.register_mail_webhook")
        yield fake_brevo


def tells(brevo: FakeBrevo, *events: str) -> None:
    """What Brevo tells its webhook of each mail from now on."""
    brevo.post("/_test/news", events=list(events))


def prove(*more: str, typed: str = "") -> dict[str, str]:
    """The steps by name, with what each came to; no address is shown."""
    done = run_command("selftest", "email", "--json", "--wait", "1", *more, typed=typed)
    answer = done.answer
    assert isinstance(answer, dict), done.err
    failed = [step["name"] for step in answer["steps"] if step["status"] == "failed"]
    assert (done.code, answer["is_kept"]) == (int(bool(failed)), not failed)
    assert all(bool(step["next"]) == (step["status"] != "ok") for step in answer["steps"])
    assert "@" not in done.out, "what is asked for is proposed on the terminal alone"
    return {step["name"]: step["code"] or step["status"] for step in answer["steps"]}


def test_a_test_mail_is_followed_to_its_mailbox(heard: FakeBrevo) -> None:
    """Every way it may end is what Brevo told by its webhook; the address is the shop's own, or asked for."""
    heard.post("/_test/senders", email=SENDER.upper(), active=True)
    tells(heard, "request", "delivered")
    assert prove() == {"sender": "ok", "sent": "ok", "told": "ok"}
    assert prove("--ask", typed="luc@example.com\n")["told"] == "ok"
    assert [mail["to"] for mail in heard.mails()] == [[{"email": CONTACT}], [{"email": "luc@example.com"}]]
    tells(heard, "request")
    assert prove()["told"] == "on_its_way"
    tells(heard)
    assert prove()["told"] == "webhook_silent"
    assert prove("--wait", "0") == {"sender": "ok", "sent": "ok"}
    tells(heard, "request", "hard_bounce")
    assert prove()["told"] == "not_delivered"
    assert prove()["sent"] == "suppressed", "an address that bounced is not written to again"
    acts = read_rows(
        "SELECT DISTINCT actor LIKE 'cli:%', subject LIKE 'msg_%' FROM audit_log WHERE action LIKE 'self%'"
    )
    assert acts == [(True, True)]
    assert run_command("selftest", "email", "nobody@example.com").code == 2


@row("S0-149")
def test_a_sender_that_brevo_does_not_know_or_trust_is_named_by_command_and_audit(
    fake_brevo: FakeBrevo, goods: Goods
) -> None:
    """Brevo takes such a mail, and drops it: only its list of senders says so."""
    (check,) = [check for check in CHECKS if check.id == "brevo.sender_verified"]

    def standing() -> tuple[object, bool]:
        done = run_command("mail", "sender", "--json")
        assert isinstance(done.answer, dict)
        verdict = decide_verdict(check.judge, ProbeResult(done.code, done.out, done.err))
        assert (verdict.status is Status.OK) == (done.code == 0)
        return done.answer.get("standing", done.answer.get("code")), done.code == 0

    assert standing() == ("unknown", False)
    assert prove("--wait", "0") == {"sender": "unknown", "sent": "ok"}
    assert "comptoir setup" in run_command("mail", "sender").out
    fake_brevo.post("/_test/senders", email=SENDER, active=False)
    assert standing() == ("unverified", False)
    assert prove("--wait", "0") == {"sender": "unverified", "sent": "ok"}
    fake_brevo.post("/_test/senders", email=SENDER, active=True)
    assert standing() == ("verified", True)
    fake_brevo.post("/_test/keys", accepted=["another-key"])
    assert standing() == ("unauthorized", False)


def test_what_brevo_refuses_is_said_with_the_next_step(
    fake_brevo: FakeBrevo, goods: Goods, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrong key (401), no credits left (402), no Brevo at all."""
    fake_brevo.post("/_test/senders", email=SENDER, active=True)
    fake_brevo.post("/_test/quota", left=0)
    assert prove() == {"sender": "ok", "sent": "not_enough_credits"}
    fake_brevo.post("/_test/quota", left=9)
    fake_brevo.post("/_test/keys", accepted=["another-key"])
    assert prove() == {"sender": "unauthorized", "sent": "unauthorized"}
    change_settings(monkeypatch, BREVO_API_KEY="another-key")
    assert prove("--wait", "0") == {"sender": "ok", "sent": "ok"}, "a person who asks does not wait for the gate"
    fake_brevo.break_down("*", "refuse", times=None)
    refused = prove()
    assert (refused["sender"] != "ok", refused["sent"] != "ok") == (True, True)
    fake_brevo.recover()
