"""Limits per caller, counted in Redis; without Redis each process counts for itself, and the shop goes on."""

import time
from dataclasses import dataclass
from functools import cache

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.errors import StorageError
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import FixedWindowRateLimiter
from redis.exceptions import RedisError

from app.core.log import log_failure
from app.core.settings import get_settings

KEY_PREFIX = "comptoir:limit"
SOCKET_TIMEOUT_SECONDS = 0.5
# Asking a dead Redis costs up to the timeout: after one failure this process counts alone for a while.
ALONE_SECONDS = 5.0


@dataclass(frozen=True)
class Verdict:
    """Whether the call may go on; if not, when to come back."""

    is_allowed: bool
    retry_after_seconds: int


class Limiter:
    """Fixed windows in Redis, in this process while Redis is away."""

    def __init__(self, redis_url: str) -> None:
        self.shared = FixedWindowRateLimiter(
            RedisStorage(
                redis_url,
                wrap_exceptions=True,
                key_prefix=KEY_PREFIX,
                socket_timeout=SOCKET_TIMEOUT_SECONDS,
                socket_connect_timeout=SOCKET_TIMEOUT_SECONDS,
            )
        )
        self.alone = FixedWindowRateLimiter(MemoryStorage())
        self.alone_until = 0.0

    def hit(self, limit: RateLimitItem, *caller: str) -> Verdict:
        """Count one call of this caller (a limit's name, an address...)."""
        if time.monotonic() >= self.alone_until:
            try:
                return judge(self.shared, limit, caller)
            except (StorageError, RedisError, OSError) as exc:
                log_failure("rate limits count in this process only", exc)
                self.alone_until = time.monotonic() + ALONE_SECONDS
        return judge(self.alone, limit, caller)


def judge(strategy: FixedWindowRateLimiter, limit: RateLimitItem, caller: tuple[str, ...]) -> Verdict:
    """Count and read the window's end."""
    if strategy.hit(limit, *caller):
        return Verdict(True, 0)
    reset_at = strategy.get_window_stats(limit, *caller).reset_time
    return Verdict(False, max(1, int(reset_at - time.time()) + 1))


def per_minute(amount: int) -> RateLimitItem:
    """So many calls in each minute."""
    return RateLimitItemPerMinute(amount)


@cache
def get_limiter() -> Limiter:
    """The process's limiter."""
    return Limiter(get_settings().redis_url)
