"""Promotion codes, and what they took off carts and orders."""

revision = "0009_promotions"
down_revision = "0008_reservations"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Filled by the change that needs it."""


def downgrade() -> None:
    """Filled by the change that needs it."""
