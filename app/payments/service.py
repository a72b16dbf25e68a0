"""What is owed, the attempts to pay it, and the money that came. Knows no cart and no order."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Text, bindparam, delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from sqlalchemy.orm.util import identity_key

from app.core.clock import utc_now
from app.core.db import Base, Json, write_columns
from app.core.ids import new_id
from app.core.jobs import enqueue_many
from app.gateways.stripe import CheckoutSession, Intent
from app.payments.errors import AttemptPaidTwice
from app.payments.models import Payment, PaymentCollection, PaymentSession
from app.payments.queries import lock_collection, lock_open_sessions, lock_payment, lock_session
from app.payments.rules import (
    OPEN_STATUSES,
    STRIPE_PROVIDER,
    AttemptFacts,
    Failure,
    compute_attempt_facts,
    compute_page_status,
    compute_session_status,
    is_of_earlier_day,
)

# Stripe forgets a key after 24 hours; beyond that the same key could make a second intent.
KEY_LIFE = timedelta(hours=23)

_session = Base.metadata.tables[PaymentSession.__tablename__]
_payment = Base.metadata.tables[Payment.__tablename__]
_SUPERSEDE = (
    update(_session)
    .where(
        _session.c.payment_collection_id == bindparam("collection_id"),
        _session.c.id != bindparam("but", type_=Text()),
        _session.c.superseded_at.is_(None),
        _session.c.status.in_(OPEN_STATUSES),
    )
    .values(status="canceled", superseded_at=bindparam("now"))
    .returning(_session.c.id, _session.c.payment_intent_id, _session.c.checkout_session_id)
)
_PROMISE = insert(_payment).values(
    {
        name: bindparam(name)
        for name in (
            "id", "payment_collection_id", "payment_session_id", "provider_id", "payment_intent_id",
            "charge_id", "amount_cents", "currency_code", "captured_at",
        )
    }
)  # fmt: skip
_RECEIVE = _PROMISE.on_conflict_do_nothing().returning(_payment.c.id)
_PAYMENT_OF_SESSION = select(Payment).where(Payment.payment_session_id == bindparam("session_id", type_=Text()))


@dataclass(frozen=True)
class Received:
    """Money that Stripe says has come, in the currency's smallest unit; the intent or the charge may be told later."""

    amount_cents: int
    currency_code: str
    intent_id: str | None
    charge_id: str | None


@dataclass(frozen=True)
class Receipt:
    """Money that came, or is promised; whether this call is the one that wrote it down."""

    payment_id: str
    payment_collection_id: str
    amount_cents: int
    currency_code: str
    captured_at: datetime | None
    is_new: bool = True


def create_collection(session: Session, amount_cents: int, currency_code: str) -> PaymentCollection:
    """Ask for an amount; sessions are opened for it afterwards."""
    collection = PaymentCollection(id=new_id("pay_col"), amount_cents=amount_cents, currency_code=currency_code)
    session.add(collection)
    session.flush()  # the cart's row refers to it
    return collection


def follow_amount(session: Session, collection_id: str, amount_cents: int, currency_code: str) -> bool:
    """Ask for another amount. Attempts at the old one are superseded and their intents cancelled by a job.

    Whether the amount is another one. The caller holds the lock of the cart that owns the collection.
    """
    collection = lock_collection(session, collection_id)
    if (collection.amount_cents, collection.currency_code) == (amount_cents, currency_code):
        return False
    collection.amount_cents = amount_cents
    collection.currency_code = currency_code
    supersede_sessions(session, collection_id)
    return True


def supersede_sessions(session: Session, collection_id: str, *, but: str | None = None) -> None:
    """No open attempt of this collection but one shall be paid any more; one paid all the same is still recorded."""
    now = utc_now()
    superseded = session.execute(_SUPERSEDE, {"collection_id": collection_id, "but": but or "", "now": now}).all()
    for attempt_id, _, _ in superseded:
        known = session.identity_map.get(identity_key(PaymentSession, attempt_id))
        if known is not None:  # an attempt that this transaction has at hand
            session.refresh(known)
    request_cancellation(session, [intent for _, intent, page in superseded if intent is not None and page is None])
    request_expiry(session, [page for _, _, page in superseded if page is not None])


def request_cancellation(session: Session, intent_ids: Collection[str]) -> None:
    """Have intents cancelled at Stripe once this transaction is committed."""
    enqueue_many(session, "payments.cancel_intent", [{"intent_id": intent_id} for intent_id in intent_ids])


def request_expiry(session: Session, checkout_session_ids: Collection[str]) -> None:
    """Have Checkout Sessions ended at Stripe once this transaction is committed; their intents end with them."""
    name = "payments.expire_checkout_session"
    enqueue_many(session, name, [{"checkout_session_id": each} for each in checkout_session_ids])


def remove_collections(session: Session, collection_ids: Collection[str]) -> None:
    """Forget what was owed and the attempts to pay it; the database refuses where a payment came."""
    session.execute(delete(PaymentSession).where(PaymentSession.payment_collection_id.in_(collection_ids)))
    session.execute(delete(PaymentCollection).where(PaymentCollection.id.in_(collection_ids)))


def open_session(session: Session, collection_id: str, provider_id: str) -> PaymentSession:
    """A new attempt to pay, which supersedes the others. Its id is the idempotency key of the vendor call that follows.

    An attempt whose vendor call never gave an answer is taken up again: the same key then gives the same intent.
    """
    collection = lock_collection(session, collection_id)
    unanswered = _find_unanswered(session, collection, provider_id)
    if unanswered is not None:
        return unanswered
    supersede_sessions(session, collection_id)
    return _add_session(session, collection, provider_id)


def open_page_session(session: Session, collection_id: str, expires_at: datetime, data: Json) -> PaymentSession:
    """A new attempt on Stripe's own page, which supersedes the others; `data` is what its call repeats word for word.

    Its id is the idempotency key of that call.
    """
    collection = lock_collection(session, collection_id)
    supersede_sessions(session, collection_id)
    return _add_session(session, collection, STRIPE_PROVIDER, expires_at=expires_at, provider_data=data)


def _add_session(
    session: Session,
    collection: PaymentCollection,
    provider_id: str,
    *,
    expires_at: datetime | None = None,
    provider_data: Json | None = None,
) -> PaymentSession:
    attempt = PaymentSession(
        id=new_id("payses"),
        payment_collection_id=collection.id,
        provider_id=provider_id,
        status="pending",
        amount_cents=collection.amount_cents,
        currency_code=collection.currency_code,
        expires_at=expires_at,
        provider_data=provider_data or {},
        created_at=utc_now(),
    )
    session.add(attempt)
    session.flush()  # so that later reads of this transaction see it
    return attempt


def _find_unanswered(session: Session, collection: PaymentCollection, provider_id: str) -> PaymentSession | None:
    if provider_id != STRIPE_PROVIDER:
        return None
    oldest = utc_now() - KEY_LIFE
    return next(
        (
            attempt
            for attempt in lock_open_sessions(session, collection.id)
            if attempt.provider_id == provider_id
            and attempt.payment_intent_id is None
            and attempt.amount_cents == collection.amount_cents
            and attempt.created_at > oldest
        ),
        None,
    )


def abandon_session(session: Session, session_id: str) -> bool:
    """Stripe answered with a failure that it would repeat for this key: the next attempt needs a new one.

    Whether the session was still the one that counts.
    """
    attempt = lock_session(session, session_id)
    is_answered = attempt.payment_intent_id is not None or attempt.checkout_session_id is not None
    if is_answered or attempt.superseded_at is not None:
        return False
    attempt.status = "error"
    attempt.superseded_at = utc_now()
    return True


def record_intent(session: Session, session_id: str, intent: Intent, told_at: datetime) -> PaymentSession:
    """Write what Stripe said of the intent of a session. If the session was superseded meanwhile, cancel the intent."""
    attempt = lock_session(session, session_id)
    is_news, is_superseded = attempt.payment_intent_id is None, attempt.superseded_at is not None
    is_final = attempt.status == "captured" and intent.status != "succeeded"  # an older event may come last
    keeps_data = is_final or is_of_page(attempt)  # of a page nobody reads the intent, which names its buyer
    _write_told(
        session,
        attempt,
        _facts_of_intent(intent, told_at),
        payment_intent_id=attempt.payment_intent_id or intent.id,
        provider_data=attempt.provider_data if keeps_data else {**attempt.provider_data, **intent.raw},
        status=compute_session_status(attempt.status, intent.status, is_superseded=is_superseded),
    )
    if is_superseded and is_news and attempt.status != "captured" and not is_of_page(attempt):
        request_cancellation(session, [intent.id])
    return attempt


def record_checkout_session(
    session: Session, session_id: str, page: CheckoutSession, told: AttemptFacts
) -> PaymentSession:
    """Write what Stripe said of the Checkout Session of an attempt; the first to name its intent stores it."""
    attempt = lock_session(session, session_id)
    is_unwanted = attempt.checkout_session_id is None and attempt.superseded_at is not None
    _write_told(
        session,
        attempt,
        told,
        checkout_session_id=attempt.checkout_session_id or page.id,
        checkout_url=attempt.checkout_url or page.url,
        payment_intent_id=page.payment_intent_id or attempt.payment_intent_id,
        status=compute_page_status(attempt.status, page.status, page.payment_status, told),
    )
    if is_unwanted and page.status == "open":  # given up while Stripe answered
        request_expiry(session, [page.id])
    return attempt


def is_of_page(attempt: PaymentSession) -> bool:
    """Whether its customer pays on Stripe's own page, which has an end from the start."""
    return attempt.expires_at is not None


def facts_of(attempt: PaymentSession) -> AttemptFacts:
    """What is known of an attempt, as the rules take it."""
    failure = Failure(attempt.failed_at, attempt.error_code, attempt.decline_code) if attempt.failed_at else None
    return AttemptFacts(attempt.processing_since_at, attempt.expired_at, attempt.canceled_at, failure)


def _facts_of_intent(intent: Intent, told_at: datetime) -> AttemptFacts:
    is_failed = intent.status == "requires_payment_method" and intent.error_code is not None
    return AttemptFacts(
        processing_since_at=told_at if intent.status == "processing" else None,
        canceled_at=told_at if intent.status == "canceled" else None,
        failure=Failure(told_at, intent.error_code, intent.decline_code) if is_failed else None,
    )


def _write_told(session: Session, attempt: PaymentSession, told: AttemptFacts, **values: object) -> None:
    facts = compute_attempt_facts(facts_of(attempt), told)
    write_columns(
        session,
        attempt,
        processing_since_at=facts.processing_since_at,
        expired_at=facts.expired_at,
        canceled_at=facts.canceled_at,
        failed_at=facts.failure.at if facts.failure else None,
        error_code=facts.failure.code if facts.failure else None,
        decline_code=facts.failure.decline_code if facts.failure else None,
        **values,
    )


def record_payment(
    session: Session, attempt: PaymentSession, intent: Intent, told_at: datetime | None = None
) -> Receipt:
    """Write that an intent was paid, once however often it is said; without `told_at` Stripe says so now."""
    told_at = told_at or utc_now()
    record_intent(session, attempt.id, intent, told_at)
    received = Received(intent.amount_received_cents, intent.currency, intent.id, intent.latest_charge_id)
    return record_received(session, attempt, received, told_at)


def record_received(session: Session, attempt: PaymentSession, received: Received, told_at: datetime) -> Receipt:
    """Write that the money of an attempt came, once, whether its intent or its page said so first.

    Raises `AttemptPaidTwice` when another intent brought it already: no metadata hides a payment.
    """
    receipt = Receipt(
        payment_id=new_id("pay"),
        payment_collection_id=attempt.payment_collection_id,
        amount_cents=received.amount_cents,
        currency_code=received.currency_code,
        captured_at=told_at,
    )
    row = {**_row(attempt, receipt, received.intent_id), "charge_id": received.charge_id}
    written = session.execute(_RECEIVE, row).one_or_none()
    return _get_receipt(session, attempt, received, told_at) if written is None else receipt


def create_manual_payment(session: Session, attempt: PaymentSession) -> Receipt:
    """Money that is promised by transfer or in cash, and whose arrival a person records; nought is there at once."""
    is_nought = attempt.amount_cents == 0
    write_columns(session, attempt, status="captured" if is_nought else "authorized")
    receipt = Receipt(
        payment_id=new_id("pay"),
        payment_collection_id=attempt.payment_collection_id,
        amount_cents=attempt.amount_cents,
        currency_code=attempt.currency_code,
        captured_at=utc_now() if is_nought else None,
    )
    session.execute(_PROMISE, _row(attempt, receipt, None))
    return receipt


def mark_arrived(session: Session, attempt: PaymentSession, payment_id: str, at: datetime) -> Receipt:
    """A person says that what was promised is there, all of it; once. The caller holds the lock of the attempt."""
    payment = lock_payment(session, payment_id)
    is_new = payment.captured_at is None
    if is_new:
        payment.captured_at = at
        attempt.status = "captured"
    return _receipt_of(payment, is_new=is_new)


def _row(attempt: PaymentSession, receipt: Receipt, intent_id: str | None) -> dict[str, object]:
    return {
        "id": receipt.payment_id,
        "payment_collection_id": receipt.payment_collection_id,
        "payment_session_id": attempt.id,
        "provider_id": attempt.provider_id,
        "payment_intent_id": intent_id,
        "amount_cents": receipt.amount_cents,
        "currency_code": receipt.currency_code,
        "captured_at": receipt.captured_at,
        "charge_id": None,
    }


def _get_receipt(session: Session, attempt: PaymentSession, received: Received, told_at: datetime) -> Receipt:
    payment = session.scalars(_PAYMENT_OF_SESSION, {"session_id": attempt.id}).one()
    payment.payment_intent_id = payment.payment_intent_id or received.intent_id
    if received.intent_id not in (None, payment.payment_intent_id):
        raise AttemptPaidTwice
    payment.charge_id = payment.charge_id or received.charge_id
    if payment.captured_at is not None and is_of_earlier_day(told_at, payment.captured_at):
        payment.captured_at = told_at  # whoever read it first at Stripe did so after midnight
    return _receipt_of(payment, is_new=False)


def _receipt_of(payment: Payment, *, is_new: bool) -> Receipt:
    return Receipt(
        payment_id=payment.id,
        payment_collection_id=payment.payment_collection_id,
        amount_cents=payment.amount_cents,
        currency_code=payment.currency_code,
        captured_at=payment.captured_at,
        is_new=is_new,
    )
