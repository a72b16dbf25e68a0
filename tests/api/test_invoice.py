"""An order that is paid has an invoice, a refund its credit note: numbers without a gap, documents that stay."""

from facturx import get_xml_from_pdf, xml_check_xsd

from app.core.db import unit_of_work
from app.files.open_link import read_private
from app.files.queries import find_waiting_content
from tests.in_process import RunJobs
from tests.money_back import PAID, buy
from tests.shop_front import Buyer, FakeStripe, read_rows

SHOWN = "SELECT display_number, kind, total_cents, tax_cents FROM invoice ORDER BY issued_at"


def read_pdf(display_number: str) -> bytes:
    """The kept PDF of a document."""
    kept = read_rows("SELECT display_number, file_id FROM invoice_rendering JOIN invoice ON invoice.id = invoice_id")
    file_id = {str(number): str(file_id) for number, file_id in kept}[display_number]
    with unit_of_work("test") as session:
        waiting = find_waiting_content(session, file_id)
    return waiting if waiting is not None else b"".join(read_private(file_id))


def test_a_paid_order_has_its_invoice(buyer: Buyer, fake_stripe: FakeStripe, run_jobs: RunJobs) -> None:
    buy(buyer, fake_stripe)
    assert read_rows(SHOWN) == [("F-000001", "invoice", PAID, 11_715)]
    assert run_jobs() == []
    content = read_pdf("F-000001")
    _name, xml = get_xml_from_pdf(content)
    assert xml_check_xsd(xml)
