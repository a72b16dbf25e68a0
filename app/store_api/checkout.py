"""The end of a purchase, from the buyer's side (store-api §7)."""

from typing import Annotated, Literal

from fastapi import Path, Query, Response
from pydantic import BaseModel
from sqlalchemy.orm import Session

from app.carts.queries import get_contents
from app.checkout.complete_for_buyer import complete_for_buyer
from app.checkout.rules import PaymentNeed
from app.core.api_document import refusing
from app.core.bodies import Body
from app.core.db import unit_of_work
from app.core.errors import Refusal
from app.core.fields import ALL, answer, parse_fields
from app.payments.errors import CheckoutUnavailable
from app.store_api.access import store_router
from app.store_api.orders import ORDER_FIELDS, compose_order
from app.store_api.read_beside import read_beside
from app.store_api.render_cart import render_cart
from app.store_api.schemas import StoreQuery
from app.store_api.shapes_cart import CartOut
from app.store_api.shapes_order import OrderOut

router = store_router(calls_vendor=True)


class CompleteBody(Body):
    """Nothing is asked for; the SDK sends no body at all."""


class PaymentErrorOut(BaseModel):
    """Why the payment is not there yet."""

    message: str
    name: str
    type: str


class CompletedAnswer(BaseModel):
    """The cart became this order."""

    type: Literal["order"] = "order"
    order: OrderOut


class PaymentNeededAnswer(BaseModel):
    """The cart stays a cart: the payment needs more, or was refused."""

    type: Literal["cart"] = "cart"
    cart: CartOut
    error: PaymentErrorOut


@router.post(
    "/carts/{cart_id}/complete",
    response_model=CompletedAnswer | PaymentNeededAnswer,
    responses=refusing(CheckoutUnavailable),
)
def complete_cart(
    cart_id: Annotated[str, Path()], query: Annotated[StoreQuery, Query()], _body: CompleteBody | None = None
) -> Response:
    """Complete the cart; asked again it answers the same order. `fields` are those of an order."""
    outcome = complete_for_buyer(cart_id)
    if isinstance(outcome, Refusal):
        raise outcome  # after the commit: what it is about stands
    with unit_of_work() as session:
        if isinstance(outcome, PaymentNeed):
            return _payment_needed(session, cart_id, outcome)
        tree = parse_fields(query.fields, ORDER_FIELDS)
        return answer("order", compose_order(session, outcome, tree), tree, type="order")


def _payment_needed(session: Session, cart_id: str, need: PaymentNeed) -> Response:
    contents = get_contents(session, cart_id)
    shown = render_cart(contents, read_beside(session, contents.cart, ALL), ALL)
    error = PaymentErrorOut(message=need.message, name=need.type, type=need.type)
    return answer("cart", shown, ALL, type="cart", error=error.model_dump())
