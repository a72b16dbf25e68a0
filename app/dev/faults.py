"""Ways in which a vendor goes wrong, ordered through `/_test/faults` and played one call at a time."""

import asyncio
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Literal, get_args

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

Kind = Literal["refuse", "hang", "rate_limit", "error", "bad_gateway", "delay"]
When = Literal["before", "after"]
# How this vendor renders a 429 and a 500.
Render = Callable[[int], Response]

_KINDS: tuple[Kind, ...] = get_args(Kind)
_MOMENTS: tuple[When, ...] = get_args(When)
_HANG_SECONDS = 3600.0
_DELAY_SECONDS = 1.0


@dataclass(frozen=True)
class Fault:
    """`times` calls of `operation` (`*`: any) go wrong, before the call is executed or after; None: until cleared."""

    operation: str
    kind: Kind
    when: When
    seconds: float
    times: int | None


class Faults:
    """Those still to be played, in the order they were asked for."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []

    def take(self, operation: str, when: When) -> Fault | None:
        """The fault that this call meets at this moment, used up by one."""
        for index, fault in enumerate(self._waiting):
            if fault.operation in ("*", operation) and fault.when == when:
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
    if not isinstance(asked, dict) or not set(asked) <= {"operation", "kind", "when", "seconds", "times"}:
        return "give an object of operation, kind, when, seconds, times"
    kind = next((kind for kind in _KINDS if kind == asked.get("kind")), None)
    when = next((when for when in _MOMENTS if when == asked.get("when", "before")), None)
    if kind is None or when is None:
        return f"kind is one of {', '.join(_KINDS)}; when is before or after"
    seconds = asked.get("seconds", _HANG_SECONDS if kind == "hang" else _DELAY_SECONDS)
    return Fault(str(asked.get("operation", "*")), kind, when, float(seconds), asked.get("times", 1))


async def play(fault: Fault | None, request: Request, render: Render) -> Response | None:
    """The answer that the fault gives instead of the right one; None when the call goes on."""
    if fault is None:
        return None
    if fault.kind in ("hang", "delay"):
        await asyncio.sleep(fault.seconds)
    if fault.kind in ("refuse", "hang"):
        request.state.transport.abort()
        return Response(status_code=500)
    if fault.kind == "bad_gateway":
        return HTMLResponse("<html><head><title>502 Bad Gateway</title></head><body>502 Bad Gateway</body></html>", 502)
    return None if fault.kind == "delay" else render(429 if fault.kind == "rate_limit" else 500)
