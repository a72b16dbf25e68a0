"""Why something happens at this moment: the call that asked for it, and how the world is told of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Literal

# `listed`: the webhook is lost on its way, `/v1/events` knows. `never`: Stripe failed to make the event at all.
Telling = Literal["delivered", "listed", "never"]


@dataclass(frozen=True)
class Cause:
    """Without a call: a customer, a bank, a person at the dashboard, or time."""

    request_id: str | None = None
    idempotency_key: str | None = None
    telling: Telling = "delivered"


_NOBODY = Cause()
_CAUSE: ContextVar[Cause] = ContextVar("cause", default=_NOBODY)


def current_cause() -> Cause:
    """What the code that runs now was started by."""
    return _CAUSE.get()


@contextmanager
def caused_by(cause: Cause) -> Iterator[None]:
    """Everything that happens in this block has this cause."""
    token = _CAUSE.set(cause)
    try:
        yield
    finally:
        _CAUSE.reset(token)
