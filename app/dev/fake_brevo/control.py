"""One `/_test` control: what a test does in the place of a mailbox, an account, or time."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.dev.fake_brevo.refused import Json, Refused


def control(method: str, path: str, turn: Callable[[Json], Awaitable[object]]) -> Route:
    """Takes an optional JSON object."""

    async def answer(request: Request) -> Response:
        given = await request.json() if await request.body() else {}
        try:
            return JSONResponse(await turn(given if isinstance(given, dict) else {}))
        except Refused as refusal:
            return refusal.render()

    return Route(f"/_test/{path}", answer, methods=[method])
