"""The one mail by which the shop hears of money that needs a person."""

from dataclasses import asdict

from sqlalchemy.orm import Session

from app.core.db import Json
from app.core.words import Words
from app.notifications.service import queue_owner_mail

ALERT = "money_alert"


def queue_alert(session: Session, code: str, about: str, reference: str | None, what: Words, next_step: Words) -> bool:
    """Tell the shop once per code and `about`; False when it was told before. `reference`: what the mail names."""
    content: Json = {"code": code, "reference": reference, "what": asdict(what), "next_step": asdict(next_step)}
    return queue_owner_mail(session, ALERT, f"{code}:{about}", content)
