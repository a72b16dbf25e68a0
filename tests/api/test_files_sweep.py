"""Each night: pictures that nothing has shown for a month go, and what was cut off on its way into the store."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from app.core.clock import utc_now
from app.core.db import unit_of_work
from app.core.jobs import enqueue
from app.core.settings import get_settings
from tests.api.test_private_file import keep_document
from tests.factories import pictures
from tests.factories.catalogue import make_product
from tests.factories.shop import make_shop
from tests.in_process import RunJobs
from tests.shop_front import read_rows
from tests.staff_files import encode_all, hire_into, path_of, send, taken

# Where else than among a product's pictures an address may be written.
WRITTEN = {
    "product.description": "UPDATE product SET description = '![vue](https://shop.example/static/{name}-800.webp)'",
    "product.metadata": "UPDATE product SET metadata = jsonb_build_object('vue', '/static/{name}.avif')",
    "variant.thumbnail": "UPDATE product_variant SET thumbnail = '/static/{name}.webp'",
    "category": "INSERT INTO product_category (id, name, handle, description)"
    " VALUES ('c', 'C', 'c', '/static/{name}.jpg')",
    "collection": "INSERT INTO product_collection (id, title, handle, metadata)"
    " VALUES ('c', 'C', 'c', jsonb_build_object('vue', '/static/{name}.webp'))",
}


def sweep(run_jobs: RunJobs) -> None:
    with unit_of_work("test") as session:
        enqueue(session, "ops.sweep_files")
    encode_all(run_jobs)


def age(days: int) -> None:
    with unit_of_work("test") as session:
        session.execute(
            text("UPDATE stored_file SET created_at = now() - make_interval(days => :days)"), {"days": days}
        )


def test_what_nothing_shows_goes_after_a_month_and_what_is_shown_stays(client: TestClient, run_jobs: RunJobs) -> None:
    with unit_of_work("test") as session:
        make_product(session, make_shop(session).channel.id)
    staff = hire_into(client)
    contents = [pictures.encoded(pictures.halves(20 + number, 10), "PNG") for number in range(len(WRITTEN) + 2)]
    files = taken(send(staff, *((f"{number}.png", content) for number, content in enumerate(contents))))
    names = [path_of(file["url"]).removeprefix("/static/").removesuffix(".webp") for file in files]
    for name, statement in zip(names, WRITTEN.values(), strict=False):
        with unit_of_work("test") as session:
            session.execute(text(statement.format(name=name)))
    with unit_of_work("test") as session:
        session.execute(text("UPDATE product_image SET url = :url"), {"url": f"/static/{names[-2]}.webp"})
    document = keep_document()
    encode_all(run_jobs)

    age(29)
    sweep(run_jobs)
    assert read_rows("SELECT count(*) FROM stored_file WHERE kind = 'picture'") == [(len(names),)]
    for place, file in zip((*WRITTEN, "product_image"), files, strict=False):
        refused = staff.delete(f"/uploads/{file['id']}")
        assert (refused.status_code, refused.json().get("code")) == (409, "file_in_use"), place
    age(31)
    sweep(run_jobs)
    left = {name for (name,) in read_rows("SELECT public_name FROM stored_file WHERE kind = 'picture'")}
    assert left == set(names[:-1])
    served = {path.name.partition(".")[0].partition("-")[0] for path in Path(get_settings().uploads_dir).iterdir()}
    assert served == set(names[:-1])
    assert read_rows("SELECT id FROM stored_file WHERE kind = 'document'") == [(document,)], "documents are the shop's"
    assert client.get(path_of(files[-1]["url"])).status_code == 404


@pytest.mark.parametrize("days", [0, 2])
def test_what_lies_in_the_store_without_a_row_goes_after_a_day(
    client: TestClient, run_jobs: RunJobs, days: int
) -> None:
    staff = hire_into(client)
    (waiting,) = taken(send(staff, ("a.png", pictures.encoded(pictures.halves(20, 10), "PNG"))))
    encode_all(run_jobs)
    (again,) = taken(send(staff, ("b.png", pictures.encoded(pictures.halves(20, 11), "PNG"))))
    settings = get_settings()
    settings.uploads_dir.mkdir(exist_ok=True)
    strays = [settings.uploads_dir / f"{'a' * 64}-400.webp", settings.private_files_dir / "file_cut_off"]
    foreign = [settings.uploads_dir / f"{'b' * 32}.webp", settings.uploads_dir / "logo.png"]
    for path in (*strays, *foreign):
        path.write_bytes(b"x")
    then = (utc_now() - timedelta(days=days)).timestamp()
    everything = [*settings.uploads_dir.iterdir(), *settings.private_files_dir.iterdir()]
    for path in everything:
        os.utime(path, (then, then))
    with unit_of_work("test") as session:
        session.execute(text("DELETE FROM procrastinate_jobs"))  # the second picture waits for the clock
    sweep(run_jobs)
    left = [path for path in everything if path.exists()]
    assert set(everything) - set(left) == (set(strays) if days else set())
    assert client.get(path_of(waiting["url"])).status_code == 200
    assert again["id"] != waiting["id"]
