"""The first owner: invited once, chooses a password on the page, logs in, is recognised."""

from collections import Counter
from datetime import timedelta
from hashlib import sha256

import httpx2
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.core.attempts import LimitWindow
from app.core.clock import utc_now
from app.core.db import unit_of_work
from app.staff.models import StaffUser
from app.staff.service import invite
from tests.shop_front import change_settings

EMAIL = "gerante@boutique.example"
PASSWORD = "un long mot de passe"


@pytest.fixture
def token(environment: dict[str, str]) -> str:
    with unit_of_work("test") as session:
        token = invite(session, EMAIL, "owner")
    assert token is not None
    return token


def log_in(client: TestClient, email: str, password: str) -> httpx2.Response:
    return client.post("/auth/user/emailpass", json={"email": email, "password": password})


def test_the_owner_chooses_a_password_and_logs_in(client: TestClient, token: str) -> None:
    page = client.get(f"/app/invitation/{token}")
    assert page.status_code == 200
    assert EMAIL in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert client.get("/app/static/page.css").headers["content-type"].startswith("text/css")

    saved = client.post(f"/app/invitation/{token}", data={"password": PASSWORD})
    assert saved.status_code == 200
    assert "Votre mot de passe est enregistré" in saved.text

    answer = log_in(client, "Gerante@Boutique.example", PASSWORD)
    assert answer.status_code == 200
    me = client.get("/admin/users/me", headers={"Authorization": f"Bearer {answer.json()['token']}"})
    assert me.status_code == 200
    assert me.json()["user"]["email"] == EMAIL


def test_the_link_works_once(client: TestClient, token: str) -> None:
    client.post(f"/app/invitation/{token}", data={"password": PASSWORD})
    for again in (
        client.get(f"/app/invitation/{token}"),
        client.post(f"/app/invitation/{token}", data={"password": "another long password"}),
    ):
        assert again.status_code == 404
        assert "Ce lien ne vaut plus" in again.text
    assert log_in(client, EMAIL, PASSWORD).status_code == 200


@pytest.mark.parametrize("password", ["court", "é" * 11, "x" * 201, ""])
def test_a_weak_password_changes_nothing_and_shows_the_form_again(
    client: TestClient, token: str, password: str
) -> None:
    answer = client.post(f"/app/invitation/{token}", data={"password": password})
    assert answer.status_code in (400, 422)
    assert client.get(f"/app/invitation/{token}").status_code == 200
    with unit_of_work("test") as session:
        assert session.scalars(select(StaffUser.password_hash)).one() is None


def test_an_unknown_address_and_a_wrong_password_get_the_same_answer(client: TestClient, token: str) -> None:
    client.post(f"/app/invitation/{token}", data={"password": PASSWORD})
    unknown, wrong = log_in(client, "personne@boutique.example", PASSWORD), log_in(client, EMAIL, "pas le bon du tout")
    assert unknown.status_code == wrong.status_code == 401
    same = ("type", "message", "code")
    assert [unknown.json()[key] for key in same] == [wrong.json()[key] for key in same]
    assert wrong.json()["message"] == "Invalid email or password"


def test_an_account_without_a_password_cannot_log_in(client: TestClient, token: str) -> None:
    assert log_in(client, EMAIL, "").status_code == 401


def test_the_eleventh_attempt_in_a_minute_is_refused(client: TestClient, token: str) -> None:
    answers = [log_in(client, EMAIL, "pas le bon du tout").status_code for _ in range(11)]
    assert answers == [401] * 10 + [429]
    assert log_in(client, "une-autre@boutique.example", "pas le bon").status_code == 401


def let_a_minute_pass() -> None:
    """The windows of a minute are over, those of an hour go on."""
    with unit_of_work("test") as session:
        session.connection().exec_driver_sql(
            "UPDATE limit_window SET ends_at = now() - interval '1 second' WHERE ends_at < now() + interval '2 min'"
        )


def test_patient_tries_are_refused_by_the_hour_and_lock_no_owner_out(
    client: TestClient, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without Redis, so that the minutes of its windows can be let pass."""
    change_settings(monkeypatch, REDIS_URL="redis://127.0.0.1:1/0")
    client.post(f"/app/invitation/{token}", data={"password": PASSWORD})
    strangers = [TestClient(client.app, client=(f"192.0.2.{number}", 1)) for number in (1, 2)]
    for stranger in strangers:
        tried = Counter[int]()
        for _ in range(4):
            tried.update(log_in(stranger, EMAIL, "pas le bon du tout").status_code for _ in range(10))
            let_a_minute_pass()
        assert tried == {401: 30, 429: 10}
    refused = log_in(strangers[0], EMAIL, PASSWORD)
    assert (refused.status_code, refused.headers["ratelimit-limit"]) == (429, "30")
    assert log_in(client, EMAIL, PASSWORD).status_code == 200


def test_an_account_is_tried_a_hundred_times_an_hour_from_everywhere(
    client: TestClient, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.post(f"/app/invitation/{token}", data={"password": PASSWORD})
    with unit_of_work("test") as session:
        key = f"staff-login-account:{sha256(EMAIL.encode()).hexdigest()}"
        session.add(LimitWindow(key=key, hits=99, ends_at=utc_now() + timedelta(minutes=30)))
    change_settings(monkeypatch, REDIS_URL="redis://127.0.0.1:1/0")
    assert log_in(client, EMAIL, "pas le bon du tout").status_code == 401
    refused = log_in(TestClient(client.app, client=("192.0.2.1", 1)), EMAIL, PASSWORD)
    assert (refused.status_code, refused.headers["ratelimit-limit"]) == (429, "100")
    assert log_in(client, "une-autre@boutique.example", "pas le bon").status_code == 401


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer nonsense", "Basic c2s6"])
def test_without_a_good_token_nobody_is_anybody(client: TestClient, header: str) -> None:
    answer = client.get("/admin/users/me", headers={"Authorization": header} if header else {})
    assert answer.status_code == 401
    assert answer.json()["message"] == "Unauthorized"


def test_a_removed_account_stops_at_once(client: TestClient, token: str) -> None:
    client.post(f"/app/invitation/{token}", data={"password": PASSWORD})
    bearer = {"Authorization": f"Bearer {log_in(client, EMAIL, PASSWORD).json()['token']}"}
    with unit_of_work("test") as session:
        session.delete(session.scalars(select(StaffUser)).one())
    assert client.get("/admin/users/me", headers=bearer).status_code == 401
