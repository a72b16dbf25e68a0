"""An order on our own API: integer cents, and nothing that says where somebody lives (design §4.4, §4.18)."""

from datetime import datetime

from pydantic import BaseModel
from sqlalchemy.orm import Session

from app.carts.rules import ChargeTotals
from app.core.masking import mask, masked_email
from app.orders.compute_totals import compute_order_totals
from app.orders.get_money import get_money_facts
from app.orders.models import Order, OrderAddress, OrderLine
from app.payments.rules import Standing, compute_payment_standing


class OrderLineOut(BaseModel):
    """Pieces of one thing; `total_cents` is what they come to after reductions, VAT included."""

    title: str
    variant: str | None
    quantity: int
    unit_price_cents: int
    total_cents: int


class MaskedAddressOut(BaseModel):
    """First letters, and the country."""

    name: str | None
    address_1: str | None
    postal_code: str | None
    city: str | None
    country_code: str | None


class OrderOut(BaseModel):
    """What a page behind a link needs: the number, where the money stands, and what is to pay."""

    id: str
    number: int
    payment_status: Standing
    is_paid_late: bool
    currency_code: str
    total_cents: int
    goods_cents: int
    shipping_cents: int
    discount_cents: int
    tax_cents: int
    refunded_cents: int
    email: str | None
    shipping_address: MaskedAddressOut | None
    lines: list[OrderLineOut]
    created_at: datetime
    paid_at: datetime | None
    canceled_at: datetime | None


class OrderAnswer(BaseModel):
    """The envelope."""

    order: OrderOut


def order_answer(session: Session, order: Order) -> OrderAnswer:
    """The order as it stands now; it is whole."""
    totals, money = compute_order_totals(order), get_money_facts(session, order)
    shown = OrderOut(
        id=order.id,
        number=order.display_id,
        payment_status=compute_payment_standing(money),
        is_paid_late=order.is_paid_late,
        currency_code=order.currency_code,
        total_cents=order.total_cents,
        goods_cents=totals.item_sum.total_cents,
        shipping_cents=totals.shipping_sum.total_cents,
        discount_cents=totals.sum.discount_cents,
        tax_cents=totals.sum.tax_cents,
        refunded_cents=money.refunded_cents,
        email=masked_email(order.email),
        shipping_address=_address(order.shipping_address),
        lines=[_line(line, charge) for line, charge in zip(order.lines, totals.items, strict=True)],
        created_at=order.created_at,
        paid_at=order.paid_at,
        canceled_at=order.canceled_at,
    )
    return OrderAnswer(order=shown)


def _line(line: OrderLine, charge: ChargeTotals) -> OrderLineOut:
    return OrderLineOut(
        title=line.product_title,
        variant=line.variant_title,
        quantity=line.quantity,
        unit_price_cents=line.unit_price_cents,
        total_cents=charge.total_cents,
    )


def _address(address: OrderAddress | None) -> MaskedAddressOut | None:
    if address is None:
        return None
    names = [mask(part) for part in (address.first_name, address.last_name) if part]
    return MaskedAddressOut(
        name=" ".join(name for name in names if name) or None,
        address_1=mask(address.address_1),
        postal_code=mask(address.postal_code),
        city=mask(address.city),
        country_code=address.country_code,
    )
