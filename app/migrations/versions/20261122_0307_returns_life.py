"""The whole life of a return, and withdrawals."""

from alembic import op

revision = "0030_returns_life"
down_revision = "0029_fulfilment"
branch_labels = None
depends_on = None

SIGNED = "SELECT set_config('comptoir.actor', 'migration', true), set_config('comptoir.request_id', 'none', true)"

# Runbook S0-142, payments §5: what is refunded for a return was dispatched with proof, or has come in.
DEMAND_RETURN = """
CREATE OR REPLACE FUNCTION comptoir_demand_return() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.return_id IS NOT NULL AND NEW.origin = 'comptoir' AND NOT EXISTS (
        SELECT FROM order_return AS parcel
        JOIN "order" ON "order".id = parcel.order_id
        JOIN payment ON payment.payment_collection_id = "order".payment_collection_id
        WHERE parcel.id = NEW.return_id AND payment.id = NEW.payment_id
          AND (parcel.status IN ({arrived}) OR (parcel.status = 'in_transit' AND parcel.is_withdrawal))
    ) THEN
        RAISE EXCEPTION 'a refund stands on a return of this order that is received, or a withdrawal on its way'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'refund_has_its_return', HINT = 'comptoir returns receive';
    END IF;
    RETURN NEW;
END $$
"""
LIFE = """
ALTER TABLE order_return
    ALTER COLUMN shipping_option_id DROP NOT NULL,
    ALTER COLUMN shipping_name SET DEFAULT '',
    ALTER COLUMN shipping_amount_cents SET DEFAULT 0,
    ADD COLUMN metadata JSONB,
    ADD COLUMN approved_at TIMESTAMPTZ,
    ADD COLUMN receiving_at TIMESTAMPTZ,
    ADD COLUMN inspected_at TIMESTAMPTZ,
    ADD COLUMN rejected_at TIMESTAMPTZ,
    ADD COLUMN rejection TEXT,
    DROP CONSTRAINT ck_order_return_status,
    DROP CONSTRAINT ck_order_return_status_has_its_instant,
    ADD CONSTRAINT ck_order_return_status CHECK (status IN (
        'open', 'requested', 'approved', 'in_transit', 'received', 'inspected', 'rejected', 'canceled'
    )),
    ADD CONSTRAINT ck_order_return_status_has_its_instant CHECK (
        (status <> 'approved' OR approved_at IS NOT NULL)
        AND (status <> 'in_transit' OR dispatched_at IS NOT NULL)
        AND (received_at IS NULL OR status IN ('received', 'inspected', 'rejected'))
        AND (status NOT IN ('received', 'inspected') OR received_at IS NOT NULL)
        AND (inspected_at IS NULL OR status IN ('inspected', 'rejected'))
        AND (status <> 'inspected' OR inspected_at IS NOT NULL)
        AND (status = 'rejected') = (rejected_at IS NOT NULL)
        AND (status = 'canceled') = (canceled_at IS NOT NULL)
    ),
    ADD CONSTRAINT ck_order_return_rejection_has_its_reason CHECK ((rejected_at IS NULL) = (rejection IS NULL)),
    ADD CONSTRAINT ck_order_return_way_back_has_its_name CHECK (
        shipping_option_id IS NOT NULL OR (shipping_name = '' AND shipping_amount_cents = 0)
    )
"""
# What a reception in several calls has counted so far; it counts for nothing until it is confirmed.
COUNTED = """
ALTER TABLE return_line
    ADD COLUMN counted_quantity INTEGER NOT NULL DEFAULT 0,
    ADD COLUMN counted_dismissed_quantity INTEGER NOT NULL DEFAULT 0,
    ADD CONSTRAINT ck_return_line_is_counted_once CHECK (
        0 <= least(counted_quantity, counted_dismissed_quantity)
        AND counted_quantity + counted_dismissed_quantity <= quantity
    )
"""
# French law, L221-28: for what nobody may withdraw from. An order's line keeps what was said when it was bought.
EXCLUDED = """
ALTER TABLE "{table}"
    ADD COLUMN withdrawal_excluded_reason TEXT,
    ADD CONSTRAINT "ck_{table}_withdrawal_excluded_reason" CHECK (withdrawal_excluded_reason IN (
        'made_to_order', 'perishable', 'unsealed_hygiene', 'unsealed_media', 'performed_service', 'dated_service'
    ))
"""
WITHDRAWAL = """
CREATE TABLE withdrawal (
    id TEXT CONSTRAINT pk_withdrawal PRIMARY KEY,
    order_id TEXT CONSTRAINT fk_withdrawal_order_id REFERENCES "order" (id) ON DELETE RESTRICT,
    token_hash TEXT CONSTRAINT uq_withdrawal_token_hash UNIQUE,
    asked_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    expires_at TIMESTAMPTZ,
    declared_at TIMESTAMPTZ,
    return_id TEXT CONSTRAINT fk_withdrawal_return_id REFERENCES order_return (id) ON DELETE RESTRICT,
    statement JSONB,
    CONSTRAINT ck_withdrawal_is_declared_in_words CHECK ((declared_at IS NULL) = (statement IS NULL)),
    CONSTRAINT ck_withdrawal_declared_is_about_an_order CHECK (declared_at IS NULL OR order_id IS NOT NULL),
    CONSTRAINT ck_withdrawal_link_ends CHECK ((token_hash IS NULL) = (expires_at IS NULL)),
    CONSTRAINT ck_withdrawal_return_is_declared CHECK (return_id IS NULL OR declared_at IS NOT NULL)
);
CREATE INDEX ix_withdrawal_order_id ON withdrawal (order_id);
CREATE INDEX ix_withdrawal_return_id ON withdrawal (return_id);
CREATE UNIQUE INDEX uq_withdrawal_declared ON withdrawal (order_id) WHERE declared_at IS NOT NULL;
CREATE TRIGGER demand_actor BEFORE INSERT OR UPDATE OR DELETE ON withdrawal
    FOR EACH STATEMENT EXECUTE FUNCTION comptoir_demand_actor();
CREATE TRIGGER keep_declared BEFORE UPDATE OR DELETE ON withdrawal
    FOR EACH ROW WHEN (OLD.declared_at IS NOT NULL) EXECUTE FUNCTION comptoir_refuse_change();
CREATE TRIGGER refuse_removal BEFORE TRUNCATE ON withdrawal
    FOR EACH STATEMENT EXECUTE FUNCTION comptoir_refuse_change();
"""
# Nothing leaves any more for a customer who has withdrawn, but what nobody may withdraw from.
KEEP_WITHDRAWN = """
CREATE FUNCTION comptoir_keep_withdrawn() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM "order" WHERE id = NEW.order_id AND withdrawn_at IS NOT NULL) THEN
        RAISE EXCEPTION 'its customer has withdrawn from this order: nothing more of it is sent'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'order_is_not_withdrawn', HINT = 'comptoir orders refund';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER keep_withdrawn BEFORE UPDATE OF fulfilled_quantity ON order_line
    FOR EACH ROW WHEN (
        NEW.fulfilled_quantity > OLD.fulfilled_quantity AND NEW.withdrawal_excluded_reason IS NULL
    ) EXECUTE FUNCTION comptoir_keep_withdrawn();
CREATE TRIGGER keep_withdrawn BEFORE INSERT ON fulfilment FOR EACH ROW EXECUTE FUNCTION comptoir_keep_withdrawn();
CREATE TRIGGER keep_withdrawn_here BEFORE UPDATE OF shipped_at ON fulfilment
    FOR EACH ROW WHEN (NEW.shipped_at IS DISTINCT FROM OLD.shipped_at) EXECUTE FUNCTION comptoir_keep_withdrawn();
"""
# To a release that knows four states: what it knows, or the nearest of them.
NEAREST = """
UPDATE order_return SET
    status = CASE
        WHEN status IN ('open', 'rejected') AND received_at IS NULL THEN 'canceled'
        WHEN status IN ('inspected', 'rejected') THEN 'received'
        WHEN status = 'approved' AND dispatched_at IS NOT NULL THEN 'in_transit'
        WHEN status = 'approved' THEN 'requested'
        ELSE status END,
    canceled_at = CASE
        WHEN status IN ('open', 'rejected') AND received_at IS NULL THEN coalesce(rejected_at, now())
        ELSE canceled_at END;
UPDATE order_return SET shipping_option_id = coalesce(
    (SELECT sent.shipping_option_id FROM order_shipping_method AS sent WHERE sent.order_id = order_return.order_id),
    (SELECT min(id) FROM shipping_option)
) WHERE shipping_option_id IS NULL
"""
LIFE_BACK = """
ALTER TABLE order_return
    DROP CONSTRAINT ck_order_return_way_back_has_its_name,
    DROP CONSTRAINT ck_order_return_rejection_has_its_reason,
    DROP CONSTRAINT ck_order_return_status,
    DROP COLUMN rejection,
    DROP COLUMN rejected_at,
    DROP COLUMN inspected_at,
    DROP COLUMN receiving_at,
    DROP COLUMN approved_at,
    DROP COLUMN metadata,
    ALTER COLUMN shipping_amount_cents DROP DEFAULT,
    ALTER COLUMN shipping_name DROP DEFAULT
"""
OLD_LIFE = """
ALTER TABLE order_return
    ALTER COLUMN shipping_option_id SET NOT NULL,
    ADD CONSTRAINT ck_order_return_status CHECK (status IN ('requested', 'in_transit', 'received', 'canceled')),
    ADD CONSTRAINT ck_order_return_status_has_its_instant CHECK (
        (status <> 'in_transit' OR dispatched_at IS NOT NULL)
        AND (status = 'received') = (received_at IS NOT NULL)
        AND (status = 'canceled') = (canceled_at IS NOT NULL)
    )
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(LIFE)
    op.execute(COUNTED)
    op.execute("ALTER TABLE return_reason ADD COLUMN metadata JSONB")
    for table in ("product", "order_line"):
        op.execute(EXCLUDED.format(table=table))
    op.execute('ALTER TABLE "order" ADD COLUMN withdrawn_at TIMESTAMPTZ, ADD COLUMN withdrawal_informed_on DATE')
    op.execute(WITHDRAWAL)
    op.execute(KEEP_WITHDRAWN)
    op.execute(DEMAND_RETURN.format(arrived="'received', 'inspected'"))


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(SIGNED)
    op.execute(DEMAND_RETURN.format(arrived="'received'"))
    op.execute("DROP TRIGGER keep_withdrawn ON order_line")
    op.execute("DROP TRIGGER keep_withdrawn_here ON fulfilment")
    op.execute("DROP TRIGGER keep_withdrawn ON fulfilment")
    op.execute("DROP FUNCTION comptoir_keep_withdrawn()")
    op.execute("DROP TABLE withdrawal")
    op.execute('ALTER TABLE "order" DROP COLUMN withdrawal_informed_on, DROP COLUMN withdrawn_at')
    for table in ("order_line", "product"):
        op.execute(f'ALTER TABLE "{table}" DROP COLUMN withdrawal_excluded_reason')
    op.execute("ALTER TABLE return_reason DROP COLUMN metadata")
    op.execute(
        "ALTER TABLE return_line DROP CONSTRAINT ck_return_line_is_counted_once,"
        " DROP COLUMN counted_dismissed_quantity, DROP COLUMN counted_quantity"
    )
    op.execute("ALTER TABLE order_return DROP CONSTRAINT ck_order_return_status_has_its_instant")
    op.execute(NEAREST)
    op.execute(LIFE_BACK)
    op.execute(OLD_LIFE)
