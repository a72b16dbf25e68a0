"""A tester's word: the processing of one event fails until told otherwise. Development and rehearsal builds only."""

from app.core.settings import get_settings
from app.core.shared_redis import RedisAway, get_shared_redis

FAILING = "comptoir:test:failing_events"


class FailsOnDemand(Exception):
    """A tester asked for it; to everybody else it is a handler's error like any other."""


def set_failure(event_id: str) -> None:
    """From now on the processing of this event fails, whoever brings it; raises `RedisAway`."""
    get_shared_redis().ask(lambda redis: redis.sadd(FAILING, event_id))


def clear_failure(event_id: str) -> None:
    """It may succeed again; raises `RedisAway`."""
    get_shared_redis().ask(lambda redis: redis.srem(FAILING, event_id))


def fail_if_asked(event_id: str) -> None:
    """Raise `FailsOnDemand` for such an event; production does not even ask."""
    if not get_settings().allows("test_keys"):
        return
    try:
        is_asked = get_shared_redis().ask(lambda redis: redis.sismember(FAILING, event_id))
    except RedisAway:
        return
    if is_asked:
        raise FailsOnDemand
