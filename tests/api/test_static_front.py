"""`/static/` through the real nginx: kept for a year, of the type that its name says, and nothing beside pictures."""

import httpx2
import pytest

from app.core.db import unit_of_work
from app.core.settings import get_settings
from app.files.create_picture import create_picture
from app.files.jobs import encode_waiting
from app.files.service import store_private
from tests.api.test_freshness import unverified
from tests.factories import pictures
from tests.nginx_front import Front
from tests.rows import row
from tests.shop_front import change_settings

IMMUTABLE = "public, max-age=31536000, immutable"


def make(colour: str) -> str:
    """A picture whose sizes are made; its name."""
    picture = create_picture(pictures.encoded(pictures.halves(600, 400, colour), "PNG"), "a.png")
    encode_waiting()
    return str(picture.public_name)


@row("S0-037", "S0-083")
def test_pictures_are_kept_for_a_year_and_nothing_else_is_served(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    behind = make("green")  # where the application keeps files, as in an S3 store: nginx has none of it
    change_settings(monkeypatch, UPLOADS_DIR=str(front.folder / "uploads"))
    name = make("red")
    uploads = get_settings().uploads_dir
    (uploads / ".hidden.webp").write_bytes(b"hidden")
    (uploads / "page.html").write_bytes(b"<script>")
    (uploads / "linked.webp").symlink_to("/etc/hostname")
    with unit_of_work("test") as session:
        document = store_private(session, b"private", "application/pdf", "a.pdf").id

    with httpx2.Client(base_url=front.url, verify=unverified()) as client:
        for kind, media in {"webp": "image/webp", "avif": "image/avif", "jpg": "image/jpeg"}.items():
            for size in ("", "-800", "-400"):
                answer = client.get(f"/static/{name}{size}.{kind}")
                assert (answer.status_code, answer.headers["content-type"]) == (200, media)
                assert answer.headers.get_list("cache-control") == [IMMUTABLE]
                assert answer.headers["x-content-type-options"] == "nosniff"
                assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
                assert answer.content == (uploads / f"{name}{size}.{kind}").read_bytes()
        etag = client.get(f"/static/{name}.webp").headers["etag"]
        again = client.get(f"/static/{name}.webp", headers={"If-None-Match": etag})
        assert (again.status_code, again.headers["cache-control"]) == (304, IMMUTABLE)

        from_behind = client.get(f"/static/{behind}.webp")
        assert (from_behind.status_code, from_behind.headers["content-type"]) == (200, "image/webp")
        assert from_behind.headers.get_list("cache-control") == [IMMUTABLE]
        for path in (f"{'0' * 64}.webp", ".hidden.webp", "linked.webp", f"{name}", "../private-files/x", document):
            refused = client.get(f"/static/{path}")
            assert refused.status_code in (403, 404), path
            assert "immutable" not in refused.headers.get("cache-control", ""), path
        page = client.get("/static/page.html")
        assert page.headers["content-type"] == "application/octet-stream"
        too_large = client.post("/admin/uploads", content=bytes(33 * 1024 * 1024))
        assert (too_large.status_code, too_large.json()["code"]) == (413, "body_too_large")
        assert client.post("/admin/uploads", content=bytes(20 * 1024 * 1024)).status_code == 401
