"""Invoices and credit notes: numbers without a gap under one lock per series, documents that nobody changes.

What an invoice says is frozen in `document`, sealed with the one before it in its series (docs/decisions/0034). Only
`comptoir_issue_invoice` writes; it never breaks the purchase that calls it: what goes wrong there is undone and told.
"""

import sqlalchemy as sa
from alembic import op

revision = "0031_invoices"
down_revision = "0030_returns_life"
branch_labels = None
depends_on = None

TEXTS = ("legal_name", "legal_form", "siren", "siret", "address_1", "postal_code", "city", "country_code")
MORE_TEXTS = ("registration", "vat_number", "address_2")

ISSUE = """
CREATE FUNCTION comptoir_issue_invoice(
    of_id text, of_kind text, of_order text, of_payment text, of_refund text, of_corrected text,
    distance_net_cents bigint, said jsonb,
    OUT number_given text, OUT refusal text
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET lock_timeout = '1s' AS $$
DECLARE
    series invoice_series;
    whole jsonb;
    seal text;
BEGIN
    SELECT * INTO STRICT series FROM invoice_series
        WHERE name = CASE of_kind WHEN 'credit_note' THEN 'credit_note' ELSE 'invoice' END FOR UPDATE;
    series.last_number := series.last_number + 1;
    series.last_issued_at := greatest(clock_timestamp(), series.last_issued_at);
    number_given := series.prefix || lpad(series.last_number::text, greatest(6, length(series.last_number::text)), '0');
    whole := said || jsonb_build_object(
        'number', number_given,
        'issued_on', (series.last_issued_at AT TIME ZONE 'Europe/Paris')::date,
        'previous_sha256', series.last_sha256);
    seal := encode(sha256(convert_to(whole::text, 'UTF8')), 'hex');
    UPDATE invoice_series SET last_number = series.last_number, last_issued_at = series.last_issued_at,
        last_sha256 = seal WHERE name = series.name;
    INSERT INTO invoice (id, series, number, display_number, kind, issued_at, issued_on, order_id, payment_id,
        refund_id, corrected_id, currency_code, total_cents, tax_cents, distance_net_cents, document, sha256, actor,
        request_id)
    VALUES (of_id, series.name, series.last_number, number_given, of_kind, series.last_issued_at,
        (whole ->> 'issued_on')::date, of_order, of_payment, of_refund, of_corrected, whole ->> 'currency_code',
        (whole ->> 'total_cents')::int, (whole ->> 'tax_cents')::int, distance_net_cents, whole, seal,
        current_setting('comptoir.actor', true), current_setting('comptoir.request_id', true));
EXCEPTION WHEN OTHERS THEN
    number_given := NULL;
    refusal := SQLSTATE;
END $$
"""

GUARD_SERIES = """
CREATE FUNCTION comptoir_series_counts_by_one() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'UPDATE' OR NEW.name <> OLD.name OR NEW.prefix <> OLD.prefix OR NEW.last_number <> OLD.last_number + 1
       OR NEW.last_issued_at < OLD.last_issued_at THEN
        RAISE EXCEPTION 'the series of invoices count by one: a number is given once and never taken back'
            USING ERRCODE = 'insufficient_privilege', HINT = 'Correct an invoice by a credit note.';
    END IF;
    RETURN NEW;
END $$
"""

GUARD_INVOICE = """
CREATE FUNCTION comptoir_invoice_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.number = (SELECT last_number FROM invoice_series WHERE name = NEW.series)
           AND NEW.sha256 = (SELECT last_sha256 FROM invoice_series WHERE name = NEW.series)
           AND comptoir_fits_what_it_corrects(NEW) THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION 'an invoice takes the next number of its series, a credit note at most what is left of its own'
            USING ERRCODE = 'insufficient_privilege', HINT = 'Comptoir issues it with the payment or the refund.';
    END IF;
    RAISE EXCEPTION 'an issued invoice is never edited or deleted'
        USING ERRCODE = 'insufficient_privilege', HINT = 'Correct it by a credit note: refund the order.';
END $$
"""

FITS = """
CREATE FUNCTION comptoir_fits_what_it_corrects(given invoice) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT given.kind = 'invoice' OR EXISTS (
        SELECT FROM invoice corrected WHERE corrected.id = given.corrected_id
        AND corrected.order_id = given.order_id AND corrected.currency_code = given.currency_code
        AND CASE given.kind
            WHEN 'reversal' THEN corrected.kind = 'credit_note' AND corrected.total_cents = given.total_cents
                AND corrected.refund_id = given.refund_id
            ELSE corrected.kind = 'invoice' AND corrected.total_cents >= given.total_cents + (
                SELECT coalesce(sum(CASE other.kind WHEN 'credit_note' THEN other.total_cents
                                    WHEN 'reversal' THEN -other.total_cents ELSE 0 END), 0)
                FROM invoice other WHERE other.order_id = given.order_id)
            END)
$$
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    _create_seller()
    _create_series()
    _create_invoice()
    op.create_table(
        "invoice_rendering",
        sa.Column("invoice_id", sa.Text(), sa.ForeignKey("invoice.id", ondelete="RESTRICT"), primary_key=True),
        sa.Column("file_id", sa.Text(), sa.ForeignKey("stored_file.id", ondelete="RESTRICT"), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("rendered_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
    )
    op.create_index("ix_invoice_rendering_file_id", "invoice_rendering", ["file_id"])
    for function in (ISSUE, FITS, GUARD_SERIES, GUARD_INVOICE):
        op.execute(function)
    _guard()


def _create_seller() -> None:
    op.create_table(
        "seller",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in TEXTS),
        *(sa.Column(name, sa.Text()) for name in MORE_TEXTS),
        sa.Column("capital", sa.Text()),
        sa.Column("is_sole_trader", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("pays_vat_on_debits", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("oss_since_on", sa.Date()),
        sa.Column("updated_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_seller_one_row")),
        sa.CheckConstraint("siren ~ '^[0-9]{9}$'", name=op.f("ck_seller_siren")),
        sa.CheckConstraint("siret ~ '^[0-9]{14}$' AND left(siret, 9) = siren", name=op.f("ck_seller_siret")),
        sa.ForeignKeyConstraint(["country_code"], ["country.iso_2"], name=op.f("fk_seller_country_code_country")),
    )
    for moment, tables in (
        ("insert", "NEW TABLE AS changed"),
        ("update", "NEW TABLE AS changed OLD TABLE AS gone"),
        ("delete", "OLD TABLE AS changed"),
    ):
        op.execute(
            f"CREATE TRIGGER tell_{moment} AFTER {moment.upper()} ON seller REFERENCING {tables} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION comptoir_tell_everything_{moment}()"
        )
    op.execute(
        "CREATE TRIGGER tell_truncate AFTER TRUNCATE ON seller "
        "FOR EACH STATEMENT EXECUTE FUNCTION comptoir_tell_truncated()"
    )


def _create_series() -> None:
    op.create_table(
        "invoice_series",
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("last_number", sa.BigInteger(), nullable=False),
        sa.Column("last_issued_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("last_sha256", sa.Text(), nullable=False),
    )
    op.execute(
        "INSERT INTO invoice_series VALUES ('invoice', 'F-', 0, 'epoch', repeat('0', 64)),"
        " ('credit_note', 'A-', 0, 'epoch', repeat('0', 64))"
    )


def _create_invoice() -> None:
    op.create_table(
        "invoice",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("series", sa.Text(), sa.ForeignKey("invoice_series.name"), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("display_number", sa.Text(), nullable=False, unique=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("issued_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("order_id", sa.Text(), sa.ForeignKey("order.id", ondelete="RESTRICT"), nullable=False),
        sa.Column("payment_id", sa.Text(), sa.ForeignKey("payment.id", ondelete="RESTRICT")),
        sa.Column("refund_id", sa.Text(), sa.ForeignKey("refund.id", ondelete="RESTRICT")),
        sa.Column("corrected_id", sa.Text(), sa.ForeignKey("invoice.id", ondelete="RESTRICT")),
        sa.Column("currency_code", sa.Text(), nullable=False),
        sa.Column("total_cents", sa.Integer(), nullable=False),
        sa.Column("tax_cents", sa.Integer(), nullable=False),
        # Of a sale to another Member State, without VAT, in euro cents: what the 10 000 euros are counted from.
        sa.Column("distance_net_cents", sa.BigInteger()),
        sa.Column("document", sa.dialects.postgresql.JSONB(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.UniqueConstraint("series", "number", name=op.f("uq_invoice_series_number")),
        sa.CheckConstraint("kind IN ('invoice', 'credit_note', 'reversal')", name=op.f("ck_invoice_kind")),
        sa.CheckConstraint(
            "(kind = 'credit_note') = (series = 'credit_note')", name=op.f("ck_invoice_kind_has_series")
        ),
        sa.CheckConstraint(
            "(kind = 'invoice') = (refund_id IS NULL) AND (kind = 'invoice') = (corrected_id IS NULL)",
            name=op.f("ck_invoice_correction_has_its_refund"),
        ),
        sa.CheckConstraint("0 <= tax_cents AND tax_cents <= total_cents", name=op.f("ck_invoice_tax_within_total")),
    )
    op.create_index("ix_invoice_order_id", "invoice", ["order_id"])
    op.create_index("ix_invoice_issued_on", "invoice", ["issued_on", "id"])
    for name, column, kind in (
        ("uq_invoice_of_order", "order_id", "invoice"),
        ("uq_invoice_of_refund", "refund_id", "credit_note"),
        ("uq_invoice_of_credit_note", "corrected_id", "reversal"),
    ):
        op.create_index(name, "invoice", [column], unique=True, postgresql_where=sa.text(f"kind = '{kind}'"))
    op.create_index("ix_invoice_payment_id", "invoice", ["payment_id"])
    op.create_index("ix_invoice_corrected_id", "invoice", ["corrected_id"])
    op.create_index("ix_invoice_refund_id", "invoice", ["refund_id"])
    op.create_index(
        "ix_invoice_distance",
        "invoice",
        ["issued_on", "distance_net_cents"],
        postgresql_where=sa.text("distance_net_cents IS NOT NULL"),
    )


def _guard() -> None:
    op.execute(
        "CREATE TRIGGER demand_actor BEFORE INSERT OR UPDATE OR DELETE ON invoice "
        "FOR EACH STATEMENT EXECUTE FUNCTION comptoir_demand_actor()"
    )
    op.execute(
        "CREATE TRIGGER is_final BEFORE INSERT OR UPDATE OR DELETE ON invoice "
        "FOR EACH ROW EXECUTE FUNCTION comptoir_invoice_is_final()"
    )
    op.execute(
        "CREATE TRIGGER counts_by_one BEFORE INSERT OR UPDATE OR DELETE ON invoice_series "
        "FOR EACH ROW EXECUTE FUNCTION comptoir_series_counts_by_one()"
    )
    for table in ("invoice", "invoice_series"):
        op.execute(
            f"CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION comptoir_refuse_change()"
        )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("DROP FUNCTION comptoir_issue_invoice(text, text, text, text, text, text, bigint, jsonb)")
    op.drop_table("invoice_rendering")
    op.execute("DROP TRIGGER is_final ON invoice")
    op.execute("DROP FUNCTION comptoir_invoice_is_final()")
    op.execute("DROP FUNCTION comptoir_fits_what_it_corrects(invoice)")
    op.drop_table("invoice")
    op.drop_table("invoice_series")
    op.execute("DROP FUNCTION comptoir_series_counts_by_one()")
    op.drop_table("seller")
