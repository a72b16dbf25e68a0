"""Files through the Admin API: taken in whole, checked, confirmed once, written by the worker; and written out."""

import csv
import io
from datetime import timedelta

import httpx2
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from app.catalogue.models import ProductVariant
from app.core.db import unit_of_work
from app.core.http import MAX_BODY_BYTES
from app.imports.apply_run import apply_run
from app.imports.compare_file import compare_file
from app.imports.rules import MOST_BYTES
from app.imports.service import KEPT_FOR, add_file, confirm_run, create_run
from tests.factories.catalogue import make_product
from tests.factories.mail import run_by_name
from tests.factories.shop import MadeShop
from tests.import_files import HEADER, TWO, hire_for, read_shop, send
from tests.in_process import RunJobs
from tests.money_back import Staff
from tests.shop_front import read_rows

FIELDS = (
    "product_handle;product_title;variant_sku;variant_option_1_name;variant_option_1_value;variant_price_eur_cents\n"
)
FEW = "variant_sku;new_quantity\nSOL;5\n"


@pytest.fixture
def clerk(client: TestClient, shop: MadeShop) -> Staff:
    """Somebody who may write."""
    return hire_for(client)


def products(count: int) -> str:
    """So many products of one variant."""
    lines = (f"p-{number};Produit {number};P-{number};Taille;Unique;1000\n" for number in range(count))
    return FIELDS + "".join(lines)


def state_of(staff: Staff, run_id: str) -> dict[str, object]:
    """An import as the Admin reads it."""
    answer: dict[str, object] = staff.get(f"/imports/{run_id}").json()["import"]
    return answer


def test_a_file_is_confirmed_and_written_in_the_name_of_who_said_so(clerk: Staff, run_jobs: RunJobs) -> None:
    sent = send(clerk, "products", TWO)
    assert sent.status_code == 202, sent.text
    run_id = sent.json()["transaction_id"]
    assert sent.json() == {
        "transaction_id": run_id,
        "summary": {"toCreate": 2, "toUpdate": 0},
        "state": "checked",
    }
    assert read_shop()["product"] == []
    for _ in range(2):
        confirmed = clerk.post(f"/products/imports/{run_id}/confirm")
        assert (confirmed.status_code, confirmed.json()) == (202, {})
    assert run_jobs() == []
    shown = state_of(clerk, run_id)
    assert (shown["state"], shown["counts"]["done"], shown["confirmed_by"]) == ("done", 2, "staff:user_staff")  # type: ignore[index]
    assert len(read_shop()["product"]) == 2
    assert read_rows("SELECT DISTINCT actor FROM price_history") == [("staff:user_staff",)]
    after = read_shop()
    assert clerk.post(f"/products/imports/{run_id}/confirm").status_code == 202
    assert (run_jobs(), read_shop()) == ([], after)
    too_late = clerk.post(f"/imports/{run_id}/cancel")
    assert (too_late.status_code, too_late.json()["code"]) == (409, "csv_run_not_in_this_state")
    assert [each["id"] for each in clerk.get("/imports").json()["imports"]] == [run_id]
    _check_stock_and_prices(clerk, run_jobs)
    _check_exports(clerk, run_jobs)


def _check_stock_and_prices(clerk: Staff, run_jobs: RunJobs) -> None:
    for kind, content, table, expected in (
        ("stock", FEW, "level", ("SOL", 5)),
        ("prices", "sku;currency;amount\nSOL;eur;25,50\n", "price", ("SOL", "eur", 2_550)),
    ):
        sent = send(clerk, kind, content)
        assert sent.status_code == 202, sent.text
        assert clerk.post(f"/imports/{sent.json()['transaction_id']}/confirm").status_code == 202
        assert run_jobs() == []
        assert expected in read_shop()[table]


def _check_exports(clerk: Staff, run_jobs: RunJobs) -> None:
    for kind, lines in (("products", 4), ("prices", 4), ("stock", 4)):
        asked = clerk.post(f"/{kind}/export")
        assert asked.status_code == 202, asked.text
        path = f"/exports/{asked.json()['transaction_id']}"
        early = clerk.get(f"{path}/file")
        assert (early.status_code, early.json()["code"]) == (409, "csv_run_not_in_this_state")
        assert run_jobs() == []
        assert clerk.get(path).json()["export"]["state"] == "done"
        file = clerk.get(f"{path}/file")
        assert (file.status_code, file.headers["content-type"]) == (200, "text/csv; charset=utf-8")
        rows = list(csv.reader(io.StringIO(file.content.decode("utf-8-sig")), delimiter=";"))
        assert len(rows) == lines, (kind, rows)
        again = send(clerk, kind, file.content)
        assert (again.status_code, again.json()["summary"]) == (202, {"toCreate": 0, "toUpdate": 0}), again.text


def test_what_is_wrong_is_told_at_once_and_as_a_file(clerk: Staff) -> None:
    wrong = HEADER + "=a;A;;;;;;A-1;Taille;M;10;\nb;B;vendu;;;;;B-1;Taille;M;20;\n"
    refused = send(clerk, "products", wrong)
    assert (refused.status_code, refused.json()["code"]) == (400, "csv_refused")
    assert set(refused.json()["fields"]) == {"2, product_handle", "3, product_status"}
    run_id = clerk.get("/imports").json()["imports"][0]["id"]
    errors = clerk.get(f"/imports/{run_id}/errors").content.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(errors), delimiter=";"))
    assert [row[:3] for row in rows] == [
        ["line", "column", "code"], ["2", "product_handle", "handle"], ["3", "product_status", "choice"],
    ]  # fmt: skip
    assert read_shop()["product"] == []
    confirmed = clerk.post(f"/imports/{run_id}/confirm")
    assert (confirmed.status_code, confirmed.json()["code"]) == (409, "csv_run_not_in_this_state")


def test_who_may_send_and_what_fits(client: TestClient, clerk: Staff, run_jobs: RunJobs) -> None:
    reader = hire_for(client, "readonly")
    forbidden = send(reader, "products", TWO)
    assert (forbidden.status_code, forbidden.json()["code"]) == (403, "not_for_this_role")
    for files in ({"other": ("a.csv", b"x", "text/csv")}, {"file": ("a.csv", b"x"), "more": ("b.csv", b"y")}, {}):
        answer = client.post("/admin/products/import", headers=clerk.headers, files=files)
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_data"), files
    too_large = send(clerk, "products", b"product_handle\n" + b"a\n" * (MOST_BYTES // 2))
    assert (too_large.status_code, too_large.json()["code"]) == (413, "csv_too_large")
    assert "50 Mo" in too_large.json()["message"]
    assert read_rows("SELECT (SELECT count(*) FROM csv_run), (SELECT count(*) FROM csv_chunk)") == [(0, 0)]
    content = products(1_500) + ";" * 20 + "\n" * MAX_BODY_BYTES
    sent = send(clerk, "products", content, mode="each")
    assert (sent.status_code, sent.json()["state"]) == (202, "received"), sent.text
    early = clerk.post(f"/imports/{sent.json()['transaction_id']}/confirm")
    assert (early.status_code, early.json()["code"]) == (409, "csv_run_not_in_this_state")
    assert run_jobs() == []
    shown = state_of(clerk, sent.json()["transaction_id"])
    assert (shown["state"], shown["counts"]["to_create"]) == ("checked", 1_500)  # type: ignore[index]
    canceled = clerk.post(f"/imports/{sent.json()['transaction_id']}/cancel").json()["import"]
    assert (canceled["state"], canceled["counts"]["done"]) == ("canceled", 0)


def test_a_name_of_a_file_is_only_a_name_and_an_encoding_that_is_none_is_refused(clerk: Staff) -> None:
    start = b'--B\r\nContent-Disposition: form-data; name="%b"; filename="%b.csv"\r\nContent-Type: text/csv\r\n\r\n'

    def bring(path: str, field: bytes, name: bytes, charset: str) -> httpx2.Response:
        headers = {**clerk.headers, "content-type": f"multipart/form-data; boundary=B; charset={charset}"}
        content = start % (field, name) + TWO.encode() + b"\r\n--B--\r\n"
        return clerk.http.post(path, headers=headers, content=content)

    for name, charset in ((b"../../etc/a\x00\x1bb", "utf-8"), (b"c:\\ab", "latin-1"), (b"a+2AA-b", "utf-7")):
        sent = bring("/admin/products/import", b"file", name, charset)
        assert sent.status_code == 202, (name, sent.text)
        assert state_of(clerk, sent.json()["transaction_id"])["file_name"] == "ab.csv"
    for charset in ("undefined", "\x00"):
        for path, field in (("/admin/products/import", b"file"), ("/admin/uploads", b"files")):
            refused = bring(path, field, b"a", charset)
            assert (refused.status_code, refused.json()["code"]) == (400, "invalid_data"), (path, refused.text)
    assert read_rows("SELECT count(*) FROM csv_run") == [(3,)]


def test_a_link_is_shown_to_nobody_but_who_asked_for_it(client: TestClient, clerk: Staff) -> None:
    """Whoever has its id may send the file: an account that only reads must not find it in a list."""
    link = clerk.post("/uploads/presigned-urls", originalname="a.csv", mime_type="text/csv", size=9).json()
    reader = hire_for(client, "readonly")
    shown = reader.get("/imports")
    assert (shown.json()["imports"], shown.json()["count"]) == ([], 0)
    assert link["filename"] not in shown.text
    assert client.put(f"/admin/products/import/{link['filename']}", content=TWO.encode()).status_code == 204
    assert reader.get("/imports").json()["count"] == 0, "the file is here, and not yet taken"
    assert clerk.post("/products/imports", file_key=link["filename"]).status_code == 202
    assert [each["id"] for each in reader.get("/imports").json()["imports"]] == [link["filename"]]
    assert reader.post(f"/imports/{link['filename']}/confirm").json()["code"] == "not_for_this_role"


def test_a_link_takes_one_file_and_ends(client: TestClient, clerk: Staff) -> None:
    def ask(name: str = "produits.csv") -> dict[str, str]:
        given: dict[str, str] = clerk.post(
            "/uploads/presigned-urls", originalname=name, mime_type="text/csv", size=9
        ).json()
        return given

    assert ask("photo.png")["code"] == "invalid_data"
    link, old = ask(), ask()
    with unit_of_work("test") as session:
        late = text("UPDATE csv_run SET created_at = created_at - interval '16 minutes' WHERE id = :id")
        session.execute(late, {"id": old["filename"]})
    path = link["url"].removeprefix("http://127.0.0.1:9000")
    empty = clerk.post("/products/imports", file_key=link["filename"])
    assert (empty.status_code, empty.json()["code"]) == (409, "csv_run_not_in_this_state")
    assert client.put(path, content=TWO.encode()).status_code == 204
    for again in (path, old["url"].removeprefix("http://127.0.0.1:9000")):
        ended = client.put(again, content=TWO.encode())
        assert (ended.status_code, ended.json()["code"]) == (404, "csv_link_ended")
    started = clerk.post("/products/imports", file_key=link["filename"], originalname="produits.csv")
    assert (started.status_code, started.json()["summary"]) == (202, {"toCreate": 2, "toUpdate": 0})


def prepare(kind: str, content: str, mode: str = "all") -> str:
    """A file that is checked and confirmed; gives its run."""
    with unit_of_work("test") as session:
        run = create_run(session, kind, mode=mode)  # type: ignore[arg-type]
        add_file(session, run, [content.encode()])
    assert compare_file(run.id).state == "checked"
    with unit_of_work("test") as session:
        confirm_run(session, run.id)
    return run.id


class Died(Exception):
    """As a process dies."""


@pytest.mark.parametrize("mode", ["each", "all"])
def test_after_a_death_it_goes_on_and_counts_nothing_twice(shop: MadeShop, mode: str) -> None:
    run_id = prepare("products", products(1_300), mode)
    apply_run(run_id)
    lines = "".join(f"P-{number};3;BL-7\n" for number in range(1_300))
    run_id = prepare("stock", f"variant_sku;received_quantity;delivery_reference\n{lines}", mode)

    def die(_what: str, done: int, _of: int) -> None:
        raise Died(done)

    with pytest.raises(Died) as died:
        apply_run(run_id, die)
    assert 0 < died.value.args[0] < 1_300
    written = read_rows("SELECT count(*) FROM stock_movement")
    assert written == [(died.value.args[0] if mode == "each" else 0,)]
    assert apply_run(run_id).state == "done"
    assert read_rows("SELECT count(*), sum(delta) FROM stock_movement") == [(1_300, 3_900)]
    assert read_rows("SELECT DISTINCT stocked_quantity FROM stock_level") == [(3,)]


def test_all_or_nothing_is_nothing_when_the_shop_changed_meanwhile(shop: MadeShop) -> None:
    run_id = prepare("products", products(1_300))
    with unit_of_work("test") as session:
        other = make_product(session, shop.channel.id, handle="autre")
        variant = session.get(ProductVariant, other.variants[0].id)
        assert variant is not None
        variant.sku = "P-1299"
    before = read_shop()
    assert apply_run(run_id).state == "refused"
    assert read_shop() == before
    assert read_rows('SELECT line, "column", code FROM csv_problem') == [(1_301, "variant_sku", "sku_elsewhere")]
    run_id = prepare("products", products(1_299), "each")
    with unit_of_work("test") as session:
        session.execute(text("UPDATE product_variant SET sku = 'P-7' WHERE sku = 'P-1299'"))
    done = apply_run(run_id)
    assert (done.state, done.done_count, done.refused_count) == ("done", 1_298, 1)


def test_pieces_are_counted_and_received_as_movements(shop: MadeShop) -> None:
    with unit_of_work("test") as session:
        for handle, stock in (("aura", 10), ("luna", 4)):
            make_product(session, shop.channel.id, handle=handle, stock=stock)
    header = "variant_sku;stocked_quantity;new_quantity;received_quantity;delivery_reference\n"
    right = header + "AURA-NOIR;10;7;;\nLUNA-NOIR;4;;10;BL-1\n"
    apply_run(prepare("stock", right))
    assert read_shop()["level"] == [("AURA-NOIR", 7), ("LUNA-NOIR", 14)]
    assert read_shop()["movement"][2:] == [("import", None, -3), ("receipt", "BL-1", 10)]
    again = prepare_only("stock", right)
    assert (again["same_count"], again["refused_count"]) == (2, 0)
    with unit_of_work("test") as session:
        reserved = "INSERT INTO stock_reservation (cart_id, variant_id, quantity, expires_at) SELECT 'cart_x', id, 6,"
        reserved += " now() + interval '10 minutes' FROM product_variant WHERE sku = 'AURA-NOIR'"
        session.execute(text(reserved))
    wrong = header + ("AURA-NOIR;7;2;;\nLUNA-NOIR;4;9;;\nNULLE;;1;;\n")
    found = prepare_only("stock", wrong)
    assert found["problems"] == ["promised", "moved_meanwhile", "unknown_sku"]
    other = header + "AURA-NOIR;;3;4;BL-2\nLUNA-NOIR;;;11;BL-1\n"
    assert prepare_only("stock", other)["problems"] == ["count_or_receipt", "received_otherwise"]
    assert prepare_only("stock", header + "LUNA-NOIR;;;5;\n")["problems"] == ["delivery_reference"]
    twice = "variant_sku;new_quantity\nAURA-NOIR;9\nAURA-NOIR;8\n"
    assert prepare_only("stock", twice)["problems"] == ["double_line"]
    assert read_shop()["level"] == [("AURA-NOIR", 7), ("LUNA-NOIR", 14)]


def prepare_only(kind: str, content: str) -> dict[str, object]:
    """What a dry run of this finds."""
    with unit_of_work("test") as session:
        run = create_run(session, kind)  # type: ignore[arg-type]
        add_file(session, run, [content.encode()])
    done = compare_file(run.id)
    codes = read_rows("SELECT code FROM csv_problem WHERE run_id = :run ORDER BY line, id", run=run.id)
    return {"same_count": done.same_count, "refused_count": done.refused_count, "problems": [row[0] for row in codes]}


def test_runs_are_forgotten_after_a_week(clerk: Staff) -> None:
    send(clerk, "products", TWO)
    with unit_of_work("test") as session:
        session.execute(
            text("UPDATE csv_run SET created_at = created_at - CAST(:age AS interval)"),
            {"age": KEPT_FOR - timedelta(minutes=5)},
        )
    run_by_name("imports.forget")
    assert read_rows("SELECT count(*) FROM csv_run") == [(1,)]
    with unit_of_work("test") as session:
        session.execute(text("UPDATE csv_run SET created_at = created_at - interval '10 minutes'"))
    run_by_name("imports.forget")
    assert read_rows("SELECT (SELECT count(*) FROM csv_run), (SELECT count(*) FROM csv_line)") == [(0, 0)]
