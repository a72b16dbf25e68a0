"""From any id to one purchase, and all that the database holds of it. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Text, bindparam, func, or_, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session, defer

from app.carts.models import Cart
from app.core.audit_log import AuditLog
from app.core.context import NO_REQUEST
from app.notifications.models import Message
from app.orders.models import Order
from app.payments.models import Dispute, Payment, PaymentEvent, PaymentSession, Refund

# What one purchase may have of each; more is not read.
MOST = 500
MOST_OF_A_PERSON = 20
# A job is about a purchase by the ids that it was given, or by the request that asked for it.
JOBS = text("""
SELECT job.id, job.task_name, job.status::text, job.attempts, event.type::text, event.at
FROM procrastinate_jobs job JOIN procrastinate_events event ON event.job_id = job.id
WHERE job.args ->> 'message_id' = ANY(:ids) OR job.args ->> 'refund_id' = ANY(:ids)
   OR job.args ->> 'checkout_session_id' = ANY(:ids)
   OR job.args ->> 'intent_id' = ANY(:ids) OR job.args ->> 'request_id' = ANY(:request_ids)
ORDER BY event.at LIMIT :most
""").bindparams(bindparam("ids", type_=ARRAY(Text)), bindparam("request_ids", type_=ARRAY(Text)))


@dataclass(frozen=True)
class JobNews:
    """Something that happened to a background job."""

    job_id: int
    name: str
    status: str
    what: str
    at: datetime


@dataclass
class Dossier:
    """One purchase: what is owed for one cart or order, and everything around it; or one request without any."""

    named: str
    cart: Cart | None = None
    order: Order | None = None
    sessions: Sequence[PaymentSession] = ()
    payments: Sequence[Payment] = ()
    refunds: Sequence[Refund] = ()
    disputes: Sequence[Dispute] = ()
    events: Sequence[PaymentEvent] = ()
    messages: Sequence[Message] = ()
    audits: Sequence[AuditLog] = ()
    jobs: Sequence[JobNews] = ()
    request_ids: set[str] = field(default_factory=set)

    @property
    def is_purchase(self) -> bool:
        return self.cart is not None or self.order is not None

    @property
    def is_known(self) -> bool:
        return self.is_purchase or bool(self.events or self.audits or self.jobs)

    @property
    def intent_ids(self) -> list[str]:
        return [each.payment_intent_id for each in self.sessions if each.payment_intent_id]

    @property
    def checkout_ids(self) -> list[str]:
        return [each.checkout_session_id for each in self.sessions if each.checkout_session_id]

    @property
    def own_ids(self) -> list[str]:
        """The ids of our rows."""
        tops = [each.id for each in (self.cart, self.order) if each is not None]
        money = [
            *(each.id for each in self.sessions),
            *(each.id for each in self.payments),
            *(each.id for each in self.refunds),
            *(each.id for each in self.disputes),
        ]
        return [*tops, *money, *(each.id for each in self.messages)]

    @property
    def since(self) -> datetime | None:
        """When it began."""
        begun = [
            *(each.created_at for each in (self.cart, self.order) if each is not None),
            *(event.event_created_at for event in self.events),
            *(audit.created_at for audit in self.audits),
            *(job.at for job in self.jobs),
        ]
        return min(begun, default=None)


def read_dossier(session: Session, named: str) -> Dossier:
    """All that hangs on this id; nothing but the name when it is nobody's."""
    named = named.strip()
    collection_id = find_collection_id(session, named)
    if collection_id is not None:
        return _read_purchase(session, named, collection_id)
    dossier = Dossier(named)
    cart = session.get(Cart, named)
    if cart is not None:
        dossier.cart = cart
        return dossier
    dossier.events = _list_events(session, [named], [])
    if not dossier.events:
        dossier.request_ids = {named}
    _read_around(session, dossier)
    return dossier


def list_collection_ids(session: Session, email: str) -> list[str]:
    """What somebody bought or was about to pay, newest first; the address is looked for and shown nowhere."""
    wanted = email.strip().lower()
    orders = select(Order.payment_collection_id, Order.created_at).where(func.lower(Order.email) == wanted)
    carts = select(Cart.payment_collection_id, Cart.created_at).where(
        func.lower(Cart.email) == wanted, Cart.payment_collection_id.is_not(None), Cart.completed_at.is_(None)
    )
    both = orders.union_all(carts).subquery()
    newest = select(both.c[0]).order_by(both.c[1].desc()).limit(MOST_OF_A_PERSON)
    return [str(found) for found in session.scalars(newest)]


def find_collection_id(session: Session, named: str) -> str | None:
    """The collection that pays for whatever this id names."""
    number = named.lstrip("#")
    if number.isascii() and number.isdigit() and len(number) < len("1000000000"):
        return session.scalar(select(Order.payment_collection_id).where(Order.display_id == int(number)))
    for wanted in (
        select(Order.payment_collection_id).where(or_(Order.id == named, Order.payment_collection_id == named)),
        select(Cart.payment_collection_id).where(or_(Cart.id == named, Cart.payment_collection_id == named)),
        select(PaymentSession.payment_collection_id).where(
            or_(
                PaymentSession.id == named,
                PaymentSession.payment_intent_id == named,
                PaymentSession.checkout_session_id == named,
            )
        ),
        select(Payment.payment_collection_id).where(or_(Payment.id == named, Payment.charge_id == named)),
        select(Payment.payment_collection_id)
        .join(Refund, Refund.payment_id == Payment.id)
        .where(or_(Refund.id == named, Refund.stripe_refund_id == named)),
        select(Payment.payment_collection_id)
        .join(Dispute, Dispute.payment_id == Payment.id)
        .where(or_(Dispute.id == named, Dispute.stripe_dispute_id == named)),
    ):
        found = session.scalar(wanted.limit(1))
        if found is not None:
            return found
    return _find_by_event(session, named)


def _find_by_event(session: Session, named: str) -> str | None:
    """By an event, an object of Stripe that only an event names, or the request that brought the event."""
    if named == NO_REQUEST:
        return None
    about = or_(
        PaymentEvent.stripe_event_id == named, PaymentEvent.object_id == named, PaymentEvent.request_id == named
    )
    wanted = select(PaymentEvent).where(about).options(defer(PaymentEvent.body))
    for event in session.scalars(wanted.order_by(PaymentEvent.order_id.is_(None)).limit(5)):
        for known in (event.order_id, event.payment_intent_id, event.checkout_session_id):
            if known is not None and known != named:
                found = find_collection_id(session, known)
                if found is not None:
                    return found
    return None


def _read_purchase(session: Session, named: str, collection_id: str) -> Dossier:
    dossier = Dossier(named)
    dossier.order = session.scalars(select(Order).where(Order.payment_collection_id == collection_id)).one_or_none()
    dossier.cart = session.scalars(select(Cart).where(Cart.payment_collection_id == collection_id)).one_or_none()
    of_collection = PaymentSession.payment_collection_id == collection_id
    dossier.sessions = session.scalars(
        select(PaymentSession).where(of_collection).order_by(PaymentSession.created_at).limit(MOST)
    ).all()
    paid = select(Payment).where(Payment.payment_collection_id == collection_id).order_by(Payment.created_at)
    dossier.payments = session.scalars(paid.limit(MOST)).all()
    payment_ids = [payment.id for payment in dossier.payments]
    dossier.refunds = session.scalars(
        select(Refund).where(Refund.payment_id.in_(payment_ids)).order_by(Refund.created_at).limit(MOST)
    ).all()
    dossier.disputes = session.scalars(
        select(Dispute).where(Dispute.payment_id.in_(payment_ids)).order_by(Dispute.created_at).limit(MOST)
    ).all()
    stripe_ids = [
        *dossier.intent_ids,
        *dossier.checkout_ids,
        *(refund.stripe_refund_id for refund in dossier.refunds if refund.stripe_refund_id),
        *(dispute.stripe_dispute_id for dispute in dossier.disputes),
        *(payment.charge_id for payment in dossier.payments if payment.charge_id),
    ]
    dossier.events = _list_events(session, [named, *stripe_ids], [dossier.order.id] if dossier.order else [])
    _read_around(session, dossier)
    return dossier


def list_recorded(session: Session, event_ids: Sequence[str]) -> set[str]:
    """Those of these events that the ledger has."""
    wanted = select(PaymentEvent.stripe_event_id).where(PaymentEvent.stripe_event_id.in_(event_ids))
    return set(session.scalars(wanted))


def _list_events(session: Session, stripe_ids: Sequence[str], order_ids: Sequence[str]) -> Sequence[PaymentEvent]:
    columns = (
        PaymentEvent.stripe_event_id,
        PaymentEvent.object_id,
        PaymentEvent.payment_intent_id,
        PaymentEvent.checkout_session_id,
    )
    about = or_(*(column.in_(stripe_ids) for column in columns), PaymentEvent.order_id.in_(order_ids))
    wanted = select(PaymentEvent).where(about).options(defer(PaymentEvent.body))
    return session.scalars(wanted.order_by(PaymentEvent.event_created_at, PaymentEvent.id).limit(MOST)).all()


def _read_around(session: Session, dossier: Dossier) -> None:
    """Mails, acts and jobs, by the ids of the purchase and by the requests that touched it."""
    ids = dossier.own_ids
    dossier.messages = session.scalars(
        select(Message).where(Message.object_id.in_(ids)).order_by(Message.created_at).limit(MOST)
    ).all()
    ids = [*ids, *(message.id for message in dossier.messages), *dossier.intent_ids, *dossier.checkout_ids]
    event_ids = [event.stripe_event_id for event in dossier.events]
    dossier.request_ids |= {event.request_id for event in dossier.events}
    acts = or_(AuditLog.subject.in_([*ids, *event_ids]), AuditLog.request_id.in_(dossier.request_ids - {NO_REQUEST}))
    dossier.audits = session.scalars(select(AuditLog).where(acts).order_by(AuditLog.created_at).limit(MOST)).all()
    dossier.request_ids |= {audit.request_id for audit in dossier.audits if audit.subject in ids}
    dossier.request_ids -= {NO_REQUEST}
    given = {"ids": ids, "request_ids": sorted(dossier.request_ids), "most": MOST}
    dossier.jobs = [
        JobNews(job_id=row[0], name=row[1], status=row[2], what=row[4], at=row[5])
        for row in session.execute(JOBS, given)
    ]
