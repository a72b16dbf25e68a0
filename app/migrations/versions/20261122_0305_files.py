"""Pictures and other files that people bring."""

from alembic import op

revision = "0028_files"
down_revision = "0027_medusa_import"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
