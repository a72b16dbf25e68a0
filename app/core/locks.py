"""Nobody waits for others for longer than a buyer waits, and no two wait for each other.

One order of locks, whoever buys, pays, gives up or brings news: the event of the ledger, the cart, its order, what it
owes and the attempts to pay it, promotions, the levels of the stock, the order number. Whoever needs more than one of a
cart's rows locks the cart first, so that what hangs on it may follow in any order; what carts share (promotions,
levels, the number) is locked late, once per transaction, in the order of the ids.
`tests/concurrency/test_lock_order.py` shows two transactions that would otherwise wait for each other.
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
