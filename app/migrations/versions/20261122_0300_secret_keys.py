"""Secret keys, by which programs call the Admin API; when accounts and keys were last changed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0023_secret_keys"
down_revision = "0022_known_drift"
branch_labels = None
depends_on = None

INSTANT = postgresql.TIMESTAMP(timezone=True)
DATED = ("staff_user", "publishable_key")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "secret_key",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), server_default="staff", nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("redacted", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, server_default=sa.func.now(), nullable=False),
        sa.Column("updated_at", INSTANT, server_default=sa.func.now(), nullable=False),
        sa.Column("last_used_on", sa.Date(), nullable=True),
        sa.Column("revoked_at", INSTANT, nullable=True),
        sa.Column("revoked_by", sa.Text(), nullable=True),
        sa.CheckConstraint("role IN ('staff', 'readonly')", name=op.f("ck_secret_key_role")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_secret_key")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_secret_key_token_hash")),
    )
    for table in DATED:
        op.add_column(table, sa.Column("updated_at", INSTANT, server_default=sa.func.now(), nullable=False))


def downgrade() -> None:
    for table in DATED:
        op.drop_column(table, "updated_at")
    op.drop_table("secret_key")
