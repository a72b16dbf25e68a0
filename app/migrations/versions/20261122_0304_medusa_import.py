"""What was read from a Medusa shop, and what it became."""

from alembic import op

revision = "0027_medusa_import"
down_revision = "0026_imports"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
