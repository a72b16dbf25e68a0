"""Sessions: a cookie for a token, good for ten hours, ended at once wherever it was remembered."""

import signal
import time

import pytest
from sqlalchemy import select

from app.core.db import unit_of_work
from app.core.session_cache import find_kept
from app.core.shared_redis import get_shared_redis
from app.dev.redis import RedisServer
from app.staff.models import StaffUser
from app.staff.service import invite
from tests.factories.account import PASSWORD, SHOP_ORIGIN, Person, read_claims
from tests.rows import row
from tests.shop_front import change_settings, read_rows

EMAIL = "jeanne@example.com"
PRODUCTION = {
    "COMPTOIR_ENV": "production",
    "STRIPE_SECRET_KEY": "sk_live_0123456789",
    "BREVO_API_KEY": "xkeysib-0123456789",
    "BREVO_SENDER_EMAIL": "boutique@boutique.example",
    "PUBLIC_URL": "https://api.boutique.example",
    "UPLOADS_DIR": "/var/lib/comptoir/uploads",
    "STORE_CORS": "https://boutique.example",
    "ADMIN_CORS": "https://admin.example",
    "AUTH_CORS": "https://boutique.example",
}


def open_session(person: Person, token: str) -> str:
    """The cookie of a new session, as a browser would send it."""
    answer = person.post("/auth/session", token=token)
    assert answer.status_code == 200, answer.text
    person.http.cookies.clear()
    return answer.headers["set-cookie"].partition(";")[0]


def test_a_session_stands_for_its_token_on_every_customer_route(person: Person) -> None:
    token = person.sign_up(EMAIL)
    answer = person.post("/auth/session", token=token)
    person.http.cookies.clear()
    user = answer.json()["user"]
    assert (user["actor_id"], user["actor_type"]) == (read_claims(token)["actor_id"], "customer")
    cookie = answer.headers["set-cookie"].partition(";")[0]
    assert cookie.startswith("connect.sid=")
    me = person.me(cookie=cookie)
    assert me.json()["customer"]["email"] == EMAIL
    updated = person.post("/store/customers/me", {"first_name": "Jeanne"}, cookie=cookie, origin=SHOP_ORIGIN)
    assert updated.json()["customer"]["first_name"] == "Jeanne"
    assert person.get("/store/orders", cookie=cookie).status_code == 200


@pytest.mark.parametrize("origin", [{}, {"origin": "https://elsewhere.example"}, {"origin": "http://admin.test"}])
def test_a_write_with_the_cookie_needs_the_storefronts_origin(person: Person, origin: dict[str, str]) -> None:
    cookie = open_session(person, person.sign_up(EMAIL))
    refused = person.post("/store/customers/me", {"first_name": "Autre"}, cookie=cookie, **origin)
    assert (refused.status_code, refused.json()["message"]) == (401, "Unauthorized")
    assert person.me(cookie=cookie).json()["customer"]["first_name"] is None


@row("S4-059")
def test_the_cookies_flags_are_those_of_the_place(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    token = person.sign_up(EMAIL)
    flags = person.post("/auth/session", token=token).headers["set-cookie"].split("; ")[1:]
    assert set(flags) == {"HttpOnly", "Max-Age=36000", "Path=/", "SameSite=lax"}
    change_settings(monkeypatch, **PRODUCTION)
    flags = person.post("/auth/session", token=token).headers["set-cookie"].split("; ")[1:]
    assert set(flags) == {"HttpOnly", "Max-Age=36000", "Path=/", "SameSite=none", "Secure"}
    ((seconds,),) = read_rows("SELECT DISTINCT round(extract(epoch FROM expires_at - created_at)) FROM auth_session")
    assert seconds == 36_000


def test_logging_out_ends_the_session_at_once_and_leaves_the_others(person: Person) -> None:
    token = person.sign_up(EMAIL)
    cookie, other = open_session(person, token), open_session(person, token)
    assert person.me(cookie=cookie).status_code == person.me(cookie=cookie).status_code == 200  # once from Redis
    closed = person.delete("/auth/session", cookie=cookie, origin=SHOP_ORIGIN)
    assert (closed.status_code, closed.json()) == (200, {"success": True})
    assert "Max-Age=0" in closed.headers["set-cookie"]
    assert person.me(cookie=cookie).status_code == 401
    assert person.delete("/auth/session", cookie=cookie, origin=SHOP_ORIGIN).status_code == 401
    assert person.me(cookie=other).status_code == person.me(token).status_code == 200


def test_a_session_is_remembered_by_redis_and_never_kept_there_alone(person: Person) -> None:
    cookie = open_session(person, person.sign_up(EMAIL))
    assert person.me(cookie=cookie).status_code == 200
    ((token_hash,),) = read_rows("SELECT token_hash FROM auth_session")
    assert find_kept(str(token_hash)) is not None
    value = cookie.partition("=")[2]
    assert value.partition(".")[0] not in str(token_hash), "the database holds a hash"
    get_shared_redis().redis.flushall()
    assert person.me(cookie=cookie).status_code == 200


@pytest.mark.parametrize(
    "cookie", ["connect.sid=", "connect.sid=nonsense", "connect.sid=a.b", "connect.sid=%C3%A9.x", "other=1"]
)
def test_a_cookie_that_we_never_gave_out_is_nobody(person: Person, cookie: str) -> None:
    assert person.me(cookie=cookie).status_code == 401
    assert person.delete("/auth/session", cookie=cookie, origin=SHOP_ORIGIN).status_code == 401
    assert person.post("/auth/session", cookie=cookie, origin=SHOP_ORIGIN).status_code == 401


def test_a_session_ends_with_its_time_and_with_the_secret_that_signed_it(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    cookie = open_session(person, person.sign_up(EMAIL))
    change_settings(monkeypatch, COOKIE_SECRET="n" * 32)
    assert person.me(cookie=cookie).status_code == 401
    change_settings(monkeypatch, COOKIE_SECRET="cookie-secret-of-the-tests-0123456789")
    with unit_of_work("test") as session:
        session.connection().exec_driver_sql("UPDATE auth_session SET expires_at = now()")
    assert person.me(cookie=cookie).status_code == 401


def test_while_redis_hangs_sessions_work_and_an_end_is_an_end(person: Person, redis_server: RedisServer) -> None:
    """What Redis remembers and cannot be told to forget is worth nothing any more: the version was raised."""
    token = person.sign_up(EMAIL)
    cookie = open_session(person, token)
    assert person.me(cookie=cookie).status_code == 200
    redis_server.process.send_signal(signal.SIGSTOP)
    try:
        started = time.monotonic()
        assert person.me(cookie=cookie).status_code == 200
        assert person.delete("/auth/session", cookie=cookie, origin=SHOP_ORIGIN).status_code == 200
        assert time.monotonic() - started < 5
    finally:
        redis_server.process.send_signal(signal.SIGCONT)
    get_shared_redis.cache_clear()
    ((left,),) = read_rows("SELECT count(*) FROM auth_session")
    assert left == 0
    assert person.me(cookie=cookie).status_code == 401
    assert person.me(token).status_code == 401, "everything given out before has ended with it"


def test_a_removed_customer_stops_at_once(person: Person) -> None:
    token = person.sign_up(EMAIL)
    cookie = open_session(person, token)
    assert person.me(cookie=cookie).status_code == 200
    with unit_of_work("test") as session:
        session.connection().exec_driver_sql("DELETE FROM auth_identity")
    assert person.me(cookie=cookie).status_code == person.me(token).status_code == 401


def test_members_of_staff_have_sessions_too(person: Person) -> None:
    with unit_of_work("test") as session:
        link = invite(session, "gerante@boutique.example", "owner")
    person.http.post(f"/app/invitation/{link}", data={"password": PASSWORD})
    token = person.post("/auth/user/emailpass", {"email": "gerante@boutique.example", "password": PASSWORD}).json()[
        "token"
    ]
    cookie = open_session(person, token)
    assert person.get("/admin/users/me", cookie=cookie).json()["user"]["email"] == "gerante@boutique.example"
    assert person.me(cookie=cookie).status_code == 401
    fresh = person.post("/auth/token/refresh", token=token).json()["token"]
    assert read_claims(fresh)["app_metadata"] == {"user_id": read_claims(token)["actor_id"], "roles": ["owner"]}
    closed = person.delete("/auth/session", cookie=cookie, origin="http://admin.test")
    assert closed.status_code == 200
    assert person.get("/admin/users/me", cookie=cookie).status_code == 401
    with unit_of_work("test") as session:
        session.delete(session.scalars(select(StaffUser)).one())
    assert person.post("/auth/session", token=token).status_code == 401
