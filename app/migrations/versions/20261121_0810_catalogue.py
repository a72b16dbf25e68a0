"""The shop, what it sells, at which price, from which stock, and who works and buys there."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002_catalogue"
down_revision = "0001_core"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "customer",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("has_account", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer")),
        sa.UniqueConstraint("email", "has_account", name=op.f("uq_customer_email_has_account")),
    )
    op.create_table(
        "product",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("subtitle", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("handle", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default="draft", nullable=False),
        sa.Column("thumbnail", sa.Text(), nullable=True),
        sa.Column("tax_category", sa.Text(), server_default="standard", nullable=False),
        sa.Column("is_discountable", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("weight_grams", sa.Integer(), nullable=True),
        sa.Column("origin_country", sa.Text(), nullable=True),
        sa.Column("material", sa.Text(), nullable=True),
        sa.Column("metadata", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("status IN ('draft', 'published', 'archived')", name=op.f("ck_product_status")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product")),
        sa.UniqueConstraint("handle", name=op.f("uq_product_handle")),
    )
    op.create_index(op.f("ix_product_status"), "product", ["status"], unique=False)
    op.create_table(
        "product_category",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("handle", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("rank", sa.Integer(), server_default="0", nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("parent_category_id", sa.Text(), nullable=True),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["parent_category_id"], ["product_category.id"], name=op.f("fk_product_category_parent_category_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product_category")),
        sa.UniqueConstraint("handle", name=op.f("uq_product_category_handle")),
    )
    op.create_index(
        op.f("ix_product_category_parent_category_id"), "product_category", ["parent_category_id"], unique=False
    )
    op.create_table(
        "region",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("currency_code", sa.Text(), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_region")),
        sa.UniqueConstraint("name", name=op.f("uq_region_name")),
    )
    op.create_table(
        "sales_channel",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sales_channel")),
        sa.UniqueConstraint("name", name=op.f("uq_sales_channel_name")),
    )
    op.create_table(
        "staff_user",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("invite_token_hash", sa.Text(), nullable=True),
        sa.Column("invite_expires_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("role IN ('owner', 'staff', 'readonly')", name=op.f("ck_staff_user_role")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_user")),
        sa.UniqueConstraint("email", name=op.f("uq_staff_user_email")),
        sa.UniqueConstraint("invite_token_hash", name=op.f("uq_staff_user_invite_token_hash")),
    )
    op.create_table(
        "country",
        sa.Column("iso_2", sa.Text(), nullable=False),
        sa.Column("iso_3", sa.Text(), nullable=False),
        sa.Column("num_code", sa.Text(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("region_id", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["region_id"], ["region.id"], name=op.f("fk_country_region_id")),
        sa.PrimaryKeyConstraint("iso_2", name=op.f("pk_country")),
    )
    op.create_index(op.f("ix_country_region_id"), "country", ["region_id"], unique=False)
    op.create_table(
        "product_category_link",
        sa.Column("product_id", sa.Text(), nullable=False),
        sa.Column("category_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["category_id"],
            ["product_category.id"],
            name=op.f("fk_product_category_link_category_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_product_category_link_product_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("product_id", "category_id", name=op.f("pk_product_category_link")),
    )
    op.create_index(
        op.f("ix_product_category_link_category_id"), "product_category_link", ["category_id"], unique=False
    )
    op.create_table(
        "product_channel_link",
        sa.Column("product_id", sa.Text(), nullable=False),
        sa.Column("sales_channel_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_product_channel_link_product_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["sales_channel_id"], ["sales_channel.id"], name=op.f("fk_product_channel_link_sales_channel_id")
        ),
        sa.PrimaryKeyConstraint("product_id", "sales_channel_id", name=op.f("pk_product_channel_link")),
    )
    op.create_index(
        op.f("ix_product_channel_link_sales_channel_id"), "product_channel_link", ["sales_channel_id"], unique=False
    )
    op.create_table(
        "product_image",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("product_id", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("rank", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_product_image_product_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product_image")),
    )
    op.create_index(op.f("ix_product_image_product_id"), "product_image", ["product_id"], unique=False)
    op.create_table(
        "product_option",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("product_id", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("rank", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_product_option_product_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product_option")),
        sa.UniqueConstraint("product_id", "title", name=op.f("uq_product_option_product_id_title")),
    )
    op.create_table(
        "product_variant",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("product_id", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=True),
        sa.Column("barcode", sa.Text(), nullable=True),
        sa.Column("rank", sa.Integer(), server_default="0", nullable=False),
        sa.Column("manages_stock", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("requires_shipping", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("weight_grams", sa.Integer(), nullable=True),
        sa.Column("metadata", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_product_variant_product_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product_variant")),
        sa.UniqueConstraint("sku", name=op.f("uq_product_variant_sku")),
    )
    op.create_index(op.f("ix_product_variant_product_id"), "product_variant", ["product_id"], unique=False)
    op.create_table(
        "publishable_key",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("sales_channel_id", sa.Text(), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("revoked_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["sales_channel_id"], ["sales_channel.id"], name=op.f("fk_publishable_key_sales_channel_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_publishable_key")),
        sa.UniqueConstraint("title", name=op.f("uq_publishable_key_title")),
        sa.UniqueConstraint("token", name=op.f("uq_publishable_key_token")),
    )
    op.create_table(
        "shipping_option",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("region_id", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("kind", sa.Text(), server_default="shipping", nullable=False),
        sa.Column("amount_cents", sa.Integer(), nullable=False),
        sa.Column("currency_code", sa.Text(), nullable=False),
        sa.Column("rank", sa.Integer(), server_default="0", nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default="true", nullable=False),
        sa.CheckConstraint("kind IN ('shipping', 'pickup')", name=op.f("ck_shipping_option_kind")),
        sa.CheckConstraint("amount_cents >= 0", name=op.f("ck_shipping_option_amount_is_not_negative")),
        sa.ForeignKeyConstraint(["region_id"], ["region.id"], name=op.f("fk_shipping_option_region_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shipping_option")),
        sa.UniqueConstraint("region_id", "code", name=op.f("uq_shipping_option_region_id_code")),
    )
    op.create_table(
        "shop",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("contact_email", sa.Text(), nullable=False),
        sa.Column("default_locale", sa.Text(), server_default="fr", nullable=False),
        sa.Column("default_region_id", sa.Text(), nullable=True),
        sa.CheckConstraint("id = 1", name=op.f("ck_shop_one_row")),
        sa.ForeignKeyConstraint(["default_region_id"], ["region.id"], name=op.f("fk_shop_default_region_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shop")),
    )
    op.create_table(
        "price",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("variant_id", sa.Text(), nullable=False),
        sa.Column("currency_code", sa.Text(), nullable=False),
        sa.Column("amount_cents", sa.Integer(), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("amount_cents >= 0", name=op.f("ck_price_amount_is_not_negative")),
        sa.ForeignKeyConstraint(
            ["variant_id"], ["product_variant.id"], name=op.f("fk_price_variant_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price")),
        sa.UniqueConstraint("variant_id", "currency_code", name=op.f("uq_price_variant_id_currency_code")),
    )
    op.create_table(
        "product_option_value",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("option_id", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("rank", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["option_id"], ["product_option.id"], name=op.f("fk_product_option_value_option_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product_option_value")),
        sa.UniqueConstraint("option_id", "value", name=op.f("uq_product_option_value_option_id_value")),
    )
    op.create_table(
        "stock_level",
        sa.Column("variant_id", sa.Text(), nullable=False),
        sa.Column("stocked_quantity", sa.Integer(), nullable=False),
        sa.Column("updated_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("stocked_quantity >= 0", name=op.f("ck_stock_level_never_oversold")),
        sa.ForeignKeyConstraint(
            ["variant_id"], ["product_variant.id"], name=op.f("fk_stock_level_variant_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("variant_id", name=op.f("pk_stock_level")),
    )
    op.create_table(
        "stock_movement",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("variant_id", sa.Text(), nullable=False),
        sa.Column("delta", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("reason IN ('receipt', 'sale')", name=op.f("ck_stock_movement_reason")),
        sa.CheckConstraint("delta <> 0", name=op.f("ck_stock_movement_moves_something")),
        sa.ForeignKeyConstraint(["variant_id"], ["product_variant.id"], name=op.f("fk_stock_movement_variant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_movement")),
    )
    op.create_index(op.f("ix_stock_movement_variant_id"), "stock_movement", ["variant_id"], unique=False)
    op.create_table(
        "tax_rate",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("country_code", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("rate", sa.Numeric(precision=5, scale=2), nullable=False),
        sa.Column("valid_from_on", sa.Date(), nullable=False),
        sa.CheckConstraint("rate >= 0 AND rate < 100", name=op.f("ck_tax_rate_rate_is_percentage")),
        sa.ForeignKeyConstraint(["country_code"], ["country.iso_2"], name=op.f("fk_tax_rate_country_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tax_rate")),
        sa.UniqueConstraint(
            "country_code", "category", "valid_from_on", name=op.f("uq_tax_rate_country_code_category_valid_from_on")
        ),
    )
    op.create_table(
        "variant_option_link",
        sa.Column("variant_id", sa.Text(), nullable=False),
        sa.Column("option_value_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["option_value_id"], ["product_option_value.id"], name=op.f("fk_variant_option_link_option_value_id")
        ),
        sa.ForeignKeyConstraint(
            ["variant_id"], ["product_variant.id"], name=op.f("fk_variant_option_link_variant_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("variant_id", "option_value_id", name=op.f("pk_variant_option_link")),
    )
    op.create_index(
        op.f("ix_variant_option_link_option_value_id"), "variant_option_link", ["option_value_id"], unique=False
    )


def downgrade() -> None:
    for table in (
        "variant_option_link",
        "tax_rate",
        "stock_movement",
        "stock_level",
        "product_option_value",
        "price",
        "shop",
        "shipping_option",
        "publishable_key",
        "product_variant",
        "product_option",
        "product_image",
        "product_channel_link",
        "product_category_link",
        "country",
        "staff_user",
        "sales_channel",
        "region",
        "product_category",
        "product",
        "customer",
    ):
        op.drop_table(table)
