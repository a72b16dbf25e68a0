"""What somebody bought, for whoever knows the order's id."""

from typing import Annotated

from fastapi import Query
from pydantic import BaseModel
from sqlalchemy.orm import Session

from app.core.clock import utc_now
from app.core.db import SessionDep
from app.orders.models import Order
from app.orders.queries import get_order, list_goods
from app.orders.rules import check_open_without_login
from app.payments.queries import get_collection, list_payments
from app.store_api.access import store_router
from app.store_api.schemas import StoreQuery
from app.store_api.shapes_order import OrderContents, OrderOut, order_out

router = store_router()


class OrderAnswer(BaseModel):
    """The envelope."""

    order: OrderOut


@router.get("/orders/{order_id}")
def show_order(session: SessionDep, order_id: str, _query: Annotated[StoreQuery, Query()]) -> OrderAnswer:
    """The confirmation page of a guest: open for 30 days, addresses masked."""
    order = get_order(session, order_id)
    check_open_without_login(order.id, order.created_at, utc_now())
    return OrderAnswer(order=compose_order(session, order))


def compose_order(session: Session, order: Order) -> OrderOut:
    """The answer that shows an order, out of several nouns."""
    contents = OrderContents(
        order=order,
        goods=list_goods(session, order.id),
        collection=get_collection(session, order.payment_collection_id),
        payments=list_payments(session, order.payment_collection_id),
    )
    return order_out(contents)
