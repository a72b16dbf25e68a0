"""What Brevo counted and listed of the mails it accepted."""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar
from uuid import NAMESPACE_URL, uuid5
from zoneinfo import ZoneInfo

from app.core.clock import utc_now
from app.dev.fake_brevo.calls import Call, Handler
from app.dev.fake_brevo.mail_events import EVENTS, MailEvent, MailEvents
from app.dev.fake_brevo.messages import Message, Messages, list_recipients, list_tags
from app.dev.fake_brevo.refused import Json, Refused

_T = TypeVar("_T")
_PARIS = ZoneInfo("Europe/Paris")
_DAYS_BY_DEFAULT, _MOST_DAYS = 30, 90
# Field of the report -> the event that it counts.
_COUNTED = {
    "requests": "request",
    "delivered": "delivered",
    "hardBounces": "hard_bounce",
    "softBounces": "soft_bounce",
    "clicks": "click",
    "uniqueClicks": "click",
    "opens": "opened",
    "uniqueOpens": "opened",
    "spamReports": "spam",
    "blocked": "blocked",
    "invalid": "invalid_email",
    "unsubscribed": "unsubscribed",
}


class Statistics:
    """Answers `/smtp/statistics/...` and `/smtp/emails`."""

    def __init__(self, messages: Messages, events: MailEvents) -> None:
        self._messages = messages
        self._events = events

    def handlers(self) -> dict[str, Handler]:
        """The operations of these resources."""
        return {
            "get_email_event_report": self.list_events,
            "get_aggregated_smtp_report": self.report,
            "get_transac_emails_list": self.list_mails,
        }

    def list_events(self, call: Call) -> tuple[int, Json]:
        """GET /smtp/statistics/events: newest first; every filter narrows."""
        given = call.given
        first, last = _checked_days(given)
        tags, kind = _checked_tags(given.get("tags")), given.get("event")
        found = [
            event
            for event in self._events.list_all()
            if first <= _day(event.at) <= last
            and given.get("messageId") in (None, event.message)
            and given.get("email") in (None, event.email)
            and kind in (None, EVENTS[event.kind][1], *_bounce(event))
            and set(tags) <= set(event.tags)
        ]
        return 200, {"events": [_render_event(event) for event in _page(found, given, 2500, 5000)]}

    def report(self, call: Call) -> tuple[int, Json]:
        """GET /smtp/statistics/aggregatedReport"""
        first, last = _checked_days(call.given)
        tag = call.given.get("tag")
        kinds = [
            event.kind
            for event in self._events.list_all()
            if first <= _day(event.at) <= last and (tag is None or tag in event.tags)
        ]
        counts: Json = {name: kinds.count(kind) for name, kind in _COUNTED.items()}
        return 200, {"range": f"{first.isoformat()}|{last.isoformat()}"} | counts

    def list_mails(self, call: Call) -> tuple[int, Json]:
        """GET /smtp/emails: one of e-mail, message, or both days must be named."""
        given = call.given
        if not {"email", "messageId", "templateId"} & set(given) and not {"startDate", "endDate"} <= set(given):
            raise Refused(400, "missing_parameter", "email, messageId, templateId, or startDate and endDate")
        first, last = _checked_days(given)
        found = [
            (message, email)
            for message in self._messages.list_messages()
            for email in list_recipients(message)
            if first <= _day(message.accepted_at) <= last
            and given.get("messageId") in (None, message.id)
            and given.get("email") in (None, email)
            and "templateId" not in given
        ]
        shown = [_render_mail(message, email) for message, email in _page(found, given, 500, 1000)]
        return 200, {"count": len(found), "transactionalEmails": shown}


def _bounce(event: MailEvent) -> Sequence[str]:
    return ("bounces",) if event.kind in ("hard_bounce", "soft_bounce") else ()


def _day(at: float) -> date:
    return datetime.fromtimestamp(at, tz=UTC).astimezone(_PARIS).date()


def _checked_days(given: Json) -> tuple[date, date]:
    today = _day(utc_now().timestamp())
    named = [given[name] for name in ("startDate", "endDate") if name in given]
    if len(named) == 1 or (named and "days" in given):
        raise Refused(400, "invalid_parameter", "startDate and endDate go together, and never with days")
    if not named:
        days = int(str(given.get("days", _DAYS_BY_DEFAULT)))
        if not 1 <= days <= _MOST_DAYS:
            raise Refused(400, "invalid_parameter", f"days is 1 to {_MOST_DAYS}")
        return today - timedelta(days=days - 1), today
    try:
        first, last = (date.fromisoformat(str(day)) for day in named)
    except ValueError:
        raise Refused(400, "invalid_parameter", "dates are written YYYY-MM-DD") from None
    if not timedelta(0) <= last - first <= timedelta(days=_MOST_DAYS):
        raise Refused(400, "invalid_parameter", f"the range is of at most {_MOST_DAYS} days, and forwards")
    return first, last


def _checked_tags(tags: object) -> list[str]:
    if tags is None:
        return []
    try:
        found = json.loads(str(tags))
    except ValueError:
        found = None
    if not isinstance(found, list):
        raise Refused(400, "invalid_parameter", "tags is a serialized array")
    return [str(each) for each in found]


def _page(found: Sequence[_T], given: Json, default: int, most: int) -> Sequence[_T]:
    limit, offset = int(str(given.get("limit", default))), int(str(given.get("offset", 0)))
    if not 0 <= limit <= most or offset < 0:
        raise Refused(400, "out_of_range", f"limit is at most {most}")
    ordered = found if given.get("sort") == "asc" else found[::-1]
    return ordered[offset : offset + limit]


def _stamp(at: float) -> str:
    return datetime.fromtimestamp(at, tz=UTC).astimezone(_PARIS).isoformat(timespec="milliseconds")


def _render_event(event: MailEvent) -> Json:
    shown: Json = {
        "email": event.email,
        "date": _stamp(event.at),
        "subject": event.subject,
        "messageId": event.message,
        "event": EVENTS[event.kind][1],
        "from": "",
    }
    if event.tags:
        # One is shown as it is, several as a serialized array.
        shown["tag"] = event.tags[0] if len(event.tags) == 1 else json.dumps(event.tags)
    return shown | ({"reason": event.reason} if event.reason is not None else {})


def _render_mail(message: Message, email: str) -> Json:
    sender = message.content.get("sender")
    return {
        "email": email,
        "subject": str(message.content.get("subject", "")),
        "messageId": message.id,
        "uuid": str(uuid5(NAMESPACE_URL, f"{message.id}/{email}")),
        "date": _stamp(message.accepted_at),
        "from": str(sender.get("email", "")) if isinstance(sender, dict) else "",
        "tags": list_tags(message),
    }
