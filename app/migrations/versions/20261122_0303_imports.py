"""Files of products, prices and stock that are read and written in the background, line by line."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0026_imports"
down_revision = "0025_stock_by_hand"
branch_labels = None
depends_on = None

INSTANT = postgresql.TIMESTAMP(timezone=True)
COUNTS = (
    "byte_count", "line_count", "unit_count", "create_count", "update_count", "same_count", "refused_count",
    "problem_count", "done_count",
)  # fmt: skip
STATES = "'expected', 'received', 'checking', 'checked', 'applying', 'done', 'refused', 'canceled'"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    create_runs()
    create_chunks()
    create_lines()
    create_problems()


def create_runs() -> None:
    """One file that comes in or goes out, and what became of it."""
    op.create_table(
        "csv_run",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), server_default="all", nullable=False),
        sa.Column("state", sa.Text(), server_default="received", nullable=False),
        sa.Column("is_move_confirmed", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("file_name", sa.Text(), nullable=True),
        sa.Column("encoding", sa.Text(), nullable=True),
        sa.Column("separator", sa.Text(), nullable=True),
        *(sa.Column(name, sa.Integer(), server_default="0", nullable=False) for name in COUNTS),
        *(sa.Column(name, sa.Text(), nullable=True) for name in ("refusal_code", "refusal_fr", "refusal_en")),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("confirmed_by", sa.Text(), nullable=True),
        sa.Column("created_at", INSTANT, server_default=sa.func.now(), nullable=False),
        sa.Column("updated_at", INSTANT, server_default=sa.func.now(), nullable=False),
        *(sa.Column(name, INSTANT, nullable=True) for name in ("checked_at", "confirmed_at", "ended_at")),
        sa.CheckConstraint("direction IN ('import', 'export')", name=op.f("ck_csv_run_direction")),
        sa.CheckConstraint("kind IN ('products', 'prices', 'stock')", name=op.f("ck_csv_run_kind")),
        sa.CheckConstraint("mode IN ('all', 'each')", name=op.f("ck_csv_run_mode")),
        sa.CheckConstraint(f"state IN ({STATES})", name=op.f("ck_csv_run_state")),
        sa.CheckConstraint(
            "(state IN ('done', 'refused', 'canceled')) = (ended_at IS NOT NULL)"
            " AND (state = 'refused') = (refusal_code IS NOT NULL)",
            name=op.f("ck_csv_run_state_has_its_facts"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_csv_run")),
    )
    op.create_index(op.f("ix_csv_run_created_at"), "csv_run", ["created_at"])


def create_chunks() -> None:
    """The file itself, in pieces that are read one at a time."""
    op.create_table(
        "csv_chunk",
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content", postgresql.BYTEA(), nullable=False),
        reference_to_run("csv_chunk"),
        sa.PrimaryKeyConstraint("run_id", "number", name=op.f("pk_csv_chunk")),
    )


def create_lines() -> None:
    """What stands in each line; a unit is what is written together: a product, or one line."""
    op.create_table(
        "csv_line",
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("unit_number", sa.Integer(), nullable=False),
        sa.Column("cells", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), server_default="read", nullable=False),
        sa.CheckConstraint(
            "state IN ('read', 'create', 'update', 'same', 'refused', 'done')", name=op.f("ck_csv_line_state")
        ),
        reference_to_run("csv_line"),
        sa.PrimaryKeyConstraint("run_id", "number", name=op.f("pk_csv_line")),
    )
    op.create_index(op.f("ix_csv_line_run_id_unit_number_number"), "csv_line", ["run_id", "unit_number", "number"])


def create_problems() -> None:
    """What is wrong in which line and column, in words for people."""
    op.create_table(
        "csv_problem",
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("column", sa.Text(), server_default="", nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("message_fr", sa.Text(), nullable=False),
        sa.Column("message_en", sa.Text(), nullable=False),
        reference_to_run("csv_problem"),
        sa.PrimaryKeyConstraint("run_id", "id", name=op.f("pk_csv_problem")),
    )
    op.create_index(op.f("ix_csv_problem_run_id_line"), "csv_problem", ["run_id", "line", "id"])


def reference_to_run(table: str) -> sa.ForeignKeyConstraint:
    """A row goes with its run."""
    return sa.ForeignKeyConstraint(["run_id"], ["csv_run.id"], name=op.f(f"fk_{table}_run_id"), ondelete="CASCADE")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table in ("csv_problem", "csv_line", "csv_chunk", "csv_run"):
        op.drop_table(table)
