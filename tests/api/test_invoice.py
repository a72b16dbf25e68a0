"""An order that is paid has an invoice, a refund its credit note: numbers without a gap, documents that stay."""

import io
import json
from hashlib import sha256

import psycopg
import pypdfium2
import pytest
from facturx import get_xml_from_pdf, xml_check_xsd
from lxml import etree
from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject, PdfObject, StreamObject
from sqlalchemy import text

from app.core.db import sign_transaction, unit_of_work
from app.files.open_link import read_private
from app.invoices.attach_xml import attach_xml
from app.invoices.render_pdf import render_pdf
from app.invoices.render_xml import render_xml
from tests.command import run_command
from tests.in_process import RunJobs
from tests.money_back import DELIVERY, PAID, PIECE, buy, hire
from tests.shop_front import Buyer, FakeBrevo, FakeStripe, Json, read_rows

SHOWN = "SELECT display_number, kind, total_cents, tax_cents FROM invoice ORDER BY issued_at"
SELLER = {
    "legal_name": "Élise Kowalczyk", "legal_form": "Entreprise individuelle", "siret": "12345678200002",
    "address_1": "2 rue du Test", "postal_code": "69002", "city": "Lyon", "is_sole_trader": True,
}  # fmt: skip


def read_document(number: str) -> Json:
    """All that a document says."""
    ((found,),) = [each[1:] for each in read_rows("SELECT display_number, document FROM invoice") if each[0] == number]
    assert isinstance(found, dict)
    return found


def read_pdf(number: str) -> bytes:
    """The kept PDF of a document."""
    kept = read_rows("SELECT display_number, file_id FROM invoice_rendering JOIN invoice ON invoice.id = invoice_id")
    return b"".join(read_private({str(key): str(file_id) for key, file_id in kept}[number]))


def read_words(pdf: bytes) -> str:
    """What a person reads on its pages."""
    document = pypdfium2.PdfDocument(pdf)
    return "\n".join(document[place].get_textpage().get_text_bounded() for place in range(len(document)))


def read_amounts(pdf: bytes) -> dict[str, str]:
    """The totals that its XML says, by element."""
    name, xml = get_xml_from_pdf(pdf)
    assert name == "factur-x.xml"
    assert xml_check_xsd(xml)
    sums = etree.fromstring(xml).find(".//{*}SpecifiedTradeSettlementHeaderMonetarySummation")
    return {etree.QName(each).localname: str(each.text) for each in sums}


def test_a_paid_order_has_its_invoice(
    buyer: Buyer, fake_stripe: FakeStripe, fake_brevo: FakeBrevo, run_jobs: RunJobs
) -> None:
    buy(buyer, fake_stripe)
    assert read_rows(SHOWN) == [("F-000001", "invoice", PAID, 11_715)]
    assert run_jobs() == []
    pdf = read_pdf("F-000001")
    assert read_amounts(pdf) == {
        "LineTotalAmount": "585.75", "TaxBasisTotalAmount": "585.75", "TaxTotalAmount": "117.15",
        "GrandTotalAmount": "702.90", "TotalPrepaidAmount": "702.90", "DuePayableAmount": "0.00",
    }  # fmt: skip
    words = read_words(pdf)
    for said in (
        "Facture F-000001", "Commande n° 1", "Boutique Démonstration", "SARL, capital 1 000 €", "SIRET 12345678200002",
        "RCS Lyon 123 456 782", "TVA FR11123456782", "Jeanne Martin", "12 rue de la Paix", "75002 Paris", "Aura",
        "581,67", "TVA 20", "117,15", "702,90", "livraison de biens", "Vente et paiement :", "taux légal",
    ):  # fmt: skip
        assert said in words.replace("\u00a0", " ").replace("\u202f", " "), said

    document = read_document("F-000001")
    again = attach_xml(render_pdf(document), render_xml(document), document)
    assert again == pdf, "made again it is the same to the byte"
    assert read_rows("SELECT sha256 FROM invoice_rendering") == [(sha256(pdf).hexdigest(),)]

    (mail,) = fake_brevo.mails()
    link = find_link(mail)
    opened = buyer.http.get(link, follow_redirects=True)
    assert (opened.status_code, opened.content) == (200, pdf)
    for wrong in (
        link[:-1] + ("0" if link[-1] != "0" else "1"),
        link.replace("expires=", "expires=1"),
        link.split("?")[0],
    ):
        refused = buyer.http.get(wrong)
        assert (refused.status_code, refused.json()["code"]) == (404, "invoice_link_over")


def test_whoever_works_here_reads_it(buyer: Buyer, fake_stripe: FakeStripe, run_jobs: RunJobs) -> None:
    paid = buy(buyer, fake_stripe)
    staff = hire(buyer, "readonly")
    assert staff.get("/invoices/F-000001").json()["invoice"]["pdf_url"] is None, "not made yet"
    run_jobs()
    pdf = read_pdf("F-000001")
    listed = staff.get("/invoices").json()
    assert "count" in listed, listed
    assert (listed["count"], listed["invoices"][0]["number"], listed["invoices"][0]["total"]) == (1, "F-000001", 702.9)
    shown = staff.get("/invoices/F-000001").json()["invoice"]
    assert (shown["order_id"], shown["document"]["seller"]["siren"]) == (paid.order_id, "123456782")
    assert buyer.http.get(shown["pdf_url"][shown["pdf_url"].index("/files/") :]).content == pdf
    assert staff.get("/invoices/F-000009").json()["code"] == "invoice_not_found"


def find_link(mail: Json) -> str:
    """Where the mail's button leads."""
    words = str(mail["textContent"]).split()
    (link,) = [word for word in words if "/invoice?" in word]
    return link[link.index("/v1/") :]


def test_it_is_a_pdf_a_3_as_far_as_can_be_seen_here(buyer: Buyer, fake_stripe: FakeStripe, run_jobs: RunJobs) -> None:
    """What a reader of the standard can check without a validator: fonts, colours, metadata, the attachment."""
    buy(buyer, fake_stripe)
    run_jobs()
    reader = PdfReader(io.BytesIO(read_pdf("F-000001")))
    fonts = [font for page in reader.pages for font in walk(page, "/Resources", "/Font").values()]
    assert fonts
    for font in fonts:
        assert "/FontFile2" in walk(font, "/FontDescriptor"), "each is embedded"
        assert "/ToUnicode" in walk(font)
    metadata = walk(reader.root_object, "/Metadata")
    assert isinstance(metadata, StreamObject)
    assert b"<pdfaid:part>3</pdfaid:part>" in metadata.get_data()
    assert b"<fx:ConformanceLevel>EN 16931</fx:ConformanceLevel>" in metadata.get_data()
    assert str(walk(reader.root_object, "/OutputIntents", 0)["/S"]) == "/GTS_PDFA1"
    assert str(walk(reader.root_object, "/AF", 0)["/AFRelationship"]) == "/Data"
    assert "/Encrypt" not in reader.trailer
    assert "/ID" in reader.trailer


def walk(thing: PdfObject, *path: str | int) -> DictionaryObject:
    """What a reader finds below these keys."""
    found = thing.get_object()
    for key in path:
        assert isinstance(found, DictionaryObject | ArrayObject)
        found = found[key].get_object()  # type: ignore[index]
    assert isinstance(found, DictionaryObject)
    return found


def test_a_refund_has_its_credit_note_and_one_that_came_back_undoes_it(
    buyer: Buyer, fake_stripe: FakeStripe, run_jobs: RunJobs
) -> None:
    paid = buy(buyer, fake_stripe)
    staff = hire(buyer)
    staff.refund(paid, amount=100, refund_reason_id="lost_in_transit")
    fake_stripe.post("/_test/refunds", payment_intent=paid.intent_id, amount=20_290)
    fake_stripe.wait_until_delivered()
    rest = [("A-000001", "credit_note", 10_000, 1667), ("A-000002", "credit_note", 20_290, 3382)]
    assert read_rows(SHOWN)[1:] == rest
    ((refund_id,),) = read_rows("SELECT stripe_refund_id FROM refund WHERE origin = 'stripe_dashboard'")
    fake_stripe.post(f"/_test/refunds/{refund_id}/settle", status="failed", failure_reason="expired_or_canceled_card")
    fake_stripe.wait_until_delivered()
    assert read_rows(SHOWN)[3:] == [("F-000002", "reversal", 20_290, 3382)]
    staff.refund(paid, refund_reason_id="lost_in_transit")
    fake_stripe.wait_until_delivered()
    assert read_rows(SHOWN)[4:] == [("A-000003", "credit_note", PAID - 10_000, 11_715 - 1667)], (
        "to the last cent of VAT"
    )
    assert run_jobs() == []
    words = read_words(read_pdf("A-000001")).replace("\u00a0", " ")
    for said in ("Avoir A-000001", "Rectifie : F-000001", "Remboursement sur la facture F-000001", "Remboursé"):
        assert said in words, said
    assert read_amounts(read_pdf("A-000003"))["GrandTotalAmount"] == "602.90"
    assert b"<ram:TypeCode>381</ram:TypeCode>" in get_xml_from_pdf(read_pdf("A-000001"))[1]
    assert "Annulation de l'avoir A-000002" in read_words(read_pdf("F-000002"))
    assert run_command("invoices", "verify").code == 0


def test_without_a_seller_the_order_stands_and_its_invoice_follows(
    buyer: Buyer, fake_stripe: FakeStripe, run_jobs: RunJobs
) -> None:
    with unit_of_work("test") as session:
        session.execute(text("DELETE FROM seller"))
    paid = buy(buyer, fake_stripe, pieces=1)
    owner, clerk = hire(buyer), hire(buyer, "staff")
    owner.refund(paid, amount=1, refund_reason_id="lost_in_transit")
    assert read_rows(SHOWN) == []
    done = run_command("invoices", "verify", "--json")
    assert isinstance(done.answer, dict)
    assert (done.code, done.answer["uninvoiced_order_ids"]) == (1, [paid.order_id])
    assert owner.get("/seller").json()["code"] == "seller_not_found"
    assert clerk.post("/seller", **SELLER).json()["code"] == "not_for_this_role"
    assert owner.post("/seller", **{**SELLER, "siret": "12345678200003"}).json()["code"] == "seller_refused"
    written = owner.post("/seller", **SELLER)
    assert (written.status_code, written.json()["seller"]["siren"]) == (200, "123456782")
    stale = buyer.http.post("/admin/seller", headers={**owner.headers, "if-match": '"1"'}, json=SELLER)
    assert stale.json()["code"] == "changed_meanwhile"
    assert run_jobs() == []
    assert [each[:3] for each in read_rows(SHOWN)] == [
        ("F-000001", "invoice", PIECE + DELIVERY), ("A-000001", "credit_note", 100)
    ]  # fmt: skip
    assert run_command("invoices", "verify").code == 0
    assert "Élise Kowalczyk EI" in read_words(read_pdf("F-000001"))


def test_a_series_that_somebody_holds_does_not_keep_a_purchase(
    buyer: Buyer, fake_stripe: FakeStripe, run_jobs: RunJobs, database_url: str
) -> None:
    with psycopg.connect(database_url.replace("+psycopg", "")) as other:
        other.execute("SELECT 1 FROM invoice_series FOR UPDATE")
        paid = buy(buyer, fake_stripe, pieces=1)
        assert read_rows('SELECT paid_at IS NOT NULL FROM "order"') == [(True,)]
        assert read_rows(SHOWN) == []
    assert run_jobs() == []
    assert read_rows("SELECT order_id, display_number FROM invoice") == [(paid.order_id, "F-000001")]


BY_HAND = {
    "UPDATE invoice SET total_cents = 1": "never edited or deleted",
    "DELETE FROM invoice": "never edited or deleted",
    "TRUNCATE invoice CASCADE": "rows are never changed or removed",
    "UPDATE invoice_series SET last_number = 0": "count by one",
    "UPDATE invoice_series SET last_number = last_number + 2": "count by one",
    "DELETE FROM invoice_series": "count by one",
    "INSERT INTO invoice SELECT 'inv_2', series, 2, 'F-000002', kind, issued_at, issued_on, order_id, payment_id,"
    " refund_id, corrected_id, currency_code, total_cents, tax_cents, distance_net_cents, document, sha256, actor,"
    " request_id FROM invoice": "next number of its series",
}


def test_nobody_changes_what_was_issued(buyer: Buyer, fake_stripe: FakeStripe) -> None:
    paid = buy(buyer, fake_stripe)
    before = read_rows("SELECT * FROM invoice"), read_rows("SELECT * FROM invoice_series ORDER BY name")
    for statement, reason in BY_HAND.items():
        with pytest.raises(Exception, match=reason):
            change(statement)
    too_much = (
        "SELECT refusal FROM comptoir_issue_invoice('inv_3', 'credit_note', :order, :payment, 'ref_1', :invoice, NULL,"
        " jsonb_build_object('total_cents', 70291, 'tax_cents', 0, 'currency_code', 'eur'))"
    )
    ((invoice_id,),) = read_rows("SELECT id FROM invoice")
    with unit_of_work("test") as session:
        given = {"order": paid.order_id, "payment": paid.payment_id, "invoice": invoice_id}
        assert session.execute(text(too_much), given).scalar_one() == "42501", "more than was invoiced"
    assert (read_rows("SELECT * FROM invoice"), read_rows("SELECT * FROM invoice_series ORDER BY name")) == before


def change(statement: str) -> None:
    """As somebody who says who they are."""
    with unit_of_work("test") as session:
        sign_transaction(session)
        session.connection().exec_driver_sql(statement)


SABOTAGE = [
    ("UPDATE invoice SET document = document || '{\"net_cents\": 1}' WHERE number = 2", "changed", 2),
    ("DELETE FROM invoice WHERE number = 2", "missing", 2),
    ("DELETE FROM invoice WHERE number = 3", "missing", 3),
    ("UPDATE invoice SET issued_on = issued_on - 1 WHERE number = 1", "misdated", 1),
    ("UPDATE invoice SET issued_at = issued_at - interval '1 hour' WHERE number = 3", "misdated", 3),
    ("UPDATE invoice SET total_cents = total_cents + 1 WHERE number = 1", "differs", 1),
    ("UPDATE invoice_series SET last_number = 2 WHERE name = 'invoice'", "surplus", 3),
    ("UPDATE invoice_series SET last_sha256 = 'x' WHERE name = 'invoice'", "head_changed", 3),
]


RESTORE = (
    "DELETE FROM invoice", "INSERT INTO invoice TABLE kept",
    "DELETE FROM invoice_series", "INSERT INTO invoice_series TABLE kept_series",
)  # fmt: skip


def test_the_audit_sees_every_way_to_tamper(buyer: Buyer, fake_stripe: FakeStripe) -> None:
    for _ in range(3):
        cart_id = buyer.fill_cart(1)
        fake_stripe.pay(buyer.open_session(cart_id).intent_id)
    fake_stripe.wait_until_delivered()
    assert run_command("invoices", "verify").out.startswith("Factures intactes : 3")
    as_superuser("CREATE TABLE kept AS TABLE invoice", "CREATE TABLE kept_series AS TABLE invoice_series")
    for statement, fault, number in SABOTAGE:
        as_superuser(statement)
        done = run_command("invoices", "verify", "--json")
        assert done.code == 1
        broken = json.loads(done.out)["broken"]
        assert [(each["fault"], each["number"]) for each in broken] == [(fault, number)], statement
        as_superuser(*RESTORE)
    assert run_command("invoices", "verify").code == 0
    assert read_rows("SELECT content->>'code' FROM message WHERE template = 'money_alert'") == [("invoices_broken",)]


def as_superuser(*statements: str) -> None:
    """What no trigger looks at."""
    with unit_of_work("test") as session:
        session.connection().exec_driver_sql("SET LOCAL session_replication_role = replica")
        for statement in statements:
            session.connection().exec_driver_sql(statement)
