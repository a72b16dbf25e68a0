"""Addresses that mail must not reach, what Brevo told of each mail, and when it leaves."""

import sqlalchemy as sa
from alembic import op

revision = "0020_mail_life"
down_revision = "0019_flags"
branch_labels = None
depends_on = None

INSTANT = sa.TIMESTAMP(timezone=True)
NOW = sa.func.now()
ADDED = ("priority", "next_attempt_at", "queued_at", "quota_on", "unknown_since_at")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    _change_message()
    _create_gate()
    op.create_table(
        "mail_suppression",
        sa.Column("address_hash", sa.Text(), primary_key=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("since_at", INSTANT, server_default=NOW, nullable=False),
        sa.CheckConstraint("reason IN ('hard_bounce', 'spam', 'invalid_email')", name="reason"),
    )
    op.create_table(
        "mail_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("provider_message_id", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("told_at", INSTANT, nullable=False),
        sa.Column("address_hash", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), index=True),
        sa.Column("smtp_code", sa.Text()),
        sa.Column("received_at", INSTANT, server_default=NOW, nullable=False),
        sa.UniqueConstraint("provider_message_id", "event", "told_at", "address_hash", name="uq_mail_event_told"),
    )
    op.create_index("ix_mail_event_told_at_event", "mail_event", ["told_at", "event"])


def _change_message() -> None:
    # Written as JSON's null until now: it looked as if there were a secret.
    op.execute("UPDATE message SET secret = NULL WHERE secret = 'null'::jsonb")
    op.add_column("message", sa.Column("priority", sa.SmallInteger(), server_default="2", nullable=False))
    op.add_column("message", sa.Column("next_attempt_at", INSTANT, server_default=NOW, nullable=False))
    op.add_column("message", sa.Column("queued_at", INSTANT, server_default=NOW, nullable=False))
    op.execute("UPDATE message SET queued_at = created_at")
    op.add_column("message", sa.Column("quota_on", sa.Date()))
    op.add_column("message", sa.Column("unknown_since_at", INSTANT))
    # What the release before left between an attempt and its note may be at Brevo: it is asked first.
    op.execute("UPDATE message SET unknown_since_at = created_at WHERE state = 'queued' AND attempts > 0")
    op.drop_constraint("ck_message_state", "message")
    op.create_check_constraint(op.f("ck_message_state"), "message", "state IN ('queued', 'sent', 'dead', 'suppressed')")
    op.create_index(
        "ix_message_waiting", "message", ["priority", "created_at"], postgresql_where=sa.text("state = 'queued'")
    )
    op.create_index("ix_message_quota_on", "message", ["quota_on"])
    op.create_index("ix_message_provider_message_id", "message", ["provider_message_id"])


def _create_gate() -> None:
    op.create_table(
        "mail_gate",
        sa.Column("id", sa.SmallInteger(), primary_key=True),
        sa.Column("state", sa.Text(), server_default="open", nullable=False),
        sa.Column("error_code", sa.Text()),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("since_at", INSTANT, server_default=NOW, nullable=False),
        sa.Column("opens_at", INSTANT, server_default=NOW, nullable=False),
        sa.Column("bounce_level", sa.Text(), server_default="ok", nullable=False),
        sa.Column("untold_events", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint("id = 1", name="is_one_row"),
        sa.CheckConstraint("state IN ('open', 'limited', 'down', 'paused', 'stopped')", name="state"),
        sa.CheckConstraint("bounce_level IN ('ok', 'warning', 'critical')", name="bounce_level"),
    )
    op.execute("INSERT INTO mail_gate (id) VALUES (1)")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table in ("mail_event", "mail_suppression", "mail_gate"):
        op.drop_table(table)
    for name in ("ix_message_provider_message_id", "ix_message_quota_on", "ix_message_waiting"):
        op.drop_index(name)
    op.execute("UPDATE message SET state = 'dead', error_code = 'suppressed' WHERE state = 'suppressed'")
    op.drop_constraint("ck_message_state", "message")
    op.create_check_constraint(op.f("ck_message_state"), "message", "state IN ('queued', 'sent', 'dead')")
    for name in ADDED:
        op.drop_column("message", name)
