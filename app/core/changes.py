"""Hears what the database tells at each commit (migration 0012), and makes the process's cache forget it.

The promise: an answer from the cache is never older than `LEASE_SECONDS`, whatever breaks. A lost connection ends it at
once; one that is only silent ends with the lease, which each heartbeat renews: PostgreSQL delivers what was committed
before a statement together with the statement's answer.
"""

import secrets
import threading
import time

import psycopg
from psycopg.conninfo import make_conninfo

from app.core.log import log_event, log_failure
from app.core.tagged_cache import TaggedCache

CHANNEL = "comptoir_changes"
EVERYTHING = "everything"
HEARTBEAT_SECONDS = 0.25
LEASE_SECONDS = 0.9
RETRY_SECONDS = 0.5
STOP_SECONDS = 2.0

# Over TCP a peer that vanished is noticed by these; on a local socket the kernel tells at once.
CONNECTION: dict[str, str | int] = {
    "application_name": "comptoir-changes",
    "connect_timeout": 2,
    "keepalives": 1,
    "keepalives_idle": 1,
    "keepalives_interval": 1,
    "keepalives_count": 2,
    "tcp_user_timeout": 2000,
}


class ChangesNotHeard(Exception):
    """The connection takes LISTEN and delivers nothing: a pooler stands between."""


class ChangeListener:
    """One thread with a connection of its own."""

    def __init__(self, database_url: str, cache: TaggedCache) -> None:
        url = database_url.replace("postgresql+psycopg://", "postgresql://", 1)
        self.conninfo = make_conninfo(url, **CONNECTION)
        self.cache = cache
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="changes", daemon=True)

    def start(self) -> None:
        """Begin; the cache holds nothing until changes are heard."""
        self._thread.start()

    def stop(self) -> None:
        """End; a connection that hangs is left to the end of the process."""
        self._stopping.set()
        self._thread.join(STOP_SECONDS)
        self.cache.distrust()

    def _run(self) -> None:
        is_told = False
        while not self._stopping.is_set():
            try:
                with psycopg.connect(self.conninfo, autocommit=True) as connection:
                    self._begin(connection)
                    if is_told:
                        log_event("changes are heard again")
                    is_told = False
                    self._hear(connection)
            except Exception as exc:
                if not is_told:
                    log_failure("changes are not heard, nothing is kept meanwhile", exc)
                is_told = True
            finally:
                self.cache.distrust()
            self._stopping.wait(RETRY_SECONDS)

    def _begin(self, connection: psycopg.Connection) -> None:
        """Listen, and make sure by a word to ourselves that we hear."""
        word = f"heard:{secrets.token_hex(8)}"
        connection.execute(f"LISTEN {CHANNEL}")
        connection.execute("SELECT pg_notify(%s, %s)", (CHANNEL, word))
        if word not in [heard.payload for heard in connection.notifies(timeout=0)]:
            raise ChangesNotHeard
        self.cache.forget_all()

    def _hear(self, connection: psycopg.Connection) -> None:
        while not self._stopping.is_set():
            now, since = time.monotonic(), time.time()
            connection.execute("SELECT 1")
            self._forget(connection, 0)
            self.cache.trust(until=now + LEASE_SECONDS, since=since)
            self._forget(connection, seconds_to_next_beat())

    def _forget(self, connection: psycopg.Connection, seconds: float) -> None:
        for heard in connection.notifies(timeout=seconds):
            if heard.payload == EVERYTHING:
                self.cache.forget_all()
            else:
                self.cache.forget(heard.payload)


def seconds_to_next_beat() -> float:
    """Beats fall on whole seconds and quarters: what nginx may keep for a second is proven at the second's start."""
    return HEARTBEAT_SECONDS - time.time() % HEARTBEAT_SECONDS
