"""`/store/orders/:id/transfer/*`: "get my guest order", asked in an account, answered by mail (store-api §8)."""

from typing import Annotated

from fastapi import Path, Query, Response
from sqlalchemy.orm import Session

from app.core.api_document import refusing
from app.core.attempts import Attempt, limited
from app.core.db import SessionDep
from app.core.errors import TooManyRequests
from app.core.fields import answer, parse_fields
from app.core.ratelimit import per_hour
from app.customers.models import Customer
from app.orders.models import Order
from app.orders.transfer_order import accept_transfer, cancel_transfer, decline_transfer, request_transfer
from app.store_api.access import CustomerDep, OptionalCustomerDep, store_router
from app.store_api.orders import ORDER_FIELDS, OrderAnswer, compose_order
from app.store_api.schemas import StoreQuery
from app.store_api.schemas_customers import TransferRequestBody, TransferTokenBody

customer_router = store_router(for_customers=True)
# The token of the mail is the right to answer, logged in or not.
router = store_router()

OrderId = Annotated[str, Path()]
Fields = Annotated[StoreQuery, Query()]


@customer_router.post(
    "/orders/{order_id}/transfer/request", response_model=OrderAnswer, responses=refusing(TooManyRequests)
)
def ask_for_order(
    session: SessionDep, customer: CustomerDep, order_id: OrderId, body: TransferRequestBody, query: Fields
) -> Response:
    """Mail the order's address a link; the asker sees no more of the order than before. Few mails an hour."""
    attempts = (
        Attempt(per_hour(3), "transfer-order", f"{customer.id} {order_id}"),
        Attempt(per_hour(20), "transfer-customer", customer.id),
    )
    shown = Response()
    with limited(shown, *attempts, session=session) as verdict:
        order = request_transfer(session, order_id, customer.id, body.description)
        shown = _show(session, order, customer, query)
    shown.headers.update(verdict.headers)
    return shown


@router.post("/orders/{order_id}/transfer/accept", response_model=OrderAnswer)
def accept(
    session: SessionDep, customer: OptionalCustomerDep, order_id: OrderId, body: TransferTokenBody, query: Fields
) -> Response:
    """The order goes to the account that asked for it."""
    return _show(session, accept_transfer(session, order_id, body.token), customer, query)


@router.post("/orders/{order_id}/transfer/decline", response_model=OrderAnswer)
def decline(
    session: SessionDep, customer: OptionalCustomerDep, order_id: OrderId, body: TransferTokenBody, query: Fields
) -> Response:
    """The order stays where it is."""
    return _show(session, decline_transfer(session, order_id, body.token), customer, query)


@customer_router.post("/orders/{order_id}/transfer/cancel", response_model=OrderAnswer)
def cancel(session: SessionDep, customer: CustomerDep, order_id: OrderId, query: Fields) -> Response:
    """The asker does not want it any more."""
    return _show(session, cancel_transfer(session, order_id, customer.id), customer, query)


def _show(session: Session, order: Order, customer: Customer | None, query: StoreQuery) -> Response:
    tree = parse_fields(query.fields, ORDER_FIELDS)
    is_owner = customer is not None and order.customer_id == customer.id
    return answer("order", compose_order(session, order, tree, is_owner=is_owner), tree)
