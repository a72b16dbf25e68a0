"""Webhooks: where Brevo tells what became of a mail, and by which token it shows that it is Brevo."""

from dataclasses import dataclass, replace

from app.core.clock import utc_now
from app.dev.fake_brevo.calls import Call, Handler
from app.dev.fake_brevo.refused import Json, Refused
from app.dev.journal import Journal, Kept


@dataclass(frozen=True, kw_only=True)
class Webhook(Kept):
    """One address; `events` in the words of subscriptions (camel case)."""

    url: str
    events: list[str]
    kind: str
    description: str
    created_at: str
    modified_at: str
    token: str | None = None


class Webhooks:
    """Answers `/webhooks`."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def handlers(self) -> dict[str, Handler]:
        """The operations of this resource."""
        return {
            "create_webhook": self.create,
            "get_webhooks": self.list,
            "get_webhook": self.retrieve,
            "update_webhook": self.update,
        }

    def create(self, call: Call) -> tuple[int, Json]:
        """POST /webhooks"""
        given = call.given
        number, now = len(self._journal.list_all(Webhook)) + 1, utc_now().isoformat()
        webhook = Webhook(
            id=str(number),
            url=_checked_url(given["url"]),
            events=_checked_events(given["events"]),
            kind=str(given.get("type", "transactional")),
            description=str(given.get("description", "")),
            created_at=now,
            modified_at=now,
            token=_token(given),
        )
        if any(each.url == webhook.url and each.kind == webhook.kind for each in self._journal.list_all(Webhook)):
            raise Refused(400, "duplicate_parameter", "A webhook with this url already exists")
        self._journal.put(webhook)
        return 201, {"id": number}

    def list(self, call: Call) -> tuple[int, Json]:
        """GET /webhooks: transactional ones unless asked otherwise."""
        wanted = call.given.get("type", "transactional")
        found = [each for each in self._journal.list_all(Webhook) if each.kind == wanted]
        return 200, {"webhooks": [_render(each) for each in found]}

    def retrieve(self, call: Call) -> tuple[int, Json]:
        """GET /webhooks/{webhookId}"""
        return 200, _render(self._find(call))

    def update(self, call: Call) -> tuple[int, Json]:
        """PUT /webhooks/{webhookId}: what is not named stays."""
        webhook, given = self._find(call), call.given
        changed = replace(
            webhook,
            url=_checked_url(given.get("url", webhook.url)),
            events=_checked_events(given.get("events", webhook.events)),
            description=str(given.get("description", webhook.description)),
            modified_at=utc_now().isoformat(),
            token=_token(given) or webhook.token,
        )
        self._journal.put(changed)
        return 204, {}

    def _find(self, call: Call) -> Webhook:
        found = self._journal.find(Webhook, call.path["webhookId"])
        if found is None:
            raise Refused(404, "document_not_found", "Webhook ID does not exist")
        return found


def _render(webhook: Webhook) -> Json:
    # Never the token.
    return {
        "id": int(webhook.id),
        "url": webhook.url,
        "description": webhook.description,
        "events": webhook.events,
        "type": webhook.kind,
        "createdAt": webhook.created_at,
        "modifiedAt": webhook.modified_at,
    }


def _token(given: Json) -> str | None:
    auth = given.get("auth")
    return str(auth["token"]) if isinstance(auth, dict) else None


def _checked_url(url: object) -> str:
    if not str(url).startswith(("http://", "https://")):
        raise Refused(400, "invalid_parameter", "url is not valid")
    return str(url)


def _checked_events(events: object) -> list[str]:
    if not isinstance(events, list) or not events:
        raise Refused(400, "missing_parameter", "events is missing")
    return [str(each) for each in events]
