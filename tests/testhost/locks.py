"""File locks: one process owns a slot, one at a time changes what the whole machine shares."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from tests.testhost.places import create_private_folder


def try_lock(path: Path) -> IO[str] | None:
    """Take the lock and return its open file (closing it, or dying, releases it), or None if another has it."""
    create_private_folder(path.parent)
    # Append mode: opening must not erase what another holder wrote.
    file = path.open("a")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock for the length of the block, waiting for it if needed."""
    create_private_folder(path.parent)
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
