"""What became of a mail: counted for the statistics, told to webhooks in the words of payloads."""

import asyncio
import http.client
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from starlette.routing import Route

from app.core.clock import utc_now
from app.dev.fake_brevo.control import control
from app.dev.fake_brevo.messages import Message, list_recipients, list_tags
from app.dev.fake_brevo.refused import Json, Refused
from app.dev.fake_brevo.webhooks import Webhook
from app.dev.journal import Journal, Kept

_TIMEOUT_SECONDS = 10
# Event as a payload names it -> as a webhook is subscribed to it (None: by every one), and as statistics list it.
EVENTS: dict[str, tuple[str | None, str]] = {
    "request": ("request", "requests"),
    "delivered": ("delivered", "delivered"),
    "hard_bounce": ("hardBounce", "hardBounces"),
    "soft_bounce": ("softBounce", "softBounces"),
    "blocked": ("blocked", "blocked"),
    "invalid_email": ("invalid", "invalid"),
    "error": (None, "error"),
    "spam": ("spam", "spam"),
    "deferred": ("deferred", "deferred"),
    "opened": ("opened", "opened"),
    "click": ("click", "clicks"),
    "unsubscribed": ("unsubscribed", "unsubscribed"),
}


@dataclass(frozen=True, kw_only=True)
class MailEvent(Kept):
    """Something that happened to a mail (`message` is its id), in the words of payloads."""

    message: str
    email: str
    kind: str
    at: float
    subject: str
    tags: list[str] = field(default_factory=list)
    reason: str | None = None


class MailEvents:
    """Keeps them, and posts them on order."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._news: list[str] = []
        self._tasks: set[asyncio.Task[object]] = set()

    def controls(self) -> list[Route]:
        """What mailboxes and complaints do, and whether webhooks hear of each mail by itself."""
        return [control("POST", "bounces", self._happen), control("POST", "news", self._tell)]

    def deliver(self, message: Message) -> None:
        """Every mailbox takes its mail at once, as far as statistics go; webhooks hear what `/_test/news` asked for."""
        for email in list_recipients(message):
            for kind in ("request", "delivered"):
                self.record(message, kind, email, at=message.accepted_at)
        for kind in self._news:
            task = asyncio.get_running_loop().create_task(self._happen({"messageId": message.id, "event": kind}))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def record(self, message: Message, kind: str, email: str, *, at: float, reason: str | None = None) -> MailEvent:
        """It happened."""
        number = len(self._journal.list_all(MailEvent)) + 1
        event = MailEvent(
            id=str(number),
            message=message.id,
            email=email,
            kind=kind,
            at=at,
            subject=str(message.content.get("subject", "")),
            tags=list_tags(message),
            reason=reason,
        )
        self._journal.put(event)
        return event

    def list_all(self) -> Sequence[MailEvent]:
        """Oldest first."""
        return self._journal.list_all(MailEvent)

    async def _tell(self, given: Json) -> object:
        """`events`: what webhooks are told of each mail from now on, by itself; none at the start."""
        events = given.get("events")
        self._news = [str(each) for each in events] if isinstance(events, list) else []
        return self._news

    async def _happen(self, given: Json) -> object:
        """`messageId`, `event` as payloads name it; `email`, `reason`, `ts_event`, `times`, `deliver` if wanted."""
        kind = str(given.get("event", "hard_bounce"))
        message = self._journal.find(Message, str(given.get("messageId", "")))
        if kind not in EVENTS:
            raise Refused(400, "invalid_parameter", f"event is one of {', '.join(EVENTS)}")
        if message is None:
            raise Refused(404, "document_not_found", "no mail was accepted under this messageId")
        at = given.get("ts_event", int(utc_now().timestamp()))
        email = str(given.get("email") or list_recipients(message)[0])
        reason = given.get("reason")
        event = self.record(message, kind, email, at=float(str(at)), reason=str(reason) if reason else None)
        if given.get("deliver") is False:
            return []
        times = int(str(given.get("times", 1)))
        posts = [_post_to(webhook, event) for webhook in self._webhooks(kind) for _ in range(times)]
        return await asyncio.gather(*posts)

    def _webhooks(self, kind: str) -> list[Webhook]:
        wanted = EVENTS[kind][0]
        return [each for each in self._journal.list_all(Webhook) if wanted is None or wanted in each.events]


async def _post_to(webhook: Webhook, event: MailEvent) -> Json:
    payload = render_payload(webhook, event)
    return await asyncio.to_thread(_post, webhook, json.dumps(payload).encode())


def render_payload(webhook: Webhook, event: MailEvent) -> Json:
    """As Brevo posts it: `id` is the webhook's, the same for every event; `date` is in Paris."""
    paris = datetime.fromtimestamp(event.at, tz=UTC).astimezone(ZoneInfo("Europe/Paris"))
    payload: Json = {
        "event": event.kind,
        "email": event.email,
        "id": int(webhook.id),
        "date": paris.strftime("%Y-%m-%d %H:%M:%S"),
        "ts": int(event.at),
        "ts_event": int(event.at),
        "ts_epoch": int(event.at * 1000),
        "message-id": event.message,
        "subject": event.subject,
        "template_id": 0,
        "tag": json.dumps(event.tags),
        "tags": event.tags,
    }
    return payload | ({"reason": event.reason} if event.reason is not None else {})


def _post(webhook: Webhook, body: bytes) -> Json:
    """What the address answered, or why it did not."""
    parts = urlsplit(webhook.url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=_TIMEOUT_SECONDS)
    headers = {"Content-Type": "application/json", "User-Agent": "SendinBlue Webhook"}
    if webhook.token is not None:
        headers["Authorization"] = f"Bearer {webhook.token}"
    try:
        connection.request("POST", parts.path or "/", body, headers)
        answer = connection.getresponse()
        return {
            "webhook": int(webhook.id),
            "status": answer.status,
            "body": answer.read(2000).decode("utf-8", "replace"),
        }
    except (OSError, http.client.HTTPException) as failure:
        return {"webhook": int(webhook.id), "error": type(failure).__name__}
    finally:
        connection.close()
