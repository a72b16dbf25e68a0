"""`make up`: the whole back office on this machine, with a demo shop, and no account anywhere."""

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType

from app.dev.family import Family
from app.dev.guard import stop_leftovers
from app.dev.instance import LATER_START_MB, Wishes, check_folder, listen, load_memory, read_wishes, take_locks
from app.dev.postgres import PostgresUnavailable
from app.dev.redis import RedisUnavailable
from app.dev.refusals import StartRefused, data_are_gone, disk_is_full, from_system
from app.dev.screen import farewell, say, welcome
from app.dev.startup import ROOT, Startup

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
FULL_BELOW_BYTES = 1 << 20
MADE_BY_MAKE = "MAKELEVEL"


class StopAsked(Exception):
    """Ctrl-C, SIGTERM, or the terminal is gone."""


def main() -> int:
    """Start everything, stay until asked to stop; 0 after a clean stop, 1 and one sentence if it cannot be."""
    hear(ask_to_stop)
    try:
        run(read_wishes(os.environ))
    except StopAsked:
        farewell()
    except StartRefused as refusal:
        print(f"\n{refusal}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # Nobody reads us any more (`make up | head`): everything is stopped, and Python must not try to write again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return 0


def hear(handler: Callable[[int, FrameType | None], object] | signal.Handlers) -> None:
    """What the signals that end programs do to us from now on."""
    for number in STOPPING:
        signal.signal(number, handler)


def ask_to_stop(number: int, frame: FrameType | None) -> None:
    """A signal handler: whatever we are doing ends here, and everything started so far is stopped on the way out."""
    hear(signal.SIG_IGN)  # the first Ctrl-C is enough; a second must not interrupt the stop
    raise StopAsked


def run(wishes: Wishes) -> None:
    """One instance, from the first check to the last process stopped."""
    started_at = time.monotonic()
    with ExitStack() as stack:
        with one_sentence(wishes):
            check_folder(wishes.data)
            own_lock, guard_lock = take_locks(wishes.data)
            stack.enter_context(own_lock)
            stop_leftovers(wishes.data)  # first of all: an orphaned web process holds our port
            listener = stack.enter_context(listen(wishes))
            memory = load_memory(wishes.data)
            pipe = stack.enter_context(guarded(wishes, guard_lock.fileno()))
            guard_lock.close()
            family = Family(say)
            stack.callback(stop_all, family)
            Startup(wishes, memory, family, listener, pipe).run()
        welcome(wishes, memory, time.monotonic() - started_at)
        watch(family, wishes)


@contextmanager
def one_sentence(wishes: Wishes) -> Iterator[None]:
    """Whatever the machine refuses while we start, said in one sentence."""
    try:
        yield
    except (PostgresUnavailable, RedisUnavailable, StartRefused) as trouble:
        if is_about_room(str(trouble)) or is_full(wishes):
            raise disk_is_full(wishes.data, LATER_START_MB) from None
        raise StartRefused(str(trouble)) from None
    except BrokenPipeError:
        raise
    except OSError as trouble:
        raise from_system(trouble, wishes.data, LATER_START_MB) or trouble from None


def is_about_room(message: str) -> bool:
    """Whether PostgreSQL complains of the disk, in the words of the C library."""
    return any(words in message for words in ("No space left", "File too large", "quota exceeded"))


def is_full(wishes: Wishes) -> bool:
    """Whether a full disk explains what just failed."""
    try:
        disk = os.statvfs(wishes.data)
    except OSError:
        return False
    return disk.f_bavail * disk.f_frsize < FULL_BELOW_BYTES


@contextmanager
def guarded(wishes: Wishes, lock: int) -> Iterator[int]:
    """The guard beside us while we live; yields the pipe that tells it what to stop, and by its end, when."""
    command = [sys.executable, "-S", str(ROOT / "app" / "dev" / "guard.py"), str(wishes.data)]
    reading, writing = os.pipe()
    guard = subprocess.Popen(
        command,
        cwd="/",
        stdin=reading,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=[lock],
        start_new_session=True,
    )
    os.close(reading)
    try:
        yield writing
    finally:
        os.close(writing)
        guard.wait()


def stop_all(family: Family) -> None:
    """Every way out leads here: a signal, a refusal, an error of ours."""
    hear(signal.SIG_IGN)
    family.stop()


def watch(family: Family, wishes: Wishes) -> None:
    """Stay; look when a child ends and now and then, as PostgreSQL is no child of ours."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    parent = os.getppid()
    while True:
        if MADE_BY_MAKE in os.environ and os.getppid() != parent:
            raise StopAsked  # make was killed: nobody is in front of us any more
        if not wishes.data.exists():
            raise data_are_gone(wishes.data)
        family.look_after()
        woken, _, _ = select.select([reading], [], [], family.next_look_seconds())
        if woken:
            os.read(reading, 512)


if __name__ == "__main__":
    sys.exit(main())
