"""Families of products: what their metadata must be, and the tags that follow from it, by hand and by command."""

import json
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.command import run_command
from tests.money_back import Staff, hire
from tests.rows import row
from tests.shop_front import Buyer, read_rows

GLASSES: dict[str, Any] = {
    "title": "Lunettes audio",
    "required": ["brand", "frame_style", "warranty_years"],
    "properties": {
        "brand": {"type": "string", "maxLength": 40},
        "has_audio": {"type": "boolean", "tags": {"true": ["audio"]}},
        "bluetooth": {"type": "string", "enum": ["5.0", "5.3"], "tags": {"5.3": ["audio", "bluetooth-5-3"]}},
        "lens_technology": {
            "type": "string",
            "enum": ["polarisé", "photochromique"],
            "tags": {"polarisé": ["solaire"]},
        },
        "uv_protection": {"type": "string", "enum": ["UV400"]},
        "frame_style": {"type": "string", "enum": ["aviateur", "rond"], "tags": {"rond": ["rond"]}},
        "warranty_years": {"type": "integer", "minimum": 0, "maximum": 10},
    },
    "additionalProperties": False,
}
GOOD: dict[str, Any] = {
    "family": "lunettes", "brand": "Nova", "has_audio": True, "bluetooth": "5.0", "lens_technology": "polarisé",
    "uv_protection": "UV400", "frame_style": "rond", "warranty_years": 2,
}  # fmt: skip
WORN = (
    "SELECT p.handle, string_agg(t.value, ',' ORDER BY t.value) FROM product p JOIN product_tag_link l ON"
    " l.product_id = p.id JOIN product_tag t ON t.id = l.tag_id GROUP BY p.handle ORDER BY p.handle"
)


@pytest.fixture
def staff(buyer: Buyer) -> Staff:
    return hire(buyer, "staff")


def make(staff: Staff, title: str, metadata: object) -> httpx2.Response:
    return staff.post("/products", title=title, options=[{"title": "Taille", "values": ["M"]}], metadata=metadata)


@row("S0-072")
def test_metadata_fits_the_family_that_it_names(staff: Staff) -> None:
    free = make(staff, "Libre", {"family": "lunettes", "brand": 3})
    assert free.status_code == 200, "a shop without families keeps any metadata"
    assert staff.post("/product-families/lunettes", **GLASSES).json()["product_family"]["definition"] == GLASSES
    assert staff.get("/product-families").json()["count"] == 1
    for wrong, said in (
        ({"family": "chaises"}, "the shop's are: lunettes"),
        ({"brand": 3}, "brand is not of type string"),
        ({"brand": None}, "brand is required"),
        ({"brand": "x" * 41}, "brand has not between 0 and 40"),
        ({"has_audio": "oui"}, "has_audio is not of type boolean"),
        ({"warranty_years": True}, "warranty_years is not of type integer"),
        ({"warranty_years": 11}, "warranty_years is more than 10"),
        ({"warranty_years": -1}, "warranty_years is less than 0"),
        ({"frame_style": "carré"}, "frame_style is not one of aviateur, rond"),
        ({"colour": "noir"}, "colour is not a property"),
    ):
        before = read_rows("SELECT count(*) FROM product")
        refused = make(staff, "Nova", {**GOOD, **wrong})
        assert (refused.status_code, refused.json()["code"]) == (400, "invalid_metadata"), wrong
        assert said in refused.json()["message"], refused.text
        assert (f"metadata, {next(iter(wrong))}" in refused.json()["fields"]) is True
        assert read_rows("SELECT count(*) FROM product") == before
    made = make(staff, "Nova", GOOD).json()["product"]
    assert made["metadata"] == GOOD
    refused = staff.post(f"/products/{made['id']}", title="Autre", metadata={"family": "lunettes"})
    assert (refused.status_code, "frame_style is required" in refused.json()["message"]) == (400, True)
    assert staff.get(f"/products/{made['id']}").json()["product"]["title"] == "Nova"
    assert staff.post(f"/products/{made['id']}", title="Autre").status_code == 200
    (misfit,) = staff.get("/product-families/misfits").json()["misfits"]
    assert (misfit["handle"], "brand is not of type string" in misfit["problem"]) == ("libre", True)
    broken: list[dict[str, Any]] = [{"properties": {}}, {"properties": {"a": {"type": "date"}}}]
    for each in (*broken, {**GLASSES, "required": ["x"]}):
        assert staff.post("/product-families/lunettes", **each).status_code == 400
    assert staff.get("/product-families/lunettes").json()["product_family"]["definition"] == GLASSES
    assert staff.delete("/product-families/lunettes").json()["deleted"] is True
    assert staff.get("/product-families/lunettes").status_code == 404


@row("S0-074")
def test_tags_follow_from_metadata_and_a_second_run_changes_nothing(staff: Staff, tmp_path: Path) -> None:
    definition = tmp_path / "lunettes.json"
    definition.write_text(json.dumps(GLASSES), "utf-8")
    assert run_command("products", "families", "set", "lunettes", str(definition)).code == 0
    made = make(staff, "Nova", {**GOOD, "bluetooth": "5.3"}).json()["product"]["id"]
    checked = run_command("products", "families", "check")
    assert (checked.code, "Toutes les métadonnées sont bonnes" in checked.out) == (0, True)
    make(staff, "Étui", {"brand": "x"})
    other = staff.post("/product-tags", value="nouveau").json()["product_tag"]["id"]
    staff.post(f"/products/{made}", tags=[{"id": other}])
    plan: Any = run_command("products", "tags", "--dry-run", "--json").answer
    (change,) = plan["changes"]
    assert (change["added"], change["removed"]) == (["audio", "bluetooth-5-3", "rond", "solaire"], [])
    assert read_rows(WORN) == [("nova", "nouveau")]
    done = run_command("products", "tags")
    assert (done.code, "nova  +audio +bluetooth-5-3 +rond +solaire" in done.out) == (0, True)
    assert read_rows(WORN) == [("nova", "audio,bluetooth-5-3,nouveau,rond,solaire")]
    again = staff.post("/product-tags/assign", dry_run=False).json()
    assert (again["count"], run_command("products", "tags", "nova", "--json").answer) == (
        0, {"dry_run": False, "changes": []},
    )  # fmt: skip
    staff.post(f"/products/{made}", metadata={**GOOD, "has_audio": False, "frame_style": "aviateur"})
    (change,) = staff.post("/product-tags/assign", product_ids=[made]).json()["changes"]
    assert (change["added"], change["removed"]) == ([], ["audio", "bluetooth-5-3", "rond"])
    assert read_rows(WORN) == [("nova", "nouveau,solaire")], "what nobody decides on stays"
    ((details,),) = read_rows("SELECT details FROM audit_log WHERE action = 'product.tags' ORDER BY id DESC LIMIT 1")
    assert details == {"tags": {"before": ["audio", "bluetooth-5-3", "rond"], "after": []}}


def test_a_definition_that_is_none_is_refused_in_a_sentence(environment: dict[str, str], tmp_path: Path) -> None:
    for content, said in (
        (b"\xff\xfe", "JSON illisible"),
        (b"[1, 2", "JSON illisible"),
        (b"[" * 100_000, "JSON illisible"),
        (b'{"properties": {"a": {"type": "date"}}}', "properties.a.type"),
        (b" " * 300_000, "200000"),
    ):
        (tmp_path / "famille.json").write_bytes(content)
        done = run_command("products", "families", "set", "a", str(tmp_path / "famille.json"))
        assert (done.code, said in done.err) == (1, True), (content[:20], done)
    assert run_command("products", "families", "remove", "a").code == 1
    assert read_rows("SELECT count(*) FROM product_family") == [(0,)]
