"""A 429 of the webhook leaves one mark in Redis, by which the worker fetches what was refused (design §4.8)."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

from app.core.clock import utc_now
from app.core.shared_redis import RedisAway, get_shared_redis

KEY = "comptoir:webhook_refused_at"
# By then a reconcile has read far past it; the quarter-hourly one covers what Redis lost.
KEPT = timedelta(hours=1)


def mark_refused() -> None:
    """An event of Stripe was refused now. Redis away: nothing, and nobody waits for it."""
    with suppress(RedisAway):
        get_shared_redis().ask(lambda redis: redis.set(KEY, utc_now().timestamp(), ex=KEPT))


def find_refused_at() -> datetime | None:
    """When an event was last refused, within the hour; None while Redis is away, too."""
    with suppress(RedisAway):
        marked = get_shared_redis().ask(lambda redis: redis.get(KEY))
        return datetime.fromtimestamp(float(str(marked)), tz=UTC) if marked else None
    return None
