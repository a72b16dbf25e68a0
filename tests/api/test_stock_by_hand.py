"""Pieces that people count, deliver and look at: over HTTP and by command. Every change is a movement that says why."""

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.admin_api.shapes_stock import LOCATION_ID, item_id_of
from app.core.db import unit_of_work
from app.stock.service import receive, reserve
from tests.command import Done, run_command
from tests.factories.catalogue import make_product
from tests.factories.shop import MadeShop
from tests.factories.stock import lapse_reservations
from tests.rows import row
from tests.shop_front import Json, read_rows
from tests.staff_files import hire_into

MOVED = "SELECT delta, reason, reference, note, actor FROM stock_movement WHERE variant_id = :id ORDER BY id"
ACTS = "SELECT action, actor, details FROM audit_log WHERE action LIKE 'stock.%' AND subject = :id ORDER BY id"
TABLES = ("stock_level", "stock_movement", "stock_reservation", "audit_log")


def state() -> list[object]:
    """All that stock consists of, and what was noted of it."""
    return [read_rows(f"SELECT to_jsonb(t) FROM {name} t ORDER BY to_jsonb(t)::text") for name in TABLES]  # noqa: S608


class Shelf:
    """Two variants: black, of which ten pieces came, and green, of which none ever did."""

    def __init__(self, client: TestClient, shop: MadeShop) -> None:
        self.client = client
        self.staff = hire_into(client, "staff")
        with unit_of_work("test") as session:
            made = make_product(
                session, shop.channel.id, handle="lune", title="Lune", colours=("Noir", "Vert"), stock=0
            )
            self.black, self.green = (variant.id for variant in made.variants)
            receive(session, self.black, 10, "BL-1")

    def item(self, variant_id: str) -> str:
        """The path of its item."""
        return f"/inventory-items/{item_id_of(variant_id)}"

    def level(self, variant_id: str) -> str:
        """The path of its level."""
        return f"{self.item(variant_id)}/location-levels/{LOCATION_ID}"

    def count(self, variant_id: str, pieces: int, if_match: str = "") -> tuple[int, str]:
        """Say how many pieces there are; the status, and the code or the new version."""
        headers = {**self.staff.headers, "if-match": if_match}
        path = f"/admin{self.level(variant_id)}"
        answer = self.client.post(path, json={"stocked_quantity": pieces, "note": "Inventaire"}, headers=headers)
        return answer.status_code, answer.headers.get("etag") or answer.json()["code"]


@pytest.fixture
def shelf(client: TestClient, shop: MadeShop) -> Shelf:
    return Shelf(client, shop)


def test_a_delivery_adds_and_a_count_corrects_and_both_say_who_and_why(shelf: Shelf) -> None:
    shown = shelf.staff.get(f"{shelf.item(shelf.green)}?fields=id,sku,+location_levels.*").json()["inventory_item"]
    assert (shown["sku"], shown["location_levels"][0]["stocked_quantity"]) == ("LUNE-VERT", 0)
    for variant_id, before in ((shelf.black, 10), (shelf.green, 0)):
        done = shelf.staff.post(f"{shelf.item(variant_id)}/receive", quantity=10, reference="BL-2", note="Réassort")
        item = done.json()["inventory_item"]
        assert (done.status_code, item["stocked_quantity"]) == (200, before + 10)
    assert shelf.count(shelf.black, 17)[0] == 200
    unchanged = state()
    assert shelf.count(shelf.black, 17)[0] == 200
    assert state() == unchanged, "the same count again changes nothing"
    assert read_rows(MOVED, id=shelf.black) == [
        (10, "receipt", "BL-1", None, "test"),
        (10, "receipt", "BL-2", "Réassort", "staff:user_staff"),
        (-3, "correction", None, "Inventaire", "staff:user_staff"),
    ]
    assert read_rows(ACTS, id=shelf.black)[1:] == [
        ("stock.receive", "staff:user_staff", {"stocked": {"before": 10, "after": 20}}),
        ("stock.correction", "staff:user_staff", {"stocked": {"before": 20, "after": 17}}),
    ]
    movements = shelf.staff.get(f"{shelf.item(shelf.black)}/movements?limit=1").json()
    assert (movements["count"], movements["movements"][0]["delta"]) == (3, -3)


def test_items_are_found_by_sku_word_and_page(shelf: Shelf) -> None:
    with unit_of_work("test") as session:
        reserve(session, "cart_1", {shelf.black: 4})
    found = shelf.staff.get("/inventory-items?sku=LUNE-NOIR&fields=*location_levels").json()
    (item,) = found["inventory_items"]
    assert (found["count"], found["limit"], item["id"]) == (1, 20, item_id_of(shelf.black))
    (level,) = item["location_levels"]
    quantities = ("location_id", "stocked_quantity", "reserved_quantity", "available_quantity", "incoming_quantity")
    assert tuple(level[name] for name in quantities) == (LOCATION_ID, 10, 4, 6, 0)
    for query, skus, count in (
        ("q=lune vert", ["LUNE-VERT"], 1),
        ("q=LÜNE&order=-sku", ["LUNE-VERT", "LUNE-NOIR"], 2),
        (f"id={item['id']}&id=iitem_none&id=none", ["LUNE-NOIR"], 1),
        ("limit=1&offset=1&order=sku", ["LUNE-VERT"], 2),
        ("order=-stocked_quantity&limit=1", ["LUNE-NOIR"], 2),
        ("q=soleil", [], 0),
    ):
        page = shelf.staff.get(f"/inventory-items?{query}").json()
        assert ([each["sku"] for each in page["inventory_items"]], page["count"]) == (skus, count), query
    (promise,) = shelf.staff.get(f"/reservations?inventory_item_id={item['id']}").json()["reservations"]
    assert (promise["quantity"], promise["inventory_item_id"]) == (4, item["id"])
    assert shelf.staff.get(f"/reservations/{promise['id']}").json()["reservation"] == promise
    (location,) = shelf.staff.get("/stock-locations").json()["stock_locations"]
    assert shelf.staff.get(f"/stock-locations/{location['id']}").json()["stock_location"] == location
    assert shelf.staff.get(f"{shelf.item(shelf.black)}/location-levels").json()["inventory_levels"] == [level]


def test_whoever_counted_what_changed_meanwhile_counts_again(shelf: Shelf, shop: MadeShop) -> None:
    for variant_id in (shelf.black, shelf.green):
        version = shelf.staff.get(shelf.item(variant_id)).headers["etag"]
        with unit_of_work("test") as session:
            receive(session, variant_id, 1)
        before = state()
        assert shelf.count(variant_id, 5, version) == (412, "changed_meanwhile")
        assert state() == before
        fresh = shelf.staff.get(shelf.item(variant_id)).headers["etag"]
        assert shelf.count(variant_id, 5, fresh)[0] == 200
    with unit_of_work("test") as session:
        variant_id = make_product(session, shop.channel.id, handle="neuf", stock=0).variants[0].id
    never_came = shelf.staff.get(shelf.item(variant_id)).headers["etag"]
    assert shelf.count(variant_id, 2, never_came)[0] == 200, "a first count has a version too"


def test_what_stock_refuses_changes_nothing(shelf: Shelf, client: TestClient) -> None:
    reader = hire_into(client, "readonly")
    with unit_of_work("test") as session:
        reserve(session, "cart_1", {shelf.black: 4})
    before = state()
    level, item = shelf.level(shelf.black), shelf.item(shelf.black)
    for who, path, given, status, code in (
        (shelf.staff, level, {"stocked_quantity": 3}, 409, "count_below_promises"),
        (shelf.staff, level, {"stocked_quantity": -1}, 400, "invalid_data"),
        (shelf.staff, level, {"stocked_quantity": 1.5}, 400, "invalid_data"),
        (shelf.staff, level, {"stocked_quantity": 2_000_000_000}, 400, "invalid_data"),
        (shelf.staff, level, {"stocked_quantity": 5, "incoming_quantity": 3}, 400, "invalid_data"),
        (shelf.staff, level, {"stocked_quantity": 5, "note": "  "}, 400, "invalid_data"),
        (shelf.staff, f"{item}/location-levels/sloc_other", {"stocked_quantity": 5}, 404, "stock_location_not_found"),
        (shelf.staff, "/inventory-items/iitem_none/receive", {"quantity": 1}, 404, "stock_item_not_found"),
        (shelf.staff, "/inventory-items/none/receive", {"quantity": 1}, 404, "stock_item_not_found"),
        (shelf.staff, f"{item}/receive", {"quantity": 0}, 400, "invalid_data"),
        (shelf.staff, f"{item}/receive", {"quantity": 1_000_001}, 400, "invalid_data"),
        (reader, f"{item}/receive", {"quantity": 1}, 403, "not_for_this_role"),
        (reader, level, {"stocked_quantity": 5}, 403, "not_for_this_role"),
    ):
        answer = who.post(path, **given)
        assert (answer.status_code, answer.json()["code"]) == (status, code), (path, given, answer.text)
    assert shelf.staff.get("/reservations/resitem_cart_1.none").status_code == 404
    assert state() == before
    with unit_of_work("test") as session:
        lapse_reservations(session)
    assert shelf.count(shelf.black, 3)[0] == 200, "what was promised for too long stands in nobody's way"


def answer_of(done: Done) -> list[Json]:
    assert (done.code, isinstance(done.answer, list)) == (0, True), done.err
    return done.answer  # type: ignore[return-value]


@row("S0-102", "S0-103")
def test_a_delivery_is_looked_at_then_received_by_command(shelf: Shelf, tmp_path: Path) -> None:
    note = tmp_path / "livraison.csv"
    note.write_bytes('\ufeffSKU;Quantité\r\n"LUNE-NOIR";10\r\n# en bon état\r\n\r\nLUNE-VERT;+5\r\n'.encode())
    before = state()
    expected = [
        {"sku": "LUNE-NOIR", "before": 10, "change": 10, "after": 20},
        {"sku": "LUNE-VERT", "before": 0, "change": 5, "after": 5},
    ]
    assert answer_of(run_command("stock", "plan", str(note), "--json")) == expected
    assert state() == before, "a plan changes nothing"
    assert answer_of(run_command("stock", "receive", "--file", str(note), "--reference", "BL-9", "--json")) == expected
    more = run_command("stock", "receive", "LUNE-NOIR:+10", "LUNE-VERT:+1", "--note", "Oubliés")
    assert (more.code, "LUNE-NOIR  20 +10 = 30" in more.out) == (0, True), more.err
    shown = answer_of(run_command("stock", "show", "lune", "--json"))
    assert [(each["sku"], each["stocked"], each["available"]) for each in shown] == [
        ("LUNE-NOIR", 30, 30),
        ("LUNE-VERT", 6, 6),
    ]
    moved = answer_of(run_command("stock", "movements", "LUNE-NOIR", "--json"))
    assert [(each["delta"], each["reason"], each["reference"], each["note"]) for each in moved] == [
        (10, "receipt", None, "Oubliés"),
        (10, "receipt", "BL-9", None),
        (10, "receipt", "BL-1", None),
    ]
    assert str(moved[0]["actor"]).startswith("cli:")
    sums = (
        "SELECT stocked_quantity - sum(delta) FROM stock_level JOIN stock_movement USING (variant_id)"
        " GROUP BY variant_id, stocked_quantity"
    )
    assert set(read_rows(sums)) == {(0,)}, "a level is the sum of its movements"


def test_a_count_by_command_and_what_commands_refuse(shelf: Shelf, tmp_path: Path) -> None:
    assert answer_of(run_command("stock", "count", "LUNE-NOIR", "8", "--note", "Inventaire", "--json")) == [
        {"sku": "LUNE-NOIR", "before": 10, "change": -2, "after": 8}
    ]
    assert "-2  LUNE-NOIR  correction" in run_command("stock", "movements").out
    before = state()
    bad = tmp_path / "note.csv"
    for arguments, code, said in (
        (("receive", "LUNE-NOIR:-2"), 1, "SKU:+10"),
        (("receive", "LUNE-NOIR:+2", "LUNE-NOIR:+2"), 1, "SKU:+10"),
        (("receive", "LUNE-NOIR:+2", "SOLEIL:+2"), 1, "SOLEIL"),
        (("receive", "LUNE-NOIR:+0"), 1, "between 1"),
        (("receive",), 2, "SKU:+10"),
        (("receive", "LUNE-NOIR:+2", "--file", "x"), 2, "SKU:+10"),
        (("count", "LUNE-NOIR", "-1", "--note", "x"), 2, ""),
        (("count", "LUNE-NOIR", "3", "--note", " "), 2, "--note"),
        (("count", "SOLEIL", "3", "--note", "x"), 1, "SOLEIL"),
        (("movements", "SOLEIL"), 1, "SOLEIL"),
        (("plan", str(tmp_path / "absent.csv")), 1, "absent.csv"),
    ):
        done = run_command("stock", *arguments)
        assert (done.code, said in done.out + done.err) == (code, True), (arguments, done)
    for content in (
        b"",
        b"a\0b;1",
        b"x" * 1_000_001,
        b"LUNE-NOIR;dix",
        b"=cmd()|x",
        b"LUNE-NOIR;1\nLUNE-NOIR;1",
    ):
        bad.write_bytes(content)
        for verb in (("plan", str(bad)), ("receive", "--file", str(bad))):
            assert run_command("stock", *verb).code == 1, content[:20]
    assert state() == before
