"""Pictures and other files that people bring."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0028_files"
down_revision = "0027_medusa_import"
branch_labels = None
depends_on = None

INSTANT = postgresql.TIMESTAMP(timezone=True)

# A picture of ours is known by its address; one that lies elsewhere (an import) has no file here.
SET_FILE = """
CREATE FUNCTION comptoir_set_image_file() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.file_id := (
        SELECT id FROM stored_file
        WHERE public_name = substring(NEW.url FROM '/static/([0-9a-f]{64})(-[0-9]+)?\\.[a-z]+$')
    );
    RETURN NEW;
END $$;
CREATE TRIGGER set_file BEFORE INSERT OR UPDATE OF url ON product_image
    FOR EACH ROW EXECUTE FUNCTION comptoir_set_image_file();
"""
# Two pictures on one place of a product: the later id follows.
RENUMBER = """
UPDATE product_image SET rank = ranked.place
FROM (
    SELECT id, row_number() OVER (PARTITION BY product_id ORDER BY rank, id) - 1 AS place FROM product_image
) ranked
WHERE ranked.id = product_image.id AND product_image.rank <> ranked.place
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    create_files()
    create_what_belongs_to_files()
    op.add_column("product_image", sa.Column("file_id", sa.Text(), nullable=True))
    op.create_foreign_key(
        op.f("fk_product_image_file_id"), "product_image", "stored_file", ["file_id"], ["id"], ondelete="RESTRICT"
    )
    op.create_index(op.f("ix_product_image_file_id"), "product_image", ["file_id"])
    op.execute(SET_FILE)
    op.execute(RENUMBER)
    op.execute(
        "ALTER TABLE product_image ADD CONSTRAINT uq_product_image_product_id_rank"
        " UNIQUE (product_id, rank) DEFERRABLE INITIALLY DEFERRED"
    )


def create_files() -> None:
    """What was brought, by whom, and what became of it."""
    op.create_table(
        "stored_file",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("public_name", sa.Text(), nullable=True),
        sa.Column("content_sha256", sa.Text(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("refusal", sa.Text(), nullable=True),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, server_default=sa.func.now(), nullable=False),
        sa.Column("updated_at", INSTANT, server_default=sa.func.now(), nullable=False),
        sa.CheckConstraint("kind IN ('picture', 'document')", name=op.f("ck_stored_file_kind")),
        sa.CheckConstraint("status IN ('waiting', 'ready', 'refused')", name=op.f("ck_stored_file_status")),
        sa.CheckConstraint("(kind = 'picture') = (public_name IS NOT NULL)", name=op.f("ck_stored_file_public")),
        sa.CheckConstraint("(status = 'refused') = (refusal IS NOT NULL)", name=op.f("ck_stored_file_refusal")),
        sa.CheckConstraint("size_bytes > 0", name=op.f("ck_stored_file_size")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stored_file")),
        sa.UniqueConstraint("public_name", name=op.f("uq_stored_file_public_name")),
    )
    op.create_index(op.f("ix_stored_file_created_at"), "stored_file", ["created_at"])


def create_what_belongs_to_files() -> None:
    """The sizes a picture is shown in, and content on its way into the store."""
    op.create_table(
        "picture_size",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("file_id", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        # Runbook S0-165: no picture of the shop is heavier.
        sa.CheckConstraint("size_bytes BETWEEN 1 AND 500000", name=op.f("ck_picture_size_light")),
        sa.ForeignKeyConstraint(
            ["file_id"], ["stored_file.id"], name=op.f("fk_picture_size_file_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_picture_size")),
    )
    op.create_index(op.f("ix_picture_size_file_id"), "picture_size", ["file_id"])
    op.create_table(
        "waiting_content",
        sa.Column("file_id", sa.Text(), nullable=False),
        sa.Column("content", postgresql.BYTEA(), nullable=False),
        sa.ForeignKeyConstraint(
            ["file_id"], ["stored_file.id"], name=op.f("fk_waiting_content_file_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("file_id", name=op.f("pk_waiting_content")),
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("ALTER TABLE product_image DROP CONSTRAINT uq_product_image_product_id_rank")
    op.execute("DROP TRIGGER set_file ON product_image")
    op.execute("DROP FUNCTION comptoir_set_image_file()")
    op.drop_column("product_image", "file_id")
    op.drop_table("waiting_content")
    op.drop_table("picture_size")
    op.drop_table("stored_file")
