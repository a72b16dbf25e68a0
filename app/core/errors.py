"""Refusals: a business "no" that a caller can read, rendered the same on every API."""

from collections.abc import Mapping
from typing import ClassVar


class Refusal(Exception):
    """Parent of every refusal; a domain subclasses it in its `errors.py` and sets the four attributes.

    `type` is one of Medusa's words (`invalid_data`, `not_allowed`, `not_found`, `conflict`, `duplicate_error`,
    `unauthorized`...), `code` our own stable word. The message never holds an e-mail, a token or a key.
    """

    status: ClassVar[int] = 400
    type: ClassVar[str] = "invalid_data"
    code: ClassVar[str] = "invalid_data"
    default_message: ClassVar[str] = "Invalid request"

    def __init__(
        self,
        message: str | None = None,
        *,
        fields: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.message = message or self.default_message
        self.fields = dict(fields or {})
        self.headers = dict(headers or {})
        super().__init__(self.message)


class InvalidRequest(Refusal):
    """The request cannot be understood."""


class Unauthorized(Refusal):
    """Nobody, or the wrong kind of caller."""

    status = 401
    type = "unauthorized"
    code = "unauthorized"
    default_message = "Unauthorized"


class NotFound(Refusal):
    """No such object, or not for this caller."""

    status = 404
    type = "not_found"
    code = "not_found"
    default_message = "Not found"


class MethodNotAllowed(Refusal):
    """The path exists, not with this method."""

    status = 405
    type = "not_allowed"
    code = "method_not_allowed"
    default_message = "Method not allowed"


class Conflict(Refusal):
    """Two writers at once: the same call may be sent again."""

    status = 409
    type = "conflict"
    code = "invalid_state_error"
    default_message = "The request conflicted with another request. You may retry the request with the provided id."


class AlreadyThere(Refusal):
    """Something else has this name, number or code, which only one may have; two who came at once, one was first."""

    status = 422
    type = "duplicate_error"
    code = "invalid_request_error"
    default_message = "Something with the same value exists already. Read it again, then choose another value."


class LengthRequired(Refusal):
    """The sender must say how long the body is."""

    status = 411
    code = "length_required"
    default_message = "Content-Length is required"


class BodyTooLarge(Refusal):
    """The body passes the cap of its route."""

    status = 413
    code = "body_too_large"
    default_message = "Request body too large"


class UnsupportedEncoding(Refusal):
    """A compressed or otherwise coded body where the raw bytes are needed."""

    status = 415
    code = "unsupported_encoding"
    default_message = "Unsupported content encoding"


class TooManyRequests(Refusal):
    """A limit is reached; `Retry-After` says when to come back."""

    status = 429
    type = "not_allowed"
    code = "too_many_requests"
    default_message = "Too many requests"

    def __init__(self, retry_after_seconds: int, message: str | None = None) -> None:
        super().__init__(message, headers={"Retry-After": str(max(1, retry_after_seconds))})
