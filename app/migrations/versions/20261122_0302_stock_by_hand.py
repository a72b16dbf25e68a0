"""Deliveries and corrections of stock, prices that are set for later."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0025_stock_by_hand"
down_revision = "0024_catalogue_by_hand"
branch_labels = None
depends_on = None

INSTANT = postgresql.TIMESTAMP(timezone=True)
# What came back goes on the shelf of the piece that was sold, no more of it than was sent back, and once (a UNIQUE).
CHECK_RESTOCK = """
CREATE FUNCTION comptoir_check_restock() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE sent_back integer;
BEGIN
    SELECT return_line.quantity INTO sent_back
        FROM return_line JOIN order_line ON order_line.id = return_line.order_line_id
        WHERE return_line.id = NEW.return_line_id AND order_line.variant_id = NEW.variant_id;
    IF sent_back IS NULL OR NEW.delta > sent_back THEN
        RAISE EXCEPTION 'return line % did not bring % pieces of variant % back',
            NEW.return_line_id, NEW.delta, NEW.variant_id
            USING ERRCODE = 'restrict_violation', HINT = 'Record a count of the shelf instead.';
    END IF;
    RETURN NEW;
END $$
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("stock_movement", sa.Column("note", sa.Text(), nullable=True))
    op.add_column("stock_movement", sa.Column("return_line_id", sa.Text(), nullable=True))
    op.add_column("stock_movement", sa.Column("actor", sa.Text(), server_default="", nullable=False))
    # Of a movement that is written from now on; nobody knows any more who made the older ones.
    op.alter_column(
        "stock_movement", "actor", server_default=sa.text("coalesce(current_setting('comptoir.actor', true), '')")
    )
    op.drop_constraint(op.f("ck_stock_movement_reason"), "stock_movement")
    op.create_check_constraint(
        op.f("ck_stock_movement_reason"),
        "stock_movement",
        "(reason IN ('receipt', 'return') AND delta > 0) OR (reason = 'sale' AND delta < 0)"
        " OR reason IN ('correction', 'import')",
    )
    op.create_check_constraint(
        op.f("ck_stock_movement_return_has_its_line"),
        "stock_movement",
        "(reason = 'return') = (return_line_id IS NOT NULL)",
    )
    op.create_check_constraint(
        op.f("ck_stock_movement_correction_has_its_note"),
        "stock_movement",
        "reason <> 'correction' OR note IS NOT NULL",
    )
    op.create_unique_constraint(op.f("uq_stock_movement_return_line_id"), "stock_movement", ["return_line_id"])
    op.execute(CHECK_RESTOCK)
    op.execute(
        "CREATE TRIGGER check_restock BEFORE INSERT ON stock_movement FOR EACH ROW"
        " WHEN (NEW.return_line_id IS NOT NULL) EXECUTE FUNCTION comptoir_check_restock()"
    )
    _demand_actor("stock_movement")
    _create_scheduled_price()


def _create_scheduled_price() -> None:
    op.create_table(
        "scheduled_price",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("variant_id", sa.Text(), nullable=False),
        sa.Column("currency_code", sa.Text(), nullable=False),
        sa.Column("amount_cents", sa.Integer(), nullable=False),
        sa.Column("applies_at", INSTANT, nullable=False),
        sa.Column("status", sa.Text(), server_default="planned", nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("refused_code", sa.Text(), nullable=True),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, server_default=sa.func.now(), nullable=False),
        sa.Column("updated_at", INSTANT, server_default=sa.func.now(), nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.CheckConstraint(
            "status IN ('planned', 'applied', 'canceled', 'refused')", name=op.f("ck_scheduled_price_status")
        ),
        sa.CheckConstraint("amount_cents >= 0", name=op.f("ck_scheduled_price_amount_is_not_negative")),
        sa.CheckConstraint(
            "(status = 'planned') = (ended_at IS NULL) AND (status = 'refused') = (refused_code IS NOT NULL)",
            name=op.f("ck_scheduled_price_status_has_its_facts"),
        ),
        sa.ForeignKeyConstraint(
            ["variant_id"], ["product_variant.id"], name=op.f("fk_scheduled_price_variant_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scheduled_price")),
    )
    op.create_index(
        "ix_scheduled_price_planned",
        "scheduled_price",
        ["variant_id", "currency_code", "applies_at"],
        unique=True,
        postgresql_where=sa.text("status = 'planned'"),
    )
    op.create_index(op.f("ix_scheduled_price_status_applies_at"), "scheduled_price", ["status", "applies_at"])
    _demand_actor("scheduled_price")


def _demand_actor(table: str) -> None:
    op.execute(
        f"CREATE TRIGGER demand_actor BEFORE INSERT OR UPDATE OR DELETE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION comptoir_demand_actor()"
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_table("scheduled_price")
    op.execute("DROP TRIGGER demand_actor ON stock_movement")
    op.execute("DROP TRIGGER check_restock ON stock_movement")
    op.execute("DROP FUNCTION comptoir_check_restock()")
    op.drop_constraint(op.f("uq_stock_movement_return_line_id"), "stock_movement")
    op.drop_constraint(op.f("ck_stock_movement_correction_has_its_note"), "stock_movement")
    op.drop_constraint(op.f("ck_stock_movement_return_has_its_line"), "stock_movement")
    op.drop_constraint(op.f("ck_stock_movement_reason"), "stock_movement")
    # The older schema knows two words: what came in is a receipt there. The levels are not touched.
    op.execute("ALTER TABLE stock_movement DISABLE TRIGGER refuse_change")
    op.execute(
        "UPDATE stock_movement SET reason = CASE WHEN delta > 0 THEN 'receipt' ELSE 'sale' END"
        " WHERE reason NOT IN ('receipt', 'sale')"
    )
    op.execute("ALTER TABLE stock_movement ENABLE TRIGGER refuse_change")
    op.create_check_constraint(op.f("ck_stock_movement_reason"), "stock_movement", "reason IN ('receipt', 'sale')")
    op.drop_column("stock_movement", "actor")
    op.drop_column("stock_movement", "return_line_id")
    op.drop_column("stock_movement", "note")
