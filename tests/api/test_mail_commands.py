"""`comptoir mail`: what an owner sees of the mails and does about them; no address is ever shown."""

from datetime import timedelta

import pytest
import time_machine
from fastapi.testclient import TestClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from app.core.clock import utc_now
from app.core.db import unit_of_work
from app.dev.loopback import serving
from app.dev.mail_samples import SAMPLES, SHOP
from app.notifications.rules import compute_address_hash
from app.notifications.service import describe_shop, queue_owner_mail
from tests.command import Done, run_command
from tests.factories.mail import change, queue_sample, run_by_name
from tests.factories.shop import make_shop
from tests.in_process import RunJobs
from tests.rows import row
from tests.shop_front import FakeBrevo, Goods, Json, change_settings, read_rows

EMAIL = "jeanne@example.com"
SEND = "send_transac_email"


def listed(*arguments: str) -> list[Json]:
    done = run_command("mail", "list", *arguments, "--json")
    assert done.code == 0, done.err
    assert isinstance(done.answer, list)
    return done.answer


def figures() -> Json:
    done = run_command("mail", "stats", "--json")
    assert isinstance(done.answer, dict), done.err
    return done.answer


def suppress(email: str, reason: str = "hard_bounce") -> None:
    change(
        "INSERT INTO mail_suppression (address_hash, reason) VALUES (:hash, :reason)",
        hash=compute_address_hash(email),
        reason=reason,
    )


@row("S0-157")
def test_a_test_mail_says_what_brevo_did_with_it(fake_brevo: FakeBrevo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "fr_FR.UTF-8")
    done = run_command("mail", "test", typed=f"{EMAIL}\n")
    assert (done.code, "Brevo a accepté" in done.out, EMAIL in done.out) == (0, True, False)
    (mail,) = fake_brevo.mails()
    assert (mail["to"], str(mail["subject"]).startswith("Essai d'envoi")) == ([{"email": EMAIL}], True)
    assert run_command("mail", "test", typed="\n").code == 0, "without an address it goes to the shop's contact"
    assert run_command("mail", "test", "--to", "luc@example.com", "--json").code == 0
    fake_brevo.post("/_test/keys", accepted=["another-key"])
    refused = run_command("mail", "test", typed=f"{EMAIL}\n")
    assert (refused.code, "unauthorized" in refused.out, "BREVO_API_KEY" in refused.out) == (1, True, True)
    change_settings(monkeypatch, BREVO_API_KEY="another-key")
    again = run_command("mail", "test", typed=f"{EMAIL}\n")
    assert again.code == 0, "a person who asks does not wait for the gate"
    assert read_rows("SELECT state FROM mail_gate") == [("open",)]
    assert read_rows("SELECT state, count(*) FROM message GROUP BY 1 ORDER BY 1") == [("queued", 1), ("sent", 4)]


@pytest.mark.parametrize(
    ("status", "code", "state", "said"),
    [
        (400, "missing_parameter", "dead", "pour de bon"),
        (403, "permission_denied", "queued", "tableau de bord"),
        (500, "unknown_error", "queued", "retenté"),
    ],
)
def test_a_test_mail_names_what_to_do_about_a_no_of_brevo(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, status: int, code: str, state: str, said: str
) -> None:
    """Whatever was refused for ever was said to be an outage that ends by itself."""

    async def answer(_request: Request) -> JSONResponse:
        return JSONResponse({"code": code, "message": code}, status)

    monkeypatch.setenv("LC_ALL", "fr_FR.UTF-8")
    with serving(Starlette(routes=[Route("/v3/smtp/email", answer, methods=["POST"])])) as url:
        change_settings(monkeypatch, BREVO_API_BASE=url)
        done = run_command("mail", "test", typed=f"{EMAIL}\n")
    assert (done.code, done.out.split(" : ")[0].strip()) == (1, f"{state} ({code})")
    assert said in done.out


@row("S0-116")
def test_mails_are_listed_by_state_and_template_without_their_address(fake_brevo: FakeBrevo, run_jobs: RunJobs) -> None:
    queue_sample("order_confirmation", "order_1")
    assert run_jobs() == []
    queue_sample("welcome", "cus_1", recipient="kept@example.com")
    suppress("closed@example.com")
    queue_sample("welcome", "cus_2", recipient="closed@example.com")
    run_by_name("notifications.pump")
    assert {str(each["state"]) for each in listed()} == {"sent", "suppressed"}
    assert [each["object_id"] for each in listed("--state", "suppressed")] == ["cus_2"]
    assert [each["template"] for each in listed("--template", "welcome", "-n", "1")] == ["welcome"]
    for arguments in (("list",), ("list", "--json"), ("stats",), ("stats", "--json"), ("suppressions",)):
        done = run_command("mail", *arguments)
        assert (done.code, "example.com" in done.out) == (0, False), arguments
    states = figures()["states"]
    assert states == {"sent": 2, "suppressed": 1}


def give_up(fake_brevo: FakeBrevo, run_jobs: RunJobs, *mails: tuple[str, str]) -> list[str]:
    """Mails that Brevo refused for ever."""
    ids = [queue_sample(template, object_id, recipient="nowhere") for template, object_id in mails]
    assert run_jobs() == []
    assert {each["state"] for each in listed("-n", str(len(mails)))} == {"dead"}
    change("UPDATE message SET recipient = :email", email=EMAIL)
    return ids


@row("S0-137")
def test_what_was_given_up_leaves_again_when_a_person_says_so(fake_brevo: FakeBrevo, run_jobs: RunJobs) -> None:
    one, other, link = give_up(
        fake_brevo, run_jobs, ("order_confirmation", "o_1"), ("refund_sent", "r_1"), ("password_reset", "p_1")
    )
    change("UPDATE message SET queued_at = now() - interval '3 days'")
    assert run_command("mail", "retry", one).code == 0
    assert run_jobs() == []
    assert [mail["tags"] for mail in fake_brevo.mails()] == [["order_confirmation", one]]
    done = run_command("mail", "retry", "--dead", "--json")
    assert done.answer == {"count": 1, "left": 1}
    assert run_jobs() == []
    assert [mail["tags"] for mail in fake_brevo.mails()][1:] == [["refund_sent", other]]
    assert read_rows("SELECT state FROM message WHERE id = :id", id=link) == [("dead",)]
    assert read_rows("SELECT subject, actor LIKE 'cli:%' FROM audit_log WHERE action = 'mail.retried' ORDER BY id") == [
        (one, True),
        (other, True),
    ]


def test_how_mail_is_has_one_word_wherever_it_is_asked(
    client: TestClient, fake_brevo: FakeBrevo, run_jobs: RunJobs
) -> None:
    """One link that was over made `mail stats` say `dead_mails` for ever, beside a health that was well."""

    def words() -> set[object]:
        mail = client.get("/health/ready").json()["checks"]["mail"]
        return {figures()["health"], mail.get("cause", mail["status"])}

    give_up(fake_brevo, run_jobs, ("order_confirmation", "o_1"), ("password_reset", "p_1"))
    assert words() == {"dead_mails"}
    change("UPDATE message SET queued_at = now() - interval '49 hours' WHERE template = 'order_confirmation'")
    assert words() == {"dead_mails"}
    change("UPDATE message SET error_code = 'expired' WHERE template = 'password_reset'")
    assert (words(), figures()["states"]) == ({"ok"}, {"dead": 2})
    with unit_of_work("test") as session:
        make_shop(session)
        contact = str(describe_shop(session)["contact_email"])
    assert words() == {"ok"}
    suppress(contact)
    assert words() == {"contact_suppressed"}, "the shop would hear of no dispute, and nobody of that"
    assert run_command("mail", "allow", typed=f"{contact}\n").code == 0
    assert words() == {"ok"}


def test_what_cannot_leave_again_is_refused_and_nothing_changes(fake_brevo: FakeBrevo, run_jobs: RunJobs) -> None:
    (link,) = give_up(fake_brevo, run_jobs, ("order_transfer", "t_1"))
    sent = queue_sample("welcome", "cus_1")
    assert run_jobs() == []

    def everything() -> list[list[tuple[object, ...]]]:
        jobs, audit = "SELECT count(*) FROM procrastinate_jobs", "SELECT count(*) FROM audit_log"
        return [read_rows(query) for query in ("SELECT message::text FROM message ORDER BY id", jobs, audit)]

    before = everything()
    refusals = {("msg_x",): "mail_not_found", (sent,): "mail_not_waiting", (link,): "mail_link_forgotten"}
    for arguments, said in refusals.items():
        done = run_command("mail", "retry", *arguments, "--json")
        assert (done.code, said in done.out) == (1, True), arguments
    for misused in ((), (sent, "--dead")):
        assert run_command("mail", "retry", *misused).code == 2
    assert everything() == before


@row("S0-120")
def test_an_address_is_shown_by_its_hash_and_allowed_again(fake_brevo: FakeBrevo, run_jobs: RunJobs) -> None:
    suppress(EMAIL, "spam")
    message_id = queue_sample("order_confirmation", "order_1")
    assert run_jobs() == []
    shown = run_command("mail", "suppressions", "--json").answer
    assert isinstance(shown, list)
    assert [(each["hash"], each["reason"]) for each in shown] == [(compute_address_hash(EMAIL), "spam")]
    unknown = run_command("mail", "allow", "--json", typed="luc@example.com\n")
    assert (unknown.code, "address_not_suppressed" in unknown.out) == (1, True)
    done: Done = run_command("mail", "allow", "--json", typed=" Jeanne@Example.com \n")
    assert (done.code, "spam" in done.out) == (0, True)
    assert run_command("mail", "allow", typed=f"{EMAIL}\n").code == 1
    assert read_rows("SELECT details->>'reason', subject FROM audit_log WHERE action = 'mail.address_allowed'") == [
        ("spam", f"address {compute_address_hash(EMAIL)[:12]}")
    ]
    assert run_command("mail", "retry", message_id).code == 0, "the mail it missed may leave now"
    assert run_jobs() == []
    assert len(fake_brevo.mails()) == 1


@row("S0-119")
def test_the_state_of_mail_is_one_word_for_the_owner_and_for_the_probe(
    client: TestClient, fake_brevo: FakeBrevo, run_jobs: RunJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    change("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now())")

    def said() -> tuple[object, object]:
        mail = client.get("/health/ready").json()["checks"]["mail"]
        return mail.get("cause", mail["status"]), figures()["health"]

    assert said() == ("ok", "ok")
    change_settings(monkeypatch, BREVO_DAILY_QUOTA="2")
    queue_sample("order_confirmation", "order_1")
    assert run_jobs() == []
    change_settings(monkeypatch, BREVO_DAILY_QUOTA="1")
    assert said() == ("quota_reached", "quota_reached")
    change("UPDATE mail_gate SET untold_events = 3")
    change_settings(monkeypatch, BREVO_DAILY_QUOTA="100")
    assert said() == ("webhook_silent", "webhook_silent")
    change("UPDATE mail_gate SET bounce_level = 'warning'")
    assert said() == ("bounces_warning", "bounces_warning")
    change("UPDATE message SET state = 'dead', error_code = 'invalid_parameter'")
    assert said() == ("dead_mails", "dead_mails")
    change("UPDATE mail_gate SET state = 'stopped', opens_at = now() + interval '1 hour'")
    assert said() == ("stopped", "stopped")
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded"), "the shop sells without mail"


def test_brevos_own_count_shows_a_webhook_that_does_not_reach_us(fake_brevo: FakeBrevo, run_jobs: RunJobs) -> None:
    queue_sample("order_confirmation", "order_1")
    assert run_jobs() == []
    with time_machine.travel(utc_now() + timedelta(days=1), tick=True):
        run_by_name("notifications.compare")
    assert read_rows("SELECT untold_events FROM mail_gate") == [(1,)]
    told = "INSERT INTO mail_event (provider_message_id, event, told_at, address_hash)"
    change(f"{told} VALUES ('<1>', 'request', now(), 'x')")
    with time_machine.travel(utc_now() + timedelta(days=1), tick=True):
        run_by_name("notifications.compare")
    assert read_rows("SELECT untold_events FROM mail_gate") == [(0,)]


def test_the_shop_is_written_to_in_its_own_language(fake_brevo: FakeBrevo, goods: Goods, run_jobs: RunJobs) -> None:
    content = {name: value for name, value in SAMPLES["payout_failed"].items() if name not in SHOP}
    for number, locale in enumerate(("fr", "en")):
        change("UPDATE shop SET default_locale = :locale", locale=locale)
        with unit_of_work("test") as session:
            assert queue_owner_mail(session, "payout_failed", f"po_{number}", content)
            assert not queue_owner_mail(session, "payout_failed", f"po_{number}", content), "once about each"
    assert run_jobs() == []
    assert sorted(str(mail["subject"]).partition("\u00a0")[0].partition(":")[0] for mail in fake_brevo.mails()) == [
        "Stripe's payout was refused",
        "Virement de Stripe refusé",
    ]
    assert read_rows("SELECT DISTINCT recipient = contact_email FROM message, shop") == [(True,)]
