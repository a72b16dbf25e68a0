"""Whether this shop takes payments now, or somebody closed its checkout (`comptoir checkout close`).

Read from PostgreSQL each time a payment is opened, with the first thing that is read there: what a process keeps may be
almost a second old, and whoever closed the checkout must find it closed at the next call.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from app.core.audit_log import record_audit
from app.core.clock import utc_now
from app.core.flags import IS_IN_FORCE, Flag, clear_flag, find_flag, lock_flag, set_flag
from app.core.jobs import enqueue
from app.payments.errors import CheckoutUnavailable

CHECKOUT_FLAG = "checkout_closed"
IS_CLOSURE = (Flag.name == CHECKOUT_FLAG) & IS_IN_FORCE
# When nobody said how long it lasts.
RETRY_AFTER_SECONDS = 300


def find_closure(session: Session) -> CheckoutUnavailable | None:
    """What to answer whoever wants to pay while the checkout is closed; None while it is open."""
    flag = find_flag(session, CHECKOUT_FLAG)
    return None if flag is None else closed_until(flag.ends_at)


def closed_until(ends_at: datetime | None) -> CheckoutUnavailable:
    """The same for who read the flag's end beside something else (`IS_CLOSURE`)."""
    left = RETRY_AFTER_SECONDS if ends_at is None else (ends_at - utc_now()).total_seconds()
    return CheckoutUnavailable(max(1, int(left)))


def check_checkout_open(session: Session) -> None:
    """Raise `CheckoutUnavailable` (503) while the checkout is closed; never ask it about money that already came."""
    closure = find_closure(session)
    if closure is not None:
        raise closure


def close_checkout(session: Session, reason: str, ends_at: datetime | None) -> None:
    """Take no new payment until `ends_at`, or until it is opened; closing again replaces reason and end."""
    set_flag(session, CHECKOUT_FLAG, reason, ends_at)
    record_audit(session, "checkout.close", "checkout", {"reason": reason, "until": ends_at and ends_at.isoformat()})


def open_checkout(session: Session) -> bool:
    """Take payments again, and look for what was not heard meanwhile (runbook S0-134); False when it was open."""
    flag = lock_flag(session, CHECKOUT_FLAG)
    if flag is None:
        return False
    closed_for_seconds = int((utc_now() - flag.changed_at).total_seconds())
    clear_flag(flag)
    enqueue(session, "stripe_events.reconcile", is_asked=True)
    record_audit(
        session, "checkout.open", "checkout", {"reason": flag.reason, "closed_for_seconds": closed_for_seconds}
    )
    return True
