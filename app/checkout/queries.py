"""Reads across nouns."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import DateTime, Executable, Text, bindparam, or_, select
from sqlalchemy.orm import Session

from app.carts.models import Cart
from app.core.flags import Flag
from app.gateways.stripe import CheckoutSession, Intent
from app.ops.checkout_gate import IS_CLOSURE, closed_until
from app.orders.models import Order
from app.orders.rules import UNPAID_LIFE
from app.payments.errors import CheckoutUnavailable
from app.payments.models import PaymentSession
from app.payments.rules import OPEN_STATUSES

# A statement and its values.
Look = tuple[Executable, dict[str, str]]

_CART_TO_PAY = (
    select(Cart.id, Flag.name, Flag.ends_at)
    .outerjoin(Flag, IS_CLOSURE)
    .where(Cart.payment_collection_id == bindparam("collection_id", type_=Text()))
)
_CART_OF_COLLECTION = select(Cart.id).where(Cart.payment_collection_id == bindparam("collection_id", type_=Text()))
_ATTEMPT = (
    select(PaymentSession, Cart.id, Order.id)
    .outerjoin(Cart, Cart.payment_collection_id == PaymentSession.payment_collection_id)
    .outerjoin(Order, Order.payment_collection_id == PaymentSession.payment_collection_id)
)
_NAMED = PaymentSession.id == bindparam("session_id", type_=Text())
_ATTEMPT_OF_INTENT = _ATTEMPT.where(PaymentSession.payment_intent_id == bindparam("intent_id", type_=Text()))
_ATTEMPT_WITHOUT_INTENT = _ATTEMPT.where(_NAMED, PaymentSession.payment_intent_id.is_(None))
_ATTEMPT_OF_PAGE = _ATTEMPT.where(PaymentSession.checkout_session_id == bindparam("page_id", type_=Text()))
_ATTEMPT_WITHOUT_PAGE = _ATTEMPT.where(
    _NAMED, PaymentSession.checkout_session_id.is_(None), PaymentSession.expires_at.is_not(None)
)
_OPEN_ATTEMPT = (
    select(PaymentSession)
    .where(
        PaymentSession.payment_collection_id == bindparam("collection_id", type_=Text()),
        PaymentSession.superseded_at.is_(None),
        PaymentSession.status.in_(OPEN_STATUSES),
        or_(
            PaymentSession.expires_at.is_(None),
            PaymentSession.expires_at > bindparam("now", type_=DateTime(timezone=True)),
            PaymentSession.processing_since_at.is_not(None),
        ),
    )
    .order_by(PaymentSession.created_at.desc(), PaymentSession.id)
    .limit(1)
    .execution_options(populate_existing=True)
)


class Attempt(NamedTuple):
    """An attempt to pay, the cart that it pays, and the order that this cart is, if it is one yet."""

    session: PaymentSession
    cart_id: str | None
    order_id: str | None


def find_attempt(session: Session, intent: Intent) -> Attempt | None:
    """The attempt an intent belongs to.

    Its recorded id decides. The metadata we gave it counts only for an attempt that knows no intent yet: the process
    may have died between Stripe's answer and our note (payments §2.2), and a page names its intent when it is paid.
    """
    recorded = (_ATTEMPT_OF_INTENT, {"intent_id": intent.id})
    return _find_recorded_or_named(session, recorded, (_ATTEMPT_WITHOUT_INTENT, _name(intent.metadata)))


def find_attempt_of_page(session: Session, page: CheckoutSession) -> Attempt | None:
    """The attempt a Checkout Session belongs to: its recorded id decides, our metadata where none is recorded."""
    recorded = (_ATTEMPT_OF_PAGE, {"page_id": page.id})
    return _find_recorded_or_named(session, recorded, (_ATTEMPT_WITHOUT_PAGE, _name(page.metadata)))


def _find_recorded_or_named(session: Session, recorded: Look, named: Look) -> Attempt | None:
    """Again after the name, too: another event may have recorded the id between the two looks."""
    for statement, values in (recorded, named, recorded):
        found = session.execute(statement, values).one_or_none()
        if found is not None:
            return Attempt(*found)
    return None


def _name(metadata: Mapping[str, str]) -> dict[str, str]:
    return {"session_id": metadata.get("session_id", "")}


def find_open_attempt(session: Session, collection_id: str, now: datetime) -> PaymentSession | None:
    """The attempt that may still be paid, or whose money may be on its way; the collection has one at most."""
    return session.scalars(_OPEN_ATTEMPT, {"collection_id": collection_id, "now": now}).one_or_none()


def list_unpaid_order_ids(session: Session, now: datetime, limit: int) -> list[str]:
    """Orders made before their payment of which no money came in their time, oldest first."""
    unpaid = select(Order.id).where(
        Order.is_placed_unpaid,
        Order.paid_at.is_(None),
        Order.review_reason.is_(None),
        Order.canceled_at.is_(None),
        Order.created_at < now - UNPAID_LIFE,
    )
    return list(session.scalars(unpaid.order_by(Order.created_at, Order.id).limit(limit)))


class CartToPay(NamedTuple):
    """The cart that somebody wants to pay, and what to answer while the checkout is closed."""

    cart_id: str
    closure: CheckoutUnavailable | None


def find_cart_to_pay(session: Session, collection_id: str) -> CartToPay | None:
    """The cart that owns a payment collection, and the gate, in one statement."""
    found = session.execute(_CART_TO_PAY, {"collection_id": collection_id}).one_or_none()
    if found is None:
        return None
    cart_id, flag, ends_at = found
    return CartToPay(cart_id, None if flag is None else closed_until(ends_at))


def find_cart_id(session: Session, collection_id: str) -> str | None:
    """The cart that owns a payment collection."""
    return session.scalars(_CART_OF_COLLECTION, {"collection_id": collection_id}).one_or_none()
