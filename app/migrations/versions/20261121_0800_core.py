"""The job queue and the audit log: what every later table leans on."""

from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001_core"
down_revision = None
branch_labels = None
depends_on = None

# The queue's schema as its package 3.10 ships it, copied so that a later package cannot change this migration.
QUEUE_SQL = Path(__file__).parents[1] / "sql" / "queue_3_10.sql"

APPEND_ONLY = """
CREATE FUNCTION comptoir_audit_log_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log only grows' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION comptoir_audit_log_only_grows();
"""

DROP_QUEUE = """
DROP TABLE procrastinate_events, procrastinate_periodic_defers, procrastinate_jobs, procrastinate_workers CASCADE;
DO $$
DECLARE found record;
BEGIN
    FOR found IN SELECT oid::regprocedure AS signature FROM pg_proc WHERE proname LIKE 'procrastinate\\_%' LOOP
        EXECUTE 'DROP FUNCTION ' || found.signature || ' CASCADE';
    END LOOP;
END $$;
DROP TYPE procrastinate_job_to_defer_v1, procrastinate_job_event_type, procrastinate_job_status;
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    run_script(QUEUE_SQL.read_text(encoding="utf-8"))
    op.create_table(
        "audit_log",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("details", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_log")),
    )
    op.create_index(op.f("ix_audit_log_subject_created_at"), "audit_log", ["subject", "created_at"])
    run_script(APPEND_ONLY)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_table("audit_log")
    op.execute("DROP FUNCTION comptoir_audit_log_only_grows()")
    run_script(DROP_QUEUE)


def run_script(script: str) -> None:
    """Several statements as they are: no bound parameter, so neither `:` nor `%` means anything."""
    if op.get_context().as_sql:
        op.get_context().impl.static_output(script)
        return
    driver = op.get_bind().connection.driver_connection
    if driver is None:
        raise RuntimeError("the connection is closed")
    driver.execute(script)
