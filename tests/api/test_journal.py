"""The payment journal: every movement of money is one entry, and nobody changes one unnoticed."""

import os
import re
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.core.db import unit_of_work
from app.dev.postgres import Cluster
from tests.command import run_command
from tests.factories.payments import make_payment
from tests.journal_entries import ENTRIES, assert_sound, make_refund, move_money, rewrite, verify
from tests.money_back import PAID, buy, hire, last_refund
from tests.services import OF_THE_TEST, ROOT, migrate
from tests.shop_front import Buyer, FakeStripe, read_rows


@pytest.fixture
def moved(environment: dict[str, str]) -> list[str]:
    return move_money()


def test_whatever_moves_money_at_the_doors_is_one_entry(
    buyer: Buyer, fake_stripe: FakeStripe, environment: dict[str, str]
) -> None:
    """Paid by card, given back here and in Stripe's dashboard, a refund that fails later, a dispute that is won."""
    paid = buy(buyer, fake_stripe)
    owner = hire(buyer)
    last_refund(owner.refund(paid, amount=100, refund_reason_id="lost_in_transit"))
    fake_stripe.post("/_test/refunds", payment_intent=paid.intent_id, amount=20_000)
    fake_stripe.wait_until_delivered()
    failing = last_refund(owner.refund(paid, amount=5, refund_reason_id="lost_in_transit"))
    fake_stripe.post(f"/_test/refunds/{failing['stripe_refund_id']}/settle", status="failed", failure_reason="declined")
    fake_stripe.wait_until_delivered()
    dispute = fake_stripe.post("/_test/disputes", payment_intent=paid.intent_id, amount=40_000)
    fake_stripe.wait_until_delivered()
    fake_stripe.post(f"/_test/disputes/{dispute['id']}/funds", direction="reinstated")
    fake_stripe.wait_until_delivered()
    assert read_rows(ENTRIES) == [
        ("payment", PAID, "eur"),
        ("refund", -10_000, "eur"),
        ("refund", -20_000, "eur"),
        ("refund", -500, "eur"),
        ("refund_failed", 500, "eur"),
        ("dispute_withdrawn", -40_000, "eur"),
        ("dispute_reinstated", 40_000, "eur"),
    ]
    whose = read_rows(
        "SELECT payment_id, reference, provider_id, actor, request_id FROM payment_journal WHERE number = 1"
    )
    assert whose[0][:4] == (paid.payment_id, paid.intent_id, "pp_stripe_stripe", "stripe")
    assert read_rows("SELECT DISTINCT request_id <> '' FROM payment_journal") == [(True,)]
    assert_sound(7)


def test_what_people_record_and_correct_is_an_entry_too(environment: dict[str, str]) -> None:
    """Money that comes later, nought, an amount put right, a refund undone in its own transaction, a row that goes."""
    with unit_of_work("test") as session:
        promised = make_payment(session, 5_000, is_captured=False).id
        make_payment(session, 0)
    assert read_rows(ENTRIES) == []
    steps = [
        ("UPDATE payment SET captured_at = now() WHERE id = :id", [("payment", 5_000)]),
        ("UPDATE payment SET charge_id = 'ch_1' WHERE id = :id", []),
        ("UPDATE payment SET amount_cents = 4_000 WHERE id = :id", [("correction", -1_000)]),
        ("UPDATE payment SET currency_code = 'usd' WHERE id = :id", [("correction", -4_000), ("payment", 4_000)]),
        ("DELETE FROM payment WHERE id = :id", [("correction", -4_000)]),
    ]
    known = 0
    for statement, expected in steps:
        with unit_of_work("test") as session:
            session.execute(text(statement.replace("_000", "000")), {"id": promised})
        entries = read_rows(ENTRIES)
        assert [(kind, cents) for kind, cents, _ in entries[known:]] == expected, statement
        known = len(entries)
    with unit_of_work("test") as session:
        payment = make_payment(session, 9_000)
        refund = make_refund(payment, 2_000)
        session.add(refund)
        session.flush()
        refund.status = "failed"
    assert [entry[:2] for entry in read_rows(ENTRIES)[known:]] == [
        ("payment", 9_000), ("refund", -2_000), ("refund_failed", 2_000)
    ]  # fmt: skip
    assert_sound(known + 3)


def test_what_is_rolled_back_leaves_no_entry_and_no_gap(environment: dict[str, str]) -> None:
    with unit_of_work("test") as session:
        make_payment(session)

    def fail_at_the_end() -> None:
        with unit_of_work("test") as session:
            make_payment(session)
            session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))  # even after its entry was written
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_at_the_end()
    with unit_of_work("test") as session:
        make_payment(session)
    assert read_rows("SELECT number FROM payment_journal ORDER BY number") == [(1,), (2,)]
    assert_sound(2)


HAND = [
    "UPDATE payment_journal SET amount_cents = 1 WHERE number = 2",
    "DELETE FROM payment_journal",
    "DELETE FROM payment_journal WHERE written_at < now() - interval '10 years'",
    "TRUNCATE payment_journal",
    "INSERT INTO payment_journal SELECT 7, written_at, 1, kind, payment_id, reference, currency_code, provider_id,"
    " request_id, actor, sha256, sha256 FROM payment_journal WHERE number = 6",
    "UPDATE payment_journal_head SET last_number = 0",
    "DELETE FROM payment_journal_head",
    "TRUNCATE payment_journal_head",
]


@pytest.mark.parametrize("statement", HAND)
def test_nobody_writes_it_by_hand_not_even_its_owner(moved: list[str], statement: str) -> None:
    before = read_rows("SELECT * FROM payment_journal ORDER BY number")
    with pytest.raises(DBAPIError, match=r"only grows|never by hand"), unit_of_work("test") as session:
        session.execute(text(statement))
    assert read_rows("SELECT * FROM payment_journal ORDER BY number") == before
    assert_sound(6)


@pytest.fixture
def application_role(database_url: str, postgres: Cluster) -> Iterator[psycopg.Connection]:
    """The role of the application with what infra/host/database.py gives it, said before and after the upgrade."""
    with psycopg.connect(postgres.dsn(OF_THE_TEST), autocommit=True) as connection:
        with suppress(psycopg.errors.DuplicateObject):
            connection.execute("CREATE ROLE comptoir_app")
        connection.execute("GRANT USAGE ON SCHEMA public TO comptoir_app")
        connection.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO comptoir_app")
        migrate(postgres.url(OF_THE_TEST))
        yield connection
        connection.execute("RESET ROLE")
        connection.execute("DROP OWNED BY comptoir_app")
        with suppress(psycopg.errors.DependentObjectsStillExist):
            connection.execute("DROP ROLE comptoir_app")


def test_the_application_moves_money_and_writes_no_journal(
    application_role: psycopg.Connection, moved: list[str]
) -> None:
    application_role.execute("SET ROLE comptoir_app")
    with application_role.transaction():
        application_role.execute(
            "SELECT set_config('comptoir.actor', 'a', true), set_config('comptoir.request_id', 'b', true)"
        )
        application_role.execute("UPDATE payment SET amount_cents = 999 WHERE amount_cents = 1000")
    assert application_role.execute(
        "SELECT kind, amount_cents, actor, request_id FROM payment_journal WHERE number = 7"
    ).fetchall() == [("correction", -1, "a", "b")]
    append = "SELECT comptoir_journal_append('payment', 'pay_x', 'pi_x', 1::bigint, 'eur', 'p', now())"
    change = (
        "SELECT comptoir_journal_change('payment', 'correction', 'pay_x', 'pi_x', 0::bigint, 'eur', 1::bigint, 'eur')"
    )
    for statement in (*HAND, append, change):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            application_role.execute(statement.encode())
    assert_sound(7)


SEAL = """
UPDATE payment_journal SET sha256 = repeat('ab', 32) WHERE number = 6;
UPDATE payment_journal_head SET last_sha256 = repeat('ab', 32)
"""
SWAP = """
UPDATE payment_journal SET number = CASE number WHEN 2 THEN -3 ELSE -2 END WHERE number IN (2, 3);
UPDATE payment_journal SET number = -number WHERE number < 0
"""
FORGE = """
INSERT INTO payment_journal SELECT 7, written_at, 999, kind, payment_id, reference, currency_code, provider_id,
    request_id, actor, sha256, repeat('cd', 32) FROM payment_journal WHERE number = 6
"""
TAIL = """
DELETE FROM payment_journal WHERE number = 6;
UPDATE payment_journal_head SET last_number = 5, last_sha256 = (SELECT sha256 FROM payment_journal WHERE number = 5)
"""
# Statement, the number that is named, what is said of it, how many payments have other sums.
TAMPERING = [
    ("UPDATE payment_journal SET amount_cents = 2001 WHERE number = 2", 2, "changed", 1),
    ("UPDATE payment_journal SET actor = 'somebody' WHERE number = 3", 3, "changed", 0),
    ("UPDATE payment_journal SET actor = actor || 'x', request_id = 'y' WHERE number = 1", 1, "changed", 0),
    ("UPDATE payment_journal SET written_at = written_at - interval '1 microsecond' WHERE number = 4", 4, "changed", 0),
    ("DELETE FROM payment_journal WHERE number = 1", 1, "missing", 1),
    ("DELETE FROM payment_journal WHERE number = 4", 4, "missing", 1),
    ("DELETE FROM payment_journal WHERE number >= 5", 5, "missing", 0),
    ("DELETE FROM payment_journal WHERE number = 6", 6, "missing", 1),
    ("DELETE FROM payment_journal", 1, "missing", 3),
    (TAIL, None, None, 1),
    (SWAP, 2, "unchained", 0),
    (FORGE, 7, "changed", 1),
    (SEAL, 6, "changed", 0),
    ("UPDATE payment_journal SET previous_sha256 = repeat('0', 64) WHERE number = 5", 5, "unchained", 0),
    ("UPDATE payment_journal_head SET last_number = 7", 7, "missing", 0),
    ("UPDATE payment_journal_head SET last_number = 4", 5, "surplus", 0),
    ("UPDATE payment_journal_head SET last_sha256 = repeat('0', 64)", 6, "head_changed", 0),
    ("UPDATE payment SET amount_cents = amount_cents + 1 WHERE amount_cents = 1000", None, None, 1),
    ("UPDATE refund SET status = 'failed'", None, None, 1),
    ("UPDATE dispute SET withdrawn_at = NULL", None, None, 1),
    ("DELETE FROM payment WHERE amount_cents = 2000", None, None, 1),
]


def test_tampering_is_found_and_named_although_no_trigger_looked(moved: list[str]) -> None:
    tables = ("payment_journal", "payment_journal_head", "payment", "refund", "dispute")
    rewrite("; ".join(f"CREATE TABLE kept_{table} AS TABLE {table}" for table in tables))
    undo = "; ".join(f"DELETE FROM {table}; INSERT INTO {table} SELECT * FROM kept_{table}" for table in tables)  # noqa: S608
    assert_sound(6)
    for statement, number, fault, differences in TAMPERING:
        rewrite(statement)
        code, answer = verify()
        found = answer["broken"] or {"number": None, "fault": None}
        listed = answer["differences"]
        assert isinstance(listed, list)
        assert (code, found, len(listed)) == (1, {"number": number, "fault": fault}, differences), statement
        said = run_command("journal", "verify").out
        assert re.findall(r"n° (\d+)", said) == ([str(number)] if number else []), said
        assert said.count("au journal") == differences, said
        rewrite(undo)
    assert_sound(6)


def test_sums_that_differ_name_the_payment(moved: list[str]) -> None:
    rewrite("UPDATE payment SET amount_cents = 1500 WHERE amount_cents = 1000")
    _, answer = verify()
    assert answer["differences"] == [
        {"payment_id": moved[0], "currency_code": "eur", "journal_cents": 1_000, "rows_cents": 1_500}
    ]
    assert (
        f"Paiement {moved[0]} : 10.00 EUR au journal, 15.00 EUR dans les tables."
        in run_command("journal", "verify").out
    )


def test_a_dump_that_is_restored_is_verified_alike(
    moved: list[str], postgres: Cluster, environment: dict[str, str]
) -> None:
    name = f"r_{secrets.token_hex(4)}"
    postgres.create_database(name)
    try:
        dumped = subprocess.run(
            [str(postgres.bin_dir / "pg_dump"), "--format=custom", postgres.dsn(OF_THE_TEST)],
            capture_output=True, check=True, env={**os.environ, "LC_ALL": "C"},
        )  # fmt: skip
        subprocess.run(
            [str(postgres.bin_dir / "pg_restore"), "--exit-on-error", "--dbname", postgres.dsn(name)],
            input=dumped.stdout, capture_output=True, check=True, env={**os.environ, "LC_ALL": "C"},
        )  # fmt: skip
        done = subprocess.run(
            [sys.executable, "-c", "from app.cli.main import run; run()", "journal", "verify"],
            cwd=ROOT, env={**os.environ, "DATABASE_URL": postgres.url(name)},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert (done.returncode, done.stdout.startswith("Journal intact : 6 écritures")) == (0, True), done
    finally:
        postgres.drop_database(name)


def test_what_was_there_before_is_journaled_by_the_migration(
    moved: list[str], postgres: Cluster, environment: dict[str, str]
) -> None:
    before = read_rows(ENTRIES)
    migrate(postgres.url(OF_THE_TEST), "0020_mail_life", "downgrade")
    migrate(postgres.url(OF_THE_TEST))
    assert read_rows(ENTRIES) == before
    assert read_rows("SELECT DISTINCT actor, request_id FROM payment_journal") == [("migration", "0021_journal")]
    with unit_of_work("test") as session:
        make_payment(session)
    assert_sound(7)
