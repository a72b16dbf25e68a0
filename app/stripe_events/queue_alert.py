"""The shop hears of money that needs a person: a line of the log at level error, and one mail per cause."""

from sqlalchemy.orm import Session

from app.core.log import log_event
from app.core.words import Words
from app.notifications.queue_alert import queue_alert as queue_mail

# Which line of the log wakes somebody: its code says what it is about.
ALERT_LINE = "money needs a person"
GIVEN_UP = "event_given_up"
GAP = "events_unreachable"
DRIFT = "money_differs"


def queue_alert(session: Session, code: str, about: str, reference: str | None, what: Words, next_step: Words) -> None:
    """Tell the shop once per code and `about`; the line of the log comes with the mail and no more often."""
    if queue_mail(session, code, about, reference, what, next_step):
        log_event(ALERT_LINE, level="error", code=code, status="P1")
