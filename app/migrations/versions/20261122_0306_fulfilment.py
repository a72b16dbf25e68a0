"""Parcels that leave, and where they are; what a person says of an order."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0029_fulfilment"
down_revision = "0028_files"
branch_labels = None
depends_on = None

INSTANT = postgresql.TIMESTAMP(timezone=True)
SIGNED = ("fulfilment", "fulfilment_line", "fulfilment_label", "order_note")
GROWING = ("fulfilment_line", "order_note")

# Design §4.10: nothing is packed or leaves for an order that is unpaid, disputed, canceled, refunded or not looked at.
CHECK_PARCEL = """
CREATE FUNCTION comptoir_check_parcel() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    sold record;
    kept bigint;
BEGIN
    SELECT status, paid_at, total_cents, payment_collection_id INTO sold
        FROM "order" WHERE id = NEW.order_id FOR UPDATE;
    IF sold.status = 'requires_action' THEN
        RAISE EXCEPTION 'order % waits for a person to look at it: nothing leaves before', NEW.order_id
            USING ERRCODE = 'restrict_violation', HINT = 'Accept or cancel it in the Admin, or with comptoir orders.';
    END IF;
    IF sold.status <> 'pending' THEN
        RAISE EXCEPTION 'order % is %: nothing leaves for it', NEW.order_id, sold.status
            USING ERRCODE = 'restrict_violation', HINT = 'Place another order instead.';
    END IF;
    IF sold.paid_at IS NULL THEN
        RAISE EXCEPTION 'order % is not paid: nothing leaves for it', NEW.order_id
            USING ERRCODE = 'restrict_violation', HINT = 'Note the money first: comptoir orders paid.';
    END IF;
    IF EXISTS (
        SELECT FROM dispute JOIN payment ON payment.id = dispute.payment_id
        WHERE payment.payment_collection_id = sold.payment_collection_id
            AND dispute.status NOT IN ('won', 'warning_closed', 'prevented')
    ) THEN
        RAISE EXCEPTION 'order % is disputed: nothing leaves for it', NEW.order_id
            USING ERRCODE = 'restrict_violation', HINT = 'Answer the dispute at Stripe first.';
    END IF;
    SELECT coalesce(sum(amount_cents - refund_committed_cents), 0) INTO kept
        FROM payment WHERE payment_collection_id = sold.payment_collection_id AND captured_at IS NOT NULL;
    IF sold.total_cents > 0 AND kept <= 0 THEN
        RAISE EXCEPTION 'the money of order % goes back: nothing leaves for it', NEW.order_id
            USING ERRCODE = 'restrict_violation', HINT = 'Decline the refund that waits, or place another order.';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER check_parcel BEFORE INSERT ON fulfilment
    FOR EACH ROW EXECUTE FUNCTION comptoir_check_parcel();
CREATE TRIGGER check_shipment BEFORE UPDATE ON fulfilment FOR EACH ROW
    WHEN (OLD.shipped_at IS NULL AND NEW.shipped_at IS NOT NULL) EXECUTE FUNCTION comptoir_check_parcel();

CREATE FUNCTION comptoir_keep_parcel() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'parcel % keeps what it was packed for, and when it left, arrived or was called off', OLD.id
        USING ERRCODE = 'restrict_violation', HINT = 'What comes back is a return.';
END $$;
CREATE TRIGGER keep_parcel BEFORE UPDATE ON fulfilment FOR EACH ROW
    WHEN (OLD.order_id <> NEW.order_id
        OR (OLD.shipped_at IS NOT NULL AND NEW.shipped_at IS DISTINCT FROM OLD.shipped_at)
        OR (OLD.delivered_at IS NOT NULL AND NEW.delivered_at IS DISTINCT FROM OLD.delivered_at)
        OR (OLD.canceled_at IS NOT NULL AND NEW.canceled_at IS DISTINCT FROM OLD.canceled_at))
    EXECUTE FUNCTION comptoir_keep_parcel();
CREATE TRIGGER refuse_removal BEFORE DELETE OR TRUNCATE ON fulfilment
    FOR EACH STATEMENT EXECUTE FUNCTION comptoir_refuse_change();

CREATE FUNCTION comptoir_keep_sent_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM fulfilment WHERE order_id = OLD.id AND canceled_at IS NULL) THEN
        RAISE EXCEPTION 'order % has a parcel: it is not canceled any more', OLD.id
            USING ERRCODE = 'restrict_violation', HINT = 'Cancel the parcel if it is still here, else take a return.';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER keep_sent BEFORE UPDATE ON "order" FOR EACH ROW
    WHEN (OLD.status <> 'canceled' AND NEW.status = 'canceled') EXECUTE FUNCTION comptoir_keep_sent_order();
"""
MOVEMENTS_WITH = (
    "(reason IN ('receipt', 'return', 'cancellation') AND delta > 0) OR (reason = 'sale' AND delta < 0)"
    " OR reason IN ('correction', 'import')"
)
MOVEMENTS_WITHOUT = (
    "(reason IN ('receipt', 'return') AND delta > 0) OR (reason = 'sale' AND delta < 0)"
    " OR reason IN ('correction', 'import')"
)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    _create_parcels()
    op.create_table(
        "order_note",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, server_default=sa.func.now(), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["order.id"], name=op.f("fk_order_note_order_id"), ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_note")),
    )
    op.create_index(op.f("ix_order_note_order_id"), "order_note", ["order_id"])
    for table in SIGNED:
        op.execute(
            f"CREATE TRIGGER demand_actor BEFORE INSERT OR UPDATE OR DELETE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION comptoir_demand_actor()"
        )
    for table in GROWING:
        op.execute(
            f"CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION comptoir_refuse_change()"
        )
    op.add_column("order", sa.Column("reviewed_at", INSTANT, nullable=True))
    # The Admin's lists, newest first, of everything or of one state, and by the address that a mail came from.
    op.create_index("ix_order_status_created_at", "order", ["status", "created_at", "id"])
    op.create_index(op.f("ix_order_created_at"), "order", ["created_at"])
    op.create_index("ix_order_email", "order", [sa.text("lower(email)")])
    for table in ("shipping_option", "sales_channel", "shop"):
        for column in ("created_at", "updated_at"):
            op.add_column(table, sa.Column(column, INSTANT, server_default=sa.func.now(), nullable=False))
    _rewrite_movement_reasons(MOVEMENTS_WITH)
    op.create_index(
        "ix_stock_movement_order",
        "stock_movement",
        ["reference"],
        postgresql_where=sa.text("reason IN ('sale', 'cancellation')"),
    )
    op.execute(CHECK_PARCEL)


def _create_parcels() -> None:
    op.create_table(
        "fulfilment",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("location_id", sa.Text(), nullable=True),
        sa.Column("metadata", postgresql.JSONB(), nullable=True),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, server_default=sa.func.now(), nullable=False),
        sa.Column("updated_at", INSTANT, server_default=sa.func.now(), nullable=False),
        sa.Column("shipped_at", INSTANT, nullable=True),
        sa.Column("delivered_at", INSTANT, nullable=True),
        sa.Column("canceled_at", INSTANT, nullable=True),
        sa.CheckConstraint(
            "canceled_at IS NULL OR shipped_at IS NULL", name=op.f("ck_fulfilment_left_is_not_canceled")
        ),
        sa.CheckConstraint(
            "delivered_at IS NULL OR (shipped_at IS NOT NULL AND delivered_at >= shipped_at)",
            name=op.f("ck_fulfilment_delivered_after_it_left"),
        ),
        sa.ForeignKeyConstraint(["order_id"], ["order.id"], name=op.f("fk_fulfilment_order_id"), ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fulfilment")),
    )
    op.create_index(op.f("ix_fulfilment_order_id"), "fulfilment", ["order_id"])
    op.create_table(
        "fulfilment_line",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("fulfilment_id", sa.Text(), nullable=False),
        sa.Column("order_line_id", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_fulfilment_line_quantity_is_positive")),
        sa.ForeignKeyConstraint(
            ["fulfilment_id"], ["fulfilment.id"], name=op.f("fk_fulfilment_line_fulfilment_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["order_line_id"], ["order_line.id"], name=op.f("fk_fulfilment_line_order_line_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fulfilment_line")),
        sa.UniqueConstraint(
            "fulfilment_id", "order_line_id", name=op.f("uq_fulfilment_line_fulfilment_id_order_line_id")
        ),
    )
    op.create_index(op.f("ix_fulfilment_line_order_line_id"), "fulfilment_line", ["order_line_id"])
    op.create_table(
        "fulfilment_label",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("fulfilment_id", sa.Text(), nullable=False),
        sa.Column("tracking_number", sa.Text(), nullable=False),
        sa.Column("tracking_url", sa.Text(), nullable=True),
        sa.Column("label_url", sa.Text(), nullable=True),
        sa.Column("carrier", sa.Text(), nullable=True),
        sa.Column("created_at", INSTANT, server_default=sa.func.clock_timestamp(), nullable=False),
        sa.CheckConstraint(
            "tracking_url LIKE 'https://%' AND label_url LIKE 'https://%'",
            name=op.f("ck_fulfilment_label_links_are_https"),
        ),
        sa.ForeignKeyConstraint(
            ["fulfilment_id"], ["fulfilment.id"], name=op.f("fk_fulfilment_label_fulfilment_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fulfilment_label")),
    )
    op.create_index(op.f("ix_fulfilment_label_fulfilment_id"), "fulfilment_label", ["fulfilment_id"])


def _rewrite_movement_reasons(wanted: str) -> None:
    op.drop_constraint(op.f("ck_stock_movement_reason"), "stock_movement")
    op.create_check_constraint(op.f("ck_stock_movement_reason"), "stock_movement", wanted)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_index("ix_stock_movement_order", table_name="stock_movement")
    # What the older schema has no word for is a correction there. The levels are not touched.
    op.execute("ALTER TABLE stock_movement DISABLE TRIGGER refuse_change")
    op.execute(
        "UPDATE stock_movement SET reason = 'correction', note = 'order canceled: ' || reference"
        " WHERE reason = 'cancellation'"
    )
    op.execute("ALTER TABLE stock_movement ENABLE TRIGGER refuse_change")
    _rewrite_movement_reasons(MOVEMENTS_WITHOUT)
    op.execute('DROP TRIGGER keep_sent ON "order"')
    op.execute("DROP FUNCTION comptoir_keep_sent_order()")
    for table in ("shop", "sales_channel", "shipping_option"):
        for column in ("updated_at", "created_at"):
            op.drop_column(table, column)
    op.drop_index("ix_order_email", table_name="order")
    op.drop_index(op.f("ix_order_created_at"), table_name="order")
    op.drop_index("ix_order_status_created_at", table_name="order")
    op.drop_column("order", "reviewed_at")
    for table in ("order_note", "fulfilment_label", "fulfilment_line", "fulfilment"):
        op.drop_table(table)
    op.execute("DROP FUNCTION comptoir_keep_parcel()")
    op.execute("DROP FUNCTION comptoir_check_parcel()")
