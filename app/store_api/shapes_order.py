"""Orders in the store (store-api §8). The id alone opens an order: what tells where somebody lives is then masked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from pydantic import BaseModel

from app.core.db import Json
from app.core.fields import FieldTree
from app.core.masking import masked_email
from app.core.money import WireAmount, to_wire
from app.core.wire import WireInstant
from app.customers.schemas import address_out
from app.fulfilment.models import Fulfilment
from app.fulfilment.schemas import FulfilmentOut, fulfilment_out
from app.orders.compute_totals import compute_order_totals
from app.orders.models import Order
from app.orders.schemas import SoldOrderOut, sold_order_values
from app.payments.models import Payment, PaymentCollection
from app.payments.schemas import PaymentCollectionOut, payment_collection_out
from app.store_api.masking import masked_address
from app.store_api.shapes_order_line import Goods, OrderLineOut, order_line_values


class PaymentOut(BaseModel):
    """Money received, or promised by transfer or in cash."""

    id: str
    provider_id: str
    amount: WireAmount
    authorized_amount: WireAmount
    captured_amount: WireAmount
    refunded_amount: WireAmount
    currency_code: str
    data: Json
    created_at: WireInstant
    captured_at: WireInstant | None
    canceled_at: WireInstant | None


class OrderPaymentCollectionOut(PaymentCollectionOut):
    """What the order owes, with the payments; how each attempt went is nobody's business any more."""

    payments: list[PaymentOut]


class OrderOut(SoldOrderOut):
    """An order, whole. Ours: `withdrawn_at`, and `withdrawal_end`, the last day in Paris (None: not delivered yet)."""

    withdrawn_at: WireInstant | None
    withdrawal_end: date | None
    items: list[OrderLineOut]
    payment_collections: list[OrderPaymentCollectionOut]
    fulfillments: list[FulfilmentOut]


@dataclass(frozen=True)
class OrderContents:
    """An order with everything that shows it; `goods` and `parcels` are there when somebody asked for them."""

    order: Order
    goods: Goods
    collection: PaymentCollection
    payments: Sequence[Payment]
    parcels: Sequence[Fulfilment] = ()
    withdrawal_end: date | None = None


def order_out(contents: OrderContents, tree: FieldTree, *, is_owner: bool) -> OrderOut:
    """The order; whoever is not its customer, logged in, sees names, streets and e-mail masked."""
    order = contents.order
    totals = compute_order_totals(order)
    values = {
        **sold_order_values(order, totals, contents.payments),
        **_personal_values(order, is_owner=is_owner),
        "withdrawn_at": order.withdrawn_at,
        "withdrawal_end": contents.withdrawal_end,
        "items": [
            order_line_values(line, charge, contents.goods, tree.below("items"), order.currency_code)
            for line, charge in zip(order.lines, totals.items, strict=True)
        ],
        "payment_collections": [_payment_collection(contents)],
        # Whoever follows a parcel sees where it goes: labels are the owner's.
        "fulfillments": [fulfilment_out(parcel, is_whole=is_owner) for parcel in contents.parcels],
    }
    return OrderOut.model_validate(values)


def _personal_values(order: Order, *, is_owner: bool) -> dict[str, object]:
    show_address = address_out if is_owner else masked_address
    return {
        "email": order.email if is_owner else masked_email(order.email),
        "shipping_address": show_address(order.shipping_address_id, order.shipping_address),
        "billing_address": show_address(order.billing_address_id, order.billing_address),
    }


def _payment_collection(contents: OrderContents) -> dict[str, object]:
    shown = payment_collection_out(contents.collection, contents.payments)
    payments = [_payment(payment) for payment in contents.payments]
    return {**shown.model_dump(), "payment_sessions": [], "payments": payments}


def _payment(payment: Payment) -> PaymentOut:
    code = payment.currency_code
    amount = to_wire(payment.amount_cents, code)
    return PaymentOut(
        id=payment.id,
        provider_id=payment.provider_id,
        amount=amount,
        authorized_amount=amount,
        captured_amount=amount if payment.captured_at else to_wire(0, code),
        refunded_amount=to_wire(payment.refunded_cents, code),
        currency_code=code,
        data={},
        created_at=payment.created_at,
        captured_at=payment.captured_at,
        canceled_at=None,
    )
