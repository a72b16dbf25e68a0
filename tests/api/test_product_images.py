"""`comptoir products images`: add, list, order, remove, fetch; the first picture is the thumbnail."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.core.db import unit_of_work
from app.core.settings import get_settings
from tests.api.test_fetch_guard import say, serving
from tests.command import Done, run_command
from tests.factories import pictures
from tests.factories.catalogue import make_product
from tests.factories.shop import make_shop
from tests.in_process import RunJobs
from tests.rows import row
from tests.shop_front import change_settings, read_rows
from tests.staff_files import hire_into, send, taken

PLACES = "SELECT url, rank FROM product_image ORDER BY rank"
THUMBNAIL = "SELECT thumbnail FROM product"
RED, GREEN, BLUE = (pictures.encoded(pictures.halves(40, 30, colour), "PNG") for colour in ("red", "green", "blue"))


@pytest.fixture
def product_id(environment: dict[str, str]) -> str:
    with unit_of_work("test") as session:
        return make_product(session, make_shop(session).channel.id, status="draft").id


def images(*arguments: str) -> Done:
    return run_command("products", "images", *arguments, "--json")


def rows_of(done: Done) -> list[Mapping[str, object]]:
    assert done.code == 0, (done.out, done.err)
    found = done.answer
    assert isinstance(found, list)
    return found


@row("S0-073", "S0-082", "S0-085")
def test_a_folder_of_pictures_is_added_ordered_and_taken_off(
    product_id: str, tmp_path: Path, run_jobs: RunJobs, client: TestClient
) -> None:
    for name, content in {"2.png": GREEN, "1.png": RED, "notes.txt": b"no picture"}.items():
        (tmp_path / name).write_bytes(content)
    begun = len(rows_of(images("list", "aura")))
    added = rows_of(images("add", "aura", str(tmp_path), "--reason", "rentrée"))[begun:]
    assert [each["state"] for each in added] == ["waiting", "waiting"]
    assert run_jobs() == []
    listed = rows_of(images("list", "aura"))
    assert [each["state"] for each in listed[begun:]] == ["ready", "ready"]
    assert [each["rank"] for each in listed] == list(range(begun + 2))
    red, green = (str(each["url"]) for each in listed[begun:])
    for url in (red, green):
        assert client.get(url).status_code == 200

    again = rows_of(images("add", "aura", str(tmp_path / "1.png")))
    assert [each["url"] for each in again] == [each["url"] for each in listed], "a picture is there once"

    ordered = rows_of(images("order", "aura", str(listed[-1]["id"]), "--reason", "vignette"))
    assert ordered[0]["url"] == green
    assert read_rows(PLACES)[0] == (green, 0)
    assert read_rows(THUMBNAIL) == [(green,)]
    removed = rows_of(images("remove", "aura", str(ordered[0]["id"])))
    assert green not in [each["url"] for each in removed]
    assert read_rows(THUMBNAIL) == [(removed[0]["url"],)]
    acts = "FROM audit_log WHERE action = 'product.update' AND actor LIKE 'cli:%' ORDER BY id"
    reasons = f"SELECT details->'reason'->>'after' {acts}"
    assert [reason for (reason,) in read_rows(reasons)] == ["rentrée", "vignette", None]


def test_what_cannot_be_added_changes_nothing(product_id: str, tmp_path: Path) -> None:
    before = read_rows(PLACES)
    good, bad = tmp_path / "a.png", tmp_path / "b.png"
    good.write_bytes(RED)
    bad.write_bytes(b"<svg/>")
    (tmp_path / "empty").mkdir()
    cases = {
        "not_a_picture": ("add", "aura", str(good), str(bad)),
        "invalid_data": ("add", "aura", str(tmp_path / "missing.png")),
        "product_not_found": ("add", "nothing", str(good)),
    }
    for code, arguments in cases.items():
        done = images(*arguments)
        assert (done.code, json.loads(done.out)["code"]) == (1, code)
    for arguments in (
        ("add", "aura", str(tmp_path / "empty")),
        ("order", "aura", "img_x"),
        ("remove", "aura", "img_x"),
    ):
        assert (images(*arguments).code, json.loads(images(*arguments).out)["code"]) == (1, "invalid_data")
    assert read_rows(PLACES) == before
    assert read_rows("SELECT count(*) FROM stored_file") == [(0,)]


@row("S0-069")
def test_pictures_are_fetched_by_address_or_from_a_page_of_shopify(
    product_id: str, run_jobs: RunJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    type_lies = say("Content-Type: image/webp", f"Content-Length: {len(RED)}", body=RED)
    with serving(type_lies) as shop:
        picture = f"http://127.0.0.1:{shop.port}/files/face.jpg?v=1"
        refused = images("fetch", "aura", picture)
        assert (refused.code, json.loads(refused.out)["code"]) == (1, "picture_not_fetched")
        assert "(bad_address)" in json.loads(refused.out)["message"], "another port than the web's"
        without_port = images("fetch", "aura", "http://127.0.0.1/a.png")
        assert "(private_address)" in json.loads(without_port.out)["message"]
        assert shop.asked == []
        assert read_rows("SELECT count(*) FROM stored_file") == [(0,)]

        change_settings(monkeypatch, FETCH_PRIVATE_ADDRESSES="true")
        page = json.dumps({"product": {"images": [{"src": picture}]}}).encode()
        with serving(say("Content-Type: application/json", body=page)) as shopify:
            address = f"http://127.0.0.1:{shopify.port}/collections/x/products/aura?variant=1"
            fetched = rows_of(images("fetch", "aura", address, "--shopify"))
        assert shopify.asked[0].startswith(b"GET /collections/x/products/aura.json HTTP/1.1")
        assert shop.asked[0].startswith(b"GET /files/face.jpg?v=1 HTTP/1.1")
    assert run_jobs() == []
    assert rows_of(images("list", "aura"))[-1]["state"] == "ready"
    assert len(rows_of(images("list", "aura"))) == len(fetched)
    assert read_rows("SELECT name, content_type FROM stored_file") == [("face", "image/png")]
    for page in (b"<html>", b"[]", b'{"product": 1}'):
        with serving(say("Content-Type: application/json", body=page)) as shopify:
            refused = images("fetch", "aura", f"http://127.0.0.1:{shopify.port}/products/aura", "--shopify")
            assert "(not_shopify)" in json.loads(refused.out)["message"]
    assert "(not_shopify)" in json.loads(images("fetch", "aura", "http://127.0.0.1/cart", "--shopify").out)["message"]


@row("S0-085")
def test_one_place_holds_one_picture_of_a_product_and_a_used_file_cannot_go(
    product_id: str, client: TestClient, run_jobs: RunJobs, tmp_path: Path
) -> None:
    """By SQL too, as the application."""
    staff = hire_into(client)
    (file,) = taken(send(staff, ("a.png", BLUE)))
    (tmp_path / "a.png").write_bytes(BLUE)
    rows_of(images("add", "aura", str(tmp_path / "a.png")))
    assert run_jobs() == []
    before = read_rows(PLACES)
    for statement, constraint in {
        "UPDATE product_image SET rank = 0": "uq_product_image_product_id_rank",
        "DELETE FROM stored_file": "fk_product_image_file_id",
        "UPDATE picture_size SET size_bytes = 500001": "ck_picture_size_light",
    }.items():
        with pytest.raises(IntegrityError, match=constraint), unit_of_work("test") as session:
            session.execute(text(statement))
    refused = staff.delete(f"/uploads/{file['id']}")
    assert (refused.status_code, refused.json()["code"]) == (409, "file_in_use")
    assert read_rows(PLACES) == before
    assert client.get(str(before[-1][0])).status_code == 200

    image_id = rows_of(images("list", "aura"))[-1]["id"]
    rows_of(images("remove", "aura", str(image_id)))
    deleted = staff.delete(f"/uploads/{file['id']}")
    assert deleted.json() == {"id": file["id"], "object": "file", "deleted": True}
    assert run_jobs() == []
    assert client.get(str(before[-1][0])).status_code == 404
    assert list(get_settings().uploads_dir.iterdir()) == []
    assert staff.delete(f"/uploads/{file['id']}").status_code == 404
