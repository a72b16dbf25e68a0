"""Collections, tags, types, and the words by which products are found."""

revision = "0006_catalogue_words"
down_revision = "0005_countries"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Filled by the change that needs it."""


def downgrade() -> None:
    """Filled by the change that needs it."""
