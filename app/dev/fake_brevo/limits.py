"""How often each call may be made: a window per operation, and Brevo's own headers when it is full."""

from collections import deque
from collections.abc import Callable

from app.dev.fake_brevo.refused import Json, Refused

# Calls and seconds. What is not listed is tight, by one reading of the documentation (reference of payments, 7.2).
_LIMITS = {"send_transac_email": (1000, 1), "get_transac_emails_list": (2, 1)}
_UNLISTED = (100, 3600)


class Limits:
    """The calls of each operation within its window."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._made: dict[str, deque[float]] = {}
        self._limits = dict(_LIMITS)

    def check(self, operation: str) -> None:
        """Count this call; one too many is a 429 that says in how many seconds the window is free again."""
        most, seconds = self._limits.get(operation, _UNLISTED)
        made, now = self._made.setdefault(operation, deque()), self._now()
        while made and made[0] <= now - seconds:
            made.popleft()
        if len(made) >= most:
            reset = str(max(1, round(made[0] + seconds - now)))
            headers = {"limit": str(most), "remaining": "0", "reset": reset}
            raise Refused(
                429,
                "too_many_requests",
                "API rate limit exceeded",
                headers={f"x-sib-ratelimit-{name}": value for name, value in headers.items()},
            )
        made.append(now)

    async def change(self, given: Json) -> object:
        """`operation`, `calls` and `seconds`: another limit from now on."""
        operation = str(given.get("operation", ""))
        self._limits[operation] = (int(str(given.get("calls", 1))), int(str(given.get("seconds", 1))))
        return {"operation": operation, "limit": self._limits[operation]}
