"""The database tells when a way to send changes: a web process keeps them, as it keeps regions and VAT rates."""

from alembic import op

revision = "0014_shipping_told"
down_revision = "0013_withdrawn"
branch_labels = None
depends_on = None

TABLES = ("shipping_option", "shipping_price_step", "shipping_destination", "shipping_location")
# Migration 0012 made the functions.
ROWS = {
    "insert": "NEW TABLE AS changed",
    "update": "NEW TABLE AS changed OLD TABLE AS gone",
    "delete": "OLD TABLE AS changed",
}


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table in TABLES:
        for moment, rows in ROWS.items():
            op.execute(
                f"CREATE TRIGGER tell_{moment} AFTER {moment} ON {table} REFERENCING {rows} "
                f"FOR EACH STATEMENT EXECUTE FUNCTION comptoir_tell_everything_{moment}()"
            )
        op.execute(
            f"CREATE TRIGGER tell_truncate AFTER TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION comptoir_tell_truncated()"
        )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table in TABLES:
        for moment in (*ROWS, "truncate"):
            op.execute(f"DROP TRIGGER tell_{moment} ON {table}")
