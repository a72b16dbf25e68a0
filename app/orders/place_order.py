"""Turns a cart into an order: copies, so that no later change of product, price or VAT changes what was bought."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import insert, inspect, select, update
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningInsert

from app.carts.models import CartAddress
from app.carts.queries import CartContents, LineContents, Reduction
from app.core.clock import utc_now
from app.core.db import Base, sign_transaction
from app.core.ids import new_id
from app.core.rows import given_rows, insert_given, list_written, pack_rows, show_row
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
from app.shop.models import TaxRate

DEFAULT_LOCALE = "fr"
Row = dict[str, object]

_number = Base.metadata.tables[OrderNumber.__tablename__]
_order = Base.metadata.tables[Order.__tablename__]
_PARTS: dict[str, type[Base]] = {
    "addresses": OrderAddress,
    "lines": OrderLine,
    "line_reductions": OrderLineAdjustment,
    "shipping_methods": OrderShippingMethod,
    "shipping_reductions": OrderShippingAdjustment,
}
# What the database writes into a new row by itself, for the objects.
_NOTHING_YET: Row = {"is_placed_unpaid": False, "is_paid_late": False, "is_imported": False}
_NO_PIECE_YET: Row = dict.fromkeys(
    (
        "fulfilled_quantity", "shipped_quantity", "delivered_quantity",
        "return_requested_quantity", "return_received_quantity", "return_dismissed_quantity",
    ),
    0,
)  # fmt: skip


@dataclass(frozen=True)
class Placement:
    """What is known of the new order beside its cart."""

    order_id: str
    payment_collection_id: str
    paid_at: datetime | None
    review_reason: ReviewReason | None


@dataclass(frozen=True)
class Draft:
    """The rows of a new order, by table."""

    own: Row
    shipping_address: Row | None
    billing_address: Row | None
    lines: Sequence[Row]
    line_reductions: Sequence[Row]
    shipping_methods: Sequence[Row]
    shipping_reductions: Sequence[Row]

    @property
    def addresses(self) -> list[Row]:
        """Those that the cart has."""
        return [row for row in (self.shipping_address, self.billing_address) if row is not None]


def place_order(session: Session, contents: CartContents, placement: Placement) -> Order:
    """Make the order of a locked cart. Called last: it takes the order number, which others then wait for."""
    draft = _draft(contents, placement)
    packed = {part: pack_rows(getattr(draft, part)) for part in _PARTS}
    sign_transaction(session)
    written = session.connection().execute(_insert_order(), {**packed, "orders": pack_rows([draft.own])}).one()
    order = _show(draft, {"display_id": written.display_id, "updated_at": written.updated_at})
    session.add(order)
    return order


@cache
def _insert_order() -> ReturningInsert[tuple[int, datetime]]:
    """A whole order is one statement; its foreign keys are looked at when all of it is written.

    The number's row stays locked until the transaction ends, so that no number is ever missing.
    """
    number = (
        update(_number)
        .where(_number.c.id == 1)
        .values(last_number=_number.c.last_number + 1)
        .returning(_number.c.last_number)
        .cte("number")
    )
    written = list_written(Order, but=("display_id",), also=("status", "created_at"))
    columns = [*(inspect(Order).columns[name] for name in written), _order.c.display_id]
    rows = select(*given_rows(Order, written, "orders").c, select(number.c.last_number).scalar_subquery())
    parts = (insert_given(model, list_written(model), part).cte(f"new_{part}") for part, model in _PARTS.items())
    statement = insert(_order).from_select(columns, rows).add_cte(*parts)
    return statement.returning(_order.c.display_id, _order.c.updated_at)


def _draft(contents: CartContents, placement: Placement) -> Draft:
    cart = contents.cart
    shipping_address, billing_address = _copy_address(cart.shipping_address), _copy_address(cart.billing_address)
    lines = [_copy_line(placement.order_id, position, content) for position, content in enumerate(contents.lines)]
    methods = _copy_shipping_method(placement.order_id, contents)
    return Draft(
        own={
            **_copy_cart(contents, placement),
            "shipping_address_id": shipping_address and shipping_address["id"],
            "billing_address_id": billing_address and billing_address["id"],
        },
        shipping_address=shipping_address,
        billing_address=billing_address,
        lines=lines,
        line_reductions=[
            reduction
            for row, content in zip(lines, contents.lines, strict=True)
            for reduction in _copy_reductions("ordliadj", content.reductions, order_line_id=row["id"])
        ],
        shipping_methods=methods,
        shipping_reductions=[
            reduction
            for row in methods
            for reduction in _copy_reductions(
                "ordsmadj", contents.shipping_reductions, order_shipping_method_id=row["id"]
            )
        ],
    )


def _copy_cart(contents: CartContents, placement: Placement) -> Row:
    cart = contents.cart
    return {
        "id": placement.order_id,
        "cart_id": cart.id,
        "region_id": cart.region_id,
        "sales_channel_id": cart.sales_channel_id,
        "customer_id": cart.customer_id,
        "payment_collection_id": placement.payment_collection_id,
        "email": cart.email,
        "locale": cart.locale or DEFAULT_LOCALE,
        "currency_code": cart.currency_code,
        "total_cents": contents.totals.total_cents,
        "status": compute_order_status(placement.review_reason),
        "review_reason": placement.review_reason,
        "details": cart.details,
        "created_at": utc_now(),
        "paid_at": placement.paid_at,
        "canceled_at": None,
        "reviewed_at": None,
        "withdrawn_at": None,
        "withdrawal_informed_on": None,
    }


def _copy_address(address: CartAddress | None) -> Row | None:
    if address is None:
        return None
    return {"id": new_id("ordaddr")} | {column: getattr(address, column) for column in AddressColumns.__annotations__}


def _copy_line(order_id: str, position: int, content: LineContents) -> Row:
    line, variant, product = content.line, content.variant, content.product
    return {
        "id": new_id("ordli"),
        "order_id": order_id,
        "position": position,
        "product_id": product.id,
        "variant_id": variant.id,
        "quantity": line.quantity,
        "unit_price_cents": line.unit_price_cents,
        "compare_at_unit_price_cents": line.compare_at_unit_price_cents,
        "product_title": product.title,
        "product_handle": product.handle,
        "product_subtitle": product.subtitle,
        "product_description": product.description,
        "variant_title": variant.title,
        "variant_sku": variant.sku,
        "thumbnail": product.thumbnail,
        "requires_shipping": variant.requires_shipping,
        **_copy_tax(content.tax),
        "details": line.details,
        "withdrawal_excluded_reason": product.withdrawal_excluded_reason,
    }


def _copy_tax(tax: TaxRate | None) -> Row:
    return {
        "tax_code": tax.code if tax else None,
        "tax_name": tax.name if tax else None,
        "tax_rate": tax.rate if tax else None,
    }


def _copy_reductions(prefix: str, reductions: Sequence[Reduction], **owner: object) -> list[Row]:
    """In the order in which they will be read."""
    new_ids = sorted(new_id(prefix) for _ in reductions)
    return [{**reduction._asdict(), "id": id_, **owner} for id_, reduction in zip(new_ids, reductions, strict=True)]


def _copy_shipping_method(order_id: str, contents: CartContents) -> list[Row]:
    method = contents.cart.shipping_method
    if method is None:
        return []
    return [
        {
            "id": new_id("ordsm"),
            "order_id": order_id,
            "shipping_option_id": method.shipping_option_id,
            "name": method.name,
            "amount_cents": method.amount_cents,
            **_copy_tax(contents.shipping_tax),
            "data": method.data,
        }
    ]


def _show(draft: Draft, given: Row) -> Order:
    """The order that was written, whole; `given` are the columns that the database gave it."""
    # Every default of a row is the instant at which its transaction began.
    new_line = {**_NO_PIECE_YET, "created_at": given["updated_at"]}
    return show_row(
        Order,
        {**draft.own, **_NOTHING_YET, **given},
        shipping_address=_show_address(draft.shipping_address),
        billing_address=_show_address(draft.billing_address),
        lines=[
            show_row(
                OrderLine,
                {**row, **new_line},
                adjustments=[
                    show_row(OrderLineAdjustment, reduction)
                    for reduction in draft.line_reductions
                    if reduction["order_line_id"] == row["id"]
                ],
            )
            for row in draft.lines
        ],
        shipping_methods=[
            show_row(
                OrderShippingMethod,
                row,
                adjustments=[show_row(OrderShippingAdjustment, reduction) for reduction in draft.shipping_reductions],
            )
            for row in draft.shipping_methods
        ],
    )


def _show_address(row: Row | None) -> OrderAddress | None:
    return None if row is None else show_row(OrderAddress, row)
