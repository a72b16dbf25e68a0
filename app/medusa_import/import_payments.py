"""Money of an order that came before the shop moved here: facts, which no journal of ours writes.

What went through Stripe and whose intent is known can be given back through Stripe, by the one decider; what went
another way is given back by hand, and whoever does it says so here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from app.core.ids import new_id
from app.core.money import to_wire
from app.medusa_import.errors import LeftOut
from app.medusa_import.record_taken import Figure, Taking
from app.medusa_import.rules import compute_received
from app.medusa_import.schemas_order import OrderIn, PaymentIn
from app.payments.models import Payment, PaymentSession
from app.payments.service import create_collection


class Amounts(NamedTuple):
    """What came of a payment and what went back, in cents that may have fractions: only to be counted."""

    currency_code: str
    captured: Decimal
    refunded: Decimal


@dataclass(frozen=True)
class Money:
    """What an order owes and what came: `refunded` is written once its parcels are, which leave a paid order only."""

    collection_id: str
    paid_at: datetime | None
    refunded: Sequence[tuple[Payment, int, datetime]]


def list_payments(order: OrderIn) -> list[Amounts]:
    """Every payment of an order, to be counted."""
    return [_amounts(payment) for collection in order.payment_collections for payment in collection.payments]


def _amounts(payment: PaymentIn) -> Amounts:
    captured = sum((each.amount for each in payment.captures), Decimal(0))
    if not payment.captures and payment.captured_at is not None:
        captured = payment.amount
    refunded = sum((each.amount for each in payment.refunds), Decimal(0))
    unit = to_wire(1, payment.currency_code)
    return Amounts(payment.currency_code.lower(), captured / unit, refunded / unit)


def import_payments(taking: Taking, order: OrderIn, total_cents: int) -> Money:
    """The payments of an order that came in; raises `LeftOut` for money that does not fit it."""
    session, code = taking.session, order.currency_code.lower()
    collection = create_collection(session, total_cents, code)
    instants, refunded, captured_cents = [order.created_at], list[tuple[Payment, int, datetime]](), 0
    for payment in (each for one in order.payment_collections for each in one.payments):
        if payment.currency_code.lower() != code:
            raise LeftOut("payment_in_another_currency", f"{payment.currency_code} / {code}")
        received = compute_received(payment)
        if received.captured_cents == 0:
            taking.note("payment_not_captured", kind="payment", external_id=payment.id)
            continue
        at = max([each.created_at for each in payment.captures] or [payment.captured_at or order.created_at])
        made = _write(taking, payment, collection.id, at)
        instants.append(at)
        captured_cents += received.captured_cents
        if received.refunded_cents:
            refunded.append((made, received.refunded_cents, max(each.created_at for each in payment.refunds)))
    is_paid = captured_cents >= total_cents
    return Money(collection.id, max(instants) if is_paid else None, refunded)


def _write(taking: Taking, payment: PaymentIn, collection_id: str, at: datetime) -> Payment:
    received, code = compute_received(payment), payment.currency_code.lower()
    attempt = PaymentSession(
        id=new_id("payses"),
        payment_collection_id=collection_id,
        provider_id=received.provider_id,
        status="captured",
        amount_cents=received.captured_cents,
        currency_code=code,
        payment_intent_id=received.intent_id,
    )
    taking.session.add(attempt)
    taking.session.flush()  # the payment refers to it
    made = Payment(
        id=new_id("pay"),
        payment_collection_id=collection_id,
        payment_session_id=attempt.id,
        provider_id=received.provider_id,
        payment_intent_id=received.intent_id,
        amount_cents=received.captured_cents,
        currency_code=code,
        captured_at=at,
        is_imported=True,
    )
    figure = Figure("payment", code, Decimal(received.captured_cents))
    taking.keep(made.id, figure, external_id=payment.id)
    taking.session.add(made)
    taking.session.flush()  # parcels leave a paid order only
    return made


def mark_refunded(money: Money) -> None:
    """What went back there counts as Stripe's word of the whole charge: a later refund here adds to it."""
    for payment, cents, at in money.refunded:
        payment.charge_refunded_cents = payment.refund_committed_cents = payment.refunded_cents = cents
        payment.charge_told_at = at
