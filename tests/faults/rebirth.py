"""Starts a process again as often as it is killed, as supervisor does, without loading the product anew each time."""

import os
import signal
import sys
from collections.abc import Callable
from types import FrameType

MOST_LIVES = 1000


def live_again_and_again(life: Callable[[], int], before_each: Callable[[], None] = lambda: None) -> int:
    """Fork, live, and once killed fork again; SIGTERM ends the child and then us."""
    for _ in range(MOST_LIVES):
        before_each()
        child = os.fork()
        if child == 0:
            os._exit(life())

        def end(number: int, _frame: FrameType | None, child: int = child) -> None:
            os.kill(child, number)

        signal.signal(signal.SIGTERM, end)
        _, status = os.waitpid(child, 0)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        if not (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL):
            return os.waitstatus_to_exitcode(status)
    sys.stderr.write("more lives than any test needs\n")
    return 1
