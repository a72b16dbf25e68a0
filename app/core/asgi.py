"""What surrounds every request, in pure ASGI: request id, access log, CORS, body cap, the last catch."""

import re
import secrets
import time
from collections.abc import Mapping

from fastapi import Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core.context import current_request_id
from app.core.errors import BodyTooLarge, InvalidRequest
from app.core.log import log_event
from app.core.rendering import failure_response, has_prefix, refusal_response

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
# Medusa's clients may add one; a webhook path stays exactly what the vendor was told.
SLASH_TOLERANT_PREFIXES = ("/store", "/auth", "/admin")
METHODS = ("GET", "HEAD", "PUT", "PATCH", "POST", "DELETE")
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
EXPOSED_HEADERS = ("x-request-id", "retry-after", "ratelimit-limit", "ratelimit-remaining", "ratelimit-reset")


class RequestEnvelope:
    """Outermost: gives the request its id, answers HEAD like GET, sets the safe headers, writes the access line."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = choose_request_id(Headers(scope=scope).get("x-request-id"))
        token = current_request_id.set(request_id)
        answer = _Answer(scope["method"], request_id, send)
        started = time.perf_counter()
        inner = normalised(scope)
        try:
            await self._call(inner, receive, answer)
        finally:
            _log_access(inner, answer, time.perf_counter() - started)
            current_request_id.reset(token)

    async def _call(self, scope: Scope, receive: Receive, answer: "_Answer") -> None:
        try:
            await self.app(scope, receive, answer.send)
        except Exception as exc:
            if answer.status is not None:
                raise ConnectionAbortedError from None  # half an answer is out: only a cut tells the client
            await failure_response(exc)(scope, receive, answer.send)


class _Answer:
    """The answer on its way out: adds headers, drops the body of a HEAD, remembers the status."""

    def __init__(self, method: str, request_id: str, send: Send) -> None:
        self.method = method
        self.request_id = request_id
        self.status: int | None = None
        self._send = send

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers["x-request-id"] = self.request_id
            headers.setdefault("x-content-type-options", "nosniff")
            headers.setdefault("cache-control", "no-store")
        elif message["type"] == "http.response.body" and self.method == "HEAD":
            message = {**message, "body": b""}
        await self._send(message)


def choose_request_id(offered: str | None) -> str:
    """The caller's id if it is harmless, else a new one."""
    if offered and REQUEST_ID.fullmatch(offered):
        return offered
    return secrets.token_hex(16)


def normalised(scope: Scope) -> Scope:
    """HEAD runs as GET; a trailing slash is taken off where Medusa's clients may send one.

    A copy: the server still needs to know that it answers a HEAD.
    """
    method, path = scope["method"], str(scope["path"])
    if path.endswith("/") and has_prefix(path.rstrip("/"), SLASH_TOLERANT_PREFIXES):
        path = path.rstrip("/")
    return {**scope, "method": "GET" if method == "HEAD" else method, "path": path}


def _log_access(scope: Scope, answer: _Answer, seconds: float) -> None:
    route = getattr(scope.get("route"), "path", None)  # never the path itself: it may hold an id or an address
    status = answer.status or 499
    log_event(
        "request",
        level="error" if status >= 500 else "info",
        method=answer.method,
        route=route or "unmatched",
        httpStatus=status,
        durationMs=round(seconds * 1000, 1),
    )


class CatchAll:
    """Inside CORS, so that a browser can read a 500 too."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def watch(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, watch)
        except Exception as exc:
            if started or scope["type"] != "http":
                raise
            await failure_response(exc)(scope, receive, send)


class CorsByPrefix:
    """Three lists of origins; a write that carries a cookie needs an origin of its list, else the cookie is ignored."""

    def __init__(self, app: ASGIApp, origins: Mapping[str, tuple[str, ...]]) -> None:
        self.app = app
        self.origins = origins
        self.apps = {
            prefix: CORSMiddleware(
                app,
                allow_origins=allowed,
                allow_methods=METHODS,
                allow_headers=["*"],
                allow_credentials=True,
                expose_headers=EXPOSED_HEADERS,
            )
            for prefix, allowed in origins.items()
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        prefix = next((known for known in self.apps if has_prefix(scope.get("path", ""), (known,))), None)
        if scope["type"] != "http" or prefix is None:
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if scope["method"] == "OPTIONS" and "origin" in headers and headers["origin"] not in self.origins[prefix]:
            await Response(status_code=204, headers={"Vary": "Origin"})(scope, receive, send)
            return
        if scope["method"] not in SAFE_METHODS and headers.get("origin") not in self.origins[prefix]:
            # Another site may make a browser send our cookie, never the header of our own page (design §4.18).
            scope["headers"] = [(name, value) for name, value in scope["headers"] if name != b"cookie"]
        await self.apps[prefix](scope, receive, send)


class BodyCap:
    """Refuses a body above its route's cap before reading it, or while reading one of unknown length."""

    def __init__(self, app: ASGIApp, default: int, by_prefix: Mapping[str, int]) -> None:
        self.app = app
        self.default = default
        self.by_prefix = by_prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if "\x00" in scope["path"] or b"%00" in scope["query_string"]:
            await refusal_response(InvalidRequest("Invalid request: NUL in the address"))(scope, receive, send)
            return
        cap = next(
            (cap for prefix, cap in self.by_prefix.items() if has_prefix(scope["path"], (prefix,))), self.default
        )
        announced = Request(scope).headers.get("content-length", "0")
        if not announced.isdigit() or int(announced) > cap:
            await refusal_response(BodyTooLarge())(scope, receive, send)
            return
        await self.app(scope, _counted(receive, cap), send)


def _counted(receive: Receive, cap: int) -> Receive:
    total = 0

    async def receive_below_cap() -> Message:
        nonlocal total
        message = await receive()
        total += len(message.get("body", b""))
        if total > cap:
            raise HTTPException(413)  # the one kind that FastAPI lets through while it reads a body
        return message

    return receive_below_cap
