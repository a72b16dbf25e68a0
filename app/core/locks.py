"""Scarce things are locked late, once per transaction, and never waited for longer than a buyer waits."""

from sqlalchemy import text
from sqlalchemy.orm import Session

LOCK_TIMEOUT_MILLISECONDS = 3000


def limit_lock_wait(session: Session) -> None:
    """Give up after 3 s on any lock of this transaction: the caller gets 409 and may try again (design §4.6)."""
    session.execute(
        text("SELECT set_config('lock_timeout', :limit, true)"), {"limit": f"{LOCK_TIMEOUT_MILLISECONDS}ms"}
    )
