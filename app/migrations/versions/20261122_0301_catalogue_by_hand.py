"""What changing the catalogue by hand needs."""

from alembic import op

revision = "0024_catalogue_by_hand"
down_revision = "0023_secret_keys"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
