"""Price lists, every price that ever was, what a sold or published product keeps for ever, and sellers without VAT."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007_price_lists"
down_revision = "0006_catalogue_words"
branch_labels = None
depends_on = None

INSTANT = postgresql.TIMESTAMP(timezone=True)
SIGNED = ("price_list", "price_list_price")
RECORDED = ("price", "price_list", "price_list_price")

# A row says what one source (the price itself, or one list) asks from now on. `greatest` keeps two changes of one
# transaction, and two transactions that overtake each other, in the order in which they took the source's row lock.
RECORD_PRICE = """
CREATE FUNCTION comptoir_record_price(
    of_variant text, in_currency text, amount integer, of_list text, list_type text, to_everyone boolean,
    starts timestamptz, ends timestamptz
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE last price_history;
DECLARE instant timestamptz;
BEGIN
    SELECT * INTO last FROM price_history
        WHERE variant_id = of_variant AND currency_code = in_currency AND price_list_id IS NOT DISTINCT FROM of_list
        ORDER BY id DESC LIMIT 1;
    IF amount IS NULL AND last.amount_cents IS NULL THEN
        RETURN;
    END IF;
    instant := greatest(now(), last.recorded_at);
    INSERT INTO price_history (
        variant_id, currency_code, amount_cents, price_list_id, price_list_type, is_public,
        valid_from_at, valid_to_at, recorded_at, actor, request_id
    ) VALUES (
        of_variant, in_currency, amount, of_list, coalesce(list_type, last.price_list_type),
        coalesce(to_everyone, last.is_public), greatest(instant, starts), ends, instant,
        coalesce(current_setting('comptoir.actor', true), ''),
        coalesce(current_setting('comptoir.request_id', true), '')
    );
END $$;

CREATE FUNCTION comptoir_price_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR (TG_OP = 'UPDATE'
        AND (OLD.variant_id, OLD.currency_code) IS DISTINCT FROM (NEW.variant_id, NEW.currency_code)) THEN
        PERFORM comptoir_record_price(OLD.variant_id, OLD.currency_code, NULL, NULL, NULL, true, NULL, NULL);
    END IF;
    IF TG_OP = 'INSERT' OR (TG_OP = 'UPDATE' AND (OLD.variant_id, OLD.currency_code, OLD.amount_cents)
        IS DISTINCT FROM (NEW.variant_id, NEW.currency_code, NEW.amount_cents)) THEN
        PERFORM comptoir_record_price(
            NEW.variant_id, NEW.currency_code, NEW.amount_cents, NULL, NULL, true, NULL, NULL);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER record_history AFTER INSERT OR UPDATE OR DELETE ON price
    FOR EACH ROW EXECUTE FUNCTION comptoir_price_changed();

CREATE FUNCTION comptoir_list_price_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE list price_list;
BEGIN
    IF TG_OP = 'DELETE' OR (TG_OP = 'UPDATE' AND (OLD.price_list_id, OLD.variant_id, OLD.currency_code)
        IS DISTINCT FROM (NEW.price_list_id, NEW.variant_id, NEW.currency_code)) THEN
        PERFORM comptoir_record_price(
            OLD.variant_id, OLD.currency_code, NULL, OLD.price_list_id, NULL, NULL, NULL, NULL);
    END IF;
    IF TG_OP = 'DELETE' OR (TG_OP = 'UPDATE'
        AND (OLD.price_list_id, OLD.variant_id, OLD.currency_code, OLD.amount_cents)
        IS NOT DISTINCT FROM (NEW.price_list_id, NEW.variant_id, NEW.currency_code, NEW.amount_cents)) THEN
        RETURN NULL;
    END IF;
    -- FOR SHARE: the list itself is not changed meanwhile, so that the rows of one source stay in order.
    SELECT * INTO list FROM price_list WHERE id = NEW.price_list_id FOR SHARE;
    IF list.status = 'active' THEN
        PERFORM comptoir_record_price(NEW.variant_id, NEW.currency_code, NEW.amount_cents, list.id, list.type,
            list.is_public, list.starts_at, list.ends_at);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER record_history AFTER INSERT OR UPDATE OR DELETE ON price_list_price
    FOR EACH ROW EXECUTE FUNCTION comptoir_list_price_changed();

CREATE FUNCTION comptoir_list_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM comptoir_record_price(price.variant_id, price.currency_code,
        CASE WHEN NEW.status = 'active' THEN price.amount_cents END, NEW.id, NEW.type, NEW.is_public,
        NEW.starts_at, NEW.ends_at)
        FROM price_list_price AS price WHERE price.price_list_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER record_history AFTER UPDATE ON price_list FOR EACH ROW
    WHEN ((OLD.status, OLD.type, OLD.is_public, OLD.starts_at, OLD.ends_at)
        IS DISTINCT FROM (NEW.status, NEW.type, NEW.is_public, NEW.starts_at, NEW.ends_at))
    EXECUTE FUNCTION comptoir_list_changed();

CREATE FUNCTION comptoir_history_is_written_by_triggers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF pg_trigger_depth() < 2 THEN
        RAISE EXCEPTION 'the history of prices is written by the change of a price, never by hand'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER demand_trigger BEFORE INSERT ON price_history
    FOR EACH STATEMENT EXECUTE FUNCTION comptoir_history_is_written_by_triggers();
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON price_history
    FOR EACH STATEMENT EXECUTE FUNCTION comptoir_refuse_change();

CREATE FUNCTION comptoir_refuse_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'table % is never emptied: what counts its rows would not know', TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END $$;
"""

KEEP_WHAT_WAS_SOLD = """
CREATE FUNCTION comptoir_keep_published_handle() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.published_at IS NOT NULL THEN
        IF NEW.handle IS DISTINCT FROM OLD.handle THEN
            RAISE EXCEPTION 'product % was published: its handle never changes', OLD.id
                USING ERRCODE = 'restrict_violation', HINT = 'Create another product and archive this one.';
        END IF;
        IF NEW.published_at IS DISTINCT FROM OLD.published_at THEN
            RAISE EXCEPTION 'product % was published: the day of its first publication never changes', OLD.id
                USING ERRCODE = 'restrict_violation';
        END IF;
    END IF;
    IF NEW.status = 'published' AND NEW.published_at IS NULL THEN
        NEW.published_at := now();
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER keep_published_handle BEFORE INSERT OR UPDATE ON product
    FOR EACH ROW EXECUTE FUNCTION comptoir_keep_published_handle();

CREATE FUNCTION comptoir_keep_sold_product() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM order_line WHERE product_id = OLD.id) THEN
        RAISE EXCEPTION 'product % has orders: archive it instead', OLD.id USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER keep_sold BEFORE DELETE ON product
    FOR EACH ROW EXECUTE FUNCTION comptoir_keep_sold_product();

CREATE FUNCTION comptoir_keep_sold_variant() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM order_line WHERE variant_id = OLD.id) THEN
        RAISE EXCEPTION 'variant % has orders: archive its product instead', OLD.id
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER keep_sold BEFORE DELETE ON product_variant
    FOR EACH ROW EXECUTE FUNCTION comptoir_keep_sold_variant();

CREATE FUNCTION comptoir_keep_order_as_placed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'an order keeps the prices and names it was placed with'
        USING ERRCODE = 'restrict_violation', HINT = 'Refund or cancel it instead.';
END $$;
CREATE TRIGGER keep_as_placed BEFORE UPDATE ON order_line FOR EACH ROW
    WHEN ((OLD.order_id, OLD.position, OLD.product_id, OLD.variant_id, OLD.quantity, OLD.unit_price_cents,
           OLD.product_title, OLD.product_handle, OLD.product_subtitle, OLD.product_description, OLD.variant_title,
           OLD.variant_sku, OLD.thumbnail, OLD.requires_shipping, OLD.tax_code, OLD.tax_name, OLD.tax_rate)
        IS DISTINCT FROM
          (NEW.order_id, NEW.position, NEW.product_id, NEW.variant_id, NEW.quantity, NEW.unit_price_cents,
           NEW.product_title, NEW.product_handle, NEW.product_subtitle, NEW.product_description, NEW.variant_title,
           NEW.variant_sku, NEW.thumbnail, NEW.requires_shipping, NEW.tax_code, NEW.tax_name, NEW.tax_rate))
    EXECUTE FUNCTION comptoir_keep_order_as_placed();
CREATE TRIGGER keep_as_placed BEFORE UPDATE ON order_shipping_method FOR EACH ROW
    WHEN ((OLD.order_id, OLD.shipping_option_id, OLD.name, OLD.amount_cents, OLD.tax_code, OLD.tax_name, OLD.tax_rate)
        IS DISTINCT FROM
          (NEW.order_id, NEW.shipping_option_id, NEW.name, NEW.amount_cents, NEW.tax_code, NEW.tax_name, NEW.tax_rate))
    EXECUTE FUNCTION comptoir_keep_order_as_placed();
CREATE TRIGGER refuse_removal BEFORE DELETE OR TRUNCATE ON order_line
    FOR EACH STATEMENT EXECUTE FUNCTION comptoir_refuse_change();
"""


def upgrade() -> None:
    _create_tables()
    # What is known of the past of the prices that are there: their last change.
    op.execute(
        "INSERT INTO price_history (variant_id, currency_code, amount_cents, is_public, valid_from_at, recorded_at,"
        " actor, request_id)"
        " SELECT variant_id, currency_code, amount_cents, true, updated_at, updated_at, 'migration', 'none' FROM price"
    )
    run_script(RECORD_PRICE)
    run_script(KEEP_WHAT_WAS_SOLD)
    for table in SIGNED:
        op.execute(
            f"CREATE TRIGGER demand_actor BEFORE INSERT OR UPDATE OR DELETE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION comptoir_demand_actor()"
        )
    for table in RECORDED:
        op.execute(
            f"CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION comptoir_refuse_truncate()"
        )


def _create_tables() -> None:
    op.create_table(
        "price_list",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default="draft", nullable=False),
        sa.Column("is_public", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("starts_at", INSTANT, server_default=sa.text("now()"), nullable=False),
        sa.Column("ends_at", INSTANT, nullable=True),
        sa.Column("created_at", INSTANT, server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", INSTANT, server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("type IN ('sale', 'override')", name=op.f("ck_price_list_type")),
        sa.CheckConstraint("status IN ('draft', 'active')", name=op.f("ck_price_list_status")),
        sa.CheckConstraint("ends_at >= starts_at", name=op.f("ck_price_list_ends_after_its_start")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price_list")),
    )
    op.create_table(
        "price_list_price",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("price_list_id", sa.Text(), nullable=False),
        sa.Column("variant_id", sa.Text(), nullable=False),
        sa.Column("currency_code", sa.Text(), nullable=False),
        sa.Column("amount_cents", sa.Integer(), nullable=False),
        sa.Column("created_at", INSTANT, server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", INSTANT, server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("amount_cents >= 0", name=op.f("ck_price_list_price_amount_is_not_negative")),
        sa.ForeignKeyConstraint(
            ["price_list_id"], ["price_list.id"], name=op.f("fk_price_list_price_price_list_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["variant_id"], ["product_variant.id"], name=op.f("fk_price_list_price_variant_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price_list_price")),
        sa.UniqueConstraint(
            "price_list_id",
            "variant_id",
            "currency_code",
            name=op.f("uq_price_list_price_price_list_id_variant_id_currency_code"),
        ),
    )
    op.create_index(op.f("ix_price_list_price_variant_id"), "price_list_price", ["variant_id"])
    op.create_table(
        "price_history",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("variant_id", sa.Text(), nullable=False),
        sa.Column("currency_code", sa.Text(), nullable=False),
        sa.Column("amount_cents", sa.Integer(), nullable=True),
        sa.Column("price_list_id", sa.Text(), nullable=True),
        sa.Column("price_list_type", sa.Text(), nullable=True),
        sa.Column("is_public", sa.Boolean(), nullable=False),
        sa.Column("valid_from_at", INSTANT, nullable=False),
        sa.Column("valid_to_at", INSTANT, nullable=True),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price_history")),
    )
    op.create_index(
        op.f("ix_price_history_variant_id_currency_code_price_list_id_id"),
        "price_history",
        ["variant_id", "currency_code", "price_list_id", "id"],
    )

    op.create_table(
        "vat_regime",
        sa.Column("valid_from_on", sa.Date(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.CheckConstraint("kind IN ('liable', 'franchise')", name=op.f("ck_vat_regime_kind")),
        sa.PrimaryKeyConstraint("valid_from_on", name=op.f("pk_vat_regime")),
    )


def downgrade() -> None:
    op.drop_table("vat_regime")
    op.execute("DROP TRIGGER refuse_removal ON order_line")
    op.execute("DROP TRIGGER keep_as_placed ON order_shipping_method")
    op.execute("DROP TRIGGER keep_as_placed ON order_line")
    op.execute("DROP TRIGGER keep_sold ON product_variant")
    op.execute("DROP TRIGGER keep_sold ON product")
    op.execute("DROP TRIGGER keep_published_handle ON product")
    op.execute("DROP TRIGGER refuse_truncate ON price")
    op.execute("DROP TRIGGER record_history ON price")
    op.drop_table("price_list_price")
    op.drop_table("price_list")
    for function in (
        "keep_order_as_placed()",
        "keep_sold_variant()",
        "keep_sold_product()",
        "keep_published_handle()",
        "refuse_truncate()",
        "history_is_written_by_triggers() CASCADE",
        "list_changed()",
        "list_price_changed()",
        "price_changed()",
        "record_price(text, text, integer, text, text, boolean, timestamptz, timestamptz)",
    ):
        op.execute(f"DROP FUNCTION comptoir_{function}")
    op.drop_table("price_history")


def run_script(script: str) -> None:
    """Several statements as they are: no bound parameter, so neither `:` nor `%` means anything."""
    if op.get_context().as_sql:
        op.get_context().impl.static_output(script)
        return
    driver = op.get_bind().connection.driver_connection
    if driver is None:
        raise RuntimeError("the connection is closed")
    driver.execute(script)
