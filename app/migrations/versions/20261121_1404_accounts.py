"""Customers with an account, their sessions and addresses."""

revision = "0010_accounts"
down_revision = "0009_promotions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Filled by the change that needs it."""


def downgrade() -> None:
    """Filled by the change that needs it."""
