"""On which machines the commands of this shop may be given."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0032_host_seal"
down_revision = "0031_invoices"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "host_seal",
        sa.Column("machine_hash", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("sealed_by", sa.Text(), nullable=False),
        sa.Column("sealed_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("machine_hash", name=op.f("pk_host_seal")),
    )


def downgrade() -> None:
    op.drop_table("host_seal")
