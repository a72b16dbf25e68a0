"""Redis for what processes share and may lose: asked quickly, and not at all for a while once it does not answer."""

import time
from collections.abc import Callable
from functools import cache
from typing import TypeVar

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from app.core.log import log_failure
from app.core.settings import get_settings

SOCKET_TIMEOUT_SECONDS = 0.5
# Asking a dead Redis costs up to the timeout: after one failure this process does without for a while.
ALONE_SECONDS = 5.0

T = TypeVar("T")


class RedisAway(Exception):
    """Redis does not answer, or did not a moment ago."""


class SharedRedis:
    """One client of the process."""

    def __init__(self, redis_url: str) -> None:
        self.redis: Redis = Redis.from_url(
            redis_url,
            decode_responses=True,
            socket_timeout=SOCKET_TIMEOUT_SECONDS,
            socket_connect_timeout=SOCKET_TIMEOUT_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )
        self.alone_until = 0.0

    def ask(self, question: Callable[[Redis], T]) -> T:
        """What Redis answers; raises `RedisAway`."""
        if time.monotonic() < self.alone_until:
            raise RedisAway
        try:
            return question(self.redis)
        except (RedisError, OSError) as exc:
            log_failure("redis does not answer, this process goes on without", exc)
            self.alone_until = time.monotonic() + ALONE_SECONDS
            raise RedisAway from exc


@cache
def get_shared_redis() -> SharedRedis:
    """The process's client."""
    return SharedRedis(get_settings().redis_url)
