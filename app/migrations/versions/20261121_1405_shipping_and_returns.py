"""Rules of shipping options; what became of the pieces of an order; returns."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011_shipping_and_returns"
down_revision = "0010_accounts"
branch_labels = None
depends_on = None

INSTANT = postgresql.TIMESTAMP(timezone=True)

# Corsica and overseas have other VAT rates (french-rules §2.2): options that exist deliver there no longer.
REFUSE_OUTSIDE_FRENCH_VAT = """
INSERT INTO shipping_destination (id, shipping_option_id, country_code, is_served, postal_prefix)
SELECT 'geo_' || substr(md5(option.id || prefix), 1, 26), option.id, 'fr', false, prefix
FROM shipping_option AS option
JOIN country ON country.region_id = option.region_id AND country.iso_2 = 'fr'
CROSS JOIN unnest(ARRAY['20', '97', '984', '986', '987', '988']) AS prefix
WHERE option.kind = 'shipping'
"""

# What people may choose from the first day on; the shop may word them otherwise.
RETURN_REASONS = """
INSERT INTO return_reason (id, value, label, description)
SELECT 'rr_' || substr(md5(value), 1, 26), value, label, description
FROM (VALUES
    ('changed_mind', 'Changement d''avis', 'L''article ne convient finalement pas'),
    ('damaged', 'Abîmé ou défectueux', 'L''article est arrivé abîmé ou ne fonctionne pas'),
    ('wrong_item', 'Erreur d''article', 'L''article reçu n''est pas celui qui était commandé'),
    ('wrong_size', 'Taille ou modèle', 'La taille, la couleur ou le modèle ne va pas')
) AS reason (value, label, description)
"""

PIECES = (
    "fulfilled_quantity",
    "shipped_quantity",
    "delivered_quantity",
    "return_requested_quantity",
    "return_received_quantity",
    "return_dismissed_quantity",
)


def upgrade() -> None:
    _create_shipping_rules()
    _add_pieces()
    _create_returns()


def _create_shipping_rules() -> None:
    op.create_table(
        "shipping_location",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("address_1", sa.Text(), nullable=False),
        sa.Column("address_2", sa.Text(), nullable=True),
        sa.Column("postal_code", sa.Text(), nullable=False),
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("country_code", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["country_code"], ["country.iso_2"], name=op.f("fk_shipping_location_country_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shipping_location")),
        sa.UniqueConstraint("name", name=op.f("uq_shipping_location_name")),
    )
    op.add_column("shipping_option", sa.Column("is_return", sa.Boolean(), server_default="false", nullable=False))
    op.add_column("shipping_option", sa.Column("max_weight_grams", sa.Integer(), nullable=True))
    op.add_column("shipping_option", sa.Column("location_id", sa.Text(), nullable=True))
    op.create_check_constraint(
        op.f("ck_shipping_option_max_weight_is_positive"), "shipping_option", "max_weight_grams > 0"
    )
    op.create_foreign_key(
        op.f("fk_shipping_option_location_id"), "shipping_option", "shipping_location", ["location_id"], ["id"]
    )
    op.create_table(
        "shipping_price_step",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("shipping_option_id", sa.Text(), nullable=False),
        sa.Column("from_item_total_cents", sa.Integer(), nullable=True),
        sa.Column("from_weight_grams", sa.Integer(), nullable=True),
        sa.Column("amount_cents", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "num_nonnulls(from_item_total_cents, from_weight_grams) = 1",
            name=op.f("ck_shipping_price_step_one_threshold"),
        ),
        sa.CheckConstraint(
            "from_item_total_cents > 0 OR from_weight_grams > 0",
            name=op.f("ck_shipping_price_step_threshold_is_positive"),
        ),
        sa.CheckConstraint("amount_cents >= 0", name=op.f("ck_shipping_price_step_amount_is_not_negative")),
        sa.ForeignKeyConstraint(
            ["shipping_option_id"],
            ["shipping_option.id"],
            name=op.f("fk_shipping_price_step_shipping_option_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shipping_price_step")),
        sa.UniqueConstraint(
            "shipping_option_id",
            "from_item_total_cents",
            name=op.f("uq_shipping_price_step_shipping_option_id_from_item_total_cents"),
        ),
        sa.UniqueConstraint(
            "shipping_option_id",
            "from_weight_grams",
            name=op.f("uq_shipping_price_step_shipping_option_id_from_weight_grams"),
        ),
    )
    op.create_table(
        "shipping_destination",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("shipping_option_id", sa.Text(), nullable=False),
        sa.Column("country_code", sa.Text(), nullable=False),
        sa.Column("is_served", sa.Boolean(), nullable=False),
        sa.Column("province", sa.Text(), server_default="", nullable=False),
        sa.Column("postal_prefix", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["country_code"], ["country.iso_2"], name=op.f("fk_shipping_destination_country_code")),
        sa.ForeignKeyConstraint(
            ["shipping_option_id"],
            ["shipping_option.id"],
            name=op.f("fk_shipping_destination_shipping_option_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shipping_destination")),
        sa.UniqueConstraint(
            "shipping_option_id",
            "country_code",
            "province",
            "postal_prefix",
            name="uq_shipping_destination_place",
        ),
    )
    op.execute(REFUSE_OUTSIDE_FRENCH_VAT)


def _add_pieces() -> None:
    for name in PIECES:
        op.add_column("order_line", sa.Column(name, sa.Integer(), server_default="0", nullable=False))
    op.create_check_constraint(
        op.f("ck_order_line_pieces_leave_in_order"),
        "order_line",
        "0 <= delivered_quantity AND delivered_quantity <= shipped_quantity"
        " AND shipped_quantity <= fulfilled_quantity AND fulfilled_quantity <= quantity",
    )
    op.create_check_constraint(
        op.f("ck_order_line_pieces_come_back_once"),
        "order_line",
        "0 <= least(return_requested_quantity, return_received_quantity, return_dismissed_quantity)"
        " AND return_requested_quantity + return_received_quantity + return_dismissed_quantity <= fulfilled_quantity",
    )
    # A customer's orders, newest or oldest first; what begins with the customer alone is served by it, too.
    op.create_index("ix_order_customer_id_created_at", "order", ["customer_id", "created_at", "id"], unique=False)
    op.drop_index(op.f("ix_order_customer_id"), table_name="order")


def _create_returns() -> None:
    op.create_table(
        "return_reason",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("created_at", INSTANT, server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", INSTANT, server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_return_reason")),
        sa.UniqueConstraint("value", name=op.f("uq_return_reason_value")),
    )
    op.execute(RETURN_REASONS)
    op.create_table(
        "order_return",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("display_id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default="requested", nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("shipping_option_id", sa.Text(), nullable=False),
        sa.Column("shipping_name", sa.Text(), nullable=False),
        sa.Column("shipping_amount_cents", sa.Integer(), nullable=False),
        sa.Column("proof_of_dispatch", sa.Text(), nullable=True),
        sa.Column("created_at", INSTANT, server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", INSTANT, server_default=sa.text("now()"), nullable=False),
        sa.Column("dispatched_at", INSTANT, nullable=True),
        sa.Column("received_at", INSTANT, nullable=True),
        sa.Column("canceled_at", INSTANT, nullable=True),
        sa.CheckConstraint(
            "status IN ('requested', 'in_transit', 'received', 'canceled')", name=op.f("ck_order_return_status")
        ),
        sa.CheckConstraint("shipping_amount_cents >= 0", name=op.f("ck_order_return_shipping_amount_is_not_negative")),
        sa.CheckConstraint(
            "(dispatched_at IS NULL) = (proof_of_dispatch IS NULL)", name=op.f("ck_order_return_dispatch_is_proven")
        ),
        sa.CheckConstraint(
            "(status <> 'in_transit' OR dispatched_at IS NOT NULL)"
            " AND (status = 'received') = (received_at IS NOT NULL)"
            " AND (status = 'canceled') = (canceled_at IS NOT NULL)",
            name=op.f("ck_order_return_status_has_its_instant"),
        ),
        sa.ForeignKeyConstraint(["order_id"], ["order.id"], name=op.f("fk_order_return_order_id"), ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(
            ["shipping_option_id"],
            ["shipping_option.id"],
            name=op.f("fk_order_return_shipping_option_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_return")),
        sa.UniqueConstraint("display_id", name=op.f("uq_order_return_display_id")),
    )
    op.create_index(op.f("ix_order_return_order_id"), "order_return", ["order_id"], unique=False)
    op.create_table(
        "return_line",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("return_id", sa.Text(), nullable=False),
        sa.Column("order_line_id", sa.Text(), nullable=False),
        sa.Column("reason_id", sa.Text(), nullable=True),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("received_quantity", sa.Integer(), server_default="0", nullable=False),
        sa.Column("dismissed_quantity", sa.Integer(), server_default="0", nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_return_line_quantity_is_positive")),
        sa.CheckConstraint(
            "0 <= least(received_quantity, dismissed_quantity) AND received_quantity + dismissed_quantity <= quantity",
            name=op.f("ck_return_line_comes_in_once"),
        ),
        sa.ForeignKeyConstraint(
            ["return_id"], ["order_return.id"], name=op.f("fk_return_line_return_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["order_line_id"], ["order_line.id"], name=op.f("fk_return_line_order_line_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["reason_id"], ["return_reason.id"], name=op.f("fk_return_line_reason_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_return_line")),
        sa.UniqueConstraint("return_id", "order_line_id", name=op.f("uq_return_line_return_id_order_line_id")),
    )
    op.create_index(op.f("ix_return_line_order_line_id"), "return_line", ["order_line_id"], unique=False)
    op.create_index(op.f("ix_return_line_reason_id"), "return_line", ["reason_id"], unique=False)
    # Design §2: what money will follow is changed through comptoir only.
    op.execute(
        "CREATE TRIGGER demand_actor BEFORE INSERT OR UPDATE OR DELETE ON order_return "
        "FOR EACH STATEMENT EXECUTE FUNCTION comptoir_demand_actor()"
    )


def downgrade() -> None:
    op.drop_table("return_line")
    op.drop_table("order_return")
    op.drop_table("return_reason")
    op.create_index(op.f("ix_order_customer_id"), "order", ["customer_id"], unique=False)
    op.drop_index("ix_order_customer_id_created_at", table_name="order")
    op.drop_constraint(op.f("ck_order_line_pieces_come_back_once"), "order_line", type_="check")
    op.drop_constraint(op.f("ck_order_line_pieces_leave_in_order"), "order_line", type_="check")
    for name in reversed(PIECES):
        op.drop_column("order_line", name)
    op.drop_table("shipping_destination")
    op.drop_table("shipping_price_step")
    op.drop_constraint(op.f("fk_shipping_option_location_id"), "shipping_option", type_="foreignkey")
    op.drop_constraint(op.f("ck_shipping_option_max_weight_is_positive"), "shipping_option", type_="check")
    for name in ("location_id", "max_weight_grams", "is_return"):
        op.drop_column("shipping_option", name)
    op.drop_table("shipping_location")
