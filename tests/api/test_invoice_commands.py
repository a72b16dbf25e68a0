"""Invoices by command, sales to other Member States, buyers of all kinds, and how long everything is kept."""

import json
from datetime import date
from pathlib import Path

from sqlalchemy import text

from app.core.clock import utc_now
from app.core.db import sign_transaction, unit_of_work
from app.core.jobs import list_jobs
from app.ops.apply_retention import GRACE, RULES, list_standings
from app.shop.service import set_vat_regime
from app.worker.modules import import_job_modules
from tests.api.test_invoice import read_amounts, read_document, read_pdf, read_words
from tests.command import run_command
from tests.factories.promotions import make_promotion
from tests.factories.shop import make_tax_rate
from tests.in_process import RunJobs
from tests.money_back import PAID, buy, hire
from tests.shop_front import ADDRESS, Buyer, FakeStripe, Json, read_rows

TAXED = "SELECT document->'rates'->0->>'rate', distance_net_cents IS NULL FROM invoice ORDER BY number"
SERVE = "UPDATE country SET region_id = :region WHERE iso_2 = 'de'"
MANY_NAMES = {
    **ADDRESS,
    "first_name": "Zażółć",
    "last_name": "Ștefănescu-Müller Őrsi",
    "city": "Łódź",
    "company": "Gęślą & Țepeș SARL",
}


def run(*arguments: str) -> Json:
    """A command that succeeds, and its answer."""
    done = run_command(*arguments, "--json")
    assert done.code == 0, done.out + done.err
    answer: Json = json.loads(done.out)
    return answer


def run_list(*arguments: str) -> list[Json]:
    """A command that succeeds and answers a list."""
    answer = run(*arguments)
    assert isinstance(answer, list)
    return answer


def purchase(buyer: Buyer, fake_stripe: FakeStripe, **given: object) -> None:
    """A cart that is changed so, then paid."""
    cart_id = buyer.fill_cart(1)
    changed = buyer.post(f"/store/carts/{cart_id}", **given)
    assert changed.status_code == 200, changed.text
    fake_stripe.pay(buyer.open_session(cart_id).intent_id)
    fake_stripe.wait_until_delivered()


def test_the_commands_say_what_there_is(
    buyer: Buyer, fake_stripe: FakeStripe, run_jobs: RunJobs, tmp_path: Path
) -> None:
    paid = buy(buyer, fake_stripe)
    hire(buyer).refund(paid, amount=100, refund_reason_id="lost_in_transit")
    listed = run_list("invoices", "list")
    assert [(each["display_number"], each["total_cents"]) for each in listed] == [
        ("A-000001", 10_000), ("F-000001", PAID)
    ]  # fmt: skip
    assert "702.90 EUR" in run_command("invoices", "list", "--kind", "invoice").out
    assert json.loads(run_command("invoices", "show", "f-000001").out)["number"] == "F-000001"
    assert run_command("invoices", "show", "F-000009").code == 1
    (total,) = run_list("invoices", "totals")
    assert (total["rate"], total["documents"], total["total_cents"], total["tax_cents"]) == (
        "20.00", 2, PAID - 10_000, 11_715 - 1667
    )  # fmt: skip
    assert "TVA" in run_command("invoices", "totals", "--by", "day").out
    today = read_rows("SELECT DISTINCT issued_on FROM invoice")[0][0]
    days = ("--from", str(today), "--to", str(today), "--folder", str(tmp_path))
    waiting = run_command("invoices", "export", *days, "--json")
    assert (waiting.code, sorted(json.loads(waiting.out)["waiting"])) == (1, ["A-000001", "F-000001"])
    run_jobs()
    assert run("invoices", "export", *days) == {"written": 2, "waiting": []}
    assert (tmp_path / "F-000001.pdf").read_bytes() == read_pdf("F-000001")
    assert run_command("invoices", "export").code == 1
    assert run("invoices", "verify")["sound"]


def test_every_name_and_kind_of_buyer_is_printed(buyer: Buyer, fake_stripe: FakeStripe, run_jobs: RunJobs) -> None:
    with unit_of_work("test") as session:
        make_promotion(session, "MOINS10")
    told = {"siren": "123456782", "vat_number": "PL1234567890", "purchase_order": "PO-77", "other": "<b>"}
    purchase(
        buyer, fake_stripe, billing_address=MANY_NAMES, metadata=told, promo_codes=["MOINS10"], locale="en"
    )  # fmt: skip
    assert run_jobs() == []
    document, pdf = read_document("F-000001"), read_pdf("F-000001")
    lines, rates = document["lines"], document["rates"]
    assert isinstance(lines, list)
    assert isinstance(rates, list)
    assert sum(line["net_cents"] for line in lines) == document["net_cents"]
    assert any(line["gross_net_cents"] > line["net_cents"] for line in lines), "the reduction is said"
    assert document["net_cents"] + sum(rate["tax_cents"] for rate in rates) == document["total_cents"]
    words = read_words(pdf).replace("\u00a0", " ")
    for said in (
        "Zażółć Ștefănescu-Müller Őrsi", "Gęślą & Țepeș SARL", "Łódź", "SIREN 123456782", "PL1234567890", "PO-77",
        "€40", "Invoice F-000001", "Jeanne Martin", "reduction excl. VAT",
    ):  # fmt: skip
        assert said in words, said
    assert read_amounts(pdf)["DuePayableAmount"] == "0.00"


def test_in_the_franchise_the_mention_stands_and_no_vat(
    buyer: Buyer, fake_stripe: FakeStripe, run_jobs: RunJobs
) -> None:
    with unit_of_work("test") as session:
        set_vat_regime(session, "franchise", date(2020, 1, 1))
        session.execute(text("UPDATE seller SET vat_number = NULL"))
    purchase(buyer, fake_stripe)
    assert run_jobs() == []
    words = read_words(read_pdf("F-000001"))
    assert "TVA non applicable, art. 293 B du CGI" in words
    assert read_rows("SELECT tax_cents FROM invoice") == [(0,)]
    assert read_amounts(read_pdf("F-000001"))["TaxTotalAmount"] == "0.00"


def test_sales_to_other_member_states_stop_where_french_vat_does(buyer: Buyer, fake_stripe: FakeStripe) -> None:
    with unit_of_work("test") as session:
        session.execute(text(SERVE), {"region": buyer.goods.region_id})
        make_tax_rate(session, country_code="de", code="fr-20-de")
        session.execute(text("UPDATE price SET amount_cents = 590000"))
    german = {**ADDRESS, "country_code": "de", "city": "Bonn", "postal_code": "53111"}
    for _ in range(2):
        purchase(buyer, fake_stripe, shipping_address=german)
    assert run("invoices", "oss")["standing"] == "warning"
    cart_id = buyer.fill_cart(1)
    buyer.post(f"/store/carts/{cart_id}", shipping_address=german)
    refused = buyer.ask_for_session(buyer.open_collection(cart_id))
    assert (refused.status_code, refused.json()["code"]) == (409, "distance_sales_closed")
    purchase(buyer, fake_stripe)
    missing = run_command("invoices", "oss", "--since", "2026-01-01", "--rate", "be=21", "--json")
    assert (missing.code, json.loads(missing.out)["code"]) == (1, "destination_rates_missing")
    assert run_command("invoices", "oss", "--since", "2026-01-01", "--rate", "de").code == 1
    run("invoices", "oss", "--since", "2026-01-01", "--rate", "de=19")
    purchase(buyer, fake_stripe, shipping_address=german)
    assert read_rows(TAXED) == [
        ("20.00", False), ("20.00", False), ("20.00", True), ("19.00", False)
    ]  # fmt: skip


OLD = """
UPDATE payment_event SET received_at = now() - interval '40 days';
UPDATE message SET created_at = now() - interval '400 days', state = 'sent';
INSERT INTO message (id, template, object_id, recipient, locale, content, state, created_at)
    VALUES ('msg_old', 'welcome', 'cus_1', 'a@example.com', 'fr', '{"a": 1}', 'sent', now() - interval '400 days'),
    ('msg_new', 'welcome', 'cus_2', 'b@example.com', 'fr', '{"a": 1}', 'sent', now());
"""
KEPT = "SELECT id, recipient, content::text FROM message WHERE template = 'welcome' ORDER BY id"


def test_one_table_says_how_long_and_one_job_ends_it(buyer: Buyer, fake_stripe: FakeStripe, run_jobs: RunJobs) -> None:
    import_job_modules()
    assert {rule.job for rule in RULES} - {None} <= {each.name for each in list_jobs()}
    days = {rule.id: rule.keeps.days for rule in RULES}
    assert (days["logs"], days["carts"], days["event_bodies"], days["backups"]) == (30, 7, 30, 7)
    buy(buyer, fake_stripe)
    run_jobs()
    with unit_of_work("test") as session:
        sign_transaction(session)
        session.connection().exec_driver_sql(OLD)
    before = {each["id"]: each["overdue"] for each in run_list("retention", "run", "--dry-run")}
    assert (before["event_bodies"], before["mails"], before["confirmations"], before["logs"]) == (1, 1, 0, None)
    assert read_rows(KEPT)[1][1] == "a@example.com", "a dry run ends nothing"
    run("retention", "run")
    assert run_jobs() == []
    assert read_rows(KEPT) == [("msg_new", "b@example.com", '{"a": 1}'), ("msg_old", "", "{}")]
    assert read_rows("SELECT count(*) FROM payment_event WHERE body IS NULL AND body_sha256 <> ''") == [(1,)]
    assert read_rows("SELECT recipient FROM message WHERE template = 'order_confirmation'") == [("jeanne@example.com",)]
    with unit_of_work("test") as session:
        assert all(not each.overdue for each in list_standings(session, utc_now(), GRACE))
    ((told,),) = read_rows("SELECT details FROM audit_log WHERE action = 'retention.applied'")
    assert told == {"event_bodies": 1, "mails": 1}
    assert "event_bodies" in run_command("retention", "list").out
