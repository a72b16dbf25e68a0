"""Deliveries and corrections of stock, prices that are set for later."""

from alembic import op

revision = "0025_stock_by_hand"
down_revision = "0024_catalogue_by_hand"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
