"""The payment journal: rows that only grow, without a gap, each sealed with the one before (docs/decisions/0021)."""

import sqlalchemy as sa
from alembic import op

revision = "0021_journal"
down_revision = "0020_mail_life"
branch_labels = None
depends_on = None

TEXTS = (
    "kind", "payment_id", "reference", "currency_code", "provider_id", "request_id", "actor",
    "previous_sha256", "sha256",
)  # fmt: skip
KINDS = "kind IN ('payment', 'refund', 'refund_failed', 'dispute_withdrawn', 'dispute_reinstated', 'correction')"
WATCHED = ("payment", "refund", "dispute")

# Each field as its length in bytes, a colon, itself and a comma, so that no other fields give the same text; written
# once more in Python, by which the journal is verified (app/payments/journal.py).
APPEND = """
CREATE FUNCTION comptoir_journal_append(
    of_kind text, of_payment text, of_reference text, of_amount bigint, of_currency text, of_provider text,
    happened_at timestamptz DEFAULT clock_timestamp()
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    head payment_journal_head;
    field text;
    canonical text := '';
    seal text;
    by_actor text := coalesce(current_setting('comptoir.actor', true), '');
    by_request text := coalesce(current_setting('comptoir.request_id', true), '');
BEGIN
    SELECT * INTO STRICT head FROM payment_journal_head WHERE id = 1 FOR UPDATE;
    head.last_number := head.last_number + 1;
    head.last_at := greatest(happened_at, head.last_at);
    FOREACH field IN ARRAY ARRAY[
        head.last_sha256, head.last_number::text,
        to_char(head.last_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        of_kind, of_payment, of_reference, of_amount::text, of_currency, of_provider, by_request, by_actor
    ] LOOP
        canonical := canonical || octet_length(field) || ':' || field || ',';
    END LOOP;
    seal := encode(sha256(convert_to(canonical, 'UTF8')), 'hex');
    INSERT INTO payment_journal (number, written_at, kind, payment_id, reference, amount_cents, currency_code,
        provider_id, request_id, actor, previous_sha256, sha256)
    VALUES (head.last_number, head.last_at, of_kind, of_payment, of_reference, of_amount, of_currency, of_provider,
        by_request, by_actor, head.last_sha256, seal);
    UPDATE payment_journal_head
        SET last_number = head.last_number, last_at = head.last_at, last_sha256 = seal WHERE id = 1;
END $$;
"""

# What a row came to before and after its change; the difference is an entry, or in another currency two of them.
CHANGE = """
CREATE FUNCTION comptoir_journal_change(
    of_kind text, of_opposite text, of_payment text, of_reference text,
    was bigint, was_currency text, is_now bigint, is_currency text
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    provider text := coalesce((SELECT provider_id FROM payment WHERE id = of_payment), '');
BEGIN
    IF was <> 0 AND is_now <> 0 AND was_currency <> is_currency THEN
        PERFORM comptoir_journal_append('correction', of_payment, of_reference, -was, was_currency, provider);
        PERFORM comptoir_journal_append(of_kind, of_payment, of_reference, is_now, is_currency, provider);
    ELSIF is_now <> was THEN
        PERFORM comptoir_journal_append(
            CASE WHEN abs(is_now) > abs(was) THEN of_kind ELSE of_opposite END,
            of_payment, of_reference, is_now - was, coalesce(is_currency, was_currency), provider);
    END IF;
END $$;
"""

PAYMENT = """
CREATE FUNCTION comptoir_journal_payment() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM comptoir_journal_change('payment', 'correction', coalesce(NEW.id, OLD.id),
        coalesce(NEW.payment_intent_id, OLD.payment_intent_id, NEW.id, OLD.id),
        CASE WHEN OLD.captured_at IS NULL THEN 0 ELSE OLD.amount_cents END, OLD.currency_code,
        CASE WHEN NEW.captured_at IS NULL THEN 0 ELSE NEW.amount_cents END, NEW.currency_code);
    RETURN NULL;
END $$;
"""

REFUND = """
CREATE FUNCTION comptoir_journal_refund() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM comptoir_journal_change('refund',
        CASE WHEN NEW.status <> 'succeeded' THEN 'refund_failed' ELSE 'correction' END,
        coalesce(NEW.payment_id, OLD.payment_id),
        coalesce(NEW.stripe_refund_id, OLD.stripe_refund_id, NEW.id, OLD.id),
        CASE WHEN OLD.status = 'succeeded' THEN -OLD.amount_cents ELSE 0 END, OLD.currency_code,
        CASE WHEN NEW.status = 'succeeded' THEN -NEW.amount_cents ELSE 0 END, NEW.currency_code);
    RETURN NULL;
END $$;
"""

DISPUTE = """
CREATE FUNCTION comptoir_journal_dispute() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    of_payment text := coalesce(NEW.payment_id, OLD.payment_id);
    of_reference text := coalesce(NEW.stripe_dispute_id, OLD.stripe_dispute_id);
BEGIN
    PERFORM comptoir_journal_change('dispute_withdrawn', 'correction', of_payment, of_reference,
        CASE WHEN OLD.withdrawn_at IS NULL THEN 0 ELSE -OLD.amount_cents END, OLD.currency_code,
        CASE WHEN NEW.withdrawn_at IS NULL THEN 0 ELSE -NEW.amount_cents END, NEW.currency_code);
    PERFORM comptoir_journal_change('dispute_reinstated', 'correction', of_payment, of_reference,
        CASE WHEN OLD.reinstated_at IS NULL THEN 0 ELSE OLD.amount_cents END, OLD.currency_code,
        CASE WHEN NEW.reinstated_at IS NULL THEN 0 ELSE NEW.amount_cents END, NEW.currency_code);
    RETURN NULL;
END $$;
"""

# Called by whoever may: without that, the application could append what never happened.
PRIVATE = """
REVOKE ALL ON FUNCTION comptoir_journal_append(text, text, text, bigint, text, text, timestamptz) FROM PUBLIC;
REVOKE ALL ON FUNCTION comptoir_journal_change(text, text, text, text, bigint, text, bigint, text) FROM PUBLIC;
"""

BY_TRIGGERS = """
CREATE FUNCTION comptoir_journal_is_written_by_triggers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF pg_trigger_depth() < 2 OR TG_OP NOT IN ('INSERT', 'UPDATE') THEN
        RAISE EXCEPTION 'the payment journal is written by the movement of money, never by hand'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NULL;
END $$;
"""

BACKFILL = """
SELECT set_config('comptoir.actor', 'migration', true), set_config('comptoir.request_id', '0021_journal', true);
DO $$
DECLARE moved record;
BEGIN
    FOR moved IN
        SELECT captured_at AS at, 'payment' AS kind, id AS payment_id, coalesce(payment_intent_id, id) AS reference,
            amount_cents AS amount, currency_code, provider_id
        FROM payment WHERE captured_at IS NOT NULL AND amount_cents <> 0
        UNION ALL
        SELECT coalesce(r.ended_at, r.told_at, r.created_at), 'refund', p.id, coalesce(r.stripe_refund_id, r.id),
            -r.amount_cents, r.currency_code, p.provider_id
        FROM refund r JOIN payment p ON p.id = r.payment_id WHERE r.status = 'succeeded'
        UNION ALL
        SELECT d.withdrawn_at, 'dispute_withdrawn', p.id, d.stripe_dispute_id, -d.amount_cents, d.currency_code,
            p.provider_id
        FROM dispute d JOIN payment p ON p.id = d.payment_id WHERE d.withdrawn_at IS NOT NULL AND d.amount_cents <> 0
        UNION ALL
        SELECT d.reinstated_at, 'dispute_reinstated', p.id, d.stripe_dispute_id, d.amount_cents, d.currency_code,
            p.provider_id
        FROM dispute d JOIN payment p ON p.id = d.payment_id WHERE d.reinstated_at IS NOT NULL AND d.amount_cents <> 0
        ORDER BY at, payment_id, reference, amount DESC
    LOOP
        PERFORM comptoir_journal_append(moved.kind, moved.payment_id, moved.reference, moved.amount,
            moved.currency_code, moved.provider_id, moved.at);
    END LOOP;
END $$;
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    # Until this commits no money moves: what came before is written here, what comes after by the triggers.
    op.execute("LOCK TABLE payment, refund, dispute IN SHARE ROW EXCLUSIVE MODE")
    _create_tables()
    for function in (APPEND, CHANGE, PAYMENT, REFUND, DISPUTE, PRIVATE, BY_TRIGGERS, BACKFILL):
        op.execute(function)
    _guard()
    for table in WATCHED:
        op.execute(
            f"CREATE CONSTRAINT TRIGGER journal AFTER INSERT OR UPDATE OR DELETE ON {table} "
            f"DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION comptoir_journal_{table}()"
        )


def _create_tables() -> None:
    op.create_table(
        "payment_journal",
        sa.Column("number", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("written_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in TEXTS),
        sa.CheckConstraint(KINDS, name=op.f("ck_payment_journal_kind")),
        sa.CheckConstraint("amount_cents <> 0", name=op.f("ck_payment_journal_moves_something")),
    )
    op.create_index(op.f("ix_payment_journal_payment_id"), "payment_journal", ["payment_id"])
    op.create_index(op.f("ix_payment_journal_written_at"), "payment_journal", ["written_at"])
    op.create_table(
        "payment_journal_head",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("last_number", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("last_sha256", sa.Text(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_payment_journal_head_one_row")),
    )
    op.execute("INSERT INTO payment_journal_head VALUES (1, 0, 'epoch', repeat('0', 64))")


def _guard() -> None:
    """Corrections are opposite entries: nothing that stands is changed, whoever asks."""
    op.execute(
        "CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON payment_journal "
        "FOR EACH STATEMENT EXECUTE FUNCTION comptoir_refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER demand_trigger BEFORE INSERT ON payment_journal "
        "FOR EACH STATEMENT EXECUTE FUNCTION comptoir_journal_is_written_by_triggers()"
    )
    op.execute(
        "CREATE TRIGGER demand_trigger BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON payment_journal_head "
        "FOR EACH STATEMENT EXECUTE FUNCTION comptoir_journal_is_written_by_triggers()"
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table in WATCHED:
        op.execute(f"DROP TRIGGER journal ON {table}")
        op.execute(f"DROP FUNCTION comptoir_journal_{table}()")
    op.drop_table("payment_journal")
    op.drop_table("payment_journal_head")
    op.execute("DROP FUNCTION comptoir_journal_is_written_by_triggers()")
    op.execute("DROP FUNCTION comptoir_journal_change(text, text, text, text, bigint, text, bigint, text)")
    op.execute("DROP FUNCTION comptoir_journal_append(text, text, text, bigint, text, text, timestamptz)")
