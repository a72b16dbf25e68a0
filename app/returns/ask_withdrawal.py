"""The first step of a withdrawal: an order's number and its e-mail; the second is a link that goes to that e-mail.

Asking costs the same for an order that nobody has, and is answered alike; the token is made by the job that writes the
mail, as for a forgotten password.
"""

from datetime import timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.core.attempts import Attempt
from app.core.auth import hash_token, new_token
from app.core.clock import utc_now
from app.core.ids import new_id
from app.core.jobs import enqueue
from app.core.ratelimit import per_hour, per_minute
from app.orders.queries import get_order_row
from app.returns.models import Withdrawal
from app.returns.queries import find_order_by_number, lock_withdrawal
from app.returns.queue_mails import queue_withdrawal_link

# The mail may come late, and the day on which it was asked for counts: long enough for both, no second period.
LINK_LIFE = timedelta(hours=24)
HIGHEST_NUMBER = 2**31 - 1
# Whoever guesses from one address, and whoever floods one customer from many.
FROM_ADDRESS, ABOUT_ORDER = per_minute(5), per_hour(10)


def ask_withdrawal(session: Session, order_number: str, email: str) -> None:
    """Somebody wants to withdraw: one read, one row, one job, whether or not there is such an order."""
    number = order_number.strip().removeprefix("n°").strip().lstrip("#")
    is_number = number.isascii() and number.isdigit() and len(number) <= len(str(HIGHEST_NUMBER))
    order = find_order_by_number(session, min(int(number), HIGHEST_NUMBER) if is_number else 0, email)
    withdrawal = Withdrawal(id=new_id("wdr"), order_id=order.id if order else None, asked_at=utc_now())
    session.add(withdrawal)
    enqueue(session, "returns.mail_withdrawal", withdrawal_id=withdrawal.id)


def list_ask_attempts(address: str | None, order_number: str) -> tuple[Attempt, Attempt]:
    """What is counted each time somebody asks, whether or not there is such an order."""
    number = order_number.strip().casefold()
    return (
        Attempt(FROM_ADDRESS, "withdrawal-from-address", f"{address or 'storefront'} {number}"),
        Attempt(ABOUT_ORDER, "withdrawal-of-order", number),
    )


def queue_link(session: Session, withdrawal_id: str) -> None:
    """Write the mail with the link; of an order that nobody has, forget the row. Twice is once."""
    withdrawal = lock_withdrawal(session, withdrawal_id)
    if withdrawal is None or withdrawal.token_hash is not None:
        return
    if withdrawal.order_id is None:
        session.execute(delete(Withdrawal).where(Withdrawal.id == withdrawal.id))
        return
    token = new_token()
    withdrawal.token_hash = hash_token(token)
    withdrawal.expires_at = utc_now() + LINK_LIFE
    queue_withdrawal_link(session, get_order_row(session, withdrawal.order_id), withdrawal, token, LINK_LIFE)


def forget_asked(session: Session) -> None:
    """What nobody declared within its time is nobody's business any more; what was declared stays."""
    over = Withdrawal.declared_at.is_(None) & (Withdrawal.asked_at < utc_now() - 2 * LINK_LIFE)
    session.execute(delete(Withdrawal).where(over))
