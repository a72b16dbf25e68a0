"""Turns a cart into an order: copies, so that no later change of product, price or VAT changes what was bought."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.carts.models import CartAddress
from app.carts.queries import CartContents, LineContents, Reduction
from app.core.clock import utc_now
from app.core.db import Base
from app.core.ids import new_id
from app.customers.models import AddressColumns
from app.orders.models import (
    Order,
    OrderAddress,
    OrderLine,
    OrderLineAdjustment,
    OrderNumber,
    OrderShippingAdjustment,
    OrderShippingMethod,
)
from app.orders.rules import ReviewReason, compute_order_status

DEFAULT_LOCALE = "fr"

_number = Base.metadata.tables[OrderNumber.__tablename__]
# Built once: making a statement anew costs as much as sending it.
_RAISE_NUMBER = (
    update(_number)
    .where(_number.c.id == 1)
    .values(last_number=_number.c.last_number + 1)
    .returning(_number.c.last_number)
)


@dataclass(frozen=True)
class Placement:
    """What is known of the new order beside its cart."""

    order_id: str
    payment_collection_id: str
    paid_at: datetime | None
    review_reason: ReviewReason | None


def place_order(session: Session, contents: CartContents, placement: Placement) -> Order:
    """Make the order of a locked cart. Called last: it takes the order number, which others then wait for."""
    cart = contents.cart
    order = Order(
        id=placement.order_id,
        cart_id=cart.id,
        region_id=cart.region_id,
        sales_channel_id=cart.sales_channel_id,
        customer_id=cart.customer_id,
        payment_collection_id=placement.payment_collection_id,
        email=cart.email,
        locale=cart.locale or DEFAULT_LOCALE,
        currency_code=cart.currency_code,
        total_cents=contents.totals.total_cents,
        status=compute_order_status(placement.review_reason),
        review_reason=placement.review_reason,
        shipping_address=_copy_address(cart.shipping_address),
        billing_address=_copy_address(cart.billing_address),
        details=cart.details,
        created_at=utc_now(),
        paid_at=placement.paid_at,
        lines=[_copy_line(position, content) for position, content in enumerate(contents.lines)],
        shipping_methods=_copy_shipping_method(contents),
        display_id=take_number(session),
    )
    session.add(order)
    session.flush()  # payments, mails and the ledger name it
    return order


def take_number(session: Session) -> int:
    """The next order number. Its row stays locked until the transaction ends, so that no number is ever missing."""
    return int(session.execute(_RAISE_NUMBER).scalar_one())


def _copy_address(address: CartAddress | None) -> OrderAddress | None:
    if address is None:
        return None
    return OrderAddress(
        id=new_id("ordaddr"), **{column: getattr(address, column) for column in AddressColumns.__annotations__}
    )


def _copy_line(position: int, content: LineContents) -> OrderLine:
    line, variant, product, tax = content.line, content.variant, content.product, content.tax
    return OrderLine(
        id=new_id("ordli"),
        position=position,
        product_id=product.id,
        variant_id=variant.id,
        quantity=line.quantity,
        unit_price_cents=line.unit_price_cents,
        compare_at_unit_price_cents=line.compare_at_unit_price_cents,
        product_title=product.title,
        product_handle=product.handle,
        product_subtitle=product.subtitle,
        product_description=product.description,
        variant_title=variant.title,
        variant_sku=variant.sku,
        thumbnail=product.thumbnail,
        requires_shipping=variant.requires_shipping,
        tax_code=tax.code if tax else None,
        tax_name=tax.name if tax else None,
        tax_rate=tax.rate if tax else None,
        details=line.details,
        adjustments=[OrderLineAdjustment(**row) for row in _copy_reductions("ordliadj", content.reductions)],
    )


def _copy_reductions(prefix: str, reductions: Sequence[Reduction]) -> list[dict[str, object]]:
    """In the order in which they will be read."""
    new_ids = sorted(new_id(prefix) for _ in reductions)
    return [{**reduction._asdict(), "id": id_} for id_, reduction in zip(new_ids, reductions, strict=True)]


def _copy_shipping_method(contents: CartContents) -> list[OrderShippingMethod]:
    method, tax = contents.cart.shipping_method, contents.shipping_tax
    if method is None:
        return []
    return [
        OrderShippingMethod(
            id=new_id("ordsm"),
            shipping_option_id=method.shipping_option_id,
            name=method.name,
            amount_cents=method.amount_cents,
            tax_code=tax.code if tax else None,
            tax_name=tax.name if tax else None,
            tax_rate=tax.rate if tax else None,
            data=method.data,
            adjustments=[
                OrderShippingAdjustment(**row) for row in _copy_reductions("ordsmadj", contents.shipping_reductions)
            ],
        )
    ]
