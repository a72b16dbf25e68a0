"""`POST /store/returns`: somebody asks to send pieces back (store-api §8)."""

from decimal import Decimal
from typing import Annotated

from fastapi import Query, Request, Response
from pydantic import BeforeValidator, Field, StringConstraints

from app.core.api_document import refusing
from app.core.attempts import Attempt, limited
from app.core.bodies import Body, Email, Id
from app.core.client_address import find_visitor_address
from app.core.db import SessionDep
from app.core.errors import InvalidRequest, TooManyRequests
from app.core.fields import answer, parse_fields
from app.core.money import keep_exact
from app.core.ratelimit import per_hour, per_minute
from app.orders.errors import OrderNotFound
from app.orders.queries import get_order_row
from app.returns.errors import ReceiveAtRequest, UnfitReturnShipping
from app.returns.rules import AskedLine
from app.returns.schemas import ReturnAnswer, return_out
from app.returns.service import NewReturn, Requester, create_return
from app.shipping.models import ShippingOption
from app.shipping.schemas import location_id_of
from app.store_api.access import OptionalCustomerDep, store_router
from app.store_api.schemas import Pieces, StoreQuery

router = store_router()

# A storefront server speaks for all its visitors from one address: the order is what is counted. Whoever guesses the
# e-mail of one order from many addresses meets the second limit.
TRIES_FROM_ADDRESS = per_minute(5)
TRIES_AT_ORDER = per_hour(20)


Note = Annotated[str, StringConstraints(max_length=1_000)]
Amount = Annotated[Decimal, BeforeValidator(keep_exact), Field(ge=0, allow_inf_nan=False)]


class ReturnItemBody(Body):
    """Pieces of one line of the order."""

    id: Id
    quantity: Pieces
    reason_id: Id | None = None
    note: Note | None = None


class ReturnShippingBody(Body):
    """The way back; its price is ours to say, one that is named must be it."""

    option_id: Id
    price: Amount | None = None


class NewReturnBody(Body):
    """Medusa's keys, and one of ours: `email`, for whoever is not logged in."""

    order_id: Id
    items: Annotated[list[ReturnItemBody], Field(min_length=1, max_length=200)]
    return_shipping: ReturnShippingBody
    note: Note | None = None
    location_id: Id | None = None
    receive_now: bool | None = None
    email: Email | None = None


@router.post("/returns", response_model=ReturnAnswer, responses=refusing(OrderNotFound, TooManyRequests))
def request_return(
    session: SessionDep,
    customer: OptionalCustomerDep,
    request: Request,
    body: NewReturnBody,
    query: Annotated[StoreQuery, Query()],
) -> Response:
    """Ask to send pieces back: the order's customer, or whoever knows its id and its e-mail."""
    if body.receive_now:
        raise ReceiveAtRequest
    requester = Requester(customer.id if customer else None, body.email)
    if requester.customer_id is None and body.email is None:
        raise InvalidRequest("Invalid request: Field 'email' is required", fields={"email": "Required"})
    counted = Response()
    with limited(counted, *_attempts(request, body.order_id), session=session) as verdict:
        made = create_return(session, _new_return(body), requester)
        location_id = location_id_of(session.get_one(ShippingOption, body.return_shipping.option_id))
        if body.location_id not in (None, location_id):
            raise UnfitReturnShipping("The location is not where the return goes to.")
    currency_code = get_order_row(session, made.order_id).currency_code
    shown = answer("return", return_out(made, currency_code, location_id), parse_fields(query.fields))
    shown.headers.update(verdict.headers)
    return shown


def _new_return(body: NewReturnBody) -> NewReturn:
    return NewReturn(
        order_id=body.order_id,
        lines=[AskedLine(item.id, item.quantity, item.reason_id, item.note) for item in body.items],
        shipping_option_id=body.return_shipping.option_id,
        price=body.return_shipping.price,
        note=body.note,
    )


def _attempts(request: Request, order_id: str) -> tuple[Attempt, Attempt]:
    address = find_visitor_address(request) or "storefront"
    return (
        Attempt(TRIES_FROM_ADDRESS, "return-from-address", f"{address} {order_id}"),
        Attempt(TRIES_AT_ORDER, "return-of-order", order_id),
    )
