"""Who types: the login name that the wrapper kept, or whoever runs the command."""

import getpass
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from app.core.context import acting_as, current_request_id


def name_of_caller() -> str:
    """The actor of a command's transactions, for the audit log."""
    return f"cli:{os.environ.get('COMPTOIR_ACTOR') or getpass.getuser()}"


@contextmanager
def acting_as_caller() -> Iterator[None]:
    """Every transaction of the command is the caller's, under one request id of its own."""
    token = current_request_id.set(f"cli-{secrets.token_hex(12)}")
    try:
        with acting_as(name_of_caller()):
            yield
    finally:
        current_request_id.reset(token)
