"""Differences with Stripe that a person looked at and explained."""

from alembic import op

revision = "0022_known_drift"
down_revision = "0021_journal"
branch_labels = None
depends_on = None

TABLE = """
CREATE TABLE known_drift (
    id BIGINT GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_known_drift PRIMARY KEY,
    code TEXT NOT NULL,
    about TEXT NOT NULL,
    here TEXT NOT NULL,
    there TEXT NOT NULL,
    reason TEXT NOT NULL,
    actor TEXT NOT NULL,
    acknowledged_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    CONSTRAINT uq_known_drift_about UNIQUE (about, code, here, there)
)
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(TABLE)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("DROP TABLE known_drift")
