"""What refunds and returns need beside their facts."""

from alembic import op

revision = "0017_refund_life"
down_revision = "0016_orders_before_payment"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
