"""A no, in the shape of Brevo's errors."""

from starlette.responses import JSONResponse, Response

Json = dict[str, object]


class Refused(Exception):
    """Answered with this status, code and message."""

    def __init__(self, status: int, code: str, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.headers = headers or {}
        self.status = status
        self.code = code
        self.message = message

    def render(self) -> Response:
        """The whole answer."""
        return JSONResponse({"code": self.code, "message": self.message}, self.status, self.headers)


def render_outage(status: int) -> Response:
    """A 429 says when to come back in a header of Brevo's own; a 500 says nothing of use."""
    if status == 429:
        headers = {"x-sib-ratelimit-limit": "1000", "x-sib-ratelimit-remaining": "0", "x-sib-ratelimit-reset": "7"}
        return JSONResponse({"message": "API rate limit exceeded"}, 429, headers)
    if status == 401:
        return Refused(401, "unauthorized", "Key not found").render()
    return JSONResponse({"message": "Internal server error"}, status)
