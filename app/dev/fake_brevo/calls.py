"""The way of every API call: key, contract, the work itself, the answer."""

import asyncio
import json
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.core.clock import utc_now
from app.dev.contract.form import coerce
from app.dev.contract.judge import find_request_fault
from app.dev.contract.operation import Operation
from app.dev.fake_brevo.limits import Limits
from app.dev.fake_brevo.refused import Json, Refused, render_outage
from app.dev.faults import Faults, play
from app.dev.keys import ApiKeys

Observer = Callable[[str], None]


@dataclass(frozen=True)
class Call:
    """One accepted call: what it gives fits the contract."""

    given: Json
    path: dict[str, str]


Handler = Callable[[Call], tuple[int, Json]]


class Calls:
    """Answers every operation of the API, and keeps a log of what was asked."""

    def __init__(self, faults: Faults, keys: ApiKeys, limits: Limits, observer: Observer | None) -> None:
        self.log: deque[Json] = deque(maxlen=5000)
        self._faults = faults
        self._keys = keys
        self._limits = limits
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
        self._limits.check(operation.name)
        given = await _read(request, operation)
        status, body = handler(Call(given, dict(request.path_params)))
        response = JSONResponse(body, status) if body else Response(status_code=status)
        if self._observer is not None:
            await asyncio.to_thread(self._observer, operation.name)
        late = await play(self._faults.take(operation.name, "after"), request, render_outage, response)
        return late or response

    def _check_key(self, request: Request) -> None:
        key = request.headers.get("api-key", "")
        if not self._keys.is_accepted(key):
            raise Refused(401, "unauthorized", "Key not found")


async def _read(request: Request, operation: Operation) -> Json:
    given: object = coerce(dict(request.query_params), operation.request)
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
