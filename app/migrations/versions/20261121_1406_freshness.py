"""The database tells what changed in the catalogue, at each commit: no answer is kept longer than it is true.

On the channel `comptoir_changes`: `product:ID` (what one product shows), `products` (which products are shown, and in
which order), `everything` (the rest). PostgreSQL sends them after the commit, the same one once per transaction.
"""

from alembic import op

revision = "0012_freshness"
down_revision = "0011_shipping_and_returns"
branch_labels = None
depends_on = None

# How a row leads to its product. By subqueries, not joins: a plan made for an import, and kept by its session, would
# read the whole catalogue at each sale.
FAMILIES = {
    "itself": "id",
    "product_id": "product_id",
    "variant_id": "(SELECT v.product_id FROM product_variant v WHERE v.id = variant_id)",
    "option_id": "(SELECT o.product_id FROM product_option o WHERE o.id = option_id)",
}
ROWS = {"insert": "changed", "update": "(TABLE changed UNION ALL TABLE gone) AS changed", "delete": "changed"}
TABLES_AS = {
    "insert": "NEW TABLE AS changed",
    "update": "NEW TABLE AS changed OLD TABLE AS gone",
    "delete": "OLD TABLE AS changed",
}

# Which products are found, and in which order, depends on these.
LISTED = {
    "product": "itself",
    "product_variant": "product_id",
    "product_option": "product_id",
    "product_category_link": "product_id",
    "product_channel_link": "product_id",
    "product_tag_link": "product_id",
    "product_option_value": "option_id",
    "variant_option_link": "variant_id",
}
# These change what a product shows, and never its place. A sale is one of them.
SHOWN = {
    "product_image": "product_id",
    "variant_image_link": "variant_id",
    "price": "variant_id",
    "price_list_price": "variant_id",
    "stock_level": "variant_id",
}
# Rare, and seen by everything.
SHARED = (
    "shop",
    "region",
    "country",
    "sales_channel",
    "publishable_key",
    "tax_rate",
    "vat_regime",
    "product_category",
    "product_collection",
    "product_tag",
    "product_type",
    "price_list",
)

# An import changes thousands in one statement: beyond some, beginning anew is cheaper than telling each.
MOST_TOLD = 100

TELL_PRODUCTS = """
CREATE FUNCTION comptoir_tell_{family}_{moment}() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE told text[];
BEGIN
    told := array_remove(ARRAY(SELECT DISTINCT {product} FROM {rows} LIMIT {most} + 1), NULL);
    IF cardinality(told) > {most} THEN
        PERFORM pg_notify('comptoir_changes', 'everything');
        RETURN NULL;
    END IF;
    PERFORM pg_notify('comptoir_changes', 'product:' || id) FROM unnest(told) AS id;
    IF TG_NARGS > 0 AND cardinality(told) > 0 THEN
        PERFORM pg_notify('comptoir_changes', TG_ARGV[0]);
    END IF;
    RETURN NULL;
END $$
"""

TELL_EVERYTHING = """
CREATE FUNCTION comptoir_tell_everything_{moment}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM changed) THEN
        PERFORM pg_notify('comptoir_changes', 'everything');
    END IF;
    RETURN NULL;
END $$
"""

TELL_TRUNCATED = """
CREATE FUNCTION comptoir_tell_truncated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('comptoir_changes', 'everything');
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for moment, rows in ROWS.items():
        for family, product in FAMILIES.items():
            op.execute(TELL_PRODUCTS.format(family=family, moment=moment, product=product, rows=rows, most=MOST_TOLD))
        op.execute(TELL_EVERYTHING.format(moment=moment))
    op.execute(TELL_TRUNCATED)
    for table, family in LISTED.items():
        create_triggers(table, family, "'products'")
    for table, family in SHOWN.items():
        create_triggers(table, family)
    for table in SHARED:
        create_triggers(table, "everything")


def create_triggers(table: str, family: str, argument: str = "") -> None:
    """One for each way to change a table: transition tables belong to one way only."""
    for moment, rows in TABLES_AS.items():
        op.execute(
            f"CREATE TRIGGER tell_{moment} AFTER {moment} ON {table} REFERENCING {rows} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION comptoir_tell_{family}_{moment}({argument})"
        )
    op.execute(
        f"CREATE TRIGGER tell_truncate AFTER TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION comptoir_tell_truncated()"
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table in (*LISTED, *SHOWN, *SHARED):
        for moment in (*TABLES_AS, "truncate"):
            op.execute(f"DROP TRIGGER tell_{moment} ON {table}")
    op.execute("DROP FUNCTION comptoir_tell_truncated()")
    for moment in ROWS:
        for family in (*FAMILIES, "everything"):
            op.execute(f"DROP FUNCTION comptoir_tell_{family}_{moment}()")
