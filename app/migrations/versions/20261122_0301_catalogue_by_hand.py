"""What changing the catalogue by hand needs: families of products, and what the database asks of whoever changes it.

A published product has a variant, a price for each, a picture and a VAT rate; its first picture is its thumbnail; what
was sold, or is promised to somebody who pays right now, is not deleted.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0024_catalogue_by_hand"
down_revision = "0023_secret_keys"
branch_labels = None
depends_on = None

# The one place that says what a product still needs; the service asks it too.
FAULTS = """
CREATE FUNCTION comptoir_publishing_faults(asked text) RETURNS text[] LANGUAGE plpgsql STABLE AS $$
DECLARE
    today date := (now() AT TIME ZONE 'Europe/Paris')::date;
BEGIN
    RETURN array_remove(ARRAY[
        CASE WHEN NOT EXISTS (SELECT FROM product_variant v WHERE v.product_id = asked) THEN 'variant' END,
        CASE WHEN EXISTS (
            SELECT FROM product_variant v
            WHERE v.product_id = asked AND NOT EXISTS (SELECT FROM price p WHERE p.variant_id = v.id)
        ) THEN 'price' END,
        CASE WHEN NOT EXISTS (SELECT FROM product_image i WHERE i.product_id = asked) THEN 'image' END,
        CASE WHEN coalesce(
            (SELECT r.kind FROM vat_regime r WHERE r.valid_from_on <= today ORDER BY r.valid_from_on DESC LIMIT 1),
            'liable'
        ) = 'liable' AND NOT EXISTS (
            SELECT FROM product p
            JOIN tax_rate t ON t.category = p.tax_category
            JOIN country c ON c.iso_2 = t.country_code
            WHERE p.id = asked AND t.valid_from_on <= today AND c.region_id IS NOT NULL
        ) THEN 'tax' END
    ], NULL);
END $$
"""

# At the end of the transaction, which may write in any order. With the product's row held: of a publication and the
# removal of the last picture at the same time, the second one sees the first.
DEMAND = """
CREATE FUNCTION comptoir_demand_publishable() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed jsonb := to_jsonb(coalesce(NEW, OLD));
    asked text := CASE TG_TABLE_NAME
        WHEN 'product' THEN changed ->> 'id'
        WHEN 'price' THEN (SELECT v.product_id FROM product_variant v WHERE v.id = changed ->> 'variant_id')
        ELSE changed ->> 'product_id'
    END;
    standing text;
    faults text[];
BEGIN
    -- Held whatever its state: somebody else may be about to publish it.
    SELECT status INTO standing FROM product WHERE id = asked FOR SHARE;
    IF standing = 'published' THEN
        faults := comptoir_publishing_faults(asked);
        IF cardinality(faults) > 0 THEN
            RAISE EXCEPTION 'product % is published without: %', asked, array_to_string(faults, ', ')
                USING ERRCODE = 'check_violation', CONSTRAINT = 'publishable',
                HINT = 'Add what is missing, or draw the product back to draft first.';
        END IF;
    END IF;
    RETURN NULL;
END $$
"""

PUBLISHED_NOW = "(OLD.status, OLD.tax_category) IS DISTINCT FROM (NEW.status, NEW.tax_category)"
DEMANDED = (
    ("product", "publishable_insert", "INSERT", "WHEN (NEW.status = 'published')"),
    ("product", "publishable_update", "UPDATE", f"WHEN (NEW.status = 'published' AND {PUBLISHED_NOW})"),
    ("product_variant", "publishable", "INSERT OR DELETE OR UPDATE OF product_id", ""),
    ("product_image", "publishable", "DELETE OR UPDATE OF product_id", ""),
    ("price", "publishable", "DELETE OR UPDATE OF variant_id", ""),
)

THUMBNAIL = """
CREATE FUNCTION comptoir_first_image_is_thumbnail() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE product p SET thumbnail = first.url
    FROM (
        SELECT c.product_id, (
            SELECT i.url FROM product_image i WHERE i.product_id = c.product_id ORDER BY i.rank, i.id LIMIT 1
        ) AS url
        FROM (SELECT DISTINCT product_id FROM changed) c
    ) first
    WHERE p.id = first.product_id AND p.thumbnail IS DISTINCT FROM first.url;
    RETURN NULL;
END $$
"""
THUMBNAILED = (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD"))

KEEP_SOLD_PRODUCT = """
CREATE OR REPLACE FUNCTION comptoir_keep_sold_product() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM order_line WHERE product_id = OLD.id) THEN
        RAISE EXCEPTION 'product % has orders: archive it instead', OLD.id
            USING ERRCODE = 'foreign_key_violation'{constraint};
    END IF;
    RETURN OLD;
END $$
"""
KEEP_SOLD_VARIANT = """
CREATE OR REPLACE FUNCTION comptoir_keep_sold_variant() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM order_line WHERE variant_id = OLD.id) THEN
        RAISE EXCEPTION 'variant % has orders: archive its product instead', OLD.id
            USING ERRCODE = 'foreign_key_violation'{constraint};
    END IF;
    {promised}
    RETURN OLD;
END $$
"""
PROMISED = """PERFORM FROM stock_level WHERE variant_id = OLD.id FOR UPDATE;
    IF EXISTS (SELECT FROM stock_reservation WHERE variant_id = OLD.id AND expires_at > now()) THEN
        RAISE EXCEPTION 'variant % is promised to a customer who is paying: wait, or archive its product', OLD.id
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'keep_promised';
    END IF;"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    create_families()
    order_pictures()
    op.execute(FAULTS)
    op.execute(DEMAND)
    for table, name, moment, condition in DEMANDED:
        op.execute(
            f"CREATE CONSTRAINT TRIGGER {name} AFTER {moment} ON {table} DEFERRABLE INITIALLY DEFERRED "
            f"FOR EACH ROW {condition} EXECUTE FUNCTION comptoir_demand_publishable()"
        )
    op.execute(KEEP_SOLD_PRODUCT.format(constraint=", CONSTRAINT = 'keep_sold'"))
    op.execute(KEEP_SOLD_VARIANT.format(constraint=", CONSTRAINT = 'keep_sold'", promised=PROMISED))
    # What moved is kept when its variant is gone, as the history of its prices is.
    op.drop_constraint(op.f("fk_stock_movement_variant_id"), "stock_movement", type_="foreignkey")


def create_families() -> None:
    """What the metadata of a family of products must be, and which tags follow from it."""
    op.create_table(
        "product_family",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("definition", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_product_family")),
    )


def order_pictures() -> None:
    """The first picture is the thumbnail, whoever orders them."""
    op.execute(THUMBNAIL)
    for moment, rows in THUMBNAILED:
        op.execute(
            f"CREATE TRIGGER first_is_thumbnail_{moment.lower()} AFTER {moment} ON product_image "
            f"REFERENCING {rows} TABLE AS changed FOR EACH STATEMENT "
            "EXECUTE FUNCTION comptoir_first_image_is_thumbnail()"
        )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("ALTER TABLE stock_movement DISABLE TRIGGER refuse_change")
    op.execute(
        "DELETE FROM stock_movement m WHERE NOT EXISTS (SELECT FROM product_variant v WHERE v.id = m.variant_id)"
    )
    op.execute("ALTER TABLE stock_movement ENABLE TRIGGER refuse_change")
    op.create_foreign_key(
        op.f("fk_stock_movement_variant_id"), "stock_movement", "product_variant", ["variant_id"], ["id"]
    )
    op.execute(KEEP_SOLD_VARIANT.format(constraint="", promised=""))
    op.execute(KEEP_SOLD_PRODUCT.format(constraint=""))
    for table, name, _, _ in DEMANDED:
        op.execute(f"DROP TRIGGER {name} ON {table}")
    op.execute("DROP FUNCTION comptoir_demand_publishable()")
    op.execute("DROP FUNCTION comptoir_publishing_faults(text)")
    for moment, _ in THUMBNAILED:
        op.execute(f"DROP TRIGGER first_is_thumbnail_{moment.lower()} ON product_image")
    op.execute("DROP FUNCTION comptoir_first_image_is_thumbnail()")
    op.drop_table("product_family")
