"""Who types: the login name that the wrapper kept, or whoever runs the command."""

import getpass
import os


def name_of_caller() -> str:
    """The actor of a command's transactions, for the audit log."""
    return f"cli:{os.environ.get('COMPTOIR_ACTOR') or getpass.getuser()}"
