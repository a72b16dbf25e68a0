"""What prices do by the clock."""

from app.core.clock import utc_now
from app.core.db import unit_of_work
from app.core.jobs import job
from app.pricing.schedule_prices import apply_due_price

# One run ends within its minute; what is left is the next run's.
MOST_AT_ONCE = 5_000


@job("pricing.apply_scheduled")
def apply_scheduled_prices() -> None:
    """Set the prices that are due, each in a transaction of its own. Repeating it changes nothing."""
    now = utc_now()
    for _ in range(MOST_AT_ONCE):
        with unit_of_work() as session:
            if not apply_due_price(session, now):
                return
