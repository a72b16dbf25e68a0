"""The web process, which kills itself at a chosen moment of one request: `python -m tests.faults.dying_web --fd 0`."""

import sys

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.main import create_app
from app.serve import open_socket, serve
from tests.faults.moments import take_plan, watch_libraries, watched
from tests.faults.rebirth import live_again_and_again


class Watched:
    """The product; the moments of the request that the test asked for are counted."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        work = take_plan(f"{scope['method']} {scope['path']}") if scope["type"] == "http" else None
        if work is None:
            await self.app(scope, receive, send)
            return

        async def send_watched(message: Message) -> None:
            if message["type"] == "http.response.start":
                work.reach("before the answer")
            await send(message)
            if message["type"] == "http.response.body" and not message.get("more_body"):
                work.reach("after the answer")

        token = watched.set(work)
        try:
            work.reach("the request is here")
            await self.app(scope, receive, send_watched)
        finally:
            watched.reset(token)


def main() -> int:
    """Serve on the inherited socket, life after life."""
    watch_libraries()
    app = Watched(create_app(keeps_answers=True))

    def life() -> int:
        serve(app, open_socket(0, "", 0))
        return 0

    return live_again_and_again(life)


if __name__ == "__main__":
    sys.exit(main())
