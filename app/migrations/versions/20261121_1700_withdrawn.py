"""Orders for what was withdrawn while the money was on its way; since when a cart has been promised pieces."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013_withdrawn"
down_revision = "0012_freshness"
branch_labels = None
depends_on = None

REASONS = "'stock_gone', 'amount_differs', 'details_missing', 'promotion_used_up'"


def upgrade() -> None:
    op.add_column("cart", sa.Column("promised_since_at", postgresql.TIMESTAMP(timezone=True), nullable=True))
    _limit_reasons(f"{REASONS}, 'withdrawn'")


def downgrade() -> None:
    op.execute(
        "SELECT set_config('comptoir.actor', 'migration', true), set_config('comptoir.request_id', 'none', true)"
    )
    op.execute("UPDATE \"order\" SET review_reason = 'amount_differs' WHERE review_reason = 'withdrawn'")
    _limit_reasons(REASONS)
    op.drop_column("cart", "promised_since_at")


def _limit_reasons(reasons: str) -> None:
    op.drop_constraint(op.f("ck_order_review_reason"), "order", type_="check")
    op.create_check_constraint(op.f("ck_order_review_reason"), "order", f"review_reason IN ({reasons})")
