"""How far back events are read: the day that a refusal names is one that Stripe still lists."""

from datetime import UTC, date, datetime, timedelta

import pytest

from app.shop.rules import compute_day_start
from app.stripe_events.errors import GapTooLong
from app.stripe_events.rules import STRIPE_KEEPS, Known, decide_reach

# Thirty days later the clocks of Paris have changed, as thirty days before.
DAYS = (datetime(2026, 11, 21, tzinfo=UTC), datetime(2027, 4, 10, tzinfo=UTC))


@pytest.mark.parametrize("midnight", DAYS, ids=str)
def test_the_day_that_is_named_is_taken_at_any_hour(midnight: datetime) -> None:
    for hour in range(24):
        now = midnight + timedelta(hours=hour, minutes=42)
        with pytest.raises(GapTooLong) as refused:
            decide_reach(Known(oldest_open=None, last_run=now - timedelta(days=40), first_asked=None), None, now)
        named = date.fromisoformat(refused.value.message.rpartition("--since ")[2][:10])
        begins_at = compute_day_start(named)
        assert timedelta(0) <= begins_at - (now - STRIPE_KEEPS) <= timedelta(days=1, hours=1)
