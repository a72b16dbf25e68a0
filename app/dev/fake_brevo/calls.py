"""The way of every API call: key, contract, the work itself, the answer."""

import asyncio
import json
from collections import deque
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.core.clock import utc_now
from app.dev.contract.judge import find_request_fault
from app.dev.contract.operation import Operation
from app.dev.fake_brevo.refused import Json, Refused, render_outage
from app.dev.faults import Faults, play

Observer = Callable[[str], None]
Handler = Callable[[Json], tuple[int, Json]]


class Calls:
    """Answers every operation of the API, and keeps a log of what was asked."""

    def __init__(self, faults: Faults, api_key: str | None, observer: Observer | None) -> None:
        self.log: deque[Json] = deque(maxlen=5000)
        self._faults = faults
        self._api_key = api_key
        self._observer = observer

    def endpoint(self, operation: Operation, handler: Handler) -> Callable[[Request], object]:
        """The route function of one operation."""

        async def answer(request: Request) -> Response:
            entry: Json = {"operation": operation.name, "at": utc_now().isoformat(), "path": request.url.path}
            self.log.append(entry)
            try:
                response = await self._answer(request, operation, handler)
            except Refused as refusal:
                response = refusal.render()
            entry["status"] = response.status_code
            return response

        return answer

    async def _answer(self, request: Request, operation: Operation, handler: Handler) -> Response:
        self._check_key(request)
        early = await play(self._faults.take(operation.name, "before"), request, render_outage)
        if early is not None:
            return early
        given = await _read(request, operation)
        status, body = handler(given)
        if self._observer is not None:
            await asyncio.to_thread(self._observer, operation.name)
        late = await play(self._faults.take(operation.name, "after"), request, render_outage)
        return late or JSONResponse(body, status)

    def _check_key(self, request: Request) -> None:
        key = request.headers.get("api-key", "")
        if not key or (self._api_key is not None and key != self._api_key):
            raise Refused(401, "unauthorized", "Key not found")


async def _read(request: Request, operation: Operation) -> Json:
    given: object = dict(request.query_params)
    if request.method != "GET":
        try:
            given = json.loads(await request.body())
        except ValueError:
            raise Refused(400, "invalid_parameter", "Invalid JSON") from None
    if not isinstance(given, dict):
        raise Refused(400, "invalid_parameter", "Input must be a valid JSON object")
    fault = find_request_fault(operation, given)
    if fault is not None:
        code = "missing_parameter" if fault.rule == "required" else "invalid_parameter"
        raise Refused(400, code, f"{'.'.join(fault.path)}: {fault.message}")
    return given
