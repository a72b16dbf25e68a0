"""Reads across nouns."""

from typing import NamedTuple

from sqlalchemy import Text, bindparam, select
from sqlalchemy.orm import Session

from app.carts.models import Cart
from app.gateways.stripe import Intent
from app.payments.models import PaymentSession

_CART_OF_COLLECTION = select(Cart.id).where(Cart.payment_collection_id == bindparam("collection_id", type_=Text()))
_ATTEMPT = select(PaymentSession, Cart.id).outerjoin(
    Cart, Cart.payment_collection_id == PaymentSession.payment_collection_id
)
_ATTEMPT_OF_INTENT = _ATTEMPT.where(PaymentSession.payment_intent_id == bindparam("intent_id", type_=Text()))
_ATTEMPT_WITHOUT_INTENT = _ATTEMPT.where(
    PaymentSession.id == bindparam("session_id", type_=Text()), PaymentSession.payment_intent_id.is_(None)
)


class Attempt(NamedTuple):
    """An attempt to pay, and the cart that it pays."""

    session: PaymentSession
    cart_id: str | None


def find_attempt(session: Session, intent: Intent) -> Attempt | None:
    """The attempt an intent belongs to.

    Its recorded id decides. The metadata we gave it counts only for an attempt that knows no intent yet: the process
    may have died between Stripe's answer and our note (payments §2.2).
    """
    found = session.execute(_ATTEMPT_OF_INTENT, {"intent_id": intent.id}).one_or_none()
    if found is None:
        named = {"session_id": intent.metadata.get("session_id", "")}
        found = session.execute(_ATTEMPT_WITHOUT_INTENT, named).one_or_none()
    return None if found is None else Attempt(*found)


def find_cart_id(session: Session, collection_id: str) -> str | None:
    """The cart that owns a payment collection."""
    return session.scalars(_CART_OF_COLLECTION, {"collection_id": collection_id}).one_or_none()
