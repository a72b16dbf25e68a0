"""What an operator switched off, and why."""

from alembic import op

revision = "0019_flags"
down_revision = "0018_reconcile_runs"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
