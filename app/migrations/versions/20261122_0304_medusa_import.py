"""What was read from a Medusa shop, and what it became. Money that came there is history: it is not journaled here."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0027_medusa_import"
down_revision = "0026_imports"
branch_labels = None
depends_on = None

INSTANT = postgresql.TIMESTAMP(timezone=True)
MARKED = ("order", "payment")

# As in migration 0021, but for money that came before this journal began.
PAYMENT = """
CREATE OR REPLACE FUNCTION comptoir_journal_payment() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    {but}PERFORM comptoir_journal_change('payment', 'correction', coalesce(NEW.id, OLD.id),
        coalesce(NEW.payment_intent_id, OLD.payment_intent_id, NEW.id, OLD.id),
        CASE WHEN OLD.captured_at IS NULL THEN 0 ELSE OLD.amount_cents END, OLD.currency_code,
        CASE WHEN NEW.captured_at IS NULL THEN 0 ELSE NEW.amount_cents END, NEW.currency_code);
    RETURN NULL;
END $$;
"""
HISTORY = "IF coalesce(NEW.is_imported, OLD.is_imported) THEN RETURN NULL; END IF;\n    "

# Whoever could set it later would take money out of the journal's sight.
KEEP_MARK = """
CREATE FUNCTION comptoir_keep_imported() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.is_imported <> OLD.is_imported THEN
        RAISE EXCEPTION 'a row of % is imported from the start, or never', TG_TABLE_NAME
            USING ERRCODE = 'insufficient_privilege', HINT = 'comptoir import medusa brings orders and payments.';
    END IF;
    RETURN NEW;
END $$;
"""
# The mark stands on what the import itself wrote: the same transaction names the payment's original.
DEMAND_ORIGIN = """
CREATE FUNCTION comptoir_demand_origin() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.is_imported AND NOT EXISTS (SELECT FROM medusa_object WHERE kind = TG_TABLE_NAME AND local_id = NEW.id) THEN
        RAISE EXCEPTION 'an imported row of % names what it was', TG_TABLE_NAME
            USING ERRCODE = 'insufficient_privilege', HINT = 'comptoir import medusa brings orders and payments.';
    END IF;
    RETURN NULL;
END $$;
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table in MARKED:
        op.add_column(table, sa.Column("is_imported", sa.Boolean(), server_default=sa.false(), nullable=False))
    _create_tables()
    op.execute(KEEP_MARK)
    op.execute(DEMAND_ORIGIN)
    for table in MARKED:
        op.execute(
            f'CREATE TRIGGER keep_imported BEFORE UPDATE ON "{table}" '
            "FOR EACH ROW EXECUTE FUNCTION comptoir_keep_imported()"
        )
        op.execute(
            f'CREATE CONSTRAINT TRIGGER demand_origin AFTER INSERT ON "{table}" DEFERRABLE INITIALLY DEFERRED '
            "FOR EACH ROW WHEN (NEW.is_imported) EXECUTE FUNCTION comptoir_demand_origin()"
        )
    for table in ("medusa_object", "medusa_problem"):
        op.execute(
            f"CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION comptoir_refuse_change()"
        )
    op.execute(PAYMENT.format(but=HISTORY))


def _create_tables() -> None:
    op.create_table(
        "medusa_run",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="running", nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("started_at", INSTANT, server_default=sa.func.now(), nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("figures", postgresql.JSONB(), nullable=True),
        sa.CheckConstraint("way IN ('database', 'api')", name=op.f("ck_medusa_run_way")),
        sa.CheckConstraint("state IN ('running', 'ended', 'stopped')", name=op.f("ck_medusa_run_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_medusa_run")),
    )
    op.create_table(
        "medusa_object",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("local_id", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("figure", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("unit", sa.Text(), server_default="", nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, server_default=sa.func.now(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["medusa_run.id"], name=op.f("fk_medusa_object_run_id")),
        sa.PrimaryKeyConstraint("source", "kind", "external_id", name=op.f("pk_medusa_object")),
    )
    op.create_index(op.f("ix_medusa_object_kind_local_id"), "medusa_object", ["kind", "local_id"])
    op.create_index(op.f("ix_medusa_object_run_id"), "medusa_object", ["run_id"])
    op.create_table(
        "medusa_problem",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.Column("is_left_out", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["medusa_run.id"], name=op.f("fk_medusa_problem_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_medusa_problem")),
    )
    op.create_index(op.f("ix_medusa_problem_run_id_id"), "medusa_problem", ["run_id", "id"])


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(PAYMENT.format(but=""))
    for table in MARKED:
        op.execute(f'DROP TRIGGER demand_origin ON "{table}"')
        op.execute(f'DROP TRIGGER keep_imported ON "{table}"')
    op.execute("DROP FUNCTION comptoir_demand_origin()")
    op.execute("DROP FUNCTION comptoir_keep_imported()")
    for table in ("medusa_problem", "medusa_object", "medusa_run"):
        op.drop_table(table)
    for table in MARKED:
        op.drop_column(table, "is_imported")
