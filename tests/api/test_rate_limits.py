"""Limits: exact with Redis, of this process without it."""

import signal
import time

import pytest

from app.core.ratelimit import get_limiter, per_minute
from app.dev.redis import RedisServer


@pytest.fixture(autouse=True)
def _inside_one_minute() -> None:
    """Windows are clock minutes: start a case early enough in one."""
    deadline = time.monotonic() + 20
    while time.time() % 60 > 50 and time.monotonic() < deadline:
        time.sleep(0.1)


def allowed(amount: int, tries: int, *caller: str) -> int:
    return sum(get_limiter().hit(per_minute(amount), *caller).is_allowed for _ in range(tries))


def test_exactly_so_many_pass_each_minute_and_each_caller(environment: dict[str, str]) -> None:
    assert allowed(100, 150, "webhook", "192.0.2.1") == 100
    assert allowed(100, 1, "webhook", "192.0.2.2") == 1
    verdict = get_limiter().hit(per_minute(100), "webhook", "192.0.2.1")
    assert not verdict.is_allowed
    assert 1 <= verdict.retry_after_seconds <= 61


def test_two_processes_share_the_count(environment: dict[str, str]) -> None:
    assert allowed(10, 6, "webhook", "192.0.2.1") == 6
    get_limiter.cache_clear()  # another process starts with nothing in memory
    assert allowed(10, 6, "webhook", "192.0.2.1") == 4


def test_without_redis_this_process_counts_alone_and_quickly(
    environment: dict[str, str], redis_server: RedisServer
) -> None:
    assert allowed(10, 3, "webhook", "192.0.2.1") == 3
    redis_server.process.send_signal(signal.SIGSTOP)
    try:
        started = time.monotonic()
        assert allowed(10, 25, "webhook", "192.0.2.1") == 10
        assert time.monotonic() - started < 3, "one failed call, then no more are tried for a while"
    finally:
        redis_server.process.send_signal(signal.SIGCONT)
