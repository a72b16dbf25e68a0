"""Mails that were accepted, and senders that may write them."""

import re
from dataclasses import dataclass, field

from app.core.clock import utc_now
from app.dev.fake_brevo.refused import Json, Refused
from app.dev.journal import Journal, Kept

_KEY_LIFE_SECONDS = 30 * 60
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


@dataclass(frozen=True, kw_only=True)
class Message(Kept):
    """One accepted mail; its id is the message id that was answered."""

    accepted_at: float
    content: Json


@dataclass(frozen=True, kw_only=True)
class UsedKey(Kept):
    """An idempotency key (its id) and when it was first used."""

    used_at: float


@dataclass(frozen=True, kw_only=True)
class Sender(Kept):
    """An address to write from."""

    name: str
    email: str
    is_active: bool
    ips: list[Json] = field(default_factory=list)


class Messages:
    """Accepts mails as Brevo does."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def send(self, content: Json) -> tuple[int, Json]:
        """POST /smtp/email: 201, or 202 when it is to leave later."""
        _check(content)
        self._use_key(content)
        number = len(self._journal.list_all(Message)) + 1
        stamp = utc_now().strftime("%Y%m%d%H%M")
        message = Message(
            id=f"<{stamp}.{number:011d}@smtp-relay.mailin.fr>", accepted_at=utc_now().timestamp(), content=content
        )
        self._journal.put(message)
        return (202 if "scheduledAt" in content else 201), {"messageId": message.id}

    def list_messages(self) -> list[Message]:
        """Every accepted mail, oldest first."""
        return self._journal.list_all(Message)

    def create_sender(self, given: Json) -> tuple[int, Json]:
        """POST /senders: inactive until its owner enters the code that was mailed; here it is active at once."""
        email = str(given["email"])
        if not _ADDRESS.fullmatch(email):
            raise Refused(400, "invalid_parameter", "email is not valid")
        if any(sender.email == email for sender in self._journal.list_all(Sender)):
            raise Refused(400, "duplicate_parameter", "Sender already exists")
        number = len(self._journal.list_all(Sender)) + 1
        self._journal.put(Sender(id=str(number), name=str(given["name"]), email=email, is_active=True))
        return 201, {"id": number, "spfError": False, "dkimError": False}

    def list_senders(self, _given: Json) -> tuple[int, Json]:
        """GET /senders"""
        found = self._journal.list_all(Sender)
        return 200, {"senders": [_render_sender(sender) for sender in found]}

    def _use_key(self, content: Json) -> None:
        headers = content.get("headers")
        key = headers.get("idempotencyKey") if isinstance(headers, dict) else None
        if not isinstance(key, str):
            return
        now = utc_now().timestamp()
        used = self._journal.find(UsedKey, key)
        if used is not None and now - used.used_at < _KEY_LIFE_SECONDS:
            raise Refused(400, "duplicate_request", "idempotencyKey has already been used")
        self._journal.put(UsedKey(id=key, used_at=now))


def _render_sender(sender: Sender) -> Json:
    return {"id": int(sender.id), "name": sender.name, "email": sender.email, "active": sender.is_active, "ips": []}


def _check(content: Json) -> None:
    """What the package does not type: which fields need each other."""
    if "templateId" in content:
        raise Refused(400, "invalid_parameter", "templateId does not exist")
    for name in ("sender", "to", "subject"):
        if not content.get(name):
            raise Refused(400, "missing_parameter", f"{name} is missing")
    if not content.get("htmlContent") and not content.get("textContent"):
        raise Refused(400, "missing_parameter", "Either of htmlContent or textContent is required")
    sender, recipients = content["sender"], content["to"]
    people = [sender, *(recipients if isinstance(recipients, list) else [])]
    for person in people:
        if isinstance(person, dict) and not _ADDRESS.fullmatch(str(person.get("email", ""))):
            raise Refused(400, "invalid_parameter", "email is not valid in to")
