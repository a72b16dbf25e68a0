"""Files of products, prices and stock that are read in the background."""

from alembic import op

revision = "0026_imports"
down_revision = "0025_stock_by_hand"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
