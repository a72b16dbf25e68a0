"""Parcels that leave, and where they are."""

from alembic import op

revision = "0029_fulfilment"
down_revision = "0028_files"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
