"""The file store keeps the same promises on a disk and in an S3 store; the latter is a server of its own (moto)."""

import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import obstore
import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr

from app.core.clock import utc_now
from app.core.settings_files import FileSettings
from app.dev.postgres import free_port
from app.files.service import sign_link
from app.gateways.errors import Retryable
from app.gateways.object_store import PRIVATE, PUBLIC, FolderStore, NoSuchObject, ObjectStore, get_store
from app.gateways.s3_store import S3ObjectStore, create_s3_store
from tests.api.test_private_file import CONTENT, keep_document
from tests.factories import pictures
from tests.in_process import RunJobs
from tests.rows import row
from tests.shop_front import change_settings
from tests.staff_files import encode_all, hire_into, path_of, read_file, send, taken
from tests.waiting import wait_until

BUCKET = "boutique"


@pytest.fixture(scope="module")
def s3_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server that speaks S3, with one empty bucket; it ends with the tests of this file."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    log = tmp_path_factory.mktemp("moto") / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env={"PATH": os.environ["PATH"]})
    try:
        wait_until(lambda: answers(address), 60, "moto answers")
        put = urllib.request.Request(f"{address}/{BUCKET}", method="PUT")  # noqa: S310 - loopback
        with urllib.request.urlopen(put, timeout=10) as made:  # noqa: S310
            assert made.status == 200
        yield address
    finally:
        process.terminate()
        process.wait(timeout=20)


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=2) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except OSError:
        return False


def s3_url(address: str, folder: str) -> str:
    return f"s3://{BUCKET}/{folder}?endpoint={address}&region=fr-par"


@pytest.fixture(params=["disk", "S3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    if request.param == "disk":
        return FolderStore(tmp_path / "uploads", tmp_path / "private-files")
    address = request.getfixturevalue("s3_address")
    return s3_store(s3_url(address, tmp_path.name))


def s3_store(url: str) -> S3ObjectStore:
    return create_s3_store(
        FileSettings(file_store_url=url, file_store_key_id="id", file_store_secret=SecretStr("secret"))
    )


def read(store: ObjectStore, key: str) -> bytes:
    return b"".join(store.read(key))


@row("S0-038")
def test_what_was_put_is_read_replaced_listed_and_removed(store: ObjectStore) -> None:
    large = os.urandom(3_000_000)
    store.put("public/a.webp", b"first", "image/webp")
    store.put("public/a.webp", b"second", "image/webp")
    store.put("private/file_1", large, "application/pdf")
    assert read(store, "public/a.webp") == b"second"
    assert read(store, "private/file_1") == large
    pieces = list(store.read("private/file_1"))
    assert max(map(len, pieces)) < len(large), "in pieces, never whole"

    listed = {each.key: each for prefix in (PUBLIC, PRIVATE) for each in store.list_objects(prefix)}
    assert {key: each.size_bytes for key, each in listed.items()} == {"public/a.webp": 6, "private/file_1": 3_000_000}
    assert all(abs(utc_now() - each.changed_at) < timedelta(minutes=5) for each in listed.values())
    assert [each.key for each in store.list_objects(PUBLIC)] == ["public/a.webp"]

    for _ in range(2):
        store.remove(["public/a.webp", "public/never-there.webp"])
    assert list(store.list_objects(PUBLIC)) == []
    with pytest.raises(NoSuchObject):
        store.read("public/a.webp")
    assert read(store, "private/file_1") == large


@row("S0-038")
def test_a_key_never_leads_elsewhere(store: ObjectStore) -> None:
    store.put("private/secret", b"secret", "text/plain")
    for key in (
        "secret", "/etc/passwd", "public/../private/secret", "public/..", "public/a/b", "private/.hidden", "public/",
        "other/a", "public/a\0", "public/a\n", "public/%2e%2e/private/secret", f"public/{'a' * 101}", "PUBLIC/a", "",
    ):  # fmt: skip
        for call in acts_on(store, key):
            with pytest.raises(ValueError, match="not a key"):
                call()
    assert read(store, "private/secret") == b"secret"


def acts_on(store: ObjectStore, key: str) -> tuple[Callable[[], object], ...]:
    return (lambda: store.put(key, b"x", "text/plain"), lambda: store.read(key), lambda: store.remove([key]))


def test_an_empty_store_lists_nothing_and_an_absent_one_says_so(store: ObjectStore, tmp_path: Path) -> None:
    assert [list(store.list_objects(prefix)) for prefix in (PUBLIC, PRIVATE)] == [[], []]
    if isinstance(store, FolderStore):
        (tmp_path / "file").write_bytes(b"")
        away: ObjectStore = FolderStore(tmp_path / "file", tmp_path / "file")
    else:
        away = s3_store(f"s3://{BUCKET}?endpoint=http://127.0.0.1:{free_port()}")
    for call in acts_on(away, "public/a"):
        with pytest.raises((Retryable, NoSuchObject)):
            list(call() or ())  # type: ignore[call-overload]


def test_the_disk_has_no_half_written_file(tmp_path: Path) -> None:
    store = FolderStore(tmp_path / "uploads", tmp_path / "private")
    store.put("public/a.webp", b"whole", "image/webp")
    (tmp_path / "uploads" / "linked").symlink_to("/etc/hostname")
    assert {path.name for path in (tmp_path / "uploads").iterdir()} == {"a.webp", "linked"}
    assert [each.key for each in store.list_objects(PUBLIC)] == ["public/a.webp"], "no link is one of ours"
    with pytest.raises(Retryable):
        store.read("public/linked")


@row("S0-038", "S0-084")
def test_a_shop_with_its_files_in_s3_takes_serves_and_forgets_them(
    s3_address: str, client: TestClient, run_jobs: RunJobs, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    change_settings(
        monkeypatch,
        FILE_STORE_URL=s3_url(s3_address, tmp_path.name),
        FILE_STORE_KEY_ID="id",
        FILE_STORE_SECRET="secret",
    )
    staff = hire_into(client)
    (file,) = taken(send(staff, ("a.png", pictures.encoded(pictures.halves(600, 400), "PNG"))))
    document = keep_document()
    encode_all(run_jobs)
    assert read_file(staff, file["id"])["status"] == "ready"
    shown = client.get(path_of(file["url"]))
    assert (shown.status_code, shown.headers["content-type"]) == (200, "image/webp")
    assert shown.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert client.get(sign_link(document, timedelta(hours=1))).content == CONTENT
    assert {each.key for each in get_store().list_objects(PRIVATE)} == {f"private/{document}"}
    assert len(list(get_store().list_objects(PUBLIC))) == 9
    store = get_store()
    assert isinstance(store, S3ObjectStore)
    name = path_of(file["url"]).rpartition("/")[2]
    signed = obstore.sign(store.store, "GET", f"public/{name}", timedelta(minutes=1))
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(signed.partition("?")[0], timeout=10)  # noqa: S310 - until the shop opens it
    with urllib.request.urlopen(signed, timeout=10) as direct:  # noqa: S310 - what a CDN before the bucket reads
        assert direct.headers["content-type"] == "image/webp"
        assert direct.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert direct.read() == shown.content

    change_settings(monkeypatch, FILES_PUBLIC_URL="https://cdn.boutique.example/")
    cdn = read_file(staff, file["id"])["url"]
    assert str(cdn) == f"https://cdn.boutique.example{path_of(file['url'])}"

    assert staff.delete(f"/uploads/{file['id']}").status_code == 200
    encode_all(run_jobs)
    assert list(get_store().list_objects(PUBLIC)) == []
    assert client.get(path_of(file["url"])).status_code == 404


def test_a_store_that_is_away_is_said_and_nothing_is_half_taken(
    client: TestClient, run_jobs: RunJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    staff = hire_into(client)
    document = keep_document()
    (early,) = taken(send(staff, ("b.png", pictures.encoded(pictures.halves(60, 40), "PNG"))))
    away = f"s3://{BUCKET}?endpoint=http://127.0.0.1:{free_port()}"
    change_settings(monkeypatch, FILE_STORE_URL=away, FILE_STORE_KEY_ID="id", FILE_STORE_SECRET="secret")
    refused = send(staff, ("a.png", pictures.encoded(pictures.halves(30, 20), "PNG")))
    assert (refused.status_code, refused.json()["code"]) == (503, "file_store_away")
    assert client.get(f"/static/{'0' * 64}.webp").status_code == 503
    assert client.get(sign_link(document, timedelta(hours=1))).status_code == 200, "it is still in the database"
    assert run_jobs() == ["files.place"]
    assert read_file(staff, early["id"])["status"] == "waiting", "the clock asks again in a minute"
