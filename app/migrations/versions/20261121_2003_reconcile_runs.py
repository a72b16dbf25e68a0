"""When Stripe's list of events was last read to its end, and who reads it now."""

import sqlalchemy as sa
from alembic import op

revision = "0018_reconcile_runs"
down_revision = "0017_refund_life"
branch_labels = None
depends_on = None

INSTANT = sa.TIMESTAMP(timezone=True)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "reconcile_run",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("since_at", INSTANT, nullable=False),
        sa.Column("started_at", INSTANT, index=True, nullable=False),
        sa.Column("ended_at", INSTANT, server_default=sa.func.now(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("found", sa.Integer(), nullable=False),
        sa.Column("applied", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
    )
    op.create_table(
        "stripe_task",
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("held_by", sa.Text()),
        sa.Column("token", sa.Text()),
        sa.Column("held_since_at", INSTANT),
        sa.Column("held_until_at", INSTANT),
        sa.Column("position", sa.Text()),
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_table("stripe_task")
    op.drop_table("reconcile_run")
