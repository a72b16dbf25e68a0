"""What the database itself refuses: unsigned changes of money and stock, edits of append-only rows."""

from alembic import op

revision = "0004_guards"
down_revision = "0003_sales"
branch_labels = None
depends_on = None

# Design §2: these tables demand a transaction-local actor and request id.
SIGNED = ("price", "stock_level", "order", "payment", "refund")
APPEND_ONLY = ("stock_movement",)

DEMAND_ACTOR = """
CREATE FUNCTION comptoir_demand_actor() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF coalesce(current_setting('comptoir.actor', true), '') = ''
       OR coalesce(current_setting('comptoir.request_id', true), '') = '' THEN
        RAISE EXCEPTION 'table % is changed through comptoir only: the transaction names no actor', TG_TABLE_NAME
            USING ERRCODE = 'insufficient_privilege', HINT = 'Use the Admin or the comptoir command.';
    END IF;
    RETURN NULL;
END $$
"""

REFUSE_CHANGE = """
CREATE FUNCTION comptoir_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'table % only grows: rows are never changed or removed', TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END $$
"""


def upgrade() -> None:
    op.execute(DEMAND_ACTOR)
    op.execute(REFUSE_CHANGE)
    for table in SIGNED:
        op.execute(
            f'CREATE TRIGGER demand_actor BEFORE INSERT OR UPDATE OR DELETE ON "{table}" '
            "FOR EACH STATEMENT EXECUTE FUNCTION comptoir_demand_actor()"
        )
    for table in APPEND_ONLY:
        op.execute(
            f'CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON "{table}" '
            "FOR EACH STATEMENT EXECUTE FUNCTION comptoir_refuse_change()"
        )
    op.execute("INSERT INTO order_number (id, last_number) VALUES (1, 0)")


def downgrade() -> None:
    op.execute("DELETE FROM order_number")
    for table in APPEND_ONLY:
        op.execute(f'DROP TRIGGER refuse_change ON "{table}"')
    for table in SIGNED:
        op.execute(f'DROP TRIGGER demand_actor ON "{table}"')
    op.execute("DROP FUNCTION comptoir_refuse_change()")
    op.execute("DROP FUNCTION comptoir_demand_actor()")
