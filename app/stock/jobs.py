"""What stock does by the clock."""

from app.core.clock import utc_now
from app.core.db import unit_of_work
from app.core.jobs import job
from app.stock.service import release_expired


@job("stock.release_expired")
def release_expired_reservations() -> None:
    """Give back what was promised to people who did not pay in time. Repeating it changes nothing."""
    with unit_of_work() as session:
        release_expired(session, utc_now())
