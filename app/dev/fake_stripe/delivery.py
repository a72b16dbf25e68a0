"""Webhook deliveries: signed anew at each try, tried again a bounded number of times, never in a promised order."""

import asyncio
import hashlib
import hmac
import http.client
import json
import random
from collections import Counter
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from app.core.clock import utc_now
from app.dev.fake_stripe.events import Event, Events
from app.dev.fake_stripe.ids import new_id
from app.dev.fake_stripe.refused import Json
from app.dev.fake_stripe.webhook_endpoints import WebhookEndpoint
from app.dev.journal import Journal, Kept

# Stripe goes on for three days; this is long enough for a process to come back.
RETRY_SECONDS = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0, 120.0, 300.0)
_TIMEOUT_SECONDS = 10


@dataclass(frozen=True, kw_only=True)
class Delivery(Kept):
    """One event on its way to one endpoint, and what each try met."""

    event: str
    endpoint: str
    state: str = "pending"
    api_version: str | None = None
    tries: list[Json] = field(default_factory=list)


class Deliveries:
    """Sends events out, in tasks of the running loop."""

    def __init__(self, journal: Journal, retry_seconds: Sequence[float] = RETRY_SECONDS) -> None:
        self._journal = journal
        self._retry_seconds = retry_seconds
        self._tasks: set[asyncio.Task[None]] = set()
        self._held: list[Delivery] = []
        self._pending = Counter(each.event for each in journal.list_all(Delivery) if each.state != "done")
        self.is_holding = False
        self.delay_seconds = 0.0
        self.events: Events | None = None

    def pending_of(self, event_id: str) -> int:
        """How many endpoints have not acknowledged this event yet."""
        return self._pending[event_id]

    def send(self, event: Event, api_version: str | None = None) -> list[Delivery]:
        """Start delivering to every endpoint that subscribed; in another version than the endpoint's when given."""
        wanting = [each for each in self._journal.list_all(WebhookEndpoint) if each.wants(event.type)]
        made = [
            Delivery(id=new_id("dlv"), event=event.id, endpoint=endpoint.id, api_version=api_version)
            for endpoint in wanting
        ]
        self._pending[event.id] += len(made)
        for delivery in made:
            self._journal.put(delivery)
        for delivery in made:
            self._start(delivery)
        return made

    def resume(self) -> None:
        """After a restart: go on with what had not arrived."""
        for delivery in self._journal.list_all(Delivery):
            if delivery.state == "pending":
                self._start(delivery)

    def release(self, order: str, copies: int = 1) -> None:
        """Send what was held back one after the other: in the order it was made, reversed or shuffled, or twice."""
        self.is_holding = False
        waiting, self._held = self._held * copies, []
        if order == "shuffled":
            random.shuffle(waiting)
        self._spawn(self._deliver_in_turn(waiting[::-1] if order == "reversed" else waiting))

    def stop(self) -> None:
        """Leave what is pending for the next start."""
        for task in self._tasks:
            task.cancel()

    def _start(self, delivery: Delivery) -> None:
        if self.is_holding:
            self._held.append(delivery)
            return
        self._spawn(self._deliver(delivery))

    def _spawn(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver_in_turn(self, waiting: Sequence[Delivery]) -> None:
        for delivery in waiting:
            await self._deliver(delivery)

    async def _deliver(self, delivery: Delivery) -> None:
        await asyncio.sleep(self.delay_seconds)
        for pause in (*self._retry_seconds, None):
            delivery = await self._try(delivery)
            if delivery.state == "done" or pause is None:
                break
            await asyncio.sleep(pause)
        if delivery.state != "done":
            self._journal.put(replace(delivery, state="given_up"))

    async def _try(self, delivery: Delivery) -> Delivery:
        event = self._journal.find(Event, delivery.event)
        endpoint = self._journal.find(WebhookEndpoint, delivery.endpoint)
        if event is None or endpoint is None or self.events is None:
            return replace(delivery, state="done")
        body = json.dumps(self.events.render(event, delivery.api_version or endpoint.api_version), indent=2).encode()
        met = await asyncio.to_thread(_post, endpoint.url, body, sign(body, endpoint.valid_secrets()))
        # Redirects count as failures too.
        is_done = 200 <= int(str(met.get("status", 0))) < 300
        tried = replace(delivery, tries=[*delivery.tries, met], state="done" if is_done else "pending")
        self._pending[delivery.event] -= is_done
        self._journal.put(tried)
        return tried


def sign(body: bytes, secrets: Sequence[str]) -> str:
    """The `Stripe-Signature` header: one `v1` per secret that is valid now."""
    stamp = str(int(utc_now().timestamp()))
    signed = [_hmac(secret, stamp.encode() + b"." + body) for secret in secrets]
    # Test mode adds a `v0` that nobody may accept.
    return ",".join([f"t={stamp}", *(f"v1={each}" for each in signed), f"v0={_hmac('not-a-secret', body)}"])


def _hmac(secret: str, message: bytes) -> str:
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def _post(url: str, body: bytes, signature: str) -> Json:
    """What the endpoint answered, or why it did not."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=_TIMEOUT_SECONDS)
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "Stripe-Signature": signature,
        "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        "Accept": "*/*; q=0.5, application/xml",
        "Cache-Control": "no-cache",
    }
    at = utc_now().isoformat()
    try:
        connection.request("POST", parts.path or "/", body, headers)
        answer = connection.getresponse()
        return {"at": at, "status": answer.status, "body": answer.read(2000).decode("utf-8", "replace")}
    except (OSError, http.client.HTTPException) as failure:
        return {"at": at, "error": type(failure).__name__}
    finally:
        connection.close()
