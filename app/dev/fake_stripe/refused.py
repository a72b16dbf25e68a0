"""A no, in the shape of Stripe's errors."""

import json

from starlette.responses import Response

Json = dict[str, object]


class Refused(Exception):
    """Answered with this status and this error object."""

    def __init__(self, status: int, message: str, *, kind: str = "invalid_request_error", **fields: object) -> None:
        super().__init__(message)
        self.status = status
        # Stripe leaves out of an error what has no value.
        self.error: Json = {"message": message, "type": kind} | {k: v for k, v in fields.items() if v is not None}

    @property
    def body(self) -> Json:
        """The whole answer."""
        return {"error": self.error}


class StateRefused(Refused):
    """A 400 that only the work itself could find out: execution had begun, so an idempotency key keeps it."""

    def __init__(self, message: str, **fields: object) -> None:
        super().__init__(400, message, **fields)  # type: ignore[arg-type]


def no_such(what: str, thing_id: str, param: str) -> Refused:
    """The object does not exist, or not for this key."""
    return Refused(404, f"No such {what}: '{thing_id}'", code="resource_missing", param=param)


def in_use() -> Refused:
    """Another call under the same idempotency key has not been answered yet."""
    message = "There is currently another in-progress request using this Idempotent Key."
    return Refused(409, message, kind="idempotency_error", code="idempotency_key_in_use")


def render(status: int, body: Json, headers: dict[str, str]) -> Response:
    """JSON over several lines, as Stripe writes it."""
    return Response(json.dumps(body, indent=2), status, headers, "application/json")


def render_outage(status: int) -> Response:
    """A 401, a 409, a 429 or a 500 as Stripe words them."""
    if status == 401:
        return render(401, Refused(401, "Invalid API Key provided: sk_test_****").body, {})
    if status == 409:
        return render(409, in_use().body, {})
    if status == 429:
        slow_down = "Request rate limit exceeded. You can learn more about rate limits here."
        return render(429, Refused(429, slow_down, code="rate_limit").body, {})
    return render(500, Refused(500, "Sorry! There was an error while talking to Stripe.", kind="api_error").body, {})
