"""The whole life of a return, and withdrawals."""

from alembic import op

revision = "0030_returns_life"
down_revision = "0029_fulfilment"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
