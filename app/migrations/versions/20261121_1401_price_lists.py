"""Price lists, and every price that ever was."""

revision = "0007_price_lists"
down_revision = "0006_catalogue_words"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Filled by the change that needs it."""


def downgrade() -> None:
    """Filled by the change that needs it."""
