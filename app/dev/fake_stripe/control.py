"""One `/_test` control: what a test does in the place of a customer, a bank, the network, or time."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.dev.fake_stripe.cause import Cause, Telling, caused_by
from app.dev.fake_stripe.refused import Json, Refused


def control(method: str, path: str, turn: Callable[[dict[str, str], Json], object]) -> Route:
    """Takes an optional JSON object. `"deliver": false`: its webhooks are lost; `"event": "none"`: never made."""

    async def answer(request: Request) -> Response:
        given = await request.json() if await request.body() else {}
        asked = given if isinstance(given, dict) else {}
        try:
            with caused_by(Cause(telling=_telling(asked))):
                return JSONResponse(turn(dict(request.path_params), asked))
        except Refused as refusal:
            return JSONResponse(refusal.body, refusal.status)

    return Route(f"/_test/{path}", answer, methods=[method])


def _telling(given: Json) -> Telling:
    if given.get("event") == "none":
        return "never"
    return "listed" if given.get("deliver") is False else "delivered"


def int_or_none(value: object) -> int | None:
    """A number that may have been left out."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None
