"""What Redis remembers of sessions for a minute. Never the only copy, and never an answer that was taken back."""

import json
from collections.abc import Callable
from dataclasses import asdict

from redis import Redis

from app.core.auth import Principal
from app.core.shared_redis import RedisAway, get_shared_redis

KEY_PREFIX = "comptoir:session:"
KEPT_SECONDS = 60
# Longer than anything kept: who read the session just before it ended cannot write it back.
ENDED_SECONDS = 2 * KEPT_SECONDS
ENDED = "ended"


def find_kept(token_hash: str) -> Principal | None:
    """Whom this token was last read as; None too while Redis is away: the shop goes on."""
    kept = _ask(lambda redis: redis.get(f"{KEY_PREFIX}{token_hash}"))
    if not isinstance(kept, str) or kept == ENDED:
        return None
    values = json.loads(kept)
    return Principal(**{**values, "roles": tuple(values["roles"])})


def keep(token_hash: str, principal: Principal, seconds: int) -> None:
    """Remember it for a minute at most, unless it was ended meanwhile."""
    value, kept_seconds = json.dumps(asdict(principal)), max(1, min(KEPT_SECONDS, seconds))
    _ask(lambda redis: redis.set(f"{KEY_PREFIX}{token_hash}", value, nx=True, ex=kept_seconds))


def forget(token_hash: str) -> bool:
    """Ask PostgreSQL about it from now on; False when Redis could not be told."""
    return bool(_ask(lambda redis: redis.set(f"{KEY_PREFIX}{token_hash}", ENDED, ex=ENDED_SECONDS)))


def _ask(question: Callable[[Redis], object]) -> object:
    try:
        return get_shared_redis().ask(question)
    except RedisAway:
        return None
