"""The end of an outage of Stripe, also when no customer comes: ask it, reconcile, say what it was (payments §4)."""

from sqlalchemy.orm import Session

from app.core.audit_log import record_audit
from app.core.clock import utc_now
from app.core.db import unit_of_work
from app.core.flags import clear_flag, find_flag, lock_flag
from app.core.jobs import enqueue
from app.core.log import log_event
from app.gateways.errors import VendorFailure
from app.gateways.stripe import get_stripe
from app.notifications.service import queue_owner_mail
from app.ops.queries import RECOVERED, Outage, read_outage
from app.payments.breaker import (
    OUTAGE_FLAG,
    guarded,
    is_answer,
    is_breaker_open,
    may_call,
    record_outage,
    take_refusals,
)
from app.payments.errors import CheckoutUnavailable

MOST_ORDERS_NAMED = 20
# Of an outage that could not be written down when it began: the database was away as well.
UNKNOWN_CODE = "unknown"


def recover_checkout() -> None:
    """Does nothing while Stripe is not known to be down; else one try when it is due, and then the winding up."""
    if not _is_down() or not may_call():
        return
    try:
        guarded(get_stripe().read_balance)
    except CheckoutUnavailable:  # a customer is trying at this moment
        return
    except VendorFailure as failure:
        if not is_answer(failure):
            log_event("stripe is not back yet", code=failure.code)
            return
    refused = take_refusals()
    with unit_of_work() as session:
        _wind_up(session, refused)


def _is_down() -> bool:
    with unit_of_work() as session:
        is_written_down = find_flag(session, OUTAGE_FLAG) is not None
    if not is_written_down and is_breaker_open():
        record_outage(UNKNOWN_CODE)
        return True
    return is_written_down


def _wind_up(session: Session, refused: int) -> None:
    flag = lock_flag(session, OUTAGE_FLAG)
    if flag is None:  # another worker did it
        return
    outage = read_outage(session, flag.changed_at, utc_now(), flag.reason, refused)
    clear_flag(flag)
    record_audit(session, RECOVERED, "stripe", outage.as_json())
    enqueue(session, "stripe_events.reconcile", is_asked=True)
    _tell_owner(session, outage)


def _tell_owner(session: Session, outage: Outage) -> None:
    content = {
        "closed_at": outage.began_at.isoformat(),
        "opened_at": outage.ended_at.isoformat(),
        "code": outage.code,
        "order_numbers": list(outage.orders[:MOST_ORDERS_NAMED]),
        "order_count": len(outage.orders),
    }
    object_id = f"stripe_{outage.began_at.isoformat()}"
    queue_owner_mail(session, "checkout_recovered", object_id, content)
