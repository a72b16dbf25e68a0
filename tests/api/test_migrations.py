"""Migrations run up and down, and give the tables that the models name."""

import os
import re
import secrets
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from app.core.db import get_engine, unit_of_work
from app.dev.postgres import Cluster
from app.payments.queries import get_payment
from app.payments.verify_journal import verify_journal
from app.refunds.send_refund import try_refund
from app.refunds.service import RefundAsk, record_intention, request_refund
from infra.host import database
from tests.money_back import PAID, buy
from tests.services import TEMPLATE, migrate
from tests.shop_front import Buyer, FakeStripe, read_rows

VERSIONS = Path(__file__).parents[2] / "app" / "migrations" / "versions"
LEFT = """
SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v', 'S')
UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
UNION ALL SELECT typname FROM pg_type WHERE typnamespace = 'public'::regnamespace AND typtype IN ('e', 'd', 'c')
"""


def dump(cluster: Cluster, database: str) -> str:
    """The schema as pg_dump writes it."""
    command = [str(cluster.bin_dir / "pg_dump"), "--schema-only", "--no-owner", cluster.dsn(database)]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"}, check=True)
    return "\n".join(line for line in done.stdout.splitlines() if not line.startswith(("--", "\\")))


def test_down_to_nothing_and_up_again_gives_the_same_schema(postgres: Cluster) -> None:
    name = f"m_{secrets.token_hex(4)}"
    postgres.create_database(name, TEMPLATE)
    try:
        first = dump(postgres, name)
        migrate(postgres.url(name), "base", "downgrade")
        with psycopg.connect(postgres.dsn(name)) as connection:
            left = {row[0] for row in connection.execute(LEFT).fetchall()}
        assert left == {"alembic_version"}
        migrate(postgres.url(name))
        assert dump(postgres, name) == first
    finally:
        postgres.drop_database(name)


def test_money_that_moved_is_in_the_journal_after_going_down_and_up_again(
    buyer: Buyer, fake_stripe: FakeStripe, environment: dict[str, str]
) -> None:
    """To the schema before refunds had a life, which knows intentions only, with rows of every kind."""
    paid = buy(buyer, fake_stripe)
    with unit_of_work("test") as session:
        refund_id = request_refund(session, RefundAsk(paid.payment_id, 1000, "lost_in_transit")).id
    try_refund(refund_id)
    with unit_of_work("test") as session:
        record_intention(session, get_payment(session, paid.payment_id), "not_shipped")
    fake_stripe.post("/_test/disputes", payment_intent=paid.intent_id)
    fake_stripe.wait_until_delivered()
    kinds = "SELECT kind, amount_cents FROM payment_journal ORDER BY number"
    assert read_rows(kinds) == [("payment", PAID), ("refund", -1000), ("dispute_withdrawn", -PAID)]
    get_engine().dispose()
    migrate(environment["DATABASE_URL"], "0014_shipping_told", "downgrade")
    assert read_rows("SELECT status, amount_cents FROM refund") == [("awaiting_approval", PAID - 1000)]
    migrate(environment["DATABASE_URL"])
    assert read_rows(kinds) == [("payment", PAID)], "what the older schema cannot keep is in Stripe and in the backups"
    with unit_of_work("test") as session:
        assert verify_journal(session).is_sound


# Every column that people may not read: what opens something, mails, and what others wrote as a whole.
HIDDEN = {
    "auth_identity.password_hash",
    "auth_session.token_hash",
    "csv_chunk.content",
    "csv_line.cells",
    "invoice.document",
    "host_seal.machine_hash",
    "mail_event.address_hash",
    "mail_suppression.address_hash",
    "message.content",
    "message.recipient",
    "message.secret",
    "order_transfer.token_hash",
    "password_reset.token_hash",
    "payment_event.body",
    "payment_session.checkout_url",
    "payment_session.provider_data",
    "procrastinate_jobs.args",
    "promotion_use.buyer_key",
    "secret_key.token_hash",
    "staff_user.invite_token_hash",
    "staff_user.password_hash",
    "withdrawal.statement",
    "withdrawal.token_hash",
    "waiting_content.content",
}
# Texts whose name says that they may open or reach something, and what they are. A new one is hidden in
# app/migrations/sql/hide_secrets.sql, or has its reason here.
TELLING = r"(url|uri|link|token|key|cookie|password|signature|body|payload|recipient|email|phone)$"
SHOWN_TEXTS = {
    "a customer, as whoever answers one must find them": {
        "auth_identity.email", "cart.email", "customer.email", "order.email", "cart_address.phone", "customer.phone",
        "customer_address.phone", "order_address.phone",
    },
    "who works here, and the shop itself": {"staff_user.email", "shop.contact_email", "shipping_location.phone"},
    "public, or for whoever answers a customer": {
        "publishable_key.token", "product_image.url", "fulfilment_label.label_url", "fulfilment_label.tracking_url",
    },
    "no secret: a counter's name with a hash, a mail's key at Brevo, a lease that only the database grants": {
        "limit_window.key", "message.idempotency_key", "stripe_task.token",
    },
}  # fmt: skip
COLUMNS = """
SELECT c.relname || '.' || a.attname, format_type(a.atttypid, NULL)
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')
"""
UNREADABLE = """
SELECT c.relname || '.' || a.attname
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
    AND NOT has_column_privilege('comptoir_readonly', c.oid, a.attnum, 'SELECT')
"""


@pytest.fixture
def watched(postgres: Cluster) -> Iterator[str]:
    """An empty database in which people are given what is created, as on a host (infra/host/database.py)."""
    name = f"m_{secrets.token_hex(4)}"
    postgres.create_database(name)
    with psycopg.connect(postgres.dsn(name), autocommit=True) as connection:
        with suppress(psycopg.errors.DuplicateObject):
            connection.execute("CREATE ROLE comptoir_readonly")
        connection.execute("GRANT USAGE ON SCHEMA public TO comptoir_readonly")
        connection.execute("ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO comptoir_readonly")
    try:
        yield name
    finally:
        with psycopg.connect(postgres.dsn(name), autocommit=True) as connection:
            connection.execute("DROP OWNED BY comptoir_readonly")
        postgres.drop_database(name)
        with (
            psycopg.connect(postgres.dsn("postgres"), autocommit=True) as connection,
            suppress(psycopg.errors.DependentObjectsStillExist),
        ):
            connection.execute("DROP ROLE IF EXISTS comptoir_readonly")


def hidden_columns(connection: psycopg.Connection) -> set[str]:
    """What people may not read."""
    return {str(column) for (column,) in connection.execute(UNREADABLE).fetchall()}


def test_people_read_everything_but_what_opens_an_account_or_a_link(postgres: Cluster, watched: str) -> None:
    for _ in range(2):  # each deploy says it again
        migrate(postgres.url(watched))
        with psycopg.connect(postgres.dsn(watched)) as connection:
            assert hidden_columns(connection) == HIDDEN
            connection.execute("SET LOCAL ROLE comptoir_readonly")
            connection.execute("SELECT id, email, token_version FROM auth_identity")
            connection.execute("SELECT * FROM cart")
            connection.execute("SELECT id, template, state, error_code FROM message")
            connection.execute("SELECT stripe_event_id, state, body_sha256 FROM payment_event")
            refused = (
                "SELECT password_hash FROM staff_user",
                "SELECT * FROM message",
                "SELECT body FROM payment_event",
            )
            for statement in refused:
                with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
                    connection.execute(statement)


def test_every_column_with_a_telling_name_is_hidden_or_has_its_reason(postgres: Cluster) -> None:
    """A new document is hidden by its type, and the list above is exact; a new text needs somebody's word."""
    with psycopg.connect(postgres.dsn(TEMPLATE)) as connection:
        columns = {str(name): str(kind) for name, kind in connection.execute(COLUMNS).fetchall()}
    texts = {name for name, kind in columns.items() if kind in ("text", "character varying", "uuid", "text[]")}
    shown = set().union(*SHOWN_TEXTS.values())
    assert {name for name in texts if re.search(TELLING, name)} - HIDDEN == shown, "hide it, or say why not"
    assert columns.keys() >= HIDDEN


def test_the_backup_reads_what_people_do_not(postgres: Cluster) -> None:
    (grant,) = [want.statement for want in database.ROLES if want.name == "comptoir_backup in pg_read_all_data"]
    with psycopg.connect(postgres.dsn(TEMPLATE)) as connection:
        connection.execute("CREATE ROLE comptoir_backup")
        connection.execute(grant.encode())
        connection.execute("GRANT USAGE ON SCHEMA public TO comptoir_backup")
        connection.execute("SET LOCAL ROLE comptoir_backup")
        for column in sorted(HIDDEN):
            table, _, name = column.partition(".")
            connection.execute(sql.SQL("SELECT {} FROM {}").format(sql.Identifier(name), sql.Identifier(table)))
        connection.rollback()


def test_a_secret_that_a_migration_brings_is_hidden_with_it(postgres: Cluster, watched: str) -> None:
    migrate(postgres.url(watched))
    with psycopg.connect(postgres.dsn(watched), autocommit=True) as connection:
        connection.execute("CREATE TABLE later (id text, card_hash text, client_secret text, answer jsonb)")
        connection.execute("ALTER TABLE message ADD COLUMN later_hash text")
        connection.execute("CREATE TABLE pins (pin_hash text)")
        connection.execute("INSERT INTO later VALUES ('a', 'b', 'c', '1'), ('d', 'e', 'f', '2')")
        connection.execute("ANALYZE later")
    migrate(postgres.url(watched))
    with psycopg.connect(postgres.dsn(watched)) as connection:
        brought = {"later.card_hash", "later.client_secret", "later.answer", "message.later_hash", "pins.pin_hash"}
        assert hidden_columns(connection) - HIDDEN == brought
        connection.execute("SET LOCAL ROLE comptoir_readonly")
        shown = connection.execute("SELECT attname FROM pg_stats WHERE tablename = 'later'").fetchall()
        assert shown == [("id",)], "samples of what is hidden are hidden too"


def test_the_head_is_one(postgres: Cluster) -> None:
    revisions = [path.read_text() for path in VERSIONS.glob("2*.py")]
    with psycopg.connect(postgres.dsn(TEMPLATE)) as connection:
        heads = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    assert len(heads) == 1
    assert sum(f'revision = "{heads[0][0]}"' in text for text in revisions) == 1
