"""Errors as answers: one JSON shape on every API, `{"type", "message", "code", "requestId", "fields"?}`."""

from collections.abc import Mapping, Sequence
from typing import TypedDict

import psycopg.errors
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException

from app.core.context import current_request_id
from app.core.errors import AlreadyThere, BodyTooLarge, Conflict, InvalidRequest, MethodNotAllowed, NotFound, Refusal
from app.core.log import log_failure

# Where clients compare messages with Medusa's: malformed requests are 400 and English there (store-api.md, Errors).
MEDUSA_PREFIXES = ("/store", "/auth", "/admin", "/hooks")
# Who sends again after a 5xx, and only then: a lock that could not be had is not theirs to handle.
RESENDING_PREFIXES = ("/stripe/", "/brevo/", "/hooks/")
MOST_PARTS = 3

RETRY_LATER = (
    psycopg.errors.LockNotAvailable,
    psycopg.errors.DeadlockDetected,
    psycopg.errors.SerializationFailure,
)

EXPECTED_TYPES = {
    "int": "number",
    "float": "number",
    "decimal": "number",
    "string": "string",
    "bool": "boolean",
    "list": "array",
    "tuple": "array",
    "set": "array",
    "dict": "object",
    "model": "object",
    "date": "date",
    "datetime": "date",
}


class Issue(TypedDict, total=False):
    """The part of a pydantic error that we read."""

    type: str
    loc: Sequence[str | int]
    msg: str
    input: object
    ctx: Mapping[str, object]


def has_prefix(path: str, prefixes: tuple[str, ...]) -> bool:
    """Whether the path is one of these or below one of them."""
    return any(path == prefix or path.startswith(f"{prefix.rstrip('/')}/") for prefix in prefixes)


def refusal_response(refusal: Refusal, status: int | None = None) -> JSONResponse:
    """The answer that tells a refusal."""
    body: dict[str, object] = {
        "type": refusal.type,
        "message": refusal.message,
        "code": refusal.code,
        "requestId": current_request_id.get(),
    }
    if refusal.fields:
        body["fields"] = refusal.fields
    return JSONResponse(body, status_code=status or refusal.status, headers=refusal.headers)


def failure_response(failure: Exception) -> JSONResponse:
    """The answer to what nobody foresaw; the log names its class, the answer names nothing."""
    log_failure("request failed", failure)
    body = {
        "type": "unknown_error",
        "message": "An unknown error occurred.",
        "code": "unknown_error",
        "requestId": current_request_id.get(),
    }
    return JSONResponse(body, status_code=500)


def install_error_rendering(app: FastAPI) -> None:
    """Render refusals, malformed requests, unknown paths and lock conflicts; anything else is a 500."""
    app.add_exception_handler(Refusal, _on_refusal)
    app.add_exception_handler(RequestValidationError, _on_malformed_request)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(DBAPIError, _on_database_error)


async def _on_refusal(_request: Request, exc: Exception) -> JSONResponse:
    if not isinstance(exc, Refusal):
        raise exc
    return refusal_response(exc)


async def _on_malformed_request(request: Request, exc: Exception) -> JSONResponse:
    if not isinstance(exc, RequestValidationError):
        raise exc
    issues: Sequence[Issue] = exc.errors()
    if has_prefix(request.url.path, MEDUSA_PREFIXES):
        return refusal_response(InvalidRequest(f"Invalid request: {join_issues(issues)}", fields=name_fields(issues)))
    message = f"Requête invalide : {', '.join(name_fields(issues)) or 'corps illisible'}"
    return refusal_response(InvalidRequest(message, fields=name_fields(issues)), status=422)


async def _on_http_exception(_request: Request, exc: Exception) -> JSONResponse:
    if not isinstance(exc, HTTPException):
        raise exc
    known: dict[int, type[Refusal]] = {404: NotFound, 405: MethodNotAllowed, 413: BodyTooLarge}
    if exc.status_code in known:
        return refusal_response(known[exc.status_code](headers=exc.headers))
    return refusal_response(InvalidRequest("Invalid request: The body is not valid JSON"), status=exc.status_code)


async def _on_database_error(request: Request, exc: Exception) -> JSONResponse:
    cause = exc.orig if isinstance(exc, DBAPIError) else None
    is_resent = has_prefix(request.url.path, RESENDING_PREFIXES)
    if isinstance(cause, RETRY_LATER) and not is_resent:
        return refusal_response(Conflict())
    if isinstance(cause, psycopg.errors.UniqueViolation) and not is_resent:
        return refusal_response(AlreadyThere())
    if isinstance(cause, psycopg.errors.NumericValueOutOfRange) and not is_resent:
        return refusal_response(InvalidRequest("Invalid request: A number is out of range"))
    return failure_response(exc)


def join_issues(issues: Sequence[Issue]) -> str:
    """Medusa's wording: at most three parts joined by `; `, unknown keys grouped."""
    unknown = [str(issue["loc"][-1]) for issue in issues if issue["type"] == "extra_forbidden"]
    parts = [describe_issue(issue) for issue in issues if issue["type"] != "extra_forbidden"]
    if unknown:
        parts.append(f"Unrecognized fields: '{', '.join(unknown)}'")
    return "; ".join(parts[:MOST_PARTS])


def describe_issue(issue: Issue) -> str:
    """One malformed field in Medusa's words (store-api.md, Errors)."""
    kind, field, context = issue["type"], path_of(issue), issue.get("ctx", {})
    if kind == "missing":
        return f"Field '{field}' is required"
    if kind.startswith(("greater_than", "too_short", "string_too_short")):
        return f"Value for field '{field}' too small, expected at least: '{bound_of(context)}'"
    if kind.startswith(("less_than", "too_long", "string_too_long")):
        return f"Value for field '{field}' too big, expected at most: '{bound_of(context)}'"
    if kind in ("literal_error", "enum"):
        return f"Expected: '{context.get('expected')}' for field '{field}', but got: '{json_type(issue.get('input'))}'"
    if kind == "value_error":
        is_email = "email" in issue["msg"]
        return "Invalid email" if is_email else issue["msg"].removeprefix("Value error, ")
    expected = EXPECTED_TYPES.get(kind.split("_")[0])
    if expected:
        return f"Expected type: '{expected}' for field '{field}', got: '{json_type(issue.get('input'))}'"
    return f"Invalid value for field '{field}'"


def name_fields(issues: Sequence[Issue]) -> dict[str, str]:
    """Field -> what is wrong with it, for forms."""
    named = {path_of(issue): describe_issue(issue) for issue in issues if issue["type"] != "extra_forbidden"}
    unknown = {path_of(issue): "Unrecognized field" for issue in issues if issue["type"] == "extra_forbidden"}
    return {field: text for field, text in {**named, **unknown}.items() if field}


def path_of(issue: Issue) -> str:
    """`prices, 0, amount`: the place inside the body or query, as Medusa joins it."""
    return ", ".join(str(part) for part in issue["loc"][1:])


def bound_of(context: Mapping[str, object]) -> object:
    """The limit that a value passed."""
    names = ("ge", "gt", "le", "lt", "min_length", "max_length")
    return next((context[name] for name in names if name in context), "")


def json_type(value: object) -> str:
    """What JSON calls the type of a value."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    kinds: dict[type, str] = {str: "string", int: "number", float: "number", list: "array", dict: "object"}
    return kinds.get(type(value), "object")
