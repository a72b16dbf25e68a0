"""Scarce things are locked late, once per transaction, and never waited for longer than a buyer waits."""

from sqlalchemy import text
from sqlalchemy.orm import Session

LOCK_TIMEOUT_MILLISECONDS = 3000
STATEMENT_TIMEOUT_MILLISECONDS = 5000


def limit_lock_wait(session: Session) -> None:
    """Give up after 3 s on any lock of this transaction: the caller gets 409 and may try again (design §4.6)."""
    session.execute(
        text("SELECT set_config('lock_timeout', :limit, true)"), {"limit": f"{LOCK_TIMEOUT_MILLISECONDS}ms"}
    )


def limit_statement_time(session: Session) -> None:
    """Give up on any statement of this transaction after 5 s: whoever waits for it sends it again (payments §2.4)."""
    session.execute(
        text("SELECT set_config('statement_timeout', :limit, true)"), {"limit": f"{STATEMENT_TIMEOUT_MILLISECONDS}ms"}
    )
