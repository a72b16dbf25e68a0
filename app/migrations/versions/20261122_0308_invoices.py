"""Invoices, credit notes and their series."""

from alembic import op

revision = "0031_invoices"
down_revision = "0030_returns_life"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
