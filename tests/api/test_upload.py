"""POST /admin/uploads: the address is answered at once, the worker makes what it shows, without what was hidden."""

import io
from hashlib import sha256
from pathlib import Path

import httpx2
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from app.core.settings import get_settings
from tests.factories import pictures
from tests.in_process import RunJobs
from tests.money_back import Staff
from tests.rows import row
from tests.shop_front import read_rows
from tests.staff_files import encode_all, hire_into, path_of, read_file, send, taken

SUFFIXES = {f"{size}.{kind}" for size in ("", "-800", "-400") for kind in ("webp", "avif", "jpg")}
SIDES = {"-800.": 800, "-400.": 400}
MEDIA = {"webp": "image/webp", "avif": "image/avif", "jpg": "image/jpeg"}
FILES = "SELECT status, refusal FROM stored_file ORDER BY created_at"


@pytest.fixture
def staff(client: TestClient) -> Staff:
    return hire_into(client)


def shown(http: httpx2.Client, url: object) -> Image.Image:
    """The picture that everybody sees at this address."""
    answer = http.get(path_of(url))
    assert answer.status_code == 200, answer.text
    assert len(answer.content) <= 500_000
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"] == MEDIA[str(url).rpartition(".")[2]]
    return Image.open(io.BytesIO(answer.content))


def folders() -> tuple[set[str], set[str]]:
    """The names of what is public, and of what is private."""
    settings = get_settings()
    public, private = (
        {each.name for each in folder.iterdir()} if folder.exists() else set()
        for folder in (settings.uploads_dir, settings.private_files_dir)
    )
    return public, private


@row("S0-037", "S0-073", "S0-084")
def test_a_photo_has_its_address_at_once_and_is_shown_upright_small_and_without_its_secrets(
    staff: Staff, run_jobs: RunJobs
) -> None:
    photo = pictures.photo(2400, 1800, orientation=6)
    assert b"Exif" in photo
    assert pictures.SECRET.encode() in photo
    (file,) = taken(send(staff, ("IMG_0001.JPG", photo, "image/jpeg")))
    name = sha256(photo).hexdigest()
    assert file == {"id": file["id"], "url": f"{get_settings().public_url}/static/{name}.webp"}
    early = staff.http.get(path_of(file["url"]))
    assert (early.status_code, early.headers["cache-control"]) == (404, "no-store")
    assert folders() == (set(), {name}), "the original is private until its sizes are made"
    assert staff.http.get(f"/static/{name}").status_code == 404
    assert read_file(staff, file["id"])["status"] == "waiting"

    encode_all(run_jobs)
    found = read_file(staff, file["id"])
    assert (found["status"], found["width"], found["height"], found["name"]) == ("ready", 1800, 2400, "IMG_0001.JPG")
    sizes = found["sizes"]
    assert isinstance(sizes, list)
    assert {path_of(each["url"]) for each in sizes} == {f"/static/{name}{suffix}" for suffix in SUFFIXES}
    assert folders() == ({f"{name}{suffix}" for suffix in SUFFIXES}, set()), "the original is gone"
    for each in sizes:
        picture = shown(staff.http, each["url"])
        side = next((side for suffix, side in SIDES.items() if suffix in str(each["url"])), 1600)
        assert picture.size == (each["width"], each["height"]) == (side * 3 // 4, side), each["url"]
        assert picture.getexif() == {}
        red, _, blue = picture.convert("RGB").getpixel((picture.width // 2, 10))  # type: ignore[misc]
        assert red > 200 > 60 > blue, "the left half of a photo that is turned is on top"
    for path in Path(get_settings().uploads_dir).iterdir():
        content = path.read_bytes()
        assert pictures.SECRET.encode() not in content
        assert b"Exif" not in content
        assert path.stat().st_mode & 0o777 == 0o644, "nginx reads it"


@row("S0-073")
def test_every_kind_of_pixels_becomes_what_a_browser_shows(staff: Staff, run_jobs: RunJobs) -> None:
    half = pictures.halves(300, 200)
    clear = half.convert("RGBA")
    clear.putalpha(128)
    kinds = {
        "cmyk.jpg": pictures.printed(),
        "profile.jpeg": pictures.with_profile(),
        "two.jpg": pictures.two_photos(),
        "grey.png": pictures.encoded(half.convert("L"), "PNG"),
        "bits.png": pictures.encoded(half.convert("1"), "PNG"),
        "deep.png": pictures.encoded(Image.new("I;16", (300, 200), 40_000), "PNG"),
        "palette.gif": pictures.encoded(half.convert("P"), "GIF"),
        "clear.png": pictures.encoded(clear, "PNG"),
        "still.webp": pictures.encoded(half, "WEBP"),
        "still.avif": pictures.encoded(half, "AVIF"),
    }
    files = taken(send(staff, *((name, content, "") for name, content in kinds.items())))
    encode_all(run_jobs)
    for name, file in zip(kinds, files, strict=True):
        assert read_file(staff, file["id"])["status"] == "ready", name
        webp, jpeg = shown(staff.http, file["url"]), shown(staff.http, str(file["url"]).replace(".webp", ".jpg"))
        assert webp.size == jpeg.size == ((600, 400) if name == "two.jpg" else (300, 200)), "never made larger"
        assert (webp.mode, jpeg.mode) == ("RGBA" if name == "clear.png" else "RGB", "RGB"), name
    deep = shown(staff.http, files[5]["url"]).convert("L").getpixel((5, 5))
    assert isinstance(deep, int)
    assert abs(deep - 40_000 // 256) < 4, "16 bits become 8, not white"
    red, _, blue = shown(staff.http, files[0]["url"]).convert("RGB").getpixel((5, 5))
    assert red > 150 > blue, "ink becomes light"


HTML = b"<html><script>alert(1)</script></html>"
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
JPEG = pictures.encoded(pictures.halves(30, 20))
PNG = pictures.encoded(pictures.halves(30, 20), "PNG")
REFUSED = {
    "a script": ("a.svg", SVG, "image/svg+xml", 415, "not_a_picture"),
    "a script by another name": ("a.jpg", SVG, "image/jpeg", 415, "not_a_picture"),
    "a page": ("a.png", HTML, "image/png", 415, "not_a_picture"),
    "a document": ("a.jpg", b"%PDF-1.7 " + JPEG, "image/jpeg", 415, "not_a_picture"),
    "an archive": ("a.png", b"PK\x03\x04" + bytes(60), "image/png", 415, "not_a_picture"),
    "a program": ("a.gif", b"MZ" + bytes(60), "image/gif", 415, "not_a_picture"),
    "HEIC": ("a.heic", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(40), "", 415, "not_a_picture"),
    "a film": ("a.mp4", b"\0\0\0\x18ftypisom\0\0\0\0isommp42" + bytes(40), "", 415, "not_a_picture"),
    "TIFF": ("a.tif", b"II*\0" + bytes(60), "image/tiff", 415, "not_a_picture"),
    "nothing": ("a.jpg", b"", "image/jpeg", 415, "not_a_picture"),
    "another extension": ("a.png", JPEG, "", 415, "wrong_extension"),
    "a dangerous extension": ("a.jpg.php", JPEG, "image/jpeg", 415, "wrong_extension"),
    "the extension of a script": ("a.svg", PNG, "image/png", 415, "wrong_extension"),
    "another type": ("a.png", PNG, "image/svg+xml", 415, "wrong_extension"),
    "a page's type": ("a", PNG, "text/html", 415, "wrong_extension"),
    "too heavy": ("a.jpg", JPEG + bytes(10 * 1024 * 1024), "image/jpeg", 413, "file_too_large"),
    "a bomb": ("a.png", pictures.claiming(60_000, 60_000), "image/png", 400, "unusable_picture"),
    "a long bomb": ("a.png", pictures.claiming(1, 20_001), "image/png", 400, "unusable_picture"),
    "a bomb in GIF": ("a.gif", b"GIF89a\xff\xff\xff\xff" + bytes(40), "", 400, "unusable_picture"),
    "moving WebP": ("a.webp", pictures.moving("WEBP"), "", 400, "unusable_picture"),
    "moving PNG": ("a.png", pictures.moving("PNG"), "", 400, "unusable_picture"),
    "moving AVIF": ("a.avif", pictures.moving("AVIF"), "", 400, "unusable_picture"),
    "the beginning of a JPEG": ("a.jpg", JPEG[:20], "", 400, "unusable_picture"),
    "a PNG without size": ("a.png", PNG[:15], "", 400, "unusable_picture"),
    "a WebP without size": ("a.webp", b"RIFF\x20\0\0\0WEBPVP8X", "", 400, "unusable_picture"),
}


@row("S0-084")
def test_what_is_no_picture_is_refused_with_what_to_do_and_nothing_is_kept(staff: Staff, run_jobs: RunJobs) -> None:
    for case, (name, content, content_type, status, code) in REFUSED.items():
        answer = send(staff, (name, content, content_type))
        assert (answer.status_code, answer.json()["code"]) == (status, code), case
        with_a_good_one = send(staff, ("good.png", PNG), (name, content, content_type))
        assert with_a_good_one.status_code == status, case
    assert read_rows(FILES) == []
    assert folders() == (set(), set())
    assert read_rows("SELECT count(*) FROM procrastinate_jobs WHERE task_name LIKE 'files%'") == [(0,)]
    encode_all(run_jobs)


def test_what_only_decoding_shows_is_refused_by_the_worker_and_never_public(staff: Staff, run_jobs: RunJobs) -> None:
    whole = pictures.encoded(pictures.noise(300, 200))
    cases = {
        "cut.jpg": (whole[: len(whole) // 2], "damaged"),
        "cut.png": (pictures.encoded(pictures.noise(300, 200), "PNG")[:5_000], "damaged"),
        "cut.webp": (pictures.encoded(pictures.noise(300, 200), "WEBP")[:5_000], "damaged"),
        "empty.png": (pictures.claiming(3000, 3000), "damaged"),
        "moving.gif": (pictures.moving("GIF"), "animated"),
        "lies.avif": (pictures.encoded(pictures.halves(30, 20), "AVIF")[:200], "damaged"),
    }
    files = taken(send(staff, *((name, content, "") for name, (content, _) in cases.items())))
    encode_all(run_jobs)
    for (name, (_, refusal)), file in zip(cases.items(), files, strict=True):
        found = read_file(staff, file["id"])
        assert (found["status"], found["refusal"], found["sizes"]) == ("refused", refusal, []), name
        assert staff.http.get(path_of(file["url"])).status_code == 404
    assert folders() == (set(), set())
    (again,) = taken(send(staff, ("cut.jpg", cases["cut.jpg"][0], "")))
    assert again["id"] == files[0]["id"]
    assert read_file(staff, again["id"])["status"] == "waiting", "sent again it is tried again"
    encode_all(run_jobs)


def test_what_is_appended_to_a_picture_is_not_served(staff: Staff, run_jobs: RunJobs) -> None:
    """A polyglot: a picture to us, a page or an archive to whoever reads its end."""
    (file,) = taken(send(staff, ("a.jpg", JPEG + HTML + b"PK\x03\x04 evil", "image/jpeg")))
    encode_all(run_jobs)
    for path in Path(get_settings().uploads_dir).iterdir():
        assert b"script" not in path.read_bytes()
        assert b"evil" not in path.read_bytes()
    assert staff.http.get(path_of(file["url"])).headers["x-content-type-options"] == "nosniff"


def test_forms_that_bring_no_file_or_too_many_change_nothing(staff: Staff) -> None:
    many = [("files", (f"{number}.png", PNG)) for number in range(11)]
    cases: dict[str, tuple[dict[str, object], int, str]] = {
        "no form": ({}, 400, "no_files"),
        "JSON": ({"json": {"files": []}}, 400, "no_files"),
        "a word": ({"data": {"files": "x"}}, 400, "no_files"),
        "another field": ({"files": [("file", ("a.png", PNG))]}, 400, "no_files"),
        "a word beside": ({"files": [("files", ("a.png", PNG))], "data": {"x": "y"}}, 400, "invalid_data"),
        "eleven": ({"files": many}, 400, "invalid_data"),
        "33 MB": ({"files": [("files", ("a.png", bytes(33 * 1024 * 1024)))]}, 413, "body_too_large"),
        "a broken form": (
            {"content": b"--x\r\nnothing", "headers": {**staff.headers, "content-type": "multipart/form-data"}},
            400,
            "invalid_data",
        ),
    }
    for case, (given, status, code) in cases.items():
        answer = staff.http.post("/admin/uploads", **{"headers": staff.headers, **given})  # type: ignore[arg-type]
        assert (answer.status_code, answer.json()["code"]) == (status, code), (case, answer.text)
    assert answer.json()["type"] == "invalid_data"
    assert staff.http.post("/admin/uploads", headers=staff.headers).json()["message"] == "No files were uploaded"
    assert read_rows(FILES) == []


@row("S0-084")
def test_who_may_not_write_is_refused_before_the_body_is_read(client: TestClient) -> None:
    reader = hire_into(client, "readonly")
    answer = send(reader, ("a.png", PNG))
    assert (answer.status_code, answer.json()["code"]) == (403, "not_for_this_role")
    nobody = Staff(client, {})
    assert send(nobody, ("a.png", PNG)).status_code == 401
    broken = client.post("/admin/uploads", content=b"no form", headers={"content-type": "multipart/form-data"})
    assert broken.status_code == 401, "a stranger's form is not taken apart"
    assert read_rows(FILES) == []


def test_the_same_picture_twice_is_one_and_a_name_is_only_a_name(staff: Staff, run_jobs: RunJobs) -> None:
    first, second = taken(send(staff, ("../../etc/passwd.png", PNG), ("b\u202egnp.png", PNG)))
    assert first == second
    encode_all(run_jobs)
    (third,) = taken(send(staff, ("c.png", PNG, "text/plain")))
    assert third == first
    assert read_file(staff, first["id"])["name"] == "passwd.png"
    assert read_rows(FILES) == [("ready", None)]
    assert read_rows("SELECT action, actor FROM audit_log WHERE action LIKE 'file%'") == [
        ("file.upload", "staff:user_staff")
    ]
    assert folders()[1] == set(), "no original stays"
