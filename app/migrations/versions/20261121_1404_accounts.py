"""Customers with an account, their sessions and addresses."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010_accounts"
down_revision = "0009_promotions"
branch_labels = None
depends_on = None

ADDRESS = (
    "first_name",
    "last_name",
    "phone",
    "company",
    "address_1",
    "address_2",
    "city",
    "country_code",
    "province",
    "postal_code",
)
INSTANT = postgresql.TIMESTAMP(timezone=True)
# Whatever release marks it: a mail that left or that nobody will send keeps no link that opens an account.
FORGETTING = """
CREATE FUNCTION forget_message_secret() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.secret := NULL;
  RETURN NEW;
END $$;
CREATE TRIGGER forget_secret BEFORE INSERT OR UPDATE ON message
FOR EACH ROW WHEN (NEW.state <> 'queued') EXECUTE FUNCTION forget_message_secret();
"""


def upgrade() -> None:
    for name in ("first_name", "last_name", "phone", "company_name"):
        op.add_column("customer", sa.Column(name, sa.Text(), nullable=True))
    op.add_column("customer", sa.Column("metadata", postgresql.JSONB(), nullable=True))
    op.add_column("customer", sa.Column("updated_at", INSTANT, server_default=sa.func.now(), nullable=False))
    op.add_column("customer", sa.Column("anonymised_at", INSTANT, nullable=True))
    op.create_index(
        "uq_customer_account_email",
        "customer",
        [sa.text("lower(email)")],
        unique=True,
        postgresql_where=sa.text("has_account"),
    )
    op.create_table(
        "customer_address",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("address_name", sa.Text(), nullable=True),
        sa.Column("is_default_shipping", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("is_default_billing", sa.Boolean(), server_default="false", nullable=False),
        *(sa.Column(name, sa.Text(), nullable=True) for name in ADDRESS),
        sa.Column("metadata", postgresql.JSONB(), nullable=True),
        sa.Column("created_at", INSTANT, server_default=sa.func.clock_timestamp(), nullable=False),
        sa.Column("updated_at", INSTANT, server_default=sa.func.now(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_customer_address_customer_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_address")),
    )
    op.create_index(op.f("ix_customer_address_customer_id"), "customer_address", ["customer_id"])
    for kind in ("shipping", "billing"):
        op.create_index(
            f"uq_customer_address_{kind}",
            "customer_address",
            ["customer_id"],
            unique=True,
            postgresql_where=sa.text(f"is_default_{kind}"),
        )
    op.create_table(
        "auth_identity",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=True),
        sa.Column("token_version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", INSTANT, server_default=sa.func.now(), nullable=False),
        sa.Column("updated_at", INSTANT, server_default=sa.func.now(), nullable=False),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_auth_identity_email_is_lower_case")),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_auth_identity_customer_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_auth_identity")),
        sa.UniqueConstraint("email", name=op.f("uq_auth_identity_email")),
        sa.UniqueConstraint("customer_id", name=op.f("uq_auth_identity_customer_id")),
    )
    op.create_table(
        "password_reset",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("identity_id", sa.Text(), nullable=True),
        sa.Column("locale", sa.Text(), nullable=True),
        sa.Column("token_hash", sa.Text(), nullable=True),
        sa.Column("created_at", INSTANT, server_default=sa.func.now(), nullable=False),
        sa.Column("expires_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(
            ["identity_id"], ["auth_identity.id"], name=op.f("fk_password_reset_identity_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_password_reset")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_password_reset_token_hash")),
    )
    op.create_index(op.f("ix_password_reset_identity_id"), "password_reset", ["identity_id"])
    op.create_index(op.f("ix_password_reset_created_at"), "password_reset", ["created_at"])
    op.create_table(
        "auth_session",
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("actor_type", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Text(), nullable=False),
        sa.Column("identity_id", sa.Text(), nullable=False),
        sa.Column("token_version", sa.Integer(), nullable=False),
        sa.Column("created_at", INSTANT, server_default=sa.func.now(), nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_auth_session")),
    )
    op.create_index(op.f("ix_auth_session_identity_id"), "auth_session", ["identity_id"])
    op.create_index(op.f("ix_auth_session_expires_at"), "auth_session", ["expires_at"])
    # Login limits while Redis is away (design §4.12); the key holds no address in clear.
    op.create_table(
        "limit_window",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("hits", sa.Integer(), nullable=False),
        sa.Column("ends_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_limit_window")),
    )
    op.create_index(op.f("ix_limit_window_ends_at"), "limit_window", ["ends_at"])
    op.add_column("staff_user", sa.Column("token_version", sa.Integer(), server_default="1", nullable=False))
    # What a mail must hold and the outbox must not keep: a link that opens an account. Gone once it left.
    op.add_column("message", sa.Column("secret", postgresql.JSONB(), nullable=True))
    op.add_column("message", sa.Column("expires_at", INSTANT, nullable=True))
    op.execute(FORGETTING)
    op.create_table(
        "order_transfer",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="requested", nullable=False),
        sa.Column("created_at", INSTANT, server_default=sa.func.now(), nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.CheckConstraint(
            "state IN ('requested', 'accepted', 'declined', 'canceled')", name=op.f("ck_order_transfer_state")
        ),
        sa.ForeignKeyConstraint(["order_id"], ["order.id"], name=op.f("fk_order_transfer_order_id")),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_order_transfer_customer_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_transfer")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_order_transfer_token_hash")),
    )
    op.create_index(op.f("ix_order_transfer_customer_id"), "order_transfer", ["customer_id"])
    op.create_index(
        "uq_order_transfer_open",
        "order_transfer",
        ["order_id", "customer_id"],
        unique=True,
        postgresql_where=sa.text("state = 'requested'"),
    )


def downgrade() -> None:
    op.drop_table("order_transfer")
    op.execute("DROP TRIGGER forget_secret ON message")
    op.execute("DROP FUNCTION forget_message_secret()")
    op.drop_column("message", "expires_at")
    op.drop_column("message", "secret")
    op.drop_column("staff_user", "token_version")
    for table in ("limit_window", "auth_session", "password_reset", "auth_identity", "customer_address"):
        op.drop_table(table)
    op.drop_index("uq_customer_account_email", table_name="customer")
    for name in ("anonymised_at", "updated_at", "metadata", "company_name", "phone", "last_name", "first_name"):
        op.drop_column("customer", name)
