"""Orders as whoever works here reads them: with payments, refunds, parcels, returns, notes (store-api §8, §11)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from pydantic import BaseModel

from app.admin_api.shapes_payment import PaymentOut, payment_out
from app.admin_api.shapes_stock import LOCATION_ID
from app.core.bodies import PageOut
from app.core.wire import WireInstant
from app.customers.schemas import address_out
from app.fulfilment.models import Fulfilment
from app.fulfilment.schemas import FulfilmentOut, fulfilment_out
from app.orders.compute_totals import compute_order_totals
from app.orders.models import Order, OrderNote
from app.orders.schemas import SoldOrderOut, sold_order_values, sum_up_money
from app.orders.schemas_line import SoldLineOut, sold_line_values
from app.payments.compute_dispute import compute_contest
from app.payments.models import Dispute, Payment, PaymentCollection, Refund
from app.payments.rules import MoneyFacts, compute_payment_standing
from app.payments.schemas import PaymentCollectionOut, payment_collection_out
from app.payments.service import facts_of
from app.returns.models import OrderReturn
from app.returns.schemas import ReturnOut, return_out


class OrderPaymentCollectionOut(PaymentCollectionOut):
    """What the order owes, with its payments and what went back of each; how each attempt went is in `trace`."""

    payments: list[PaymentOut]


class OrderNoteOut(BaseModel):
    """What somebody wrote down; customers never see it."""

    id: str
    note: str
    created_by: str
    created_at: WireInstant


class OrderOut(SoldOrderOut):
    """An order, whole. `payment_standing` says where its money is in one word, `review_reason` what a person must see.

    Medusa's keys, and ours: those two, `reviewed_at`, `paid_at`, `withdrawn_at`, `returns`, `notes`, and
    `withdrawal_end`: the last day of a withdrawal, in Paris (None: not wholly delivered yet).
    """

    items: list[SoldLineOut]
    payment_collections: list[OrderPaymentCollectionOut]
    fulfillments: list[FulfilmentOut]
    returns: list[ReturnOut]
    notes: list[OrderNoteOut]
    payment_standing: str
    review_reason: str | None
    reviewed_at: WireInstant | None
    paid_at: WireInstant | None
    withdrawn_at: WireInstant | None
    withdrawal_end: date | None


class OrderAnswer(BaseModel):
    """Medusa's envelope."""

    order: OrderOut


class OrdersAnswer(PageOut):
    """A page of orders."""

    orders: list[OrderOut]


class OrderNoteAnswer(BaseModel):
    """One note."""

    note: OrderNoteOut


@dataclass(frozen=True)
class OrderFile:
    """Everything that is known of one order."""

    order: Order
    collection: PaymentCollection
    payments: Sequence[Payment] = ()
    refunds: Sequence[Refund] = ()
    disputes: Sequence[Dispute] = ()
    parcels: Sequence[Fulfilment] = ()
    returns: Sequence[OrderReturn] = ()
    notes: Sequence[OrderNote] = field(default=())
    withdrawal_end: date | None = None


def order_out(found: OrderFile) -> OrderOut:
    """The order with everything."""
    order = found.order
    totals = compute_order_totals(order)
    values = {
        **sold_order_values(order, totals, found.payments),
        "email": order.email,
        "shipping_address": address_out(order.shipping_address_id, order.shipping_address),
        "billing_address": address_out(order.billing_address_id, order.billing_address),
        "items": [
            sold_line_values(line, charge, order.currency_code)
            for line, charge in zip(order.lines, totals.items, strict=True)
        ],
        "payment_collections": [_payment_collection(found)],
        "fulfillments": [fulfilment_out(parcel) for parcel in found.parcels],
        "returns": [return_out(each, order.currency_code, LOCATION_ID) for each in found.returns],
        "notes": [note_out(note) for note in found.notes],
        "withdrawal_end": found.withdrawal_end,
        "payment_standing": compute_payment_standing(_money_facts(found)),
        **{name: getattr(order, name) for name in ("review_reason", "reviewed_at", "paid_at", "withdrawn_at")},
    }
    return OrderOut.model_validate(values)


def note_out(note: OrderNote) -> OrderNoteOut:
    """One note."""
    return OrderNoteOut(id=note.id, note=note.note, created_by=note.created_by, created_at=note.created_at)


def _payment_collection(found: OrderFile) -> dict[str, object]:
    shown = payment_collection_out(found.collection, found.payments)
    payments = [
        payment_out(payment, [refund for refund in found.refunds if refund.payment_id == payment.id])
        for payment in found.payments
    ]
    return {**shown.model_dump(), "payment_sessions": [], "payments": payments}


def _money_facts(found: OrderFile) -> MoneyFacts:
    order, money = found.order, sum_up_money(found.payments)
    return MoneyFacts(
        total_cents=order.total_cents,
        captured_cents=money.captured_cents,
        refunded_cents=money.refunded_cents,
        contest=compute_contest([dispute.status for dispute in found.disputes]),
        has_failed_refund=any(refund.status == "failed" for refund in found.refunds),
        is_paid=order.paid_at is not None,
        needs_review=order.needs_review,
        is_canceled=order.is_canceled,
        attempts=tuple(facts_of(each) for each in found.collection.sessions),
    )
