"""Parallel buyers in real transactions, and the same buyers with every row lock taken away."""

import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from sqlalchemy import Connection, event

from app.core.db import get_engine

WAIT_SECONDS = 20.0
ROW_LOCK = re.compile(r" FOR (NO KEY )?UPDATE( OF \"?\w+\"?)?")


def run_together(count: int, act: Callable[[int], str]) -> Counter[str]:
    """Run `act` in so many threads that start at once; what they answered, counted."""
    start = threading.Barrier(count)

    def run(number: int) -> str:
        start.wait(WAIT_SECONDS)
        return act(number)

    with ThreadPoolExecutor(count) as pool:
        return Counter(pool.map(run, range(count)))


@contextmanager
def without_row_locks(parties: int, at: str = "") -> Iterator[None]:
    """The product's own statements without their FOR UPDATE; all parties read before any of them goes on.

    `at` is what the statement holds after which they wait for each other; without it, the first that would lock.
    """
    everyone_has_read = threading.Barrier(parties)
    already = threading.local()

    def strip(
        _connection: Connection, _cursor: object, statement: str, parameters: object, *_rest: object
    ) -> tuple[str, object]:
        return ROW_LOCK.sub(" /* no lock */", statement), parameters

    def meet(_connection: Connection, _cursor: object, statement: str, *_rest: object) -> None:
        if "/* no lock */" in statement and at in statement and not getattr(already, "met", False):
            already.met = True
            everyone_has_read.wait(WAIT_SECONDS)

    engine = get_engine()
    event.listen(engine, "before_cursor_execute", strip, retval=True)
    event.listen(engine, "after_cursor_execute", meet)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", strip)
        event.remove(engine, "after_cursor_execute", meet)
