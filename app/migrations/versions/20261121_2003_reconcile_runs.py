"""When Stripe's list of events was last read to its end."""

from alembic import op

revision = "0018_reconcile_runs"
down_revision = "0017_refund_life"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
