"""What an operator switched off or a process found broken: one row per name, kept with its last change."""

from alembic import op

revision = "0019_flags"
down_revision = "0018_reconcile_runs"
branch_labels = None
depends_on = None

TABLE = """
CREATE TABLE flag (
    name TEXT CONSTRAINT pk_flag PRIMARY KEY,
    is_set BOOLEAN NOT NULL,
    reason TEXT NOT NULL,
    actor TEXT NOT NULL,
    changed_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    ends_at TIMESTAMPTZ
)
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(TABLE)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("DROP TABLE flag")
