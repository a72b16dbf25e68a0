"""What a person reads of an import, and what becomes afterwards of the money that came with it."""

import csv
import json
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.core.db import unit_of_work
from app.payments.verify_journal import verify_journal
from tests.api.test_medusa_import import bring, medusa  # noqa: F401 - a fixture
from tests.command import run_command
from tests.factories.shop import MadeShop
from tests.medusa_shop.fill import make_shop
from tests.shop_front import read_rows


def test_a_person_reads_what_came_and_what_did_not(
    medusa: str,  # noqa: F811
    shop: MadeShop,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = make_shop(products=1, orders=8)
    made.rows["product"][0]["handle"] = "=cmd|' /C calc'!A0"
    made.rows["product_variant"][0]["sku"] = None
    made.write(medusa)
    problems_file = tmp_path / "ecarts.csv"
    monkeypatch.setenv("MEDUSA_DATABASE_URL", medusa)
    tried = run_command("import", "medusa", "--dry-run", "--report", str(problems_file))
    assert tried.code == 0
    assert "Essai : rien n'a été gardé." in tried.out
    assert "commandes : 8 / 8" in tried.err
    done = run_command("import", "medusa")
    assert done.code == 0
    for part in ("écarté  produits  1 x invalid_product", "product  prod_00000  invalid_product", "Tout est compté"):
        assert part in done.out, done.out
    with problems_file.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.reader(stream))
    assert rows[0] == ["is_left_out", "kind", "external_id", "code", "detail"]
    assert rows[1][:4] == ["True", "product", "prod_00000", "invalid_product"]
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "@"))]
    shown = run_command("import", "show")
    assert next(line for line in done.out.splitlines() if "commandes" in line) in shown.out
    (run,) = json.loads(run_command("import", "list", "--json").out)
    assert (run["way"], run["state"], run["source"]) == ("database", "ended", "store_1")
    assert run["id"] in run_command("import", "list").out
    told = json.loads(run_command("import", "show", run["id"], "--json", "--report", str(problems_file)).out)
    assert told["figures"]["is_sound"] is True
    assert {each["code"] for each in told["problems"]} >= {"invalid_product", "product_gone", "payment_not_captured"}
    assert json.loads(run_command("import", "show", "nothing", "--json").out)["code"] == "import_not_found"
    assert "jeanne" not in json.dumps(told).lower(), "no personal data is kept with a run"


def test_money_that_came_there_goes_back_from_here(medusa: str, shop: MadeShop) -> None:  # noqa: F811
    """A transfer by hand and at once; the journal then has the refund alone, and agrees."""
    make_shop(products=2, orders=6).write(medusa)
    bring("--database", medusa)
    ((total, refunded),) = read_rows(
        'SELECT o.total_cents, p.refunded_cents FROM "order" o JOIN payment p USING (payment_collection_id)'
        " WHERE display_id = 1005 AND p.provider_id = 'pp_system_default'"
    )
    assert refunded == 0
    done = run_command(
        "orders", "refund", "1005", "--amount", "500", "--reason", "goodwill", "--note", "geste", "--yes", "--json"
    )
    assert done.code == 0, done.out or done.err
    assert read_rows("SELECT kind, amount_cents FROM payment_journal") == [("refund", -500)]
    with unit_of_work("test") as session:
        assert verify_journal(session).is_sound
    too_much = run_command(
        "orders", "refund", "1004", "--amount", str(total), "--reason", "goodwill", "--note", "geste", "--yes", "--json"
    )
    assert too_much.code == 1, "what went back there is gone"


def test_nobody_marks_a_payment_as_history(medusa: str, shop: MadeShop) -> None:  # noqa: F811
    """Only the import's own row allows the mark, and no row gets it later or loses it: the journal sees the others."""
    make_shop(products=1, orders=1).write(medusa)
    bring("--database", medusa)
    changes = (
        "UPDATE payment SET is_imported = false",
        'UPDATE "order" SET is_imported = false',
        "UPDATE medusa_object SET local_id = 'x'",
        "DELETE FROM medusa_object",
        "DELETE FROM medusa_problem",
        HIDDEN_PAYMENT,
    )
    for statement in changes:
        with pytest.raises(DBAPIError) as refused, unit_of_work("test") as session:
            session.execute(text(statement))
        assert isinstance(refused.value.orig, psycopg.errors.InsufficientPrivilege), statement


# Money of today that claims to be of yesterday.
HIDDEN_PAYMENT = """
WITH attempt AS (
    INSERT INTO payment_session (id, payment_collection_id, provider_id, amount_cents, currency_code)
    SELECT 'payses_x', payment_collection_id, 'pp_x', 1, 'eur' FROM payment LIMIT 1
    RETURNING id, payment_collection_id
)
INSERT INTO payment (id, payment_collection_id, payment_session_id, provider_id, amount_cents, currency_code,
    captured_at, is_imported)
SELECT 'pay_x', payment_collection_id, id, 'pp_x', 1, 'eur', now(), true FROM attempt
"""
