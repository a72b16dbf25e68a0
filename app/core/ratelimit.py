"""Limits per caller, counted in Redis; without Redis each process counts for itself, and the shop goes on."""

import time
from dataclasses import dataclass
from functools import cache

from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
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
    """Whether the call may go on; when the window ends, how many calls it takes and how many are left."""

    is_allowed: bool
    reset_seconds: int
    limit: int
    remaining: int

    @property
    def retry_after_seconds(self) -> int:
        """When to come back; 0 for who may go on."""
        return 0 if self.is_allowed else self.reset_seconds

    @property
    def headers(self) -> dict[str, str]:
        """What the answer says of the limit, whether it is reached or not."""
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(self.reset_seconds),
        }


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
        """Count one call of this caller (a limit's name, an address...), in this process if need be."""
        return self.find_shared(limit, *caller) or judge(self.alone, limit, caller)

    def find_shared(self, limit: RateLimitItem, *caller: str) -> Verdict | None:
        """Count one call in Redis; None while Redis is away."""
        if time.monotonic() < self.alone_until:
            return None
        try:
            return judge(self.shared, limit, caller)
        except (StorageError, RedisError, OSError) as exc:
            log_failure("rate limits count without redis", exc)
            self.alone_until = time.monotonic() + ALONE_SECONDS
            return None


def judge(strategy: FixedWindowRateLimiter, limit: RateLimitItem, caller: tuple[str, ...]) -> Verdict:
    """Count and read the window's end."""
    is_allowed = strategy.hit(limit, *caller)
    window = strategy.get_window_stats(limit, *caller)
    return Verdict(is_allowed, max(1, int(window.reset_time - time.time()) + 1), limit.amount, window.remaining)


def per_minute(amount: int) -> RateLimitItem:
    """So many calls in each minute."""
    return RateLimitItemPerMinute(amount)


def per_hour(amount: int) -> RateLimitItem:
    """So many calls in each hour."""
    return RateLimitItemPerHour(amount)


@cache
def get_limiter() -> Limiter:
    """The process's limiter."""
    return Limiter(get_settings().redis_url)
