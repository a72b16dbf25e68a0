"""Collections, tags, types, and the words by which products are found."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006_catalogue_words"
down_revision = "0005_countries"
branch_labels = None
depends_on = None

SHOWN_INDEXES = {
    "created_at": ["created_at", "id"],
    "updated_at": ["updated_at", "id"],
    "title": ["title", "id"],
    "handle": ["handle", "id"],
    "id": ["id"],
}
CODES = ("barcode", "ean", "upc")
CUSTOMS = ("length_mm", "width_mm", "height_mm")

# Both extensions are trusted: the owner of the database may create them. IF NOT EXISTS, because a restore or an
# administrator may have been first.
EXTENSIONS = ("pg_trgm", "unaccent")

FOLD = """
CREATE FUNCTION comptoir_fold(written text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN lower(public.unaccent('public.unaccent'::regdictionary, written))
"""

# One row per product. Words are set apart by blanks, one in front, so that `% au%` finds beginnings of words.
REFRESH = """
CREATE FUNCTION comptoir_refresh_search(products text[]) RETURNS void LANGUAGE sql
BEGIN ATOMIC
    INSERT INTO product_search (product_id, title, words)
    SELECT p.id, comptoir_fold(p.title), comptoir_fold(concat_ws(' ', '', p.title, p.subtitle, p.description, (
        SELECT string_agg(concat_ws(' ', v.title, v.sku, v.barcode, v.ean, v.upc), ' ' ORDER BY v.rank, v.id)
        FROM product_variant v WHERE v.product_id = p.id
    )))
    FROM product p WHERE p.id = ANY (products)
    ON CONFLICT (product_id) DO UPDATE SET title = excluded.title, words = excluded.words
    WHERE (product_search.title, product_search.words) IS DISTINCT FROM (excluded.title, excluded.words);
END
"""

ON_PRODUCTS = """
CREATE FUNCTION comptoir_search_products() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM comptoir_refresh_search(ARRAY(SELECT id FROM changed));
    RETURN NULL;
END $$
"""

ON_VARIANTS = """
CREATE FUNCTION comptoir_search_variants() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM comptoir_refresh_search(ARRAY(SELECT DISTINCT product_id FROM changed));
    RETURN NULL;
END $$
"""

# Where a product is sold, beside its state: a list is walked and counted in one index, without reading the links.
ON_CHANNELS = """
CREATE FUNCTION comptoir_product_channels() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE product p SET channel_ids = linked.ids
    FROM (
        SELECT c.product_id, ARRAY(
            SELECT l.sales_channel_id FROM product_channel_link l WHERE l.product_id = c.product_id ORDER BY 1
        ) AS ids
        FROM (SELECT DISTINCT product_id FROM changed) c
    ) linked
    WHERE p.id = linked.product_id AND p.channel_ids IS DISTINCT FROM linked.ids;
    RETURN NULL;
END $$
"""

TRIGGERS = (
    ("product_channel_link", "INSERT", "NEW", "comptoir_product_channels"),
    ("product_channel_link", "UPDATE", "NEW", "comptoir_product_channels"),
    ("product_channel_link", "DELETE", "OLD", "comptoir_product_channels"),
    ("product", "INSERT", "NEW", "comptoir_search_products"),
    ("product", "UPDATE", "NEW", "comptoir_search_products"),
    ("product_variant", "INSERT", "NEW", "comptoir_search_variants"),
    ("product_variant", "UPDATE", "NEW", "comptoir_search_variants"),
    ("product_variant", "DELETE", "OLD", "comptoir_search_variants"),
)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    create_groups()
    add_columns()
    create_indexes()
    create_search()


def create_groups() -> None:
    """Collections, tags, types, and what ties pictures to variants."""
    for table, own in (
        ("product_collection", (sa.Column("title", sa.Text(), nullable=False), unique_text("handle"))),
        ("product_tag", (unique_text("value"),)),
        ("product_type", (unique_text("value"),)),
    ):
        op.create_table(
            table,
            sa.Column("id", sa.Text(), nullable=False),
            *own,
            sa.Column("metadata", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
            *(
                sa.Column(name, postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False)
                for name in ("created_at", "updated_at")
            ),
            sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
            sa.UniqueConstraint(own[-1].name, name=op.f(f"uq_{table}_{own[-1].name}")),
        )
    create_link("product_tag_link", ("product", "product_id"), ("product_tag", "tag_id"))
    create_link("variant_image_link", ("product_variant", "variant_id"), ("product_image", "image_id"))


def unique_text(name: str) -> sa.Column[str]:
    """A text that is there; its constraint is written beside."""
    return sa.Column(name, sa.Text(), nullable=False)


def create_link(table: str, one: tuple[str, str], other: tuple[str, str]) -> None:
    """A table of pairs, each side gone with its row."""
    op.create_table(
        table,
        *(sa.Column(column, sa.Text(), nullable=False) for _, column in (one, other)),
        *(
            sa.ForeignKeyConstraint([column], [f"{of}.id"], name=op.f(f"fk_{table}_{column}"), ondelete="CASCADE")
            for of, column in (one, other)
        ),
        sa.PrimaryKeyConstraint(one[1], other[1], name=op.f(f"pk_{table}")),
    )
    op.create_index(op.f(f"ix_{table}_{other[1]}"), table, [other[1]], unique=False)


def add_columns() -> None:
    """What products, variants, pictures and categories say more; all of it may be absent."""
    for table in ("product", "product_variant"):
        for name in CUSTOMS:
            op.add_column(table, sa.Column(name, sa.Integer(), nullable=True))
        for name in ("hs_code", "mid_code"):
            op.add_column(table, sa.Column(name, sa.Text(), nullable=True))
    for name in ("ean", "upc", "thumbnail", "origin_country", "material"):
        op.add_column("product_variant", sa.Column(name, sa.Text(), nullable=True))
    for table, name in (
        ("product_variant", "allows_backorder"),
        ("product", "is_giftcard"),
        ("product_category", "is_internal"),
    ):
        op.add_column(table, sa.Column(name, sa.Boolean(), server_default="false", nullable=False))
    for name in ("external_id", "collection_id", "type_id"):
        op.add_column("product", sa.Column(name, sa.Text(), nullable=True))
    for name, of in (("collection_id", "product_collection"), ("type_id", "product_type")):
        op.create_foreign_key(op.f(f"fk_product_{name}"), "product", of, [name], ["id"], ondelete="SET NULL")
    op.add_column("product", sa.Column("published_at", postgresql.TIMESTAMP(timezone=True), nullable=True))
    op.execute("UPDATE product SET published_at = created_at WHERE status <> 'draft'")
    op.add_column("product", sa.Column("channel_ids", sa.ARRAY(sa.Text()), server_default="{}", nullable=False))
    op.execute(
        "UPDATE product p SET channel_ids = ARRAY("
        "SELECT l.sales_channel_id FROM product_channel_link l WHERE l.product_id = p.id ORDER BY 1)"
    )
    for table in ("product_image", "product_category"):
        op.add_column(table, sa.Column("metadata", postgresql.JSONB(astext_type=sa.Text()), nullable=True))


def create_indexes() -> None:
    """One for each way to filter or to sort."""
    for name in ("external_id", "collection_id", "type_id"):
        op.create_index(op.f(f"ix_product_{name}"), "product", [name], unique=False)
    for name, columns in SHOWN_INDEXES.items():
        op.create_index(
            f"ix_product_shown_{name}",
            "product",
            columns,
            postgresql_where=sa.text("status = 'published'"),
            postgresql_include=["channel_ids"],
        )
    op.create_index("ix_product_is_giftcard", "product", ["id"], postgresql_where=sa.text("is_giftcard"))
    op.create_index("ix_product_variant_created_at", "product_variant", ["created_at", "id"])
    for name in CODES:
        op.create_index(op.f(f"ix_product_variant_{name}"), "product_variant", [name], unique=False)
    op.create_index(op.f("ix_product_option_value_value"), "product_option_value", ["value"], unique=False)


def create_search() -> None:
    """The words of each product, kept by the database whoever writes, found by their trigrams."""
    for extension in EXTENSIONS:
        op.execute(f"CREATE EXTENSION IF NOT EXISTS {extension} WITH SCHEMA public")
    op.execute(FOLD)
    op.create_table(
        "product_search",
        sa.Column("product_id", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_product_search_product_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("product_id", name=op.f("pk_product_search")),
    )
    for function in (REFRESH, ON_PRODUCTS, ON_VARIANTS, ON_CHANNELS):
        op.execute(function)
    for table, moment, rows, function in TRIGGERS:
        op.execute(
            f"CREATE TRIGGER follow_{moment.lower()} AFTER {moment} ON {table} "
            f"REFERENCING {rows} TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION {function}()"
        )
    op.execute("SELECT comptoir_refresh_search(ARRAY(SELECT id FROM product))")
    op.create_index(
        "ix_product_search_words",
        "product_search",
        ["words"],
        postgresql_using="gin",
        postgresql_ops={"words": "gin_trgm_ops"},
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table, moment, _, _ in TRIGGERS:
        op.execute(f"DROP TRIGGER follow_{moment.lower()} ON {table}")
    for function in ("product_channels()", "search_variants()", "search_products()", "refresh_search(text[])"):
        op.execute(f"DROP FUNCTION comptoir_{function}")
    op.drop_table("product_search")
    op.execute("DROP FUNCTION comptoir_fold(text)")
    for extension in EXTENSIONS:
        op.execute(f"DROP EXTENSION {extension}")
    op.drop_index("ix_product_option_value_value", "product_option_value")
    for name in ("created_at", *CODES):
        op.drop_index(f"ix_product_variant_{name}", "product_variant")
    for name in ("is_giftcard", *(f"shown_{name}" for name in SHOWN_INDEXES)):
        op.drop_index(f"ix_product_{name}", "product")
    op.drop_column("product", "channel_ids")
    for table in ("product_image", "product_category"):
        op.drop_column(table, "metadata")
    op.drop_column("product_category", "is_internal")
    for name in (*CUSTOMS, "hs_code", "mid_code", "is_giftcard", "external_id", "collection_id", "type_id"):
        op.drop_column("product", name)
    op.drop_column("product", "published_at")
    for name in (*CUSTOMS, "hs_code", "mid_code", "ean", "upc", "thumbnail", "origin_country", "material"):
        op.drop_column("product_variant", name)
    op.drop_column("product_variant", "allows_backorder")
    for table in ("variant_image_link", "product_tag_link", "product_type", "product_tag", "product_collection"):
        op.drop_table(table)
