"""Pieces promised to somebody who is paying: counted by the database, never more than there are."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008_reservations"
down_revision = "0007_price_lists"
branch_labels = None
depends_on = None

INSTANT = postgresql.TIMESTAMP(timezone=True)

COUNT_RESERVED = """
CREATE FUNCTION comptoir_count_reserved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        UPDATE stock_level SET reserved_quantity = reserved_quantity - OLD.quantity, updated_at = now()
            WHERE variant_id = OLD.variant_id;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        UPDATE stock_level SET reserved_quantity = reserved_quantity + NEW.quantity, updated_at = now()
            WHERE variant_id = NEW.variant_id;
    END IF;
    RETURN NULL;
END $$
"""
COUNT_TRIGGER = """
CREATE TRIGGER count_reserved AFTER INSERT OR DELETE OR UPDATE OF variant_id, quantity ON stock_reservation
    FOR EACH ROW EXECUTE FUNCTION comptoir_count_reserved()
"""

KEEP_COUNT = """
CREATE FUNCTION comptoir_keep_reserved_count() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF pg_trigger_depth() < 2 THEN
        RAISE EXCEPTION 'reserved pieces are counted from the reservations, never by hand'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$
"""
KEEP_TRIGGER = """
CREATE TRIGGER keep_reserved_count BEFORE UPDATE ON stock_level FOR EACH ROW
    WHEN (OLD.reserved_quantity IS DISTINCT FROM NEW.reserved_quantity)
    EXECUTE FUNCTION comptoir_keep_reserved_count()
"""
KEEP_FIRST_TRIGGER = """
CREATE TRIGGER keep_reserved_count_at_first BEFORE INSERT ON stock_level FOR EACH ROW
    WHEN (NEW.reserved_quantity <> 0) EXECUTE FUNCTION comptoir_keep_reserved_count()
"""


def upgrade() -> None:
    # Nothing says yet how pieces that are not there are sold.
    op.create_check_constraint(
        op.f("ck_product_variant_sells_what_is_there"), "product_variant", "NOT allows_backorder"
    )
    op.add_column("stock_level", sa.Column("reserved_quantity", sa.Integer(), server_default="0", nullable=False))
    op.create_check_constraint(
        op.f("ck_stock_level_never_overpromised"),
        "stock_level",
        "reserved_quantity >= 0 AND reserved_quantity <= stocked_quantity",
    )
    op.create_table(
        "stock_reservation",
        sa.Column("cart_id", sa.Text(), nullable=False),
        sa.Column("variant_id", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("created_at", INSTANT, server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_stock_reservation_quantity_is_positive")),
        sa.ForeignKeyConstraint(
            ["variant_id"],
            ["stock_level.variant_id"],
            name=op.f("fk_stock_reservation_variant_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("cart_id", "variant_id", name=op.f("pk_stock_reservation")),
    )
    op.create_index(
        op.f("ix_stock_reservation_variant_id_expires_at"), "stock_reservation", ["variant_id", "expires_at"]
    )
    op.create_index(op.f("ix_stock_reservation_expires_at"), "stock_reservation", ["expires_at"])
    for statement in (COUNT_RESERVED, COUNT_TRIGGER, KEEP_COUNT, KEEP_TRIGGER, KEEP_FIRST_TRIGGER):
        op.execute(statement)
    op.execute(
        "CREATE TRIGGER demand_actor BEFORE INSERT OR UPDATE OR DELETE ON stock_reservation "
        "FOR EACH STATEMENT EXECUTE FUNCTION comptoir_demand_actor()"
    )
    op.execute(
        "CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON stock_reservation "
        "FOR EACH STATEMENT EXECUTE FUNCTION comptoir_refuse_truncate()"
    )


def downgrade() -> None:
    op.drop_table("stock_reservation")
    op.execute("DROP TRIGGER keep_reserved_count_at_first ON stock_level")
    op.execute("DROP TRIGGER keep_reserved_count ON stock_level")
    op.execute("DROP FUNCTION comptoir_keep_reserved_count()")
    op.execute("DROP FUNCTION comptoir_count_reserved()")
    op.drop_constraint(op.f("ck_stock_level_never_overpromised"), "stock_level", type_="check")
    op.drop_column("stock_level", "reserved_quantity")
    op.drop_constraint(op.f("ck_product_variant_sells_what_is_there"), "product_variant", type_="check")
