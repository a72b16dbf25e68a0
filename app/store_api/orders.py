"""What somebody bought, for whoever knows the order's id, and the list of it for its customer."""

from collections.abc import Sequence
from typing import Annotated, Literal

from fastapi import Path, Query, Response
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from app.core.bodies import Ids, PageOut
from app.core.clock import utc_now
from app.core.db import SessionDep
from app.core.fields import FieldTree, answer, answer_page, parse_fields
from app.fulfilment.queries import list_fulfilments
from app.orders.models import Order
from app.orders.queries import OrderFilter, get_order, list_goods, list_orders
from app.orders.rules import check_open_without_login
from app.payments.queries import list_collections, list_payments_by_collection
from app.returns.queries import list_withdrawal_ends
from app.store_api.access import CustomerDep, OptionalCustomerDep, store_router
from app.store_api.schemas import StoreQuery
from app.store_api.shapes_order import OrderContents, OrderOut, order_out

router = store_router()
customer_router = store_router(for_customers=True)

ORDER_FIELDS = ("*", "*items.variant.product")
LIST_FIELDS = (
    "id",
    "status",
    "summary",
    "display_id",
    "custom_display_id",
    "total",
    "currency_code",
    "metadata",
    "created_at",
    "updated_at",
    "version",
    "*items",
    "payment_status",
    "fulfillment_status",
)
Status = Literal["pending", "completed", "canceled", "requires_action", "archived", "draft"]
By = Literal[
    "id", "-id", "display_id", "-display_id", "created_at", "-created_at", "updated_at", "-updated_at"
]  # fmt: skip


class OrdersQuery(StoreQuery):
    """A page of one's own orders."""

    limit: Annotated[int, Field(ge=0, le=1_000)] = 50
    offset: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    order: By = "created_at"
    id: Ids = Field(default_factory=list)
    status: list[Status] = Field(default_factory=list)


class OrderAnswer(BaseModel):
    """The envelope."""

    order: OrderOut


class OrdersAnswer(PageOut):
    """A page of orders."""

    orders: list[OrderOut]


@customer_router.get("/orders", response_model=OrdersAnswer)
def list_own_orders(session: SessionDep, customer: CustomerDep, query: Annotated[OrdersQuery, Query()]) -> Response:
    """The orders of the customer who is logged in, whole, for ever."""
    wanted = OrderFilter(customer.id, query.id, query.status)
    orders, count = list_orders(session, wanted, limit=query.limit, offset=query.offset, order=query.order)
    tree = parse_fields(query.fields, LIST_FIELDS)
    shown = compose_orders(session, orders, tree, is_owner=True)
    return answer_page("orders", shown, tree, count=count, offset=query.offset, limit=query.limit)


@router.get("/orders/{order_id}", response_model=OrderAnswer)
def show_order(
    session: SessionDep,
    customer: OptionalCustomerDep,
    order_id: Annotated[str, Path()],
    query: Annotated[StoreQuery, Query()],
) -> Response:
    """The confirmation page of a guest: open for 30 days, addresses masked. Its customer sees it whole, for ever."""
    order = get_order(session, order_id)
    is_owner = customer is not None and order.customer_id == customer.id
    if not is_owner:
        check_open_without_login(order.id, order.created_at, utc_now())
    tree = parse_fields(query.fields, ORDER_FIELDS)
    return answer("order", compose_order(session, order, tree, is_owner=is_owner), tree)


def compose_order(session: Session, order: Order, tree: FieldTree, *, is_owner: bool = False) -> OrderOut:
    """The answer that shows an order, out of several nouns."""
    (shown,) = compose_orders(session, [order], tree, is_owner=is_owner)
    return shown


def compose_orders(session: Session, orders: Sequence[Order], tree: FieldTree, *, is_owner: bool) -> list[OrderOut]:
    """As many orders as wanted with the same few statements; what nobody asked for is not read."""
    collection_ids = [order.payment_collection_id for order in orders]
    collections = list_collections(session, collection_ids)
    payments = list_payments_by_collection(session, collection_ids)
    delivered = [order for order in orders if any(line.delivered_quantity for line in order.lines)]
    ends = list_withdrawal_ends(session, delivered) if tree.keeps("withdrawal_end") else {}
    is_told_of_goods = tree.wants("items.variant") or tree.wants("items.product")
    goods = list_goods(session, [order.id for order in orders]) if is_told_of_goods else {}
    sent = [order.id for order in orders if any(line.fulfilled_quantity for line in order.lines)]
    parcels = list_fulfilments(session, sent) if sent and tree.keeps("fulfillments") else {}
    return [
        order_out(
            OrderContents(
                order=order,
                goods=goods,
                collection=collections[order.payment_collection_id],
                payments=payments[order.payment_collection_id],
                parcels=parcels.get(order.id, ()),
                withdrawal_end=ends.get(order.id),
            ),
            tree,
            is_owner=is_owner,
        )
        for order in orders
    ]
