"""The tagged cache: what it gives back, and when it must not."""

import time
from threading import Thread

import pytest
import time_machine

from app.core.tagged_cache import ENTRY_BYTES, TaggedCache

FOR_EVER = float("inf")


@pytest.fixture
def cache() -> TaggedCache:
    """A cache that hears of every change."""
    cache = TaggedCache()
    cache.trust(until=FOR_EVER, since=time.time())
    return cache


def keep(cache: TaggedCache, key: str, *tags: str, since: int | None = None, size: int = 1) -> None:
    cache.keep(key, key.encode(), size=size, since=cache.mark() if since is None else since, tags=tags)


def kept(cache: TaggedCache, *keys: str) -> set[str]:
    return {key for key in keys if cache.get(key, bytes) == key.encode()}


def test_a_change_takes_away_what_shows_it_and_nothing_else(cache: TaggedCache) -> None:
    keep(cache, "list", "products", "product:1", "product:2")
    keep(cache, "one", "product:1")
    keep(cache, "two", "product:2")
    keep(cache, "shelves", "product:")
    keep(cache, "regions")
    cache.forget("product:1")
    assert kept(cache, "list", "one", "two", "shelves", "regions") == {"two", "regions"}
    cache.forget("products")
    assert kept(cache, "two", "regions") == {"two", "regions"}
    cache.forget_all()
    assert kept(cache, "two", "regions") == set()
    assert cache.bytes == 0


@pytest.mark.parametrize("news", ["product:1", "product:2", "everything"])
def test_what_was_read_before_a_change_is_not_kept_after_it(cache: TaggedCache, news: str) -> None:
    before = cache.mark()
    cache.forget_all() if news == "everything" else cache.forget(news)
    keep(cache, "one", "product:1", since=before)
    keep(cache, "any", "product:", since=before)
    keep(cache, "regions", since=before)
    survivors = {"product:1": {"regions"}, "product:2": {"one", "regions"}, "everything": set()}
    assert kept(cache, "one", "any", "regions") == survivors[news]
    keep(cache, "one", "product:1")
    assert kept(cache, "one") == {"one"}


def test_a_change_that_is_not_remembered_any_more_counts_for_everything(cache: TaggedCache) -> None:
    before = cache.mark()
    for number in range(10_001):
        cache.forget(f"product:{number}")
    keep(cache, "regions", since=before)
    assert kept(cache, "regions") == set()
    keep(cache, "regions")
    assert kept(cache, "regions") == {"regions"}


def test_without_trust_nothing_is_given_and_nothing_kept() -> None:
    cache = TaggedCache()
    keep(cache, "a")
    cache.trust(until=FOR_EVER, since=1.0)
    assert kept(cache, "a") == set()
    keep(cache, "a")
    read_before = cache.mark()
    cache.distrust()
    assert (kept(cache, "a"), cache.bytes, cache.current_since) == (set(), 0, 0.0)
    cache.trust(until=FOR_EVER, since=2.0)
    keep(cache, "a", since=read_before)
    assert kept(cache, "a") == set()


def test_trust_ends_by_itself(cache: TaggedCache) -> None:
    keep(cache, "a")
    cache.trust(until=time.monotonic() - 0.001, since=time.time())
    assert kept(cache, "a") == set()
    cache.trust(until=FOR_EVER, since=time.time())
    assert kept(cache, "a") == {"a"}


def test_an_entry_ends_at_its_instant(cache: TaggedCache) -> None:
    with time_machine.travel("2026-03-01T22:59:00Z", tick=False) as clock:
        midnight = time.time() + 60
        cache.keep("a", b"a", size=1, since=cache.mark(), ends_at=midnight)
        clock.shift(59.9)
        assert kept(cache, "a") == {"a"}
        clock.shift(0.1)
        assert kept(cache, "a") == set()


def test_the_longest_unused_leave_first() -> None:
    keys = [f"k{number}" for number in range(10)]
    cache = TaggedCache(most_bytes=10 * (1_000 + ENTRY_BYTES))
    cache.trust(until=FOR_EVER, since=0.0)
    for key in keys:
        keep(cache, key, "shared", size=1_000)
    assert kept(cache, "k0") == {"k0"}
    keep(cache, "one more", "shared", size=1_000)
    assert kept(cache, *keys, "one more") == {*keys, "one more"} - {"k1"}
    keep(cache, "too large", "shared", size=cache.most_bytes // 2)
    assert kept(cache, *keys, "too large") == {*keys} - {"k1"}
    cache.forget("shared")
    assert cache.bytes == 0


def test_the_same_key_is_counted_once(cache: TaggedCache) -> None:
    for _ in range(3):
        keep(cache, "a", "x", size=10)
    assert cache.bytes == 10 + ENTRY_BYTES


def test_another_kind_of_value_is_not_given(cache: TaggedCache) -> None:
    keep(cache, "a")
    assert cache.get("a", tuple) is None


def test_threads_do_not_break_it(cache: TaggedCache) -> None:
    """Keeping, reading and forgetting at once leaves the books in order."""

    def work(number: int) -> None:
        for turn in range(500):
            keep(cache, f"k{turn % 20}", f"product:{turn % 7}", "products")
            cache.get(f"k{turn % 13}", bytes)
            cache.forget(f"product:{(turn + number) % 7}")

    threads = [Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    cache.forget("products")
    assert cache.bytes == 0
