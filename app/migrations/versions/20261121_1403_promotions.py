"""Promotion codes, what they took off carts and orders, and carts that end after seven days."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009_promotions"
down_revision = "0008_reservations"
branch_labels = None
depends_on = None

INSTANT = postgresql.TIMESTAMP(timezone=True)
NOW = sa.text("now()")
COPIES = ("order_line_adjustment", "order_shipping_adjustment")
REASONS = "'stock_gone', 'amount_differs', 'details_missing'"


def upgrade() -> None:
    _create_promotions()
    for owner, prefix in (("cart_line", "cart_line"), ("cart_shipping_method", "cart_shipping")):
        _create_adjustments(owner, f"{prefix}_adjustment", ondelete="CASCADE")
    for owner, prefix in (("order_line", "order_line"), ("order_shipping_method", "order_shipping")):
        _create_adjustments(owner, f"{prefix}_adjustment", ondelete=None)
    for table in COPIES:
        op.execute(
            f"CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION comptoir_refuse_change()"
        )
    # Design §2: a use of a promotion is money, changed through comptoir only.
    for table in ("promotion", "promotion_use"):
        op.execute(
            f"CREATE TRIGGER demand_actor BEFORE INSERT OR UPDATE OR DELETE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION comptoir_demand_actor()"
        )
    for table in ("cart_address", "order_address"):
        op.add_column(table, sa.Column("metadata", postgresql.JSONB(), nullable=True))
    op.add_column("cart_shipping_method", sa.Column("data", postgresql.JSONB(), nullable=True))
    op.add_column("order_shipping_method", sa.Column("data", postgresql.JSONB(), nullable=True))
    for table in ("cart_line", "order_line"):
        op.add_column(table, sa.Column("compare_at_unit_price_cents", sa.Integer(), nullable=True))
    # Carts of before live seven days from now on, whatever their age.
    op.add_column(
        "cart",
        sa.Column("expires_at", INSTANT, server_default=sa.text("now() + interval '7 days'"), nullable=False),
    )
    op.create_index(
        "ix_cart_expires_at", "cart", ["expires_at"], postgresql_where=sa.text("completed_at IS NULL"), unique=False
    )
    for column in ("shipping_address_id", "billing_address_id"):
        op.create_index(op.f(f"ix_cart_{column}"), "cart", [column], unique=False)
    _limit_reasons(f"{REASONS}, 'promotion_used_up'")


def downgrade() -> None:
    op.execute(
        "SELECT set_config('comptoir.actor', 'migration', true), set_config('comptoir.request_id', 'none', true)"
    )
    op.execute("UPDATE \"order\" SET review_reason = 'amount_differs' WHERE review_reason = 'promotion_used_up'")
    _limit_reasons(REASONS)
    for column in ("shipping_address_id", "billing_address_id"):
        op.drop_index(op.f(f"ix_cart_{column}"), table_name="cart")
    op.drop_index("ix_cart_expires_at", table_name="cart")
    op.drop_column("cart", "expires_at")
    for table in ("order_line", "cart_line"):
        op.drop_column(table, "compare_at_unit_price_cents")
    op.drop_column("order_shipping_method", "data")
    op.drop_column("cart_shipping_method", "data")
    for table in ("order_address", "cart_address"):
        op.drop_column(table, "metadata")
    for table in (*COPIES, "cart_shipping_adjustment", "cart_line_adjustment"):
        op.drop_table(table)
    for table in ("cart_promotion", "promotion_use", "promotion_scope", "promotion"):
        op.drop_table(table)


def _limit_reasons(reasons: str) -> None:
    op.drop_constraint(op.f("ck_order_review_reason"), "order", type_="check")
    op.create_check_constraint(op.f("ck_order_review_reason"), "order", f"review_reason IN ({reasons})")


def _create_promotions() -> None:
    op.create_table(
        "promotion",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("folded_code", sa.Text(), nullable=False),
        sa.Column("is_automatic", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("status", sa.Text(), server_default="draft", nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("percentage", sa.Numeric(5, 2), nullable=True),
        sa.Column("amount_cents", sa.Integer(), nullable=True),
        sa.Column("currency_code", sa.Text(), nullable=True),
        sa.Column("target_type", sa.Text(), nullable=False),
        sa.Column("allocation", sa.Text(), nullable=False),
        sa.Column("max_quantity", sa.Integer(), nullable=True),
        sa.Column("minimum_item_total_cents", sa.Integer(), nullable=True),
        sa.Column("is_limited", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("starts_at", INSTANT, nullable=True),
        sa.Column("ends_at", INSTANT, nullable=True),
        sa.Column("usage_limit", sa.Integer(), nullable=True),
        sa.Column("usage_limit_per_customer", sa.Integer(), nullable=True),
        sa.Column("used_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", INSTANT, server_default=NOW, nullable=False),
        sa.Column("updated_at", INSTANT, server_default=NOW, nullable=False),
        sa.CheckConstraint("status IN ('draft', 'active', 'inactive')", name=op.f("ck_promotion_status")),
        sa.CheckConstraint(
            "target_type IN ('items', 'shipping_methods', 'order')", name=op.f("ck_promotion_target_type")
        ),
        sa.CheckConstraint("allocation IN ('each', 'across')", name=op.f("ck_promotion_allocation")),
        sa.CheckConstraint(
            "target_type <> 'order' OR allocation = 'across'", name=op.f("ck_promotion_order_is_across")
        ),
        sa.CheckConstraint(
            "(type = 'percentage' AND percentage > 0 AND percentage <= 100 AND amount_cents IS NULL)"
            " OR (type = 'fixed' AND amount_cents > 0 AND percentage IS NULL AND currency_code IS NOT NULL)",
            name=op.f("ck_promotion_value"),
        ),
        sa.CheckConstraint(
            "minimum_item_total_cents IS NULL OR (minimum_item_total_cents > 0 AND currency_code IS NOT NULL)",
            name=op.f("ck_promotion_minimum"),
        ),
        sa.CheckConstraint(
            "max_quantity IS NULL OR (max_quantity > 0 AND allocation = 'each')",
            name=op.f("ck_promotion_max_quantity"),
        ),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_promotion_ends_after_start")),
        sa.CheckConstraint("used_count >= 0 AND used_count <= usage_limit", name=op.f("ck_promotion_never_overused")),
        sa.CheckConstraint("usage_limit_per_customer > 0", name=op.f("ck_promotion_usage_limit_per_customer")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promotion")),
        sa.UniqueConstraint("folded_code", name=op.f("uq_promotion_folded_code")),
    )
    op.create_index(
        "ix_promotion_automatic",
        "promotion",
        ["id"],
        unique=False,
        postgresql_where=sa.text("is_automatic AND status = 'active'"),
    )
    op.create_table(
        "promotion_scope",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("promotion_id", sa.Text(), nullable=False),
        sa.Column("product_id", sa.Text(), nullable=True),
        sa.Column("category_id", sa.Text(), nullable=True),
        sa.Column("collection_id", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "num_nonnulls(product_id, category_id, collection_id) = 1", name=op.f("ck_promotion_scope_one_target")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promotion_scope")),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{table}.id"], name=op.f(f"fk_promotion_scope_{column}"), ondelete="CASCADE"
            )
            for column, table in (
                ("promotion_id", "promotion"),
                ("product_id", "product"),
                ("category_id", "product_category"),
                ("collection_id", "product_collection"),
            )
        ),
    )
    for column in ("promotion_id", "product_id", "category_id", "collection_id"):
        op.create_index(op.f(f"ix_promotion_scope_{column}"), "promotion_scope", [column], unique=False)
    op.create_table(
        "promotion_use",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("promotion_id", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("buyer_key", sa.Text(), nullable=True),
        sa.Column("buyer_number", sa.Integer(), nullable=True),
        sa.Column("created_at", INSTANT, server_default=NOW, nullable=False),
        sa.CheckConstraint("buyer_number > 0", name=op.f("ck_promotion_use_buyer_number_is_positive")),
        sa.ForeignKeyConstraint(["promotion_id"], ["promotion.id"], name=op.f("fk_promotion_use_promotion_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promotion_use")),
        sa.UniqueConstraint("promotion_id", "reference", name=op.f("uq_promotion_use_promotion_id_reference")),
        sa.UniqueConstraint(
            "promotion_id",
            "buyer_key",
            "buyer_number",
            name=op.f("uq_promotion_use_promotion_id_buyer_key_buyer_number"),
        ),
    )
    op.create_table(
        "cart_promotion",
        sa.Column("cart_id", sa.Text(), nullable=False),
        sa.Column("promotion_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["cart_id"], ["cart.id"], name=op.f("fk_cart_promotion_cart_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["promotion_id"], ["promotion.id"], name=op.f("fk_cart_promotion_promotion_id")),
        sa.PrimaryKeyConstraint("cart_id", "promotion_id", name=op.f("pk_cart_promotion")),
    )
    op.create_index(op.f("ix_cart_promotion_promotion_id"), "cart_promotion", ["promotion_id"], unique=False)


def _create_adjustments(owner: str, table: str, *, ondelete: str | None) -> None:
    op.create_table(
        table,
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column(f"{owner}_id", sa.Text(), nullable=False),
        sa.Column("promotion_id", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("amount_cents", sa.Integer(), nullable=False),
        sa.CheckConstraint("amount_cents > 0", name=op.f(f"ck_{table}_amount_is_positive")),
        sa.ForeignKeyConstraint(
            [f"{owner}_id"], [f"{owner}.id"], name=op.f(f"fk_{table}_{owner}_id"), ondelete=ondelete
        ),
        sa.ForeignKeyConstraint(["promotion_id"], ["promotion.id"], name=op.f(f"fk_{table}_promotion_id")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint(f"{owner}_id", "promotion_id", name=op.f(f"uq_{table}_{owner}_id_promotion_id")),
    )
    op.create_index(op.f(f"ix_{table}_promotion_id"), table, ["promotion_id"], unique=False)
