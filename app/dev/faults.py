"""Ways in which a vendor goes wrong, ordered through `/_test/faults` and played one call at a time."""

import asyncio
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from fnmatch import fnmatchcase
from typing import Literal, get_args

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

Kind = Literal[
    "refuse", "hang", "rate_limit", "conflict", "error", "bad_gateway", "truncate", "drip", "delay", "unauthorized"
]
When = Literal["before", "after"]
# How this vendor renders a 401, a 409, a 429 and a 500.
Render = Callable[[int], Response]

_KINDS: tuple[Kind, ...] = get_args(Kind)
_MOMENTS: tuple[When, ...] = get_args(When)
_STATUSES = {"unauthorized": 401, "conflict": 409, "rate_limit": 429, "error": 500}
_SECONDS = {"hang": 3600.0, "delay": 1.0, "drip": 20.0}
_FIELDS = {"operation", "kind", "when", "seconds", "times", "headers", "skip"}


@dataclass(frozen=True)
class Fault:
    """`times` calls of `operation` (`*`: any) go wrong, before the call is executed or after; None: until cleared.

    The first `skip` calls go right.
    `headers` are added to the answer that the fault gives (`Stripe-Should-Retry`, `x-sib-ratelimit-reset`).
    """

    operation: str
    kind: Kind
    when: When
    seconds: float
    times: int | None
    headers: dict[str, str]
    skip: int


class Faults:
    """Those still to be played, in the order they were asked for."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []

    def take(self, operation: str, when: When) -> Fault | None:
        """The fault that this call meets at this moment, used up by one."""
        for index, fault in enumerate(self._waiting):
            if not fnmatchcase(operation, fault.operation) or fault.when != when:
                continue
            if fault.skip > 0:
                self._waiting[index] = replace(fault, skip=fault.skip - 1)
                continue
            self._use_up(index, fault)
            return fault
        return None

    def _use_up(self, index: int, fault: Fault) -> None:
        if fault.times is not None and fault.times <= 1:
            del self._waiting[index]
        elif fault.times is not None:
            self._waiting[index] = replace(fault, times=fault.times - 1)

    def routes(self) -> list[Route]:
        """`POST` adds one, `GET` lists those left, `DELETE` clears."""
        return [Route("/_test/faults", self._answer, methods=["GET", "POST", "DELETE"])]

    async def _answer(self, request: Request) -> Response:
        if request.method == "POST":
            fault = _read(await request.json())
            if isinstance(fault, str):
                return JSONResponse({"error": fault}, 400)
            self._waiting.append(fault)
        if request.method == "DELETE":
            self._waiting.clear()
        return JSONResponse([asdict(fault) for fault in self._waiting])


def _read(asked: object) -> Fault | str:
    if not isinstance(asked, dict) or not set(asked) <= _FIELDS:
        return f"give an object of {', '.join(sorted(_FIELDS))}"
    kind = next((kind for kind in _KINDS if kind == asked.get("kind")), None)
    when = next((when for when in _MOMENTS if when == asked.get("when", "before")), None)
    if kind is None or when is None:
        return f"kind is one of {', '.join(_KINDS)}; when is before or after"
    seconds, headers = asked.get("seconds", _SECONDS.get(kind, 0.0)), asked.get("headers", {})
    return Fault(
        operation=str(asked.get("operation", "*")),
        kind=kind,
        when=when,
        seconds=float(seconds),
        times=asked.get("times", 1),
        headers=dict(headers),
        skip=int(asked.get("skip", 0)),
    )


async def play(fault: Fault | None, request: Request, render: Render, right: Response | None = None) -> Response | None:
    """The answer that the fault gives instead of the `right` one; None when the call goes on."""
    if fault is None:
        return None
    if fault.kind in ("hang", "delay"):
        await asyncio.sleep(fault.seconds)
    if fault.kind in ("refuse", "hang"):
        request.state.transport.abort()
        return Response(status_code=500)
    if fault.kind in ("truncate", "drip"):
        return _Broken(bytes(right.body) if right else b'{"id": "', fault, request)
    if fault.kind == "bad_gateway":
        page = "<html><head><title>502 Bad Gateway</title></head><body>502 Bad Gateway</body></html>"
        return HTMLResponse(page, 502, fault.headers)
    if fault.kind == "delay":
        return None
    answer = render(_STATUSES[fault.kind])
    answer.headers.update(fault.headers)
    return answer


class _Broken(Response):
    """An answer that promises more than comes (`truncate`), or comes byte by byte for a long time (`drip`)."""

    media_type = "application/json"

    def __init__(self, body: bytes, fault: Fault, request: Request) -> None:
        super().__init__(body, 200, {"Content-Length": str(len(body) + 1 if fault.kind == "truncate" else len(body))})
        self._pause = fault.seconds / max(len(body), 1)
        self._is_cut = fault.kind == "truncate"
        self._transport = request.state.transport

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        if self._is_cut:
            await send({"type": "http.response.body", "body": self.body[: len(self.body) // 2], "more_body": True})
            # What was written has to leave before the line is cut.
            await asyncio.sleep(0.01)
            self._transport.abort()
            await asyncio.sleep(0.01)
            return
        for index in range(len(self.body)):
            await asyncio.sleep(self._pause)
            await send({"type": "http.response.body", "body": self.body[index : index + 1], "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})
