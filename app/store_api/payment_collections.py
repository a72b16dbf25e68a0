"""What a cart owes, and the attempts to pay it."""

from typing import Annotated

from fastapi import Path, Query, Response
from pydantic import BaseModel
from sqlalchemy.orm import Session

from app.carts.errors import CartNotFound
from app.checkout.open_payment_session import open_collection, open_payment_session
from app.core.api_document import refusing
from app.core.bodies import Body, Id, Metadata
from app.core.db import SessionDep, unit_of_work
from app.core.fields import answer, parse_fields
from app.payments.errors import CheckoutUnavailable
from app.payments.queries import get_collection, list_payments
from app.payments.schemas import PaymentCollectionOut, payment_collection_out
from app.store_api.access import store_router
from app.store_api.schemas import StoreQuery

router = store_router()
vendor_router = store_router(calls_vendor=True)

Fields = Annotated[StoreQuery, Query()]


class NewCollectionBody(Body):
    """The cart that is to be paid."""

    cart_id: Id


class NewSessionBody(Body):
    """Medusa's SDK may add `data` for the provider; ours need none."""

    provider_id: Id
    data: Metadata | None = None


class PaymentCollectionAnswer(BaseModel):
    """The envelope."""

    payment_collection: PaymentCollectionOut


@router.post("/payment-collections", response_model=PaymentCollectionAnswer, responses=refusing(CartNotFound))
def create_payment_collection(session: SessionDep, body: NewCollectionBody, query: Fields) -> Response:
    """The same one however often it is asked for."""
    return _answer(session, open_collection(session, body.cart_id), query)


@vendor_router.post(
    "/payment-collections/{collection_id}/payment-sessions",
    response_model=PaymentCollectionAnswer,
    responses=refusing(CheckoutUnavailable),
)
def create_payment_session(collection_id: Annotated[str, Path()], body: NewSessionBody, query: Fields) -> Response:
    """One attempt to pay, in place of any other; Stripe is asked with no transaction open."""
    open_payment_session(collection_id, body.provider_id)
    with unit_of_work() as session:
        return _answer(session, collection_id, query)


def _answer(session: Session, collection_id: str, query: StoreQuery) -> Response:
    session.flush()  # the collection may be of this very transaction
    shown = payment_collection_out(get_collection(session, collection_id), list_payments(session, collection_id))
    return answer("payment_collection", shown, parse_fields(query.fields))
