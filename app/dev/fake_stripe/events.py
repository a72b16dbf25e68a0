"""Events: made when something happens, listed for 30 days, delivered by `delivery.py`."""

from collections.abc import Callable
from dataclasses import dataclass

from app.core.clock import utc_now
from app.dev.contract.stripe_operations import list_event_types
from app.dev.fake_stripe.arguments import in_time
from app.dev.fake_stripe.calls import Call, Handler
from app.dev.fake_stripe.cause import current_cause
from app.dev.fake_stripe.ids import new_id
from app.dev.fake_stripe.paging import page
from app.dev.fake_stripe.refused import Json, Refused, no_such
from app.dev.journal import Journal, Kept

_DAYS_KEPT = 30
_TYPES_PER_CALL = 20


@dataclass(frozen=True, kw_only=True)
class Event(Kept):
    """What happened to which object, frozen in the shape it had."""

    type: str
    created: int
    api_version: str
    object: Json
    previous_attributes: Json | None = None
    request_id: str | None = None
    idempotency_key: str | None = None
    livemode: bool = False


class Events:
    """Makes events, and answers `/v1/events`."""

    def __init__(self, journal: Journal, api_version: str, pending_of: Callable[[str], int]) -> None:
        self._journal = journal
        self.api_version = api_version
        self._pending_of = pending_of
        self.on_event: Callable[[Event], object] | None = None

    def handlers(self) -> dict[str, Handler]:
        """The operations of this resource."""
        return {"events.list": self.list, "events.retrieve": self.retrieve}

    def emit(self, kind: str, thing: Json, previous: Json | None = None) -> None:
        """Something happened: keep it, and send it to whoever subscribed, unless its cause wants it lost."""
        cause = current_cause()
        if cause.telling == "never":
            return
        event = Event(
            id=new_id("evt"),
            type=kind,
            created=int(utc_now().timestamp()),
            api_version=self.api_version,
            object=thing,
            previous_attributes=previous,
            request_id=cause.request_id,
            idempotency_key=cause.idempotency_key,
        )
        self.put(event, is_delivered=cause.telling == "delivered")

    def put(self, event: Event, *, is_delivered: bool) -> None:
        """Keep an event exactly as given."""
        if event.type not in list_event_types():
            raise Refused(400, f"Invalid event type: {event.type}", param="type")
        self._journal.put(event)
        if is_delivered and self.on_event is not None:
            self.on_event(event)

    def render(self, event: Event, api_version: str | None = None) -> Json:
        """The event object; an endpoint may ask for it in a version of its own."""
        data: Json = {"object": event.object}
        if event.previous_attributes is not None:
            data["previous_attributes"] = event.previous_attributes
        return {
            "id": event.id,
            "object": "event",
            "api_version": api_version or event.api_version,
            "created": event.created,
            "data": data,
            "livemode": event.livemode,
            "pending_webhooks": self._pending_of(event.id),
            "request": {"id": event.request_id, "idempotency_key": event.idempotency_key},
            "type": event.type,
        }

    def find(self, event_id: str) -> Event:
        """That event, if it is not too old."""
        event = self._journal.find(Event, event_id)
        if event is None or event.created < _oldest():
            raise no_such("event", event_id, "id")
        return event

    def retrieve(self, call: Call) -> Json:
        """GET /v1/events/{id}"""
        return self.render(self.find(call.path["id"]))

    def list(self, call: Call) -> Json:
        """GET /v1/events"""
        arguments = call.arguments
        is_wanted = _filter(arguments)
        found = [event for event in self._journal.list_all(Event) if event.created >= _oldest() and is_wanted(event)]
        if "delivery_success" in arguments:
            wanted = arguments["delivery_success"]
            found = [event for event in found if (self._pending_of(event.id) == 0) is wanted]
        # A put event may be older than its neighbours: newest first is by date, ties in order of arrival.
        oldest_first = sorted(found, key=lambda event: event.created)
        return page(oldest_first[::-1], arguments, "/v1/events", self.render)


def _oldest() -> int:
    return int(utc_now().timestamp()) - _DAYS_KEPT * 24 * 3600


def _filter(arguments: Json) -> Callable[[Event], bool]:
    one, several = arguments.get("type"), arguments.get("types")
    if one is not None and several is not None:
        raise Refused(400, "You may only specify one of these parameters: type, types.", param="types")
    types = several if isinstance(several, list) else [one] if isinstance(one, str) else None
    if types is not None and len(types) > _TYPES_PER_CALL:
        raise Refused(400, f"Invalid array: at most {_TYPES_PER_CALL} types.", param="types")
    is_in_time = in_time(arguments.get("created"))
    return lambda event: is_in_time(event.created) and (types is None or any(_matches(event.type, t) for t in types))


def _matches(kind: str, wanted: str) -> bool:
    return kind.startswith(wanted[:-1]) if wanted.endswith("*") else kind == wanted
