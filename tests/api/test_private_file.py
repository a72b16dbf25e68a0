"""`/files/{id}`: a document is read by a link of ours and by nothing else, and is there from the commit on."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from fastapi.testclient import TestClient

from app.core.clock import utc_now
from app.core.db import unit_of_work
from app.core.settings import get_settings
from app.files.service import sign_link, store_private
from tests.in_process import RunJobs
from tests.rows import row
from tests.shop_front import change_settings, read_rows

CONTENT = b"%PDF-1.7 invoice"
HOUR = timedelta(hours=1)


def keep_document(content: bytes = CONTENT) -> str:
    with unit_of_work("test") as session:
        return store_private(session, content, "application/pdf", "../Facture n° 1.pdf").id


@row("S0-037")
def test_a_document_is_read_by_its_link_from_the_commit_on_and_stays_private(
    client: TestClient, run_jobs: RunJobs
) -> None:
    file_id = keep_document()
    link = sign_link(file_id, HOUR)
    for place in ("the database", "the store"):
        answer = client.get(link)
        assert (answer.status_code, answer.content) == (200, CONTENT), place
        assert answer.headers["content-type"] == "application/pdf"
        assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''Facture%20n%C2%B0%201.pdf"
        assert answer.headers["cache-control"] == "private, no-store"
        assert run_jobs() == []
        assert run_jobs() == []
    assert read_rows("SELECT count(*) FROM waiting_content") == [(0,)]
    assert read_rows("SELECT status, size_bytes FROM stored_file") == [("ready", len(CONTENT))]
    kept = get_settings().private_files_dir / file_id
    assert kept.read_bytes() == CONTENT
    assert (kept.stat().st_mode & 0o777, kept.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    uploads = get_settings().uploads_dir
    assert not uploads.is_relative_to(kept.parent)
    assert not kept.is_relative_to(uploads), "nothing that nginx serves"
    for path in (f"/static/{file_id}", f"/static/..%2fprivate-files%2f{file_id}", f"/files/{file_id}"):
        assert client.get(path).status_code == 404, path


def test_a_link_that_is_not_ours_opens_nothing(client: TestClient, run_jobs: RunJobs) -> None:
    mine, other = keep_document(), keep_document(b"another one")
    assert run_jobs() == []
    signed = parse_qs(urlsplit(sign_link(mine, HOUR)).query)
    expires, signature = signed["expires"][0], signed["signature"][0]
    later = str(int(expires) + 1)
    refused = [
        (other, {"expires": expires, "signature": signature}),
        (mine, {"expires": later, "signature": signature}),
        (mine, {"expires": expires, "signature": signature[:-1] + ("0" if signature[-1] != "0" else "1")}),
        (mine, {"expires": expires, "signature": signature.upper()}),
        (mine, {"expires": expires}),
        (mine, {}),
        ("file_0000", {"expires": expires, "signature": signature}),
    ]
    for file_id, query in refused:
        answer = client.get(f"/files/{file_id}", params=query)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), query
        assert CONTENT not in answer.content
    for wrong in ({"expires": "-1"}, {"expires": "x"}, {"expires": "9" * 30}, {"signature": "é" * 65}):
        assert client.get(f"/files/{mine}", params=wrong).status_code == 404, wrong
    assert client.get(f"/files/{mine}", params={"signature": "é", "expires": expires}).status_code == 404


def test_a_link_ends(client: TestClient) -> None:
    link = sign_link(keep_document(), HOUR)
    with time_machine.travel(utc_now() + HOUR + timedelta(seconds=1)):
        answer = client.get(link)
        assert (answer.status_code, answer.json()["code"]) == (410, "link_expired")
    for lifetime in (timedelta(days=30, seconds=1), timedelta(0), timedelta(seconds=-1)):
        with pytest.raises(ValueError, match="30 days"):
            sign_link("file_x", lifetime)


def test_a_link_outlives_the_rotation_of_its_secret_until_that_ends(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = sign_link(keep_document(), HOUR)
    former = get_settings().cookie_secret.get_secret_value()
    fresh = "another-cookie-secret-of-the-tests-0123456789"
    until = (utc_now() + timedelta(minutes=10)).isoformat()
    change_settings(monkeypatch, COOKIE_SECRET=fresh, COOKIE_SECRET_PREVIOUS=former, COOKIE_SECRET_PREVIOUS_UNTIL=until)
    assert client.get(link).status_code == 200
    with time_machine.travel(utc_now() + timedelta(minutes=11)):
        assert client.get(link).status_code == 404


def test_what_a_transaction_takes_back_was_never_kept(client: TestClient, run_jobs: RunJobs) -> None:
    lost: list[str] = []

    def keep_and_fail() -> None:
        with unit_of_work("test") as session:
            lost.append(store_private(session, CONTENT, "application/pdf", "a.pdf").id)
            raise InterruptedError

    with pytest.raises(InterruptedError):
        keep_and_fail()
    assert client.get(sign_link(lost[0], HOUR)).status_code == 404
    assert run_jobs() == []
    assert not get_settings().private_files_dir.exists()


def test_a_document_that_the_store_has_lost_is_not_found(client: TestClient, run_jobs: RunJobs) -> None:
    file_id = keep_document()
    assert run_jobs() == []
    (get_settings().private_files_dir / file_id).unlink()
    assert client.get(sign_link(file_id, HOUR)).status_code == 404
