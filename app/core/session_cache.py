"""What Redis remembers of sessions for a minute. Never the only copy, and never an answer that was taken back."""

import json
import time
from collections.abc import Callable
from dataclasses import asdict
from functools import cache

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from app.core.auth import Principal
from app.core.log import log_failure
from app.core.settings import get_settings

KEY_PREFIX = "comptoir:session:"
KEPT_SECONDS = 60
# Longer than anything kept: who read the session just before it ended cannot write it back.
ENDED_SECONDS = 2 * KEPT_SECONDS
ENDED = "ended"
SOCKET_TIMEOUT_SECONDS = 0.5
# Asking a dead Redis costs up to the timeout: after one failure this process asks PostgreSQL alone for a while.
ALONE_SECONDS = 5.0


class SessionCache:
    """Token hash -> who it is. Redis away: nothing is found, nothing is kept, the shop goes on."""

    def __init__(self, redis_url: str) -> None:
        self.redis: Redis = Redis.from_url(
            redis_url,
            decode_responses=True,
            socket_timeout=SOCKET_TIMEOUT_SECONDS,
            socket_connect_timeout=SOCKET_TIMEOUT_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )
        self.alone_until = 0.0

    def find(self, token_hash: str) -> Principal | None:
        """Whom this token was last read as."""
        kept = self._ask(lambda: self.redis.get(f"{KEY_PREFIX}{token_hash}"))
        if not isinstance(kept, str) or kept == ENDED:
            return None
        values = json.loads(kept)
        return Principal(**{**values, "roles": tuple(values["roles"])})

    def keep(self, token_hash: str, principal: Principal, seconds: int) -> None:
        """Remember it for a minute at most, unless it was ended meanwhile."""
        value, kept_seconds = json.dumps(asdict(principal)), max(1, min(KEPT_SECONDS, seconds))
        self._ask(lambda: self.redis.set(f"{KEY_PREFIX}{token_hash}", value, nx=True, ex=kept_seconds))

    def forget(self, token_hash: str) -> bool:
        """Ask PostgreSQL about it from now on; False when Redis could not be told."""
        return bool(self._ask(lambda: self.redis.set(f"{KEY_PREFIX}{token_hash}", ENDED, ex=ENDED_SECONDS)))

    def _ask(self, ask: Callable[[], object]) -> object:
        if time.monotonic() < self.alone_until:
            return None
        try:
            return ask()
        except (RedisError, OSError) as exc:
            log_failure("sessions are read from the database only", exc)
            self.alone_until = time.monotonic() + ALONE_SECONDS
            return None


@cache
def get_session_cache() -> SessionCache:
    """The process's cache."""
    return SessionCache(get_settings().redis_url)
