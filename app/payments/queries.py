"""Reads of payments, and the locks on them."""

from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, SQLColumnExpression, Text, any_, bindparam, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session, joinedload

from app.payments.errors import PaymentCollectionNotFound, PaymentNotFound, RefundNotFound
from app.payments.models import Dispute, Payment, PaymentCollection, PaymentSession, Refund
from app.payments.rules import OPEN_STATUSES

# Statements are built once: making one anew costs as much as sending it.
_COLLECTION_ID = bindparam("collection_id", type_=Text())
_AMONG = any_(bindparam("collection_ids", type_=ARRAY(Text)))
_COLLECTIONS = (
    select(PaymentCollection)
    .where(PaymentCollection.id == _AMONG)
    .options(joinedload(PaymentCollection.sessions))  # mostly one
    .execution_options(populate_existing=True)
)
_PAYMENTS = select(Payment).where(Payment.payment_collection_id == _AMONG).order_by(Payment.created_at, Payment.id)
_LOCKED_COLLECTION = (
    select(PaymentCollection)
    .where(PaymentCollection.id == _COLLECTION_ID)
    .with_for_update()
    .execution_options(populate_existing=True)
)
_LOCKED_SESSION = (
    select(PaymentSession)
    .where(PaymentSession.id == bindparam("session_id", type_=Text()))
    .with_for_update()
    .execution_options(populate_existing=True)
)
_LOCKED_OPEN_SESSIONS = (
    select(PaymentSession)
    .where(
        PaymentSession.payment_collection_id == _COLLECTION_ID,
        PaymentSession.superseded_at.is_(None),
        PaymentSession.status.in_(OPEN_STATUSES),
    )
    .order_by(PaymentSession.id)
    .with_for_update()
    .execution_options(populate_existing=True)
)
_CURRENT_SESSION = (
    select(PaymentSession)
    .where(PaymentSession.payment_collection_id == _COLLECTION_ID, PaymentSession.superseded_at.is_(None))
    .order_by(PaymentSession.created_at.desc(), PaymentSession.id)
    .limit(1)
)


def get_collection(session: Session, collection_id: str) -> PaymentCollection:
    """The collection with all its sessions, superseded ones too; raises `PaymentCollectionNotFound`."""
    found = session.scalars(_COLLECTIONS, {"collection_ids": [collection_id]}).unique().one_or_none()
    if found is None:
        raise PaymentCollectionNotFound(f"Payment collection with id: {collection_id} was not found")
    return found


def lock_collection(session: Session, collection_id: str) -> PaymentCollection:
    """The collection's row, locked. Whoever also locks the cart locks the cart first."""
    found = session.scalars(_LOCKED_COLLECTION, {"collection_id": collection_id}).one_or_none()
    if found is None:
        raise PaymentCollectionNotFound(f"Payment collection with id: {collection_id} was not found")
    return found


def lock_session(session: Session, session_id: str) -> PaymentSession:
    """One session's row, locked."""
    return session.scalars(_LOCKED_SESSION, {"session_id": session_id}).one()


def lock_open_sessions(session: Session, collection_id: str) -> Sequence[PaymentSession]:
    """The sessions that could still be paid, locked in the order of their ids."""
    return session.scalars(_LOCKED_OPEN_SESSIONS, {"collection_id": collection_id}).all()


def find_current_session(session: Session, collection_id: str) -> PaymentSession | None:
    """The attempt that a completion is about: the newest one that nothing replaced."""
    return session.scalars(_CURRENT_SESSION, {"collection_id": collection_id}).one_or_none()


def find_page_session(session: Session, session_id: str) -> PaymentSession | None:
    """The attempt, once Stripe's page for it is known and as long as it counts."""
    return session.scalar(
        select(PaymentSession).where(
            PaymentSession.id == session_id,
            PaymentSession.checkout_url.is_not(None),
            PaymentSession.superseded_at.is_(None),
        )
    )


def list_attempts(session: Session, collection_id: str) -> list[PaymentSession]:
    """Every attempt to pay a collection, in the order in which they were opened."""
    attempts = select(PaymentSession).where(PaymentSession.payment_collection_id == collection_id)
    return list(session.scalars(attempts.order_by(PaymentSession.created_at, PaymentSession.id)))


def get_payment(session: Session, payment_id: str) -> Payment:
    """The payment."""
    return session.get_one(Payment, payment_id)


def get_known_payment(session: Session, payment_id: str) -> Payment:
    """The payment that somebody names; raises `PaymentNotFound`."""
    found = session.get(Payment, payment_id)
    if found is None:
        raise PaymentNotFound(f"Payment with id: {payment_id} was not found")
    return found


def lock_payment(session: Session, payment_id: str) -> Payment:
    """The payment's row, locked: the one lock on what is promised back of it; raises `PaymentNotFound`."""
    wanted = select(Payment).where(Payment.id == payment_id).with_for_update()
    found = session.scalars(wanted.execution_options(populate_existing=True)).one_or_none()
    if found is None:
        raise PaymentNotFound(f"Payment with id: {payment_id} was not found")
    return found


def find_payment_of(session: Session, intent_id: str | None, charge_id: str | None) -> Payment | None:
    """The payment that an intent or its charge brought."""
    if intent_id is not None:
        return session.scalar(select(Payment).where(Payment.payment_intent_id == intent_id))
    return session.scalar(select(Payment).where(Payment.charge_id == charge_id)) if charge_id is not None else None


def lock_refunds(session: Session, payment_id: str) -> list[Refund]:
    """The refunds of a payment in the order of their ids, locked. Whoever locks them has locked the payment."""
    wanted = select(Refund).where(Refund.payment_id == payment_id).order_by(Refund.id).with_for_update()
    return list(session.scalars(wanted.execution_options(populate_existing=True)))


def get_refund(session: Session, refund_id: str) -> Refund:
    """The refund; raises `RefundNotFound`."""
    found = session.get(Refund, refund_id)
    if found is None:
        raise RefundNotFound(f"Refund with id: {refund_id} was not found")
    return found


def list_refunds(session: Session, payment_ids: Collection[str]) -> list[Refund]:
    """The refunds of these payments, oldest first."""
    return list(
        session.scalars(select(Refund).where(Refund.payment_id.in_(payment_ids)).order_by(Refund.created_at, Refund.id))
    )


def find_dispute(session: Session, stripe_dispute_id: str) -> Dispute | None:
    """The dispute that Stripe calls so."""
    return session.scalar(select(Dispute).where(Dispute.stripe_dispute_id == stripe_dispute_id))


def list_disputes(session: Session, payment_ids: Collection[str]) -> list[Dispute]:
    """The disputes about these payments, oldest first."""
    return list(
        session.scalars(
            select(Dispute).where(Dispute.payment_id.in_(payment_ids)).order_by(Dispute.created_at, Dispute.id)
        )
    )


def list_collections(session: Session, collection_ids: Collection[str]) -> dict[str, PaymentCollection]:
    """These collections with their sessions, by id."""
    loaded = session.scalars(_COLLECTIONS, {"collection_ids": list(collection_ids)})
    return {collection.id: collection for collection in loaded.unique()}


def list_payments_by_collection(session: Session, collection_ids: Collection[str]) -> dict[str, list[Payment]]:
    """The payments of these collections, oldest first, by collection id."""
    found: dict[str, list[Payment]] = {collection_id: [] for collection_id in collection_ids}
    for payment in session.scalars(_PAYMENTS, {"collection_ids": list(collection_ids)}):
        found[payment.payment_collection_id].append(payment)
    return found


def list_payments(session: Session, collection_id: str) -> Sequence[Payment]:
    """The payments of a collection, oldest first."""
    return session.scalars(_PAYMENTS, {"collection_ids": [collection_id]}).all()


def may_still_be_paid(collection_id: SQLColumnExpression[str | None]) -> ColumnElement[bool]:
    """Whether money came for a collection, or Stripe has not said of every intent that it is cancelled."""
    said = PaymentSession.provider_data["status"].astext
    unsettled = select(PaymentSession.id).where(
        PaymentSession.payment_collection_id == collection_id,
        PaymentSession.payment_intent_id.is_not(None),
        said.is_distinct_from("canceled"),
    )
    paid = select(Payment.id).where(Payment.payment_collection_id == collection_id)
    return or_(unsettled.exists(), paid.exists())


def has_open_session(collection_id: SQLColumnExpression[str | None]) -> ColumnElement[bool]:
    """Whether an attempt to pay a collection is still open."""
    attempts = select(PaymentSession.id).where(
        PaymentSession.payment_collection_id == collection_id,
        PaymentSession.superseded_at.is_(None),
        PaymentSession.status.in_(OPEN_STATUSES),
    )
    return attempts.exists()
