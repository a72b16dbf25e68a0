"""Waits on a condition with a bound: the only place of the test host that sleeps."""

import time
from collections.abc import Callable


class WaitedInVain(Exception):
    """The condition did not become true within its bound."""


def wait_until(
    condition: Callable[[], bool], *, what: str, timeout_seconds: float, every_seconds: float = 0.05
) -> None:
    """Poll until the condition is true, or raise WaitedInVain naming what was awaited."""
    ends_at = time.monotonic() + timeout_seconds
    while not condition():
        if time.monotonic() > ends_at:
            raise WaitedInVain(f"{what}: not within {timeout_seconds:g} s")
        time.sleep(every_seconds)
