"""Nobody waits for others for longer than a buyer waits.

Scarce things are locked late, once per transaction, in the order of their ids.
"""

from sqlalchemy import text
from sqlalchemy.orm import Session

# Of every connection of ours (app/core/db.py): whoever waits longer gets 409 and may try again (design §4.6).
LOCK_TIMEOUT_MILLISECONDS = 3000
STATEMENT_TIMEOUT_MILLISECONDS = 5000


def limit_statement_time(session: Session) -> None:
    """Give up on any statement of this transaction after 5 s: whoever waits for it sends it again (payments §2.4)."""
    session.execute(
        text("SELECT set_config('statement_timeout', :limit, true)"), {"limit": f"{STATEMENT_TIMEOUT_MILLISECONDS}ms"}
    )
