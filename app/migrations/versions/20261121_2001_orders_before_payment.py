"""What an order needs that exists before its money."""

from alembic import op

revision = "0016_orders_before_payment"
down_revision = "0015_money_facts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
