"""What an outage of Stripe touched, what was written down about the last one, and what the ledger says of an event."""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.core.audit_log import AuditLog
from app.core.db import Json
from app.core.flags import find_flag
from app.ops.checkout_gate import CHECKOUT_FLAG
from app.orders.models import Order
from app.payments.breaker import OUTAGE_FLAG, WITHIN_SECONDS
from app.payments.models import PaymentEvent, PaymentSession
from app.payments.rules import STRIPE_PROVIDER

RECOVERED = "stripe.breaker_closed"


@dataclass(frozen=True)
class Outage:
    """One outage of Stripe from the first refused call to the first answer.

    `refused` customers' calls that never left; `left_open` attempts to pay that were sent and got no answer: they keep
    their idempotency key, and asking again asks for the same payment. `orders` are the numbers of those with an attempt
    to pay in that time.
    """

    began_at: datetime
    ended_at: datetime
    code: str
    refused: int
    left_open: int
    orders: tuple[int, ...]

    def as_json(self) -> Json:
        """For the audit and the command."""
        seconds = int((self.ended_at - self.began_at).total_seconds())
        times = {"began_at": self.began_at.isoformat(), "ended_at": self.ended_at.isoformat(), "seconds": seconds}
        return {**asdict(self), **times, "orders": list(self.orders)}


def read_outage(session: Session, began_at: datetime, ended_at: datetime, code: str, refused: int) -> Outage:
    """What was touched between these instants, and in the minute before, in which the first calls went unanswered."""
    since = began_at - timedelta(seconds=WITHIN_SECONDS)
    touched = _attempts_since(since).subquery()
    is_unanswered = touched.c.payment_intent_id.is_(None) & touched.c.checkout_session_id.is_(None)
    left_open = session.scalar(
        select(func.count()).select_from(touched).where(is_unanswered, touched.c.superseded_at.is_(None))
    )
    orders = session.scalars(
        select(Order.display_id)
        .where(Order.payment_collection_id.in_(select(touched.c.payment_collection_id)))
        .order_by(Order.display_id)
    )
    return Outage(began_at, ended_at, code, refused, left_open or 0, tuple(orders))


def _attempts_since(since: datetime) -> Select[PaymentSession]:
    return select(PaymentSession).where(
        PaymentSession.provider_id == STRIPE_PROVIDER, PaymentSession.created_at >= since
    )


@dataclass(frozen=True)
class LedgerRow:
    """What the ledger says of one event of Stripe."""

    state: str
    attempts: int
    source: str


def list_ledger_rows(session: Session, event_ids: Collection[str]) -> dict[str, LedgerRow]:
    """Of these events those that are in the ledger."""
    columns = (PaymentEvent.stripe_event_id, PaymentEvent.state, PaymentEvent.attempts, PaymentEvent.source)
    wanted = select(*columns).where(PaymentEvent.stripe_event_id.in_(event_ids))
    return {row[0]: LedgerRow(row[1], row[2], row[3]) for row in session.execute(wanted)}


def find_first_attempt(session: Session) -> datetime | None:
    """When a payment was first asked of Stripe: what it told before was told to somebody else."""
    return session.scalar(
        select(func.min(PaymentSession.created_at)).where(PaymentSession.provider_id == STRIPE_PROVIDER)
    )


@dataclass(frozen=True)
class CheckoutState:
    """Whether customers can pay: closed by somebody, Stripe down now, and the end of the last outage."""

    closure: Json | None
    outage: Json | None
    last_outage: Json | None

    def as_json(self) -> Json:
        """For the command."""
        return {"is_open": self.closure is None and self.outage is None, **asdict(self)}


def read_checkout_state(session: Session) -> CheckoutState:
    """As it is now, whoever closed it; instants in ISO 8601."""
    closed, down = find_flag(session, CHECKOUT_FLAG), find_flag(session, OUTAGE_FLAG)
    closure: Json | None = None
    if closed is not None:
        until = closed.ends_at and closed.ends_at.isoformat()
        closure = {
            "since": closed.changed_at.isoformat(),
            "until": until,
            "reason": closed.reason,
            "actor": closed.actor,
        }
    outage: Json | None = {"since": down.changed_at.isoformat(), "code": down.reason} if down is not None else None
    return CheckoutState(closure, outage, _find_last_outage(session))


def _find_last_outage(session: Session) -> Json | None:
    newest = select(AuditLog.details).where(AuditLog.subject == "stripe", AuditLog.action == RECOVERED)
    return session.scalars(newest.order_by(AuditLog.created_at.desc()).limit(1)).one_or_none()
