"""`/_test/events`, `/_test/deliveries`, `/_test/webhook_endpoints`: what the network and time do to webhooks."""

from dataclasses import asdict, replace

from starlette.routing import Route

from app.core.clock import utc_now
from app.dev.fake_stripe.control import control, int_or_none
from app.dev.fake_stripe.delivery import Deliveries, Delivery
from app.dev.fake_stripe.events import Event, Events
from app.dev.fake_stripe.ids import new_id
from app.dev.fake_stripe.refused import Json
from app.dev.fake_stripe.webhook_endpoints import WebhookEndpoints
from app.dev.journal import Journal


class WebhookControls:
    """Controls of what is said about facts; the facts have controls in their own files."""

    def __init__(self, journal: Journal, events: Events, deliveries: Deliveries, endpoints: WebhookEndpoints) -> None:
        self._journal = journal
        self._events = events
        self._deliveries = deliveries
        self._endpoints = endpoints

    def controls(self) -> list[Route]:
        """Where they are."""
        return [
            control("POST", "events", self._put_event),
            control("POST", "events/{id}/twin", self._put_twin),
            control("POST", "events/{id}/age", self._age_event),
            control("GET", "deliveries", lambda _path, _given: [asdict(e) for e in self._journal.list_all(Delivery)]),
            control("POST", "deliveries", self._redeliver),
            control("POST", "deliveries/hold", self._hold),
            control("POST", "deliveries/release", self._release),
            control("POST", "deliveries/delay", self._delay),
            control("POST", "webhook_endpoints/{id}/roll", self._roll),
        ]

    def _put_event(self, _path: dict[str, str], given: Json) -> object:
        """`type` and `object`; by default it is only listed, as if its delivery had been lost."""
        thing = given.get("object")
        event = Event(
            id=str(given.get("id") or new_id("evt")),
            type=str(given.get("type", "")),
            created=int_or_none(given.get("created")) or int(utc_now().timestamp()),
            api_version=str(given.get("api_version") or self._events.api_version),
            object=thing if isinstance(thing, dict) else {},
            livemode=given.get("livemode") is True,
        )
        self._events.put(event, is_delivered=given.get("deliver") is True)
        return self._events.render(event)

    def _put_twin(self, path: dict[str, str], given: Json) -> object:
        """A second Event object for the same fact, as Stripe sometimes makes; `created` unless the same second."""
        event = self._events.find(path["id"])
        created = int_or_none(given.get("created")) or event.created
        twin = replace(event, id=new_id("evt"), created=created, request_id=None, idempotency_key=None)
        self._events.put(twin, is_delivered=given.get("deliver") is not False)
        return self._events.render(twin)

    def _age_event(self, path: dict[str, str], given: Json) -> object:
        """It happened `seconds` earlier: more than 30 days, and the API no longer knows it."""
        event = self._events.find(path["id"])
        aged = replace(event, created=event.created - int(str(given.get("seconds", 0))))
        self._events.put(aged, is_delivered=False)
        return self._events.render(aged)

    def _redeliver(self, _path: dict[str, str], given: Json) -> object:
        """`event`; `times` for duplicates that leave at the same moment; `api_version` for a shape of another age."""
        event, version = self._events.find(str(given.get("event", ""))), given.get("api_version")
        times = int_or_none(given.get("times"))
        made = [
            self._deliveries.send(event, str(version) if version else None)
            for _ in range(1 if times is None else times)
        ]
        return [asdict(delivery) for each in made for delivery in each]

    def _hold(self, _path: dict[str, str], _given: Json) -> object:
        self._deliveries.is_holding = True
        return {"held": True}

    def _release(self, _path: dict[str, str], given: Json) -> object:
        """`order`: `made` (default), `reversed` or `shuffled`; `copies` of each (default 1)."""
        self._deliveries.release(str(given.get("order", "made")), int_or_none(given.get("copies")) or 1)
        return {"held": False}

    def _delay(self, _path: dict[str, str], given: Json) -> object:
        """From now on every delivery leaves `seconds` later (0: at once)."""
        self._deliveries.delay_seconds = float(str(given.get("seconds", 0)))
        return {"seconds": self._deliveries.delay_seconds}

    def _roll(self, path: dict[str, str], given: Json) -> object:
        """`secret` to choose the new one, `keep_seconds` for how long the old one signs too."""
        secret, keep = given.get("secret"), int_or_none(given.get("keep_seconds"))
        chosen = str(secret) if secret else None
        kept = {} if keep is None else {"keep_seconds": keep}
        return {"secret": self._endpoints.roll(path["id"], chosen, **kept)}
