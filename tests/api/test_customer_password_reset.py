"""A forgotten password: the same answer for everybody, a mail for who has an account, a link that works once."""

import re
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from app.core.attempts import LimitWindow
from app.core.clock import utc_now
from app.core.db import unit_of_work
from app.customers.jobs import forget_expired
from tests.factories.account import PASSWORD, SHOP_ORIGIN, Person
from tests.factories.shop import MadeShop
from tests.in_process import RunJobs
from tests.rows import row
from tests.shop_front import FakeBrevo, FakeStripe, change_settings, read_rows
from tests.statements import counted_statements

EMAIL = "jeanne@example.com"
OTHER = "un autre mot de passe"
LINK = re.compile(r"http://boutique\.test/reset-password\?token=([\w-]{43})")
RESET, UPDATE = "/auth/customer/emailpass/reset-password", "/auth/customer/emailpass/update"


@pytest.fixture
def person(vendors: tuple[FakeStripe, FakeBrevo], client: TestClient, shop: MadeShop) -> Person:
    """A visitor of a shop that can write mails."""
    return Person(client, shop.headers)


def mailed_links(fake_brevo: FakeBrevo) -> list[str]:
    """The tokens that were mailed, oldest first."""
    texts = [str(mail["textContent"]) for mail in fake_brevo.mails() if "mot de passe" in str(mail["subject"])]
    return [found for text in texts for found in LINK.findall(text)]


def ask(person: Person, run_jobs: RunJobs, fake_brevo: FakeBrevo) -> str:
    """Ask for a link and read it in the mail."""
    assert person.post(RESET, {"identifier": EMAIL}).status_code == 201
    assert run_jobs() == []
    return mailed_links(fake_brevo)[-1]


@row("S0-033")
def test_the_mail_holds_a_link_that_changes_the_password_once(
    person: Person, run_jobs: RunJobs, fake_brevo: FakeBrevo
) -> None:
    token = person.sign_up(EMAIL)
    cookie = person.post("/auth/session", token=token).headers["set-cookie"].partition(";")[0]
    person.http.cookies.clear()
    link = ask(person, run_jobs, fake_brevo)
    (mail,) = [mail for mail in fake_brevo.mails() if mail["subject"] == "Choisissez un nouveau mot de passe"]
    assert mail["to"] == [{"email": EMAIL}]
    assert link in str(mail["htmlContent"])
    assert "15 minutes" in str(mail["textContent"])

    done = person.post(UPDATE, {"password": OTHER}, link)
    assert (done.status_code, done.json()) == (200, {"success": True})
    assert person.log_in(EMAIL, PASSWORD).status_code == 401
    assert person.log_in(EMAIL, OTHER).status_code == 200
    assert person.me(token).status_code == 401, "a token of the old password is worth nothing"
    assert person.me(cookie=cookie).status_code == 401, "nor is a session, whatever Redis remembers"
    again = person.post(UPDATE, {"password": PASSWORD}, link)
    assert (again.status_code, again.json()["message"]) == (401, "Invalid token")
    assert person.log_in(EMAIL, OTHER).status_code == 200


def test_an_english_visitor_gets_an_english_mail(person: Person, run_jobs: RunJobs, fake_brevo: FakeBrevo) -> None:
    person.sign_up(EMAIL)
    person.post(RESET, {"identifier": EMAIL, "metadata": {}}, x_medusa_locale="en-GB")
    assert run_jobs() == []
    assert fake_brevo.mails()[-1]["subject"] == "Choose a new password"


@row("S0-034")
def test_whoever_signs_up_is_welcome(person: Person, run_jobs: RunJobs, fake_brevo: FakeBrevo) -> None:
    person.sign_up(EMAIL, first_name="D'Artagnan")
    assert run_jobs() == []
    (mail,) = fake_brevo.mails()
    assert mail["subject"] == "Bienvenue chez Boutique"
    assert "Bonjour D'Artagnan," in str(mail["textContent"])
    assert "Bonjour D&#39;Artagnan," in str(mail["htmlContent"])
    assert "boutique@example.com" in str(mail["textContent"])


def test_known_or_not_the_answer_and_the_work_are_the_same(
    person: Person, run_jobs: RunJobs, fake_brevo: FakeBrevo
) -> None:
    person.sign_up(EMAIL)
    assert run_jobs() == []
    seen = []
    for identifier in (EMAIL, "personne@example.com", "not an address"):
        with counted_statements() as asked:
            answer = person.post(RESET, {"identifier": identifier})
        headers = {name: value for name, value in answer.headers.items() if name.startswith("ratelimit-l")}
        seen.append((answer.status_code, answer.text, answer.headers["content-type"], headers, list(asked)))
    assert seen[0] == seen[1] == seen[2]
    assert seen[0][:3] == (201, "Created", "text/plain; charset=utf-8")
    assert run_jobs() == []
    assert len(mailed_links(fake_brevo)) == 1
    assert read_rows("SELECT count(*), count(token_hash) FROM password_reset") == [(1, 1)], "nobody's leave no row"


@pytest.mark.parametrize("body", [None, {}, {"identifier": ""}, {"identifier": 3}, {"email": EMAIL}])
def test_nobody_named_is_a_400(person: Person, body: object) -> None:
    assert person.post(RESET, body).status_code == 400
    assert read_rows("SELECT count(*) FROM password_reset") == [(0,)]


def test_the_outbox_forgets_the_link_as_soon_as_it_left(
    person: Person, run_jobs: RunJobs, fake_brevo: FakeBrevo
) -> None:
    person.sign_up(EMAIL)
    link = ask(person, run_jobs, fake_brevo)
    assert read_rows("SELECT state, secret FROM message WHERE template = 'password_reset'") == [("sent", None)]
    tables = [str(name) for (name,) in read_rows("SELECT relname FROM pg_stat_user_tables")]
    for table in tables:
        found = read_rows(f'SELECT count(*) FROM "{table}" row WHERE row::text LIKE :link', link=f"%{link}%")  # noqa: S608 - our own tables
        assert found == [(0,)], f"{table} holds the link"


def test_a_mail_that_is_late_is_not_sent_and_forgets_its_link(
    person: Person, run_jobs: RunJobs, fake_brevo: FakeBrevo
) -> None:
    person.sign_up(EMAIL)
    assert run_jobs() == []
    fake_brevo.break_down("send_transac_email", "error", times=None)
    person.post(RESET, {"identifier": EMAIL})
    assert run_jobs() == []
    assert read_rows("SELECT state, secret IS NULL FROM message WHERE template = 'password_reset'") == [
        ("queued", False)
    ]
    fake_brevo.recover()
    with unit_of_work("test") as session:
        execute = session.connection().exec_driver_sql
        execute("UPDATE message SET expires_at = now() WHERE template = 'password_reset'")
        execute("UPDATE procrastinate_jobs SET scheduled_at = NULL")
    assert run_jobs() == []
    assert read_rows("SELECT state, error_code, secret FROM message WHERE template = 'password_reset'") == [
        ("dead", "expired", None)
    ]
    assert mailed_links(fake_brevo) == []


def test_what_is_no_open_link_changes_nothing(person: Person, run_jobs: RunJobs, fake_brevo: FakeBrevo) -> None:
    token = person.sign_up(EMAIL)
    link = ask(person, run_jobs, fake_brevo)
    for given in (token, "nonsense", "", None):
        refused = person.post(UPDATE, {"password": OTHER}, given)
        assert (refused.status_code, refused.json()["message"]) == (401, "Invalid token"), given
    with unit_of_work("test") as session:
        session.connection().exec_driver_sql("UPDATE password_reset SET expires_at = now()")
    assert person.post(UPDATE, {"password": OTHER}, link).status_code == 401
    assert person.log_in(EMAIL, PASSWORD).status_code == 200


def test_a_weak_password_leaves_the_link_good(person: Person, run_jobs: RunJobs, fake_brevo: FakeBrevo) -> None:
    person.sign_up(EMAIL)
    link = ask(person, run_jobs, fake_brevo)
    for body, status in (({"password": "court"}, 400), ({"password": EMAIL}, 400), ({}, 401), ({"email": EMAIL}, 400)):
        assert person.post(UPDATE, body, link).status_code == status, body
    assert person.post(UPDATE, {"password": OTHER}, link, origin=SHOP_ORIGIN).status_code == 200


def test_a_used_link_ends_the_others_of_that_account(person: Person, run_jobs: RunJobs, fake_brevo: FakeBrevo) -> None:
    person.sign_up(EMAIL)
    first, second = ask(person, run_jobs, fake_brevo), ask(person, run_jobs, fake_brevo)
    assert first != second
    assert person.post(UPDATE, {"password": OTHER}, first).status_code == 200
    assert person.post(UPDATE, {"password": PASSWORD}, second).status_code == 401


def at_address(person: Person, number: int) -> Person:
    """Somebody else at the same shop."""
    return Person(TestClient(person.http.app, client=(f"192.0.2.{number}", 1)), person.headers)  # type: ignore[attr-defined]


def test_one_address_has_three_mails_of_an_account_an_hour_and_nobody_is_told(
    person: Person, run_jobs: RunJobs, fake_brevo: FakeBrevo
) -> None:
    person.sign_up(EMAIL)
    assert [person.post(RESET, {"identifier": EMAIL}).status_code for _ in range(5)] == [201] * 5
    assert run_jobs() == []
    assert len(mailed_links(fake_brevo)) == 3
    answers = [person.post(RESET, {"identifier": f"p{number}@example.com"}) for number in range(26)]
    assert [answer.status_code for answer in answers] == [201] * 25 + [429]


def test_strangers_who_ask_leave_the_owner_a_link_that_works(
    person: Person, run_jobs: RunJobs, fake_brevo: FakeBrevo
) -> None:
    """The first link that the owner was sent stays good, however many were asked for since."""
    person.sign_up(EMAIL)
    first = ask(person, run_jobs, fake_brevo)
    for number in (1, 2):
        stranger = at_address(person, number)
        answers = [stranger.post(RESET, {"identifier": EMAIL}).status_code for _ in range(31)]
        assert answers == [201] * 30 + [429]
    assert run_jobs() == []
    assert len(mailed_links(fake_brevo)) == 7
    owner = at_address(person, 3)
    second = ask(owner, run_jobs, fake_brevo)
    assert len(mailed_links(fake_brevo)) == 8
    assert owner.post(UPDATE, {"password": "court"}, second).status_code == 400
    assert owner.post(UPDATE, {"password": OTHER}, first).status_code == 200
    assert owner.post(UPDATE, {"password": PASSWORD}, second).status_code == 401


def test_an_account_gets_twelve_mails_an_hour_from_all_the_world(
    person: Person, run_jobs: RunJobs, fake_brevo: FakeBrevo
) -> None:
    person.sign_up(EMAIL)
    for number in range(1, 6):
        stranger = at_address(person, number)
        assert [stranger.post(RESET, {"identifier": EMAIL}).status_code for _ in range(4)] == [201] * 4
    assert run_jobs() == []
    assert len(mailed_links(fake_brevo)) == 12


def test_a_storefront_that_does_not_say_for_whom_it_asks_has_the_accounts_mails(
    person: Person, run_jobs: RunJobs, fake_brevo: FakeBrevo, monkeypatch: pytest.MonkeyPatch
) -> None:
    person.sign_up(EMAIL)
    change_settings(monkeypatch, TRUSTED_STOREFRONTS="192.0.2.0/28")
    storefront = at_address(person, 1)
    answers = [storefront.post(RESET, {"identifier": EMAIL}).status_code for _ in range(61)]
    assert answers == [201] * 60 + [429]
    assert storefront.post(RESET, {"identifier": "paul@example.com"}).status_code == 201
    assert run_jobs() == []
    assert len(mailed_links(fake_brevo)) == 12


def test_what_is_over_is_forgotten_by_night(person: Person, run_jobs: RunJobs, fake_brevo: FakeBrevo) -> None:
    person.post("/auth/session", token=person.sign_up(EMAIL))
    ask(person, run_jobs, fake_brevo)
    person.register("unfinished@example.com")
    counts = (
        "SELECT (SELECT count(*) FROM auth_session), (SELECT count(*) FROM password_reset),"
        " (SELECT count(*) FROM limit_window), (SELECT count(*) FROM auth_identity)"
    )
    with unit_of_work("test") as session:
        session.add(LimitWindow(key="x", hits=1, ends_at=utc_now() + timedelta(hours=1)))
    forget_expired()
    assert read_rows(counts) == [(1, 1, 1, 2)]
    with unit_of_work("test") as session:
        execute = session.connection().exec_driver_sql
        execute("UPDATE auth_session SET expires_at = now()")
        execute("UPDATE password_reset SET created_at = now() - interval '25 hours'")
        execute("UPDATE limit_window SET ends_at = now()")
        execute("UPDATE auth_identity SET updated_at = now() - interval '8 days'")
    forget_expired()
    assert read_rows(counts) == [(0, 0, 0, 1)]
    assert person.log_in(EMAIL).status_code == 200
