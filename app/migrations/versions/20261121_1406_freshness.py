"""The database tells what changed in the catalogue, at each commit."""

revision = "0012_freshness"
down_revision = "0011_shipping_and_returns"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Filled by the change that needs it."""


def downgrade() -> None:
    """Filled by the change that needs it."""
