"""Gives an order that is paid its invoice: one statement, the last of the transaction that made it paid.

Whatever is wrong with an invoice, the purchase stands: the database undoes the attempt by itself, a job tries again.
"""

from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from app.core.clock import utc_now
from app.core.db import Json, sign_transaction
from app.core.ids import new_id
from app.core.jobs import DEFER_CALL, enqueue, job_row
from app.core.log import log_event, log_failure
from app.invoices.describe_invoice import Surroundings, country_of, describe_invoice, lacks_rate
from app.invoices.rules import Kind, is_distance_sale
from app.orders.models import Order
from app.payments.models import Payment
from app.shop.queries import find_seller, find_shop_names, list_tax_rates
from app.shop.rules import STANDARD, compute_business_day

NOT_ISSUED = "invoice not issued"
_ISSUE = text(
    "SELECT number_given, refusal, CASE WHEN number_given IS NOT NULL THEN " + DEFER_CALL + " END"  # noqa: S608 - ours
    " FROM comptoir_issue_invoice(:id, :kind, :order_id, :payment_id, :refund_id, :corrected_id, :distance, :document)"
).bindparams(bindparam("jobs", type_=JSONB), bindparam("document", type_=JSONB))


@dataclass(frozen=True)
class Draft:
    """A document and what it belongs to; `distance_net_cents` None: no sale to another Member State in euro."""

    kind: Kind
    order_id: str
    payment_id: str | None
    document: Json
    refund_id: str | None = None
    corrected_id: str | None = None
    distance_net_cents: int | None = None


def issue_invoice(session: Session, order: Order, payment_id: str, provider_id: str) -> str | None:
    """Number the invoice of a whole order that this transaction made paid; called last, its row locked.

    The number; None without a seller's identity, or when it could not be issued: it is tried again later.
    """
    if order.paid_at is None or order.is_imported:
        return None
    try:
        draft = _draft(session, order, payment_id, provider_id)
    except Exception as failure:  # a flaw of ours must not undo a purchase
        log_failure(NOT_ISSUED, failure, orderId=order.id)
        enqueue(session, "invoices.issue", order_id=order.id)
        return None
    if draft is None:
        log_event(NOT_ISSUED, level="warning", orderId=order.id, code="seller_not_found")
        return None
    return issue(session, draft)


def issue(session: Session, draft: Draft) -> str | None:
    """Take the next number of the series for this document; None when the database refused it, which undid all of it.

    The row of the series stays locked until the transaction ends.
    """
    session.flush()  # what is written after the number keeps everybody else's waiting
    sign_transaction(session)
    invoice_id = new_id("inv")
    given = {**vars(draft), "id": invoice_id, "distance": draft.distance_net_cents}
    given["jobs"] = [job_row("invoices.render", invoice_id=invoice_id)]
    number, refusal, _ = session.connection().execute(_ISSUE, given).one()
    if number is None:
        log_event(NOT_ISSUED, level="error", orderId=draft.order_id, code=f"sqlstate_{refusal}")
        enqueue(session, "invoices.issue", order_id=draft.order_id)
    return number if number is None else str(number)


def _draft(session: Session, order: Order, payment_id: str, provider_id: str) -> Draft | None:
    seller, names = find_seller(session), find_shop_names(session)
    if seller is None or names is None:
        return None
    home_rate = _get_home_rate(session) if lacks_rate(order) else Decimal(0)
    document = describe_invoice(order, Surroundings(seller, names.name, provider_id, home_rate))
    return Draft(
        "invoice",
        order.id,
        payment_id,
        document,
        distance_net_cents=_find_distance(order, int(str(document["net_cents"]))),
    )


def _get_home_rate(session: Session) -> Decimal:
    """What was sold to nobody knows where was sold at home."""
    rate = list_tax_rates(session, "fr", compute_business_day(utc_now())).get(STANDARD)
    return rate.rate if rate is not None else Decimal(0)


def _find_distance(order: Order, net_cents: int) -> int | None:
    return net_cents if order.currency_code == "eur" and is_distance_sale(country_of(order)) else None


def pick_payment(payments: list[Payment], order: Order, sent_back: set[str]) -> Payment | None:
    """Which of several payments an order was paid by: what fits it and is not there twice, the earliest."""
    fitting = [
        each
        for each in payments
        if each.captured_at is not None
        and (each.amount_cents, each.currency_code) == (order.total_cents, order.currency_code)
    ]
    return next((each for each in fitting if each.id not in sent_back), fitting[0] if fitting else None)
