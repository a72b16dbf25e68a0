"""Mails that were accepted, and senders that may write them."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.routing import Route

from app.core.clock import utc_now
from app.dev.fake_brevo.calls import Call, Handler
from app.dev.fake_brevo.control import control
from app.dev.fake_brevo.refused import Json, Refused
from app.dev.journal import Journal, Kept

_KEY_LIFE_SECONDS = 30 * 60
_TODAY = "today"
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


@dataclass(frozen=True, kw_only=True)
class Quota(Kept):
    """How many mails the account may still send today."""

    left: int


class Messages:
    """Accepts mails as Brevo does; `on_accepted` hears of each."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self.on_accepted: Callable[[Message], None] = lambda _message: None

    def handlers(self) -> dict[str, Handler]:
        """The operations of these resources."""
        return {
            "send_transac_email": self.send,
            "create_sender": self.create_sender,
            "get_senders": self.list_senders,
        }

    def controls(self) -> list[Route]:
        """The mails that were accepted, how many more may be, and time for idempotency keys."""
        return [
            control("GET", "messages", self._show),
            control("POST", "quota", self._set_quota),
            control("POST", "senders", self._set_sender),
            control("POST", "idempotency_keys/age", self._age_keys),
        ]

    def send(self, call: Call) -> tuple[int, Json]:
        """POST /smtp/email: 201, or 202 when it is to leave later."""
        content = call.given
        _check(content)
        self._check_key(content)
        self._use_quota()
        self._use_key(content)
        number = len(self._journal.list_all(Message)) + 1
        stamp = utc_now().strftime("%Y%m%d%H%M")
        message = Message(
            id=f"<{stamp}.{number:011d}@smtp-relay.mailin.fr>", accepted_at=utc_now().timestamp(), content=content
        )
        self._journal.put(message)
        self.on_accepted(message)
        return (202 if "scheduledAt" in content else 201), {"messageId": message.id}

    def list_messages(self) -> list[Message]:
        """Every accepted mail, oldest first."""
        return self._journal.list_all(Message)

    def create_sender(self, call: Call) -> tuple[int, Json]:
        """POST /senders: inactive until its owner enters the code that was mailed; here it is active at once."""
        given = call.given
        email = str(given["email"])
        if not _ADDRESS.fullmatch(email):
            raise Refused(400, "invalid_parameter", "email is not valid")
        if any(sender.email == email for sender in self._journal.list_all(Sender)):
            raise Refused(400, "duplicate_parameter", "Sender already exists")
        number = len(self._journal.list_all(Sender)) + 1
        self._journal.put(Sender(id=str(number), name=str(given["name"]), email=email, is_active=True))
        return 201, {"id": number, "spfError": False, "dkimError": False}

    def list_senders(self, _call: Call) -> tuple[int, Json]:
        """GET /senders"""
        found = self._journal.list_all(Sender)
        return 200, {"senders": [_render_sender(sender) for sender in found]}

    def _check_key(self, content: Json) -> None:
        used = self._journal.find(UsedKey, _idempotency_key(content) or "")
        if used is not None and utc_now().timestamp() - used.used_at < _KEY_LIFE_SECONDS:
            raise Refused(400, "duplicate_request", "idempotencyKey has already been used")

    def _use_key(self, content: Json) -> None:
        key = _idempotency_key(content)
        if key is not None:
            self._journal.put(UsedKey(id=key, used_at=utc_now().timestamp()))

    def _use_quota(self) -> None:
        quota = self._journal.find(Quota, _TODAY)
        if quota is None:
            return
        if quota.left <= 0:
            raise Refused(402, "not_enough_credits", "You do not have enough credits to send this mail")
        self._journal.put(Quota(id=_TODAY, left=quota.left - 1))

    async def _show(self, _given: Json) -> object:
        return [
            {"messageId": message.id, "acceptedAt": message.accepted_at, **message.content}
            for message in self.list_messages()
        ]

    async def _set_quota(self, given: Json) -> object:
        """`left`: how many more; from then on it counts down, and a new day is another call of this control."""
        left = int(str(given.get("left", 300)))
        self._journal.put(Quota(id=_TODAY, left=left))
        return {"left": left}

    async def _set_sender(self, given: Json) -> object:
        """`email`, `active`: an address that its owner has proven, or not yet."""
        email, found = str(given.get("email", "")), self._journal.list_all(Sender)
        number = next((each.id for each in found if each.email == email), str(len(found) + 1))
        sender = Sender(id=number, name="Boutique", email=email, is_active=bool(given.get("active", True)))
        self._journal.put(sender)
        return _render_sender(sender)

    async def _age_keys(self, given: Json) -> object:
        """`seconds` pass for every idempotency key (31 minutes unless said)."""
        seconds = float(str(given.get("seconds", _KEY_LIFE_SECONDS + 60)))
        keys = self._journal.list_all(UsedKey)
        for each in keys:
            self._journal.put(UsedKey(id=each.id, used_at=each.used_at - seconds))
        return {"aged": len(keys)}


def list_recipients(message: Message) -> list[str]:
    """The addresses that a mail goes to."""
    people = message.content.get("to")
    return [str(each["email"]) for each in people if isinstance(each, dict)] if isinstance(people, list) else []


def list_tags(message: Message) -> list[str]:
    """What its sender wrote on it."""
    tags = message.content.get("tags")
    return [str(each) for each in tags] if isinstance(tags, list) else []


def _idempotency_key(content: Json) -> str | None:
    headers = content.get("headers")
    key = headers.get("idempotencyKey") if isinstance(headers, dict) else None
    return key if isinstance(key, str) else None


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
