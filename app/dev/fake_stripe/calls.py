"""The way of every API call: key, version, contract, idempotency, the work itself, the answer."""

import asyncio
import base64
import hashlib
import json
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.core.clock import utc_now
from app.dev.contract.form import MalformedForm, coerce, decode_form
from app.dev.contract.judge import Fault as ContractFault
from app.dev.contract.judge import find_request_fault, stripe_operations
from app.dev.contract.operation import Operation
from app.dev.fake_stripe.cause import Cause, caused_by
from app.dev.fake_stripe.control import control
from app.dev.fake_stripe.ids import new_id
from app.dev.fake_stripe.refused import Json, Refused, StateRefused, in_use, render, render_outage
from app.dev.faults import Faults, play
from app.dev.journal import Journal, Kept
from app.dev.keys import ApiKeys

Observer = Callable[[str], None]

_SECRET_PREFIXES = ("sk_test_", "rk_test_")
_KEY_LIFE_SECONDS = 24 * 3600
# What a browser holding the publishable key may do, with the client secret of the object.
_PUBLIC_OPERATIONS = ("payment_intents.retrieve", "payment_intents.confirm")


@dataclass(frozen=True, kw_only=True)
class Remembered(Kept):
    """The first answer to an idempotency key (its id), kept for a day: a 500 too."""

    fingerprint: str
    status: int
    body: Json
    created: int


@dataclass(frozen=True)
class Call:
    """One accepted call: its arguments fit the contract."""

    operation: str
    arguments: Json
    path: dict[str, str]
    base_url: str
    request_id: str
    idempotency_key: str | None
    is_public: bool


Handler = Callable[[Call], Json]


class Calls:
    """Answers every operation of the API, and keeps a log of what was asked."""

    def __init__(self, journal: Journal, faults: Faults, api_version: str, observer: Observer | None) -> None:
        self.log: deque[Json] = deque(maxlen=5000)
        self._journal = journal
        self._faults = faults
        self.api_version = api_version
        self._observer = observer
        self._running: set[str] = set()
        self._keys = ApiKeys(journal, lambda key: key.startswith(_SECRET_PREFIXES))

    def controls(self) -> list[Route]:
        """What was asked, which keys may ask, and time for idempotency keys."""
        return [
            control("GET", "requests", lambda _path, _given: list(self.log)),
            control("DELETE", "requests", self._clear),
            control("POST", "idempotency_keys/age", self._age),
            control("POST", "keys", lambda _path, given: self._keys.change(given)),
        ]

    def _clear(self, _path: dict[str, str], _given: Json) -> object:
        self.log.clear()
        return []

    def _age(self, _path: dict[str, str], given: Json) -> object:
        """`seconds` pass for every idempotency key (a day and an hour unless said)."""
        seconds = given.get("seconds", _KEY_LIFE_SECONDS + 3600)
        for each in self._journal.list_all(Remembered):
            self._journal.put(replace(each, created=each.created - int(str(seconds))))
        return {"aged": len(self._journal.list_all(Remembered))}

    def endpoint(self, operation: Operation, handler: Handler) -> Callable[[Request], object]:
        """The route function of one operation."""

        async def answer(request: Request) -> Response:
            entry: Json = {"operation": operation.name, "at": utc_now().isoformat(), "path": request.url.path}
            self.log.append(entry)
            request_id = new_id("req", 14)
            headers = {"Request-Id": request_id, "Stripe-Version": self.api_version}
            try:
                response = await self._answer(request, operation, handler, entry, headers)
            except Refused as refusal:
                response = render(refusal.status, refusal.body, headers)
            entry["status"] = response.status_code
            return response

        return answer

    async def _answer(
        self, request: Request, operation: Operation, handler: Handler, entry: Json, headers: dict[str, str]
    ) -> Response:
        is_public = self._check_key(request, operation.name)
        self._check_version(request)
        early = await play(self._faults.take(operation.name, "before"), request, render_outage)
        if early is not None:
            return early
        call = Call(
            operation=operation.name,
            arguments=_read_arguments(operation, await _encoded(request), is_public=is_public),
            path=dict(request.path_params),
            base_url=str(request.base_url),
            request_id=headers["Request-Id"],
            idempotency_key=_idempotency_key(request),
            is_public=is_public,
        )
        entry |= {"arguments": call.arguments, "idempotency_key": call.idempotency_key}
        return await self._execute_once(request, call, handler, headers)

    async def _execute_once(self, request: Request, call: Call, handler: Handler, headers: dict[str, str]) -> Response:
        key = call.idempotency_key
        if key is None:
            return await self._execute(request, call, handler, headers)
        headers["Idempotency-Key"] = key
        if key in self._running:
            raise in_use()
        remembered = self._find_remembered(key, _fingerprint(request, call))
        if remembered is not None:
            return render(remembered.status, remembered.body, headers | {"Idempotent-Replayed": "true"})
        self._running.add(key)
        try:
            response = await self._execute(request, call, handler, headers)
        finally:
            self._running.discard(key)
        return response

    async def _execute(self, request: Request, call: Call, handler: Handler, headers: dict[str, str]) -> Response:
        fault = self._faults.take(call.operation, "after")
        status, body, is_kept = _run(handler, call)
        response = render(status, body, headers)
        instead = render_outage(500) if fault is not None and fault.kind == "error" else None
        if call.idempotency_key and is_kept:
            # A 500 after the work is kept too, and every repeat meets it again.
            kept = instead or response
            self._remember(call, _fingerprint(request, call), kept.status_code, json.loads(bytes(kept.body)))
        if self._observer is not None:
            await asyncio.to_thread(self._observer, call.operation)
        if fault is not None and fault.kind in ("hang", "refuse") and call.idempotency_key:
            # Stripe is done, only the answer is lost: its key is free for the next call.
            self._running.discard(call.idempotency_key)
        return instead or await play(fault, request, render_outage, response) or response

    def _remember(self, call: Call, fingerprint: str, status: int, body: Json) -> None:
        created = int(utc_now().timestamp())
        key = str(call.idempotency_key)
        self._journal.put(Remembered(id=key, fingerprint=fingerprint, status=status, body=body, created=created))

    def _find_remembered(self, key: str, fingerprint: str) -> Remembered | None:
        found = self._journal.find(Remembered, key)
        if found is None or utc_now().timestamp() - found.created > _KEY_LIFE_SECONDS:
            return None
        if found.fingerprint != fingerprint:
            message = (
                "Keys for idempotent requests can only be used with the same parameters they were first used with. "
                f"Try using a key other than '{key}' if you meant to execute a different request."
            )
            raise Refused(400, message, kind="idempotency_error")
        return found

    def _check_key(self, request: Request, operation: str) -> bool:
        """Whether the key is a publishable one."""
        key = _bearer(request)
        if not key:
            raise Refused(401, "You did not provide an API key. Provide it in the Authorization header (Bearer).")
        if self._keys.is_accepted(key):
            return False
        if key.startswith("pk_test_") and operation in _PUBLIC_OPERATIONS:
            return True
        if key.startswith("pk_test_"):
            raise Refused(403, "This API call cannot be made with a publishable API key.", code="secret_key_required")
        shown = f"{key[:8]}****{key[-4:]}"
        if self._keys.is_revoked(key):
            raise Refused(401, f"Expired API Key provided: {shown}", code="api_key_expired")
        raise Refused(401, f"Invalid API Key provided: {shown}")

    def _check_version(self, request: Request) -> None:
        version = request.headers.get("Stripe-Version", self.api_version)
        if version not in _known_versions():
            raise Refused(400, f"Invalid Stripe API version: {version}")


def _run(handler: Handler, call: Call) -> tuple[int, Json, bool]:
    """Status, body, and whether an idempotency key keeps them: not what failed validation."""
    try:
        with caused_by(Cause(call.request_id, call.idempotency_key)):
            return 200, handler(call), True
    except Refused as refusal:
        return refusal.status, refusal.body, refusal.status != 400 or isinstance(refusal, StateRefused)


def _bearer(request: Request) -> str:
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "basic":
        return base64.b64decode(value + "==", validate=False).decode("latin-1").partition(":")[0]
    return value.strip() if scheme.lower() == "bearer" else ""


async def _encoded(request: Request) -> str:
    if request.method == "GET":
        return request.url.query
    body = (await request.body()).decode("utf-8", "replace")
    if body and not request.headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded"):
        raise Refused(400, "Invalid request: send application/x-www-form-urlencoded.")
    return body


def _idempotency_key(request: Request) -> str | None:
    key = request.headers.get("Idempotency-Key") if request.method == "POST" else None
    if key is not None and len(key) > 255:
        raise Refused(400, "Idempotency-Key is too long: 255 characters at most.", kind="idempotency_error")
    return key


def _fingerprint(request: Request, call: Call) -> str:
    text = json.dumps([request.method, request.url.path, call.arguments], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _known_versions() -> list[str]:
    # The versions an endpoint may be created with are those that exist.
    schema = stripe_operations()["webhook_endpoints.create"].request
    return list(schema["properties"]["api_version"]["enum"])  # type: ignore[index]


def _read_arguments(operation: Operation, encoded: str, *, is_public: bool) -> Json:
    try:
        tree = decode_form(encoded)
    except MalformedForm as malformed:
        raise Refused(400, f"Invalid request: the parameter {malformed} is malformed.") from None
    # Stripe.js proves with these two that it may; the package, which types what a server sends, does not know them.
    public: Json = {name: tree.pop(name) for name in ("client_secret", "key") if is_public and name in tree}
    arguments = coerce(tree, operation.request)
    fault = find_request_fault(operation, arguments) if isinstance(arguments, dict) else None
    if fault is not None:
        raise _refuse(fault, dict(parse_qsl(encoded, keep_blank_values=True)))
    return public | arguments if isinstance(arguments, dict) else public


def _refuse(fault: ContractFault, sent: dict[str, str]) -> Refused:
    head, *rest = fault.path or ("",)
    param = head + "".join(f"[{part}]" for part in rest)
    if param == "payment_method_types":
        message = "The payment_method_types parameter is no longer supported in this API version."
        return Refused(400, message, code="payment_method_types_no_longer_supported", param=param)
    if fault.rule == "unknown":
        return Refused(400, f"Received unknown parameter: {param}", code="parameter_unknown", param=param)
    if fault.rule == "required":
        return Refused(400, f"Missing required param: {param}.", code="parameter_missing", param=param)
    if fault.rule == "type" and "'integer'" in fault.message:
        value = sent.get(param, "")
        return Refused(400, f"Invalid integer: {value}", code="parameter_invalid_integer", param=param)
    return Refused(400, f"Invalid {param}: {fault.message}", param=param)
