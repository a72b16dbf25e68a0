"""Things kept in this process, each under the names of what it shows, forgotten the moment one of them changes.

Nothing is given back on hope: `app/core/changes.py` says until when this process is known to have heard every change.
"""

import time
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Collection, Hashable
from dataclasses import dataclass
from functools import cache
from threading import Lock
from typing import TypeVar

MOST_BYTES = 20 * 1024 * 1024  # a worker that has seen every page stays below 150 MB
# Keys, tags and Python's own bookkeeping of an entry, beside what is kept.
ENTRY_BYTES = 600
# One entry takes at most this part of the room.
LARGEST_SHARE = 8
# Tags remembered as changed, so that nothing read before is kept after; beyond, all count as changed.
MOST_REMEMBERED = 10_000

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Entry:
    """Something kept, and when it ends by the clock."""

    value: object
    size: int
    tags: tuple[str, ...]
    ends_at: float


class TaggedCache:
    """Bounded in bytes, the longest unused leave first; safe between threads."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self.most_bytes = most_bytes
        self.bytes = 0
        self.current_since = 0.0  # on the wall clock: whatever was committed before is known here
        self._trusted_until = 0.0  # on the monotonic clock
        self._entries: OrderedDict[Hashable, Entry] = OrderedDict()
        self._keys: defaultdict[str, set[Hashable]] = defaultdict(set)
        self._news = 1
        self._changed: dict[str, int] = {}
        self._all_changed = 0
        self._lock = Lock()

    def get(self, key: Hashable, kind: type[T]) -> T | None:
        """What is kept under the key, if it is still true."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None or not self._is_trusted() or time.time() >= entry.ends_at:
                return None
            self._entries.move_to_end(key)
            return entry.value if isinstance(entry.value, kind) else None

    def mark(self) -> int:
        """Where the news stand now: take it before reading what you are going to keep."""
        return self._news

    def find_or_read(self, key: Hashable, kind: type[T], read: Callable[[], T | None], *, size: int) -> T | None:
        """What is kept under the key, else what `read` finds, which is kept from then on unless it is None."""
        kept = self.get(key, kind)
        if kept is not None:
            return kept
        since = self.mark()
        found = read()
        if found is not None:
            self.keep(key, found, size=size, since=since)
        return found

    def keep(
        self,
        key: Hashable,
        value: object,
        *,
        size: int,
        since: int,
        tags: Collection[str] = (),
        ends_at: float = float("inf"),
    ) -> None:
        """Keep what was read after the mark `since`, unless one of its tags changed meanwhile."""
        with self._lock:
            changed = max((self._changed.get(tag, 0) for tag in tags), default=0)
            is_old = max(changed, self._all_changed) > since
            if is_old or not self._is_trusted() or size > self.most_bytes // LARGEST_SHARE:
                return
            self._remove(key)
            self._entries[key] = entry = Entry(value, size + ENTRY_BYTES, tuple(tags), ends_at)
            for tag in entry.tags:
                self._keys[tag].add(key)
            self.bytes += entry.size
            while self.bytes > self.most_bytes:
                self._remove(next(iter(self._entries)))

    def forget(self, tag: str) -> None:
        """Something of this name changed; `product:7` is known as `product:` too, to whoever shows any of that kind."""
        kind, colon, _ = tag.partition(":")
        with self._lock:
            self._news += 1
            for name in {tag, kind + colon}:
                self._changed[name] = self._news
                for key in tuple(self._keys.get(name, ())):
                    self._remove(key)
            if len(self._changed) > MOST_REMEMBERED:
                self._changed.clear()
                self._all_changed = self._news

    def forget_all(self) -> None:
        """Anything may have changed."""
        with self._lock:
            self._news += 1
            self._all_changed = self._news
            self._changed.clear()
            self._entries.clear()
            self._keys.clear()
            self.bytes = 0

    def trust(self, *, until: float, since: float) -> None:
        """Everything committed before `since` (wall clock) is known; that is good enough `until` (monotonic)."""
        with self._lock:
            self._trusted_until, self.current_since = until, since

    def distrust(self) -> None:
        """Changes are not heard any more: give nothing back, keep nothing."""
        with self._lock:
            self._trusted_until = self.current_since = 0.0
        self.forget_all()

    def _is_trusted(self) -> bool:
        return time.monotonic() < self._trusted_until

    def _remove(self, key: Hashable) -> None:
        entry = self._entries.pop(key, None)
        if entry is None:
            return
        self.bytes -= entry.size
        for tag in entry.tags:
            self._keys[tag].discard(key)
            if not self._keys[tag]:
                del self._keys[tag]


@cache
def get_tagged_cache() -> TaggedCache:
    """The process's cache."""
    return TaggedCache()
