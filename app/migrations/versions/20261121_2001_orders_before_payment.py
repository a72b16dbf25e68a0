"""What an order needs that exists before its money."""

import sqlalchemy as sa
from alembic import op

revision = "0016_orders_before_payment"
down_revision = "0015_money_facts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("order", sa.Column("is_placed_unpaid", sa.Boolean(), server_default="false", nullable=False))
    op.create_index(
        "ix_order_unpaid",
        "order",
        ["created_at"],
        postgresql_where=sa.text("is_placed_unpaid AND paid_at IS NULL AND canceled_at IS NULL"),
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_index("ix_order_unpaid", table_name="order")
    op.drop_column("order", "is_placed_unpaid")
