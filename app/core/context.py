"""Who is acting, and under which request id: carried beside the call, written into each transaction."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

NO_REQUEST = "none"

current_request_id: ContextVar[str] = ContextVar("current_request_id", default=NO_REQUEST)
current_actor: ContextVar[str] = ContextVar("current_actor", default="anonymous")


@contextmanager
def acting_as(actor: str) -> Iterator[None]:
    """Name the actor (`customer`, `job:notifications.send`, a login name) of the transactions opened inside."""
    token = current_actor.set(actor)
    try:
        yield
    finally:
        current_actor.reset(token)
