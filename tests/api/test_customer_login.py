"""Logging in: the same words, the same work and the same limits whoever it is."""

import socket
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import httpx2
import pytest
from argon2 import PasswordHasher
from fastapi.testclient import TestClient
from sqlalchemy import event

from app.core.auth import HASHES_AT_ONCE, create_jwt
from app.core.clock import utc_now
from app.core.db import get_engine, unit_of_work
from app.core.http import MOST_PASSWORDS_WAITING, PASSWORD_TURNS
from app.core.settings import get_settings
from app.main import create_app
from app.staff.service import invite
from tests.factories.account import PASSWORD, SHOP_ORIGIN, Person, read_claims
from tests.factories.shop import MadeShop
from tests.shop_front import change_settings, read_rows, serving_in_thread
from tests.waiting import wait_until

EMAIL = "jeanne@example.com"


@pytest.fixture
def hashing(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every hash that argon2 works out, and whether a connection was taken meanwhile."""
    done: list[str] = []
    for name in ("hash", "verify"):
        work = getattr(PasswordHasher, name)

        def counted(*given: object, _name: str = name, _work: object = work) -> object:
            assert callable(_work)
            done.append(f"{_name} with {get_engine().pool.checkedout()} connections")  # type: ignore[attr-defined]
            return _work(*given)

        monkeypatch.setattr(PasswordHasher, name, counted)
    return done


@contextmanager
def statements() -> Iterator[list[str]]:
    """What the database is asked meanwhile."""
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    event.listen(get_engine(), "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(get_engine(), "before_cursor_execute", note)


def test_a_known_and_an_unknown_account_cost_the_same_and_get_the_same(person: Person, hashing: list[str]) -> None:
    person.sign_up(EMAIL)
    seen = []
    for email in (EMAIL, "personne@example.com", "not an address"):
        hashing.clear()
        with statements() as asked:
            answer = person.log_in(email, "pas le bon du tout")
        body = {name: value for name, value in answer.json().items() if name != "requestId"}
        headers = {name: value for name, value in answer.headers.items() if name.startswith("ratelimit-l")}
        seen.append((answer.status_code, body, headers, list(hashing), asked))
    assert seen[0] == seen[1] == seen[2]
    status, body, _, hashes, _ = seen[0]
    assert (status, body["message"], body["code"]) == (401, "Invalid email or password", "login_refused")
    assert hashes == ["verify with 0 connections"], "one hash, and no connection held while it is worked out"


def test_every_route_hashes_once_with_no_connection_in_hand(person: Person, hashing: list[str]) -> None:
    token = person.register(EMAIL).json()["token"]
    assert hashing == ["hash with 0 connections"]
    person.post("/store/customers", {"email": EMAIL}, token)
    person.log_in(EMAIL)
    assert hashing[1:] == ["verify with 0 connections"]
    with unit_of_work("test") as session:
        link = invite(session, "gerante@boutique.example", "owner")
    person.http.post(f"/app/invitation/{link}", data={"password": PASSWORD})
    person.post("/auth/user/emailpass", {"email": "gerante@boutique.example", "password": PASSWORD})
    assert hashing[2:] == ["hash with 0 connections", "verify with 0 connections"]


def test_the_address_is_compared_in_lower_case(person: Person) -> None:
    person.sign_up(EMAIL)
    assert person.log_in("  Jeanne@EXAMPLE.com ").status_code == 200


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ({}, 401, "Password should be a string"),
        (None, 401, "Password should be a string"),
        ({"password": PASSWORD}, 401, "Email should be a string"),
        ({"email": EMAIL, "password": PASSWORD, "otp": 1}, 400, "Invalid request: Unrecognized fields: 'otp'"),
        (
            {"email": EMAIL, "password": "x" * 201},
            400,
            "Invalid request: Value for field 'password' too big, expected at most: '200'",
        ),
    ],
)
def test_half_a_login_is_refused(person: Person, body: object, status: int, message: str) -> None:
    answer = person.post("/auth/customer/emailpass", body)
    assert (answer.status_code, answer.json()["message"]) == (status, message)


@pytest.mark.parametrize("path", ["/auth/robot/emailpass", "/auth/customer/github", "/auth/user/emailpass/register"])
def test_an_unknown_actor_or_provider_is_told_so(person: Person, path: str) -> None:
    answer = person.post(path, {"email": EMAIL, "password": PASSWORD})
    assert (answer.status_code, answer.json()["type"]) == (400, "not_allowed")
    assert answer.json()["message"] == "The actor type is not allowed to use the auth provider"
    assert person.get("/auth/customer/github/callback").status_code == 400


def test_the_eleventh_try_at_one_account_is_refused_even_with_the_right_password(person: Person) -> None:
    person.sign_up(EMAIL)
    answers = [person.log_in(EMAIL, "pas le bon du tout") for _ in range(9)]  # the sign-up's own login was the first
    assert [answer.status_code for answer in answers] == [401] * 9
    assert [answer.headers["ratelimit-remaining"] for answer in answers] == [str(left) for left in range(8, -1, -1)]
    refused = person.log_in(EMAIL)
    assert refused.status_code == 429
    assert refused.headers["ratelimit-limit"] == "10"
    assert 1 <= int(refused.headers["retry-after"]) <= 61
    assert person.log_in("paul@example.com").status_code == 401, "somebody else may still try"


def test_limits_hold_while_redis_is_away(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    change_settings(monkeypatch, REDIS_URL="redis://127.0.0.1:1/0")
    answers = [person.log_in(EMAIL, "pas le bon du tout").status_code for _ in range(11)]
    assert answers == [401] * 10 + [429]
    counted = read_rows("SELECT hits, key FROM limit_window ORDER BY hits")
    assert [hits for hits, _ in counted] == [10, 10, 10, 11], "what one limit refuses, the others do not count"
    assert not any("jeanne" in str(key) for _, key in counted), "what is counted is a hash"


def stranger_to(person: Person) -> Person:
    """Somebody at another address."""
    return Person(TestClient(person.http.app, client=("192.0.2.9", 1)), person.headers)  # type: ignore[attr-defined]


def test_a_flood_of_tries_from_one_address_does_not_lock_the_owner_out(person: Person) -> None:
    person.sign_up(EMAIL)
    stranger = stranger_to(person)
    assert {stranger.log_in(EMAIL, "pas le bon du tout").status_code for _ in range(110)} == {401, 429}
    assert person.log_in(EMAIL).status_code == 200


def test_patient_tries_from_one_address_do_not_lock_the_owner_out(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    change_settings(monkeypatch, REDIS_URL="redis://127.0.0.1:1/0")
    person.sign_up(EMAIL)
    stranger, tried = stranger_to(person), Counter[int]()
    for _ in range(11):
        tried.update(stranger.log_in(EMAIL, "pas le bon du tout").status_code for _ in range(10))
        with unit_of_work("test") as session:  # a minute later
            session.connection().exec_driver_sql(
                "UPDATE limit_window SET ends_at = now() - interval '1 second' WHERE ends_at < now() + interval '2 min'"
            )
    assert tried == {401: 30, 429: 80}
    assert person.log_in(EMAIL).status_code == 200


def test_a_trusted_storefront_is_not_throttled_for_its_visitors(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    change_settings(monkeypatch, TRUSTED_STOREFRONTS="203.0.113.0/28, 2001:db8::/64")
    server = TestClient(person.http.app, client=("203.0.113.7", 40_000))  # type: ignore[attr-defined]
    storefront = Person(server, person.headers)
    # Each visitor is said: limited one by one.
    first, other = ({"x_forwarded_for": f"{visitor}, 203.0.113.7"} for visitor in ("198.51.100.1", "198.51.100.2"))
    assert [ask(storefront, number, **first) for number in range(21)] == [400] * 20 + [429]
    assert ask(storefront, 21, **other) == 400
    # Nobody is said: only the account counts, however many visitors there are.
    assert {ask(storefront, number) for number in range(30)} == {400}
    assert [ask(storefront, 99) for _ in range(21)] == [400] * 20 + [429]
    # A stranger's word is worth nothing.
    stranger = stranger_to(person)
    forged = [ask(stranger, number, x_forwarded_for=f"198.51.100.{number}") for number in range(21)]
    assert forged == [400] * 20 + [429]


def ask(person: Person, number: int, **headers: str) -> int:
    """A registration that fails before anything is hashed, and counts all the same."""
    body = {"email": f"p{number}@example.com", "password": "court"}
    return person.post("/auth/customer/emailpass/register", body, **headers).status_code


def test_a_token_says_who_and_until_when(person: Person) -> None:
    token = person.sign_up(EMAIL)
    claims = read_claims(token)
    assert (claims["actor_type"], claims["user_metadata"]) == ("customer", {})
    assert int(str(claims["exp"])) - int(str(claims["iat"])) == 24 * 3600
    assert person.me(token).status_code == 200
    assert (
        read_claims(person.post("/auth/token/refresh", token=token).json()["token"])["actor_id"] == claims["actor_id"]
    )


def test_a_token_that_is_over_or_of_another_kind_is_401(person: Person) -> None:
    token = person.sign_up(EMAIL)
    claims = read_claims(token)
    old = create_jwt(get_settings(), claims, timedelta(hours=24), now=utc_now() - timedelta(hours=25))
    other = create_jwt(get_settings(), {**claims, "actor_type": "user"}, timedelta(hours=1))
    older = create_jwt(get_settings(), {**claims, "token_version": 0}, timedelta(hours=1))
    nobody = create_jwt(get_settings(), {**claims, "auth_identity_id": "authid_x"}, timedelta(hours=1))
    for bad in (old, other, older, nobody, token[:-4] + "AAAA", "nonsense", ""):
        answer = person.me(bad)
        assert (answer.status_code, answer.json()["message"]) == (401, "Unauthorized")
        assert person.get("/store/regions", bad).status_code == 200, "an open route ignores a bad token"
        assert person.post("/auth/token/refresh", token=bad).status_code == 401


def test_tokens_survive_a_rotation_of_the_secret_until_its_date(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = person.sign_up(EMAIL)
    former, soon = get_settings().jwt_secret.get_secret_value(), (utc_now() + timedelta(hours=1)).isoformat()
    change_settings(monkeypatch, JWT_SECRET="n" * 32, JWT_SECRET_PREVIOUS=former, JWT_SECRET_PREVIOUS_UNTIL=soon)
    assert person.me(token).status_code == 200
    past = (utc_now() - timedelta(seconds=1)).isoformat()
    change_settings(monkeypatch, JWT_SECRET_PREVIOUS_UNTIL=past)
    assert person.me(token).status_code == 401


def test_customers_and_staff_do_not_pass_for_each_other(person: Person) -> None:
    customer = person.sign_up(EMAIL)
    with unit_of_work("test") as session:
        link = invite(session, "gerante@boutique.example", "owner")
    person.http.post(f"/app/invitation/{link}", data={"password": PASSWORD})
    staff = person.post("/auth/user/emailpass", {"email": "gerante@boutique.example", "password": PASSWORD}).json()[
        "token"
    ]
    assert person.get("/admin/users/me", staff).status_code == 200
    assert person.get("/admin/users/me", customer).status_code == 401
    assert person.me(staff).status_code == 401
    assert person.post("/store/customers", {"email": EMAIL}, staff).status_code == 401
    assert person.get("/store/customers/me/addresses", staff).status_code == 401
    assert person.log_in("gerante@boutique.example").status_code == 401, "two kinds of accounts, two doors"


def test_a_flood_of_logins_waits_in_its_own_few_turns_and_the_catalogue_goes_on(
    environment: dict[str, str], web_socket: socket.socket, shop: MadeShop
) -> None:
    """Somebody holds the one place where passwords are hashed: those who can wait do, the others are told so."""
    room = PASSWORD_TURNS + MOST_PASSWORDS_WAITING
    with serving_in_thread(create_app(), web_socket) as url, httpx2.Client(base_url=url, timeout=30) as http:
        person = Person(http, shop.headers)
        with ThreadPoolExecutor(room + 5) as pool:
            with HASHES_AT_ONCE:
                tries = [pool.submit(person.log_in, f"p{number}@example.com", PASSWORD) for number in range(room + 5)]
                wait_until(lambda: sum(each.done() for each in tries) == 5, 20, "whoever finds no room is answered")
                assert person.get("/store/regions").status_code == 200
                assert person.register("p@example.com").status_code == 429
            answers = [each.result() for each in tries]
    assert Counter(answer.status_code for answer in answers) == {401: room, 429: 5}
    assert {answer.headers["retry-after"] for answer in answers if answer.status_code == 429} == {"1"}


def test_nothing_personal_is_logged(person: Person, capsys: pytest.CaptureFixture[str]) -> None:
    token = person.sign_up("canary-marie@example.com", first_name="Canary")
    person.log_in("canary-marie@example.com", "canary password")
    opened = person.post("/auth/session", token=token, origin=SHOP_ORIGIN)
    cookie = opened.headers["set-cookie"].partition(";")[0]
    person.me(cookie=cookie)
    person.post("/auth/customer/emailpass/reset-password", {"identifier": "canary-marie@example.com"})
    printed = capsys.readouterr()
    assert '"route": "/auth/customer/emailpass/reset-password"' in printed.out
    for secret in ("canary", "Canary", token, cookie.partition("=")[2], PASSWORD):
        assert secret not in printed.out + printed.err
