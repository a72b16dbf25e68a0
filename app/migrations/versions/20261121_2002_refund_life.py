"""What refunds and returns need beside their facts: sums that follow, keys that are renewed, rows that stay true."""

import sqlalchemy as sa
from alembic import op

revision = "0017_refund_life"
down_revision = "0016_orders_before_payment"
branch_labels = None
depends_on = None

# Runbook S0-142, payments §5: what is refunded for a return was dispatched with proof, or has come in.
DEMAND_RETURN = """
CREATE FUNCTION comptoir_demand_return() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.return_id IS NOT NULL AND NEW.origin = 'comptoir' AND NOT EXISTS (
        SELECT FROM order_return AS parcel
        JOIN "order" ON "order".id = parcel.order_id
        JOIN payment ON payment.payment_collection_id = "order".payment_collection_id
        WHERE parcel.id = NEW.return_id AND payment.id = NEW.payment_id
          AND (parcel.status = 'received' OR (parcel.status = 'in_transit' AND parcel.is_withdrawal))
    ) THEN
        RAISE EXCEPTION 'a refund stands on a return of this order that is received, or a withdrawal on its way'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'refund_has_its_return', HINT = 'comptoir returns receive';
    END IF;
    RETURN NEW;
END $$
"""
KEEP_REFUND = """
CREATE FUNCTION comptoir_keep_refund() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'UPDATE' OR (OLD.id, OLD.payment_id, OLD.return_id, OLD.origin, OLD.amount_cents, OLD.currency_code,
        OLD.reason, OLD.requested_by, OLD.created_at) IS DISTINCT FROM (NEW.id, NEW.payment_id, NEW.return_id,
        NEW.origin, NEW.amount_cents, NEW.currency_code, NEW.reason, NEW.requested_by, NEW.created_at)
        OR NEW.note IS DISTINCT FROM coalesce(OLD.note, NEW.note) THEN
        RAISE EXCEPTION 'a refund keeps its payment, its amount, its ground and its note; another one is another row'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("payment", sa.Column("refunded_cents", sa.Integer(), server_default="0", nullable=False))
    op.create_check_constraint(
        op.f("ck_payment_refunded_is_committed"), "payment", "refunded_cents BETWEEN 0 AND refund_committed_cents"
    )
    op.add_column("refund", sa.Column("key_number", sa.Integer(), server_default="1", nullable=False))
    op.execute(DEMAND_RETURN)
    op.execute(KEEP_REFUND)
    op.execute(
        "CREATE TRIGGER demand_return BEFORE INSERT ON refund FOR EACH ROW EXECUTE FUNCTION comptoir_demand_return()"
    )
    op.execute(
        "CREATE TRIGGER keep_refund BEFORE UPDATE OR DELETE ON refund "
        "FOR EACH ROW EXECUTE FUNCTION comptoir_keep_refund()"
    )
    op.execute(
        "CREATE TRIGGER refuse_removal BEFORE DELETE OR TRUNCATE ON dispute "
        "FOR EACH STATEMENT EXECUTE FUNCTION comptoir_refuse_change()"
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("DROP TRIGGER refuse_removal ON dispute")
    for trigger, function in (("keep_refund", "comptoir_keep_refund"), ("demand_return", "comptoir_demand_return")):
        op.execute(f"DROP TRIGGER {trigger} ON refund")
        op.execute(f"DROP FUNCTION {function}()")
    op.drop_column("refund", "key_number")
    op.drop_constraint("ck_payment_refunded_is_committed", "payment")
    op.drop_column("payment", "refunded_cents")
