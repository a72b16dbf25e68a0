"""Pieces promised to somebody who is paying."""

revision = "0008_reservations"
down_revision = "0007_price_lists"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Filled by the change that needs it."""


def downgrade() -> None:
    """Filled by the change that needs it."""
