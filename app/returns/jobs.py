"""Background work of returns."""

from app.core.db import unit_of_work
from app.core.jobs import job
from app.returns.ask_withdrawal import forget_asked, queue_link


@job("returns.mail_withdrawal")
def mail_withdrawal(withdrawal_id: str) -> None:
    """Mail the second step of a withdrawal to the order's address, if there is such an order."""
    with unit_of_work() as session:
        queue_link(session, withdrawal_id)


@job("returns.forget_asked", attempts=1)
def forget() -> None:
    """Drop what was asked and never declared."""
    with unit_of_work() as session:
        forget_asked(session)
