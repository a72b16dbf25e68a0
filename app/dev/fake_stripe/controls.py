"""`/_test/...`: what a test does in the place of a customer, a bank, the network, or time."""

from collections.abc import Callable
from dataclasses import asdict

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.core.clock import utc_now
from app.dev.fake_stripe.calls import Calls
from app.dev.fake_stripe.delivery import Deliveries, Delivery
from app.dev.fake_stripe.events import Event, Events
from app.dev.fake_stripe.ids import new_id
from app.dev.fake_stripe.payment_intents import PaymentIntents
from app.dev.fake_stripe.refunds import Refunds
from app.dev.fake_stripe.refused import Json, Refused
from app.dev.fake_stripe.webhook_endpoints import WebhookEndpoints
from app.dev.journal import Journal


class Controls:
    """Every control takes an optional JSON object; `"deliver": false` means that no webhook leaves."""

    def __init__(
        self,
        journal: Journal,
        calls: Calls,
        intents: PaymentIntents,
        refunds: Refunds,
        events: Events,
        deliveries: Deliveries,
        endpoints: WebhookEndpoints,
    ) -> None:
        self._journal = journal
        self._calls = calls
        self._intents = intents
        self._refunds = refunds
        self._events = events
        self._deliveries = deliveries
        self._endpoints = endpoints

    def routes(self) -> list[Route]:
        """Where they are."""
        intent = "/_test/payment_intents/{id}"
        return [
            _route("POST", f"{intent}/confirm", self._pay),
            _route("POST", f"{intent}/fail", self._fail),
            _route("POST", f"{intent}/cancel", self._cancel),
            _route("POST", "/_test/refunds", self._refund),
            _route("POST", "/_test/events", self._put_event),
            _route("GET", "/_test/deliveries", self._list_deliveries),
            _route("POST", "/_test/deliveries", self._redeliver),
            _route("POST", "/_test/deliveries/hold", self._hold),
            _route("POST", "/_test/deliveries/release", self._release),
            _route("POST", "/_test/webhook_endpoints/{id}/roll", self._roll),
            _route("GET", "/_test/requests", self._list_requests),
            _route("DELETE", "/_test/requests", self._clear_requests),
        ]

    def _pay(self, path: dict[str, str], given: Json) -> object:
        paid = self._intents.pay(self._intents.find(path["id"]), is_delivered=_is_delivered(given))
        return self._intents.render(paid)

    def _fail(self, path: dict[str, str], given: Json) -> object:
        code = str(given.get("decline_code", "generic_decline"))
        intent = self._intents.find(path["id"])
        return self._intents.render(self._intents.decline(intent, code, is_delivered=_is_delivered(given)))

    def _cancel(self, path: dict[str, str], given: Json) -> object:
        intent = self._intents.find(path["id"])
        return self._intents.render(self._intents.cancel_by_hand(intent, is_delivered=_is_delivered(given)))

    def _refund(self, _path: dict[str, str], given: Json) -> object:
        """`payment_intent`, and `amount` unless all of it."""
        intent = self._intents.find(str(given.get("payment_intent", "")))
        amount = given.get("amount")
        cents = amount if isinstance(amount, int) else None
        return self._refunds.refund_by_hand(intent.latest_charge or "", cents, is_delivered=_is_delivered(given))

    def _put_event(self, _path: dict[str, str], given: Json) -> object:
        """`type` and `object`; by default it is only listed, as if its delivery had been lost."""
        thing, created = given.get("object"), given.get("created")
        event = Event(
            id=str(given.get("id") or new_id("evt")),
            type=str(given.get("type", "")),
            created=created if isinstance(created, int) else int(utc_now().timestamp()),
            api_version=str(given.get("api_version") or self._calls.api_version),
            object=thing if isinstance(thing, dict) else {},
            livemode=given.get("livemode") is True,
        )
        self._events.put(event, is_delivered=given.get("deliver") is True)
        return self._events.render(event)

    def _list_deliveries(self, _path: dict[str, str], _given: Json) -> object:
        return [asdict(delivery) for delivery in self._journal.list_all(Delivery)]

    def _redeliver(self, _path: dict[str, str], given: Json) -> object:
        """`event`, and `times` for duplicates that leave at the same moment."""
        event = self._events.find(str(given.get("event", "")))
        times = given.get("times", 1)
        made = [self._deliveries.send(event) for _ in range(times if isinstance(times, int) else 1)]
        return [asdict(delivery) for each in made for delivery in each]

    def _hold(self, _path: dict[str, str], _given: Json) -> object:
        self._deliveries.is_holding = True
        return {"held": True}

    def _release(self, _path: dict[str, str], given: Json) -> object:
        """`order`: `made` (default) or `reversed`."""
        self._deliveries.release(str(given.get("order", "made")))
        return {"held": False}

    def _roll(self, path: dict[str, str], given: Json) -> object:
        """`secret` to choose the new one, `keep_seconds` for how long the old one signs too."""
        secret, keep = given.get("secret"), given.get("keep_seconds")
        chosen = str(secret) if secret else None
        fresh = (
            self._endpoints.roll(path["id"], chosen, keep)
            if isinstance(keep, int)
            else self._endpoints.roll(path["id"], chosen)
        )
        return {"secret": fresh}

    def _list_requests(self, _path: dict[str, str], _given: Json) -> object:
        return list(self._calls.log)

    def _clear_requests(self, _path: dict[str, str], _given: Json) -> object:
        self._calls.log.clear()
        return []


def _is_delivered(given: Json) -> bool:
    return given.get("deliver") is not False


def _route(method: str, path: str, control: Callable[[dict[str, str], Json], object]) -> Route:
    async def answer(request: Request) -> Response:
        given = await request.json() if await request.body() else {}
        try:
            return JSONResponse(control(dict(request.path_params), given if isinstance(given, dict) else {}))
        except Refused as refusal:
            return JSONResponse(refusal.body, refusal.status)

    return Route(path, answer, methods=[method])
