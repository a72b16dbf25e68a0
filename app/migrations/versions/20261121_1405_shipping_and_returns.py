"""Rules of shipping options; returns."""

revision = "0011_shipping_and_returns"
down_revision = "0010_accounts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Filled by the change that needs it."""


def downgrade() -> None:
    """Filled by the change that needs it."""
