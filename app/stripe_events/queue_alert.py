"""The shop hears of money that needs a person: a line of the log at level error, and one mail per cause."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.core.db import Json
from app.core.log import log_event
from app.notifications.service import queue_owner_mail

ALERT = "money_alert"
# Which line of the log wakes somebody: its code says what it is about.
ALERT_LINE = "money needs a person"
GIVEN_UP = "event_given_up"
GAP = "events_unreachable"
DRIFT = "money_differs"


@dataclass(frozen=True)
class Words:
    """The same in both languages of the shop's people."""

    fr: str
    en: str


def queue_alert(session: Session, code: str, about: str, reference: str | None, what: Words, next_step: Words) -> None:
    """Tell the shop once per code and `about`; the line of the log comes with the mail and no more often."""
    content: Json = {
        "code": code,
        "reference": reference,
        "what": {"fr": what.fr, "en": what.en},
        "next_step": {"fr": next_step.fr, "en": next_step.en},
    }
    if queue_owner_mail(session, ALERT, f"{code}:{about}", content):
        log_event(ALERT_LINE, level="error", code=code, status="P1")
