"""What a refund takes back of an invoice, and what undoes that when its money came back: numbered documents too.

Called last in the transaction that says so, the order and its payment locked.
"""

from collections import defaultdict
from decimal import Decimal

from sqlalchemy.orm import Session

from app.core.db import Json
from app.core.log import log_event, log_failure
from app.invoices.describe_invoice import describe_correction
from app.invoices.issue_invoice import NOT_ISSUED, Draft, issue
from app.invoices.models import Invoice
from app.invoices.queries import find_invoice_of_payment, list_corrections
from app.invoices.rules import Kind, RateSum, Treatment, compute_credit, sum_rate
from app.orders.compute_totals import compute_order_totals
from app.orders.models import Order
from app.orders.queries import get_order
from app.orders.rules import compute_share
from app.payments.models import Refund
from app.returns.queries import get_return
from app.returns.rules import ARRIVED_STATUSES

ABOUT = {
    "credit_note": {"fr": "Remboursement sur la facture {}", "en": "Refund of invoice {}"},
    "return": {"fr": "Retour, facture {} : {}", "en": "Return, invoice {}: {}"},
    "reversal": {
        "fr": "Annulation de l'avoir {} : remboursement non abouti", "en": "Credit note {} undone: its refund failed",
    },
}  # fmt: skip


def follow_refund(session: Session, refund: Refund) -> None:
    """A refund succeeded: it has its credit note. One that had succeeded failed: the credit note is undone.

    Repeating it changes nothing; of a payment that was never invoiced, nothing is taken back. Whatever is wrong with
    the document, the refund stands.
    """
    if refund.status not in ("succeeded", "failed"):
        return
    invoice = find_invoice_of_payment(session, refund.payment_id)
    if invoice is None or invoice.currency_code != refund.currency_code:
        return
    try:
        draft = _draft(session, invoice, refund)
    except Exception as failure:  # a flaw of ours must not undo what Stripe said
        log_failure(NOT_ISSUED, failure, orderId=invoice.order_id)
        return
    if draft is not None:
        issue(session, draft)


def _draft(session: Session, invoice: Invoice, refund: Refund) -> Draft | None:
    corrections = list_corrections(session, invoice.order_id)
    own = [each for each in corrections if each.refund_id == refund.id]
    note = next((each for each in own if each.kind == "credit_note"), None)
    is_undone = any(each.kind == "reversal" for each in own)
    if refund.status == "failed":
        return _undo(invoice, note) if note is not None and not is_undone else None
    return _credit(session, invoice, corrections, refund) if note is None else None


def _undo(invoice: Invoice, note: Invoice) -> Draft:
    locale = str(invoice.document["locale"])
    about = ABOUT["reversal"][locale].format(note.display_number)
    return _correct(invoice, note, "reversal", about, read_sums(note.document))


def _credit(session: Session, invoice: Invoice, corrections: list[Invoice], refund: Refund) -> Draft | None:
    order = get_order(session, invoice.order_id)
    pieces, returned_cents = _read_return(session, order, refund)
    credited = [
        sum_rate(each.rate, each.treatment, sign * each.total_cents, sign * each.tax_cents)
        for correction in corrections
        for sign in [1 if correction.kind == "credit_note" else -1]
        for each in read_sums(correction.document)
    ]
    sums = compute_credit(read_sums(invoice.document), credited, refund.amount_cents, returned_cents)
    if sum(each.total_cents for each in sums) < refund.amount_cents:
        log_event("more refunded than invoiced", level="error", orderId=order.id, code="refund_excess")
    if not sums:
        return None
    words = ABOUT["return" if pieces else "credit_note"][str(invoice.document["locale"])]
    about = words.format(invoice.display_number, pieces)
    return _correct(invoice, invoice, "credit_note", about, sums, refund_id=refund.id)


def _correct(
    invoice: Invoice, corrected: Invoice, kind: Kind, about: str, sums: list[RateSum], refund_id: str | None = None
) -> Draft:
    corrects: Json = {
        "number": corrected.display_number, "issued_on": corrected.issued_on.isoformat(), "kind": corrected.kind,
    }  # fmt: skip
    document = describe_correction(invoice.document, kind, corrects, about, sums)
    net_cents = sum(each.net_cents for each in sums)
    is_distance = invoice.distance_net_cents is not None
    return Draft(
        kind,
        invoice.order_id,
        invoice.payment_id,
        document,
        refund_id=refund_id or corrected.refund_id,
        corrected_id=corrected.id,
        distance_net_cents=(-net_cents if kind == "credit_note" else net_cents) if is_distance else None,
    )


def read_sums(document: Json) -> list[RateSum]:
    """The amounts by rate that a document says, in cents."""
    rates = document["rates"]
    assert isinstance(rates, list)  # noqa: S101 - our own document
    return [
        sum_rate(
            Decimal(each["rate"]),
            Treatment(each["category"], each["reason"], each["reason_code"]),
            each["total_cents"],
            each["tax_cents"],
        )
        for each in rates
    ]


def _read_return(session: Session, order: Order, refund: Refund) -> tuple[str, dict[Decimal, int]]:
    """Which pieces came back (or are on their way), in words; what they came to at each rate.

    The delivery is in what is above.
    """
    if refund.return_id is None:
        return "", {}
    totals = compute_order_totals(order)
    lines = {line.id: (line, charge) for line, charge in zip(order.lines, totals.items, strict=True)}
    words, cents = [], defaultdict[Decimal, int](int)
    parcel = get_return(session, refund.return_id)
    for back in parcel.lines:
        line, charge = lines[back.order_line_id]
        is_here = parcel.status in ARRIVED_STATUSES
        pieces = back.received_quantity + back.dismissed_quantity if is_here else back.quantity
        if pieces:
            words.append(f"{pieces} × {line.product_title}")
            cents[line.tax_rate or Decimal(0)] += compute_share(charge.total_cents, line.quantity, pieces)
    above_cents = refund.amount_cents - sum(cents.values())
    for method, charge in zip(order.shipping_methods, totals.shipping, strict=True):
        cents[method.tax_rate or Decimal(0)] += max(0, min(above_cents, charge.total_cents))
    return ", ".join(words), dict(cents)
